"""Webhooks: verified, stored once by event id, worked through later. They only cause a fresh look."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from carebudget import clock

from ..models import Payment, PayoutAccount, TopUp, WebhookEvent
from ..rails import get_rail
from ..rails.protocol import RailDown
from .payouts import look_at_payout_account
from .sending import finish_runs, look_at_payment
from .topping_up import keep_answer

log = logging.getLogger(__name__)

ATTEMPTS_LIMIT = 20
BATCH = 200
PAUSE = timedelta(seconds=5)


def store_webhook(*, rail: str, payload: bytes, signature: str) -> WebhookEvent:
    """Verify and store; the same event again only counts up. Raises ``ForgedWebhook``."""
    notice = get_rail(rail).read_webhook(payload, signature)
    event, new = WebhookEvent.objects.get_or_create(
        rail=rail,
        event_id=notice.event_id[:80],
        defaults={
            "type": notice.type[:60],
            "object_id": notice.object_id[:80],
            "payload": notice.payload,
            "received_at": clock.now(),
        },
    )
    if not new:
        WebhookEvent.objects.filter(pk=event.pk).update(times_received=F("times_received") + 1)
    return event


def work_webhooks(*, limit: int = BATCH) -> int:
    """Work through stored events, at most ``limit``; several workers may do so at once."""
    worked = 0
    for _ in range(limit):
        event = _next_event()
        if event is None:
            break
        worked += _work(event)
    if worked:
        finish_runs()
    return worked


@transaction.atomic
def _next_event() -> WebhookEvent | None:
    """Take the next event and count the attempt; committed before the rail is asked anything."""
    rested = Q(attempts=0) | Q(tried_at__lte=clock.now() - PAUSE)
    event = (
        WebhookEvent.objects.select_for_update(skip_locked=True)
        .filter(rested, worked_at=None, attempts__lt=ATTEMPTS_LIMIT)
        .order_by("attempts", "id")
        .first()
    )
    if event is not None:
        event.attempts += 1
        event.tried_at = clock.now()
        event.save(update_fields=["attempts", "tried_at"])
    return event


def _work(event: WebhookEvent) -> int:
    try:
        _look_afresh(event)
    except RailDown as error:
        event.problem = str(error)
        event.save(update_fields=["problem"])
        return 0
    event.worked_at = clock.now()
    event.problem = ""
    event.save(update_fields=["worked_at", "problem"])
    return 1


def _look_afresh(event: WebhookEvent) -> None:
    subject = event.type.split(".")[0]
    if subject == "account":
        account = PayoutAccount.objects.filter(external_id=event.object_id).first()
        if account:
            look_at_payout_account(account=account)
    elif subject == "transfer":
        payment = _payment_of(event)
        if payment:
            look_at_payment(payment_id=payment.pk)
    elif subject == "topup":
        topup = TopUp.objects.filter(
            Q(external_id=event.object_id) | Q(reference=_named_in_metadata(event, "topup") or "-")
        ).first()
        if topup:
            keep_answer(
                topup_id=topup.pk, answer=get_rail(event.rail).look_at_top_up(event.object_id)
            )


def _payment_of(event: WebhookEvent) -> Payment | None:
    known = Q(external_id=event.object_id)
    try:
        known |= Q(public_id=UUID(_named_in_metadata(event, "payment")))
    except ValueError:
        log.info("webhook %s names no payment of ours", event.event_id)
    return Payment.objects.filter(known).first()


def _named_in_metadata(event: WebhookEvent, key: str) -> str:
    try:
        return str(event.payload["data"]["object"]["metadata"].get(key, ""))
    except (KeyError, TypeError, AttributeError):
        return ""
