"""What the rails tell us: payout accounts, top-ups and stored webhooks."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from carebudget import clock
from carebudget.ids import new_reference, uuid7


class PayoutState(models.TextChoices):
    """Whether a provider can be paid."""

    STARTED = "started", "Not finished yet"
    READY = "ready", "Ready"
    RESTRICTED = "restricted", "Something is missing"
    CLOSED = "closed", "Closed"


class PayoutAccount(models.Model):
    """A provider's account at the rail. Its state is only ever copied from the rail's own object."""

    provider = models.OneToOneField(
        "providers.Provider", on_delete=models.PROTECT, related_name="payout_account"
    )
    rail = models.CharField(max_length=20, default="stripe")
    external_id = models.CharField(max_length=80, unique=True)
    state = models.CharField(
        max_length=12, choices=PayoutState.choices, default=PayoutState.STARTED
    )
    bank_last4 = models.CharField(max_length=4, blank=True)
    missing = models.JSONField(default=list)
    looked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.external_id


def topup_reference() -> str:
    """``TOP-7K2QFA``."""
    return new_reference("TOP")


class TopUpState(models.TextChoices):
    """Where a top-up stands."""

    ASKED = "asked", "Being asked for"
    PENDING = "pending", "On its way"
    SUCCEEDED = "succeeded", "Arrived"
    FAILED = "failed", "Failed"


class TopUp(models.Model):
    """Money moved from the council's bank to the rail, so that a run can be sent.

    Like a payment, the row exists before the rail is asked, and ``public_id`` is the idempotency key.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=topup_reference)
    run = models.ForeignKey(
        "payments.PaymentRun", on_delete=models.PROTECT, null=True, related_name="topups"
    )
    rail = models.CharField(max_length=20, default="stripe")
    amount_pence = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=TopUpState.choices, default=TopUpState.ASKED)
    external_id = models.CharField(max_length=80, blank=True)
    failure_sentence = models.TextField(blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    arrived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="topup_positive"),
            models.UniqueConstraint(
                fields=["rail", "external_id"], condition=~Q(external_id=""), name="topup_once"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class WebhookEvent(models.Model):
    """A verified webhook, stored once by event id and worked through later. Only causes a fresh look."""

    rail = models.CharField(max_length=20)
    event_id = models.CharField(max_length=80)
    type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField(default=clock.now)
    times_received = models.PositiveIntegerField(default=1)
    worked_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rail", "event_id"], name="webhook_stored_once")
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(worked_at=None), name="webhook_waiting_idx")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
