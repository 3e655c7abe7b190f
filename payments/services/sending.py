"""Paying exactly once.

1. A payment row exists before anything is sent, unique per obligation.
2. A sender claims it (``FOR UPDATE SKIP LOCKED``), marks it *sending* and commits.
3. It calls the rail with the payment's own key and puts the payment's id in the metadata.
4. The rail's answer, the ledger entry, the state and the audit event are one transaction.
5. No answer is *unknown*, never *failed*: the rail is asked what it has before anything is sent again,
   and after the rail has forgotten the key we only look, never send.
6. A refusal is *failed*, with the rail's reason, and goes to a person.

The queue may lose everything: the database alone knows what is still to do. Source: design, section 6.
"""

import logging
from datetime import timedelta
from typing import assert_never

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import format_pence
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import Role, User

from ..models import InvoiceState, Payment, PaymentRun, PaymentState, RunState
from ..rails import get_any_rail, get_rail, kind_of, rails_of_kind
from ..rails.protocol import (
    Accepted,
    AnyRail,
    Declined,
    NotThere,
    PaymentOrder,
    RailKind,
    SendAnswer,
    ShortOfMoney,
    Unknown,
)
from . import ledger
from .accounts import clearing_account
from .topping_up import ensure_funds

log = logging.getLogger(__name__)

WAIT_FOR_MONEY = timedelta(seconds=10)
LOOK_LIMIT = 200
LONGEST_PAUSE_SECONDS = 900.0


def order_for(payment: Payment) -> PaymentOrder:
    """The payment as a rail needs it."""
    return PaymentOrder(
        payment_id=str(payment.public_id),
        idempotency_key=payment.idempotency_key,
        reference=payment.reference,
        run_reference=payment.run.reference,
        destination=payment.destination,
        amount_pence=payment.amount_pence,
        description=f"{settings.COUNCIL_SHORT_NAME} {payment.reference}",
        claimed_at=payment.first_claimed_at or clock.now(),
    )


def send_due(*, limit: int | None = None) -> int:
    """Send what is released, until nothing is left or ``limit`` is reached. Returns how many were sent.

    Several senders may run at once: each payment is claimed by one of them.
    """
    ensure_funds()
    sent = 0
    while limit is None or sent < limit:
        batch = claim(
            limit=settings.PAYMENT_CLAIM_BATCH
            if limit is None
            else min(limit - sent, settings.PAYMENT_CLAIM_BATCH)
        )
        if not batch:
            break
        for payment in batch:
            sent += _send_claimed(payment)
    finish_runs()
    return sent


@transaction.atomic
def claim(*, limit: int) -> list[Payment]:
    """Mark up to ``limit`` released payments as *sending*, for this sender alone, and commit that.

    Payments that leave in files are claimed by ``submitting`` instead.
    """
    ready = Q(next_look_at=None) | Q(next_look_at__lte=clock.now())
    rows = list(
        Payment.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(ready, state=PaymentState.RELEASED, rail__in=rails_of_kind(RailKind.API))
        .select_related("run")
        .order_by("id")[:limit]
    )
    for payment in rows:
        move(payment, "claim")
    for run_id in {payment.run_id for payment in rows}:
        run = PaymentRun.objects.select_for_update().get(pk=run_id)
        if run.state == RunState.APPROVED:
            move(run, "start_sending")
    return rows


def _send_claimed(payment: Payment) -> int:
    """Send one payment of our batch, unless its lease ran out and somebody else has looked after it."""
    renewed = clock.now()
    still_ours = Payment.objects.filter(
        pk=payment.pk, state=PaymentState.SENDING, claimed_at=payment.claimed_at
    ).update(claimed_at=renewed, sends=payment.sends + 1)
    if not still_ours:
        return 0
    rail = get_rail(payment.rail)
    answer = rail.send(order_for(payment))
    return int(take_answer(payment_id=payment.pk, answer=answer) == PaymentState.SENT)


@transaction.atomic
def take_answer(*, payment_id: int, answer: SendAnswer) -> str:
    """Put the rail's answer, the ledger entry, the state and the record into one transaction.

    Taking an answer for a payment that is no longer *sending* changes nothing. Returns the state.
    """
    payment = _locked(payment_id)
    if payment.state != PaymentState.SENDING:
        return str(payment.state)
    match answer:
        case Accepted():
            _has_been_sent(payment, answer)
        case Declined():
            _has_failed(payment, answer)
        case ShortOfMoney():
            payment.next_look_at = clock.now() + WAIT_FOR_MONEY
            move(payment, "wait_for_money")
        case Unknown():
            _is_unknown(payment, answer)
        case _:
            assert_never(answer)
    return str(payment.state)


