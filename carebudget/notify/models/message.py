"""Messages to people: kept in the app, and sent by e-mail from a queue that the database holds."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from carebudget import clock
from carebudget.ids import uuid7


class EmailState(models.TextChoices):
    """Where the e-mail copy of a message has got to."""

    WAITING = "waiting", "Waiting to be sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"
    NOT_WANTED = "not_wanted", "Not sent by e-mail"


class Message(models.Model):
    """One message to one person. ``key`` makes sending it twice impossible."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notify_messages"
    )
    key = models.CharField(max_length=160, unique=True)
    title = models.CharField(max_length=160)
    body = models.TextField()
    href = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)
    email_state = models.CharField(
        max_length=12, choices=EmailState.choices, default=EmailState.WAITING
    )
    email_attempts = models.PositiveSmallIntegerField(default=0)
    document = models.ForeignKey(
        "notify.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="messages"
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["to", "-created_at"]),
            models.Index(
                fields=["id"], condition=Q(email_state="waiting"), name="message_waiting_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.title
