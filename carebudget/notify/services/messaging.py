"""Sending messages: once per key, in the caller's transaction; e-mail leaves later, from the queue."""

import logging
from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F

from carebudget import clock
from carebudget.people.models import User

from ..models import Document, EmailState, Message

log = logging.getLogger(__name__)

EMAIL_ATTEMPTS_LIMIT = 5


def send_message(
    *,
    to: User,
    key: str,
    title: str,
    body: str,
    href: str = "",
    document: Document | None = None,
    email: bool = True,
) -> Message:
    """Leave ``to`` a message. The same ``key`` for the same person gives the first message again."""
    message, _ = Message.objects.get_or_create(
        key=f"{key}:{to.public_id}",
        defaults={
            "to": to,
            "title": title,
            "body": body,
            "href": href,
            "document": document,
            "created_at": clock.now(),
            "email_state": EmailState.WAITING if email and to.email else EmailState.NOT_WANTED,
        },
    )
    return message


def send_to_all(
    *,
    to: Iterable[User],
    key: str,
    title: str,
    body: str,
    href: str = "",
    document: Document | None = None,
) -> None:
    """The same message to several people."""
    for user in to:
        send_message(to=user, key=key, title=title, body=body, href=href, document=document)


def deliver_waiting(*, limit: int = 100) -> int:
    """Send waiting e-mails, at most ``limit``; several workers may call this at once. Returns how many left."""
    sent = 0
    for _ in range(limit):
        with transaction.atomic():
            message = (
                Message.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(email_state=EmailState.WAITING)
                .select_related("to", "document")
                .order_by("email_attempts", "id")
                .first()
            )
            if message is None:
                return sent
            sent += _deliver(message)
    return sent


def _deliver(message: Message) -> int:
    link = f"\n\nOpen it here: {settings.SITE_URL}{message.href}" if message.href else ""
    email = EmailMessage(
        subject=message.title,
        body=f"Hello {message.to.full_name},\n\n{message.body}{link}\n\n{settings.COUNCIL_NAME}",
        to=[message.to.email],
    )
    if message.document:
        email.attach(
            f"{message.document.title}.pdf",
            bytes(message.document.content),
            message.document.content_type,
        )
    try:
        email.send()
    except Exception:
        log.exception("e-mail for message %s did not leave", message.public_id)
        state = (
            EmailState.FAILED
            if message.email_attempts + 1 >= EMAIL_ATTEMPTS_LIMIT
            else EmailState.WAITING
        )
        Message.objects.filter(pk=message.pk).update(
            email_attempts=F("email_attempts") + 1, email_state=state
        )
        return 0
    Message.objects.filter(pk=message.pk).update(
        email_attempts=F("email_attempts") + 1, email_state=EmailState.SENT
    )
    return 1


def mark_read(*, message: Message) -> None:
    """The person has opened it; the first time counts."""
    Message.objects.filter(pk=message.pk, read_at=None).update(read_at=clock.now())