def _has_been_sent(payment: Payment, answer: Accepted) -> None:
    entry = ledger.post_entry(
        key=f"payment-sent:{payment.reference}",
        event="payment.sent",
        description=f"{payment.reference} sent by {payment.rail}",
        legs=[
            (payment.payable, payment.amount_pence),
            (clearing_account(payment.rail), -payment.amount_pence),
        ],
        subject=f"payment:{payment.reference}",
    )
    move(payment, "mark_sent", external_id=answer.external_id, entry=entry)
    if payment.invoice and payment.invoice.state == InvoiceState.APPROVED:
        move(payment.invoice, "mark_paid")
    _record(
        payment,
        "payment.sent",
        {"amount_pence": payment.amount_pence, "external_id": answer.external_id},
    )
    if answer.returned:
        _return(
            payment, code="reversed", sentence="The transfer was reversed at the rail.", by=None
        )


def _has_failed(payment: Payment, answer: Declined) -> None:
    move(payment, "fail", code=answer.code[:60], sentence=answer.sentence)
    _record(payment, "payment.failed", {"code": answer.code, "amount_pence": payment.amount_pence})
    send_to_all(
        to=User.objects.filter(role_holdings__role=Role.FINANCE_OFFICER, is_active=True),
        key=f"payment.failed:{payment.reference}",
        title=f"Payment {payment.reference} was refused",
        body=f"{format_pence(payment.amount_pence)}. {answer.sentence} Nothing was sent. Mend it, then it can go into a new run.",
        href=f"/payments/payment/{payment.reference}/",
    )


def _is_unknown(payment: Payment, answer: Unknown) -> None:
    first = payment.unknown_since is None
    payment.unknown_since = payment.unknown_since or clock.now()
    waited = (clock.now() - payment.unknown_since).total_seconds()
    pause = min(max(answer.look_after_seconds, waited), LONGEST_PAUSE_SECONDS)
    payment.next_look_at = clock.now() + timedelta(seconds=pause)
    payment.failure_sentence = answer.why
    payment.save(update_fields=["unknown_since", "next_look_at", "failure_sentence"])
    if first:
        _record(payment, "payment.unknown", {"amount_pence": payment.amount_pence})


def lease() -> timedelta:
    """After this long without an answer, a claimed payment counts as unknown and is looked up."""
    return timedelta(seconds=settings.PAYMENT_LEASE_SECONDS)


def recover_unknown(*, limit: int = LOOK_LIMIT) -> int:
    """Look up every payment whose answer is missing; returns how many are now settled one way.

    Safe to run from several places at once, and after a crash at any step.
    """
    now = clock.now()
    missing = (
        Payment.objects.filter(state=PaymentState.SENDING, rail__in=rails_of_kind(RailKind.API))
        .filter(
            Q(unknown_since__isnull=False, next_look_at__lte=now)
            | Q(unknown_since=None, claimed_at__lte=now - lease())
        )
        .order_by(Coalesce("next_look_at", "claimed_at"), "id")
        .values_list("pk", flat=True)[:limit]
    )
    recovered = sum(look_at_payment(payment_id=pk) for pk in list(missing))
    if recovered:
        finish_runs()
    return recovered


def look_at_payment(*, payment_id: int) -> bool:
    """Ask the rail what it has for a payment, and act on that alone. True when its fate is now known."""
    payment = Payment.objects.select_related("run").get(pk=payment_id)
    found = get_any_rail(payment.rail).look(order_for(payment))
    match found:
        case Accepted():
            if payment.state == PaymentState.SENDING:
                take_answer(payment_id=payment_id, answer=found)
            elif found.returned:
                return_payment(
                    payment=payment,
                    code="reversed",
                    sentence="The transfer was reversed at the rail.",
                )
            return True
        case Unknown():
            take_answer(payment_id=payment_id, answer=found)
            return False
        case NotThere():
            return kind_of(payment.rail) == RailKind.API and _not_there(payment)
        case _:
            assert_never(found)


def _not_there(payment: Payment) -> bool:
    """The rail has nothing: send again with the same key while the rail still remembers keys."""
    rail = get_rail(payment.rail)
    if payment.state != PaymentState.SENDING:
        return False
    if key_forgotten(payment, rail):
        take_answer(
            payment_id=payment.pk,
            answer=Unknown(
                why="The rail has no trace of this payment, and it is too late to send it again safely. "
                "A person must check at the rail and decide.",
                look_after_seconds=LONGEST_PAUSE_SECONDS,
            ),
        )
        return False
    claimed = Payment.objects.filter(
        pk=payment.pk, state=PaymentState.SENDING, claimed_at=payment.claimed_at
    ).update(claimed_at=clock.now(), sends=payment.sends + 1)
    if not claimed:
        return False
    return (
        take_answer(payment_id=payment.pk, answer=rail.send(order_for(payment)))
        != PaymentState.SENDING
    )


def key_forgotten(payment: Payment, rail: AnyRail) -> bool:
    """Whether the rail may have forgotten the key, so that sending again could pay twice."""
    first = payment.first_claimed_at or clock.now()
    return clock.now() - first >= timedelta(hours=rail.key_window_hours)


@transaction.atomic
def give_up_unknown(*, payment: Payment, reason: str, by: User) -> Payment:
    """A finance manager has checked at the rail that nothing was sent, long after: it may be due again.

    Raises ``Refused`` while the rail could still have it, or without a reason.
    """
    require(by, "payments.approve_run", payment)
    require(by, "payments.mend_payment", payment)
    if not reason.strip():
        raise Refused("reason_missing", "Say how you know that nothing was sent.", field="reason")
    payment = _locked(payment.pk)
    rail = get_any_rail(payment.rail)
    if payment.state != PaymentState.SENDING or not key_forgotten(payment, rail):
        raise Conflict(
            "payment_not_lost",
            "The rail may still answer for this payment.",
            "Wait, and look again.",
        )
    if not isinstance(rail.look(order_for(payment)), NotThere):
        raise Conflict(
            "payment_found",
            "The rail has this payment, or did not answer.",
            "Wait, and look again.",
        )
    move(payment, "fail", code="never_sent", sentence=reason)
    _record(
        payment, "payment.given_up", {"amount_pence": payment.amount_pence}, by=by, reason=reason
    )
    return payment


@transaction.atomic
def return_payment(
    *, payment: Payment, code: str, sentence: str, by: User | None = None
) -> Payment:
    """The money came back: it is owed again, and a person looks at why. Doing it twice changes nothing."""
    row = _locked(payment.pk)
    if row.state in (PaymentState.SENT, PaymentState.SETTLED):
        _return(row, code=code, sentence=sentence, by=by)
    return row


def _return(payment: Payment, *, code: str, sentence: str, by: User | None) -> None:
    ledger.post_entry(
        key=f"payment-returned:{payment.reference}",
        event="payment.returned",
        description=f"{payment.reference} came back: {sentence}"[:240],
        legs=[
            (clearing_account(payment.rail), payment.amount_pence),
            (payment.payable, -payment.amount_pence),
        ],
        by=by,
        subject=f"payment:{payment.reference}",
    )
    move(payment, "mark_returned", code=code, sentence=sentence)
    if payment.invoice and payment.invoice.state == InvoiceState.PAID:
        move(payment.invoice, "mark_unpaid")
    _record(
        payment, "payment.returned", {"code": code, "amount_pence": payment.amount_pence}, by=by
    )
    send_to_all(
        to=User.objects.filter(role_holdings__role=Role.FINANCE_OFFICER, is_active=True),
        key=f"payment.returned:{payment.reference}",
        title=f"Payment {payment.reference} came back",
        body=f"{format_pence(payment.amount_pence)}. {sentence} It is owed again. Find out why before it is paid.",
        href=f"/payments/payment/{payment.reference}/",
    )


def finish_runs() -> int:
    """Runs for which the rail has answered about every payment are *sent*; their remittances go out."""
    from .remitting import send_remittances

    going = PaymentRun.objects.filter(state__in=[RunState.APPROVED, RunState.SENDING]).values_list(
        "pk", flat=True
    )
    finished = [pk for pk in list(going) if _finish(pk)]
    for pk in finished:
        send_remittances(run=PaymentRun.objects.get(pk=pk))
    return len(finished)


@transaction.atomic
def _finish(run_id: int) -> bool:
    run = PaymentRun.objects.select_for_update().get(pk=run_id)
    waiting = [PaymentState.PLANNED, PaymentState.RELEASED, PaymentState.SENDING, PaymentState.HELD]
    if (
        run.state not in (RunState.APPROVED, RunState.SENDING)
        or run.payments.filter(state__in=waiting).exists()
    ):
        return False
    move(run, "finish_sending")
    record(
        chain=run.chain,
        verb="run.sent",
        subject=f"run:{run.reference}",
        by=None,
        changes={"state": run.state, "total_pence": run.total_pence},
    )
    return True


def _locked(payment_id: int) -> Payment:
    return (
        Payment.objects.select_for_update(of=("self",))
        .select_related("run", "invoice", "payable", "case", "provider")
        .get(pk=payment_id)
    )


def _record(
    payment: Payment,
    verb: str,
    changes: dict[str, object],
    *,
    by: User | None = None,
    reason: str = "",
) -> None:
    record(
        chain=payment.run.chain,
        verb=verb,
        subject=f"payment:{payment.reference}",
        by=by,
        reason=reason,
        changes={"state": payment.state, "obligation": payment.obligation, **changes},
    )
