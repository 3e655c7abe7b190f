"""Saying that something is not paid for now, and letting it go again: one obligation, or one provider.

What is in a run that nobody approved is taken out of it; what is approved is held until it is let go.
What a sender or a bank file has already cannot be held here.
"""

from django.db import IntegrityError, transaction
from django.db.models import Q

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.people.access import require
from carebudget.people.models import User
from providers.models import Provider

from ..models import (
    Invoice,
    LeftOut,
    LeftOutKind,
    Payment,
    PaymentState,
    Stop,
    StopKind,
    Waiver,
)
from ..selectors.obligations import invoice_key
from .holding import HELD_BY, keep_back_all, let_go_all

HELD = HELD_BY[StopKind.HELD]
FLAGGED = HELD_BY[StopKind.SANCTION]
GONE = (PaymentState.SENDING, PaymentState.SENT, PaymentState.SETTLED)
WAIVABLE = (LeftOutKind.DUPLICATE, LeftOutKind.BUDGET)


@transaction.atomic
def hold_obligation(*, about: Invoice | Payment, reason: str, by: User) -> Stop:
    """This is not paid until somebody lets it go. Holding it twice gives back the hold that stands.

    Raises ``Refused`` without a reason, ``Conflict`` when it has left already.
    """
    require(by, "payments.hold_payment", about)
    _need(reason, "Say why it is held.")
    key = about.obligation if isinstance(about, Payment) else invoice_key(about)
    standing = Stop.objects.filter(kind=StopKind.HELD, obligation=key, lifted_at=None).first()
    if standing:
        return standing
    gone = Payment.objects.filter(obligation=key, state__in=GONE).first()
    if gone:
        raise Conflict(
            "payment_gone",
            f"Payment {gone.reference} is “{gone.get_state_display().lower()}” already.",
            "It cannot be held here any more.",
        )
    stop = _kept(
        kind=StopKind.HELD,
        obligation=key,
        case_id=about.case_id,
        provider_id=about.provider_id,
        words=_words_of(about),
        amount_pence=about.amount_pence if isinstance(about, Payment) else about.total_pence,
        reason=reason,
        set_by=by,
        set_at=clock.now(),
    )
    sentence = f"{by.full_name} held it: {reason}"
    keep_back_all(Q(obligation=key), LeftOutKind.HELD, code=HELD, sentence=sentence, by=by)
    _record(stop, "obligation.held", by, reason)
    return stop


def _words_of(about: Invoice | Payment) -> str:
    invoice = about if isinstance(about, Invoice) else about.invoice
    return f"Invoice {invoice.number}" if invoice else str(about)


def _kept(**fields: object) -> Stop:
    try:
        with transaction.atomic():
            return Stop.objects.create(**fields)
    except IntegrityError as error:
        raise Conflict("stopped_already", "Somebody has just said so already.") from error


@transaction.atomic
def let_obligation_go(*, stop: Stop, reason: str, by: User) -> Stop:
    """It may be paid after all. A payment that was approved before is sent; otherwise it is due again."""
    require(by, "payments.hold_payment", stop)
    _need(reason, "Say why it may be paid now.")
    row = _lifted(stop, StopKind.HELD, reason, by)
    let_go_all(Q(obligation=row.obligation), code=HELD, by=by)
    _record(row, "obligation.let_go", by, reason)
    transaction.on_commit(_wake_senders, robust=True)
    return row


@transaction.atomic
def flag_provider(*, provider: Provider, reason: str, by: User) -> Stop:
    """Nothing is paid to this provider until somebody else has lifted the flag."""
    require(by, "payments.flag_provider", provider)
    _need(reason, "Say what was found, and where.")
    if Stop.objects.filter(kind=StopKind.SANCTION, provider=provider, lifted_at=None).exists():
        raise Conflict("flagged_already", f"{provider.name} is flagged already.")
    stop = _kept(
        kind=StopKind.SANCTION,
        provider=provider,
        words=provider.name,
        reason=reason,
        set_by=by,
        set_at=clock.now(),
    )
    sentence = f"{provider.name} was flagged: {reason}"
    keep_back_all(
        Q(provider=provider), LeftOutKind.SANCTION, code=FLAGGED, sentence=sentence, by=by
    )
    _record(stop, "provider.flagged", by, reason)
    return stop


@transaction.atomic
def lift_flag(*, stop: Stop, reason: str, by: User) -> Stop:
    """Looked into: the provider may be paid again. Raises ``NotAllowed`` for whoever set the flag."""
    require(by, "payments.lift_flag", stop)
    _need(reason, "Say how you know that they may be paid.")
    if stop.set_by_id == by.pk:
        raise NotAllowed("flag_four_eyes", "You set this flag, so somebody else must lift it.")
    row = _lifted(stop, StopKind.SANCTION, reason, by)
    let_go_all(Q(provider=row.provider), code=FLAGGED, by=by)
    _record(row, "provider.flag_lifted", by, reason)
    transaction.on_commit(_wake_senders, robust=True)
    return row


def _lifted(stop: Stop, kind: StopKind, reason: str, by: User) -> Stop:
    row = (
        Stop.objects.select_for_update(of=("self",))
        .select_related("case", "provider")
        .get(pk=stop.pk)
    )
    if row.kind != kind or row.lifted_at:
        raise Conflict("stop_over", "This was let go already.")
    row.lifted_by, row.lifted_at, row.lift_reason = by, clock.now(), reason
    row.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    return row


@transaction.atomic
def waive_suspicion(*, left_out: LeftOut, reason: str, by: User) -> Waiver:
    """Somebody looked: it is not paid twice, or the sum is right. It goes into the next run.

    Raises ``Refused`` for what is not a suspicion, and without a reason.
    """
    require(by, "payments.hold_payment", left_out)
    _need(reason, "Say what you compared, and why it is right to pay.")
    if left_out.kind not in WAIVABLE:
        raise Refused(
            "not_a_suspicion", "This is mended where it comes from, not by saying so here."
        )
    waiver, new = Waiver.objects.get_or_create(
        obligation=left_out.obligation,
        kind=left_out.kind,
        defaults={"reason": reason, "given_by": by, "given_at": clock.now()},
    )
    if new:
        record(
            chain=left_out.run.chain,
            verb="obligation.waived",
            subject=left_out.obligation,
            by=by,
            reason=reason,
            changes={"kind": left_out.kind, "amount_pence": left_out.amount_pence},
        )
    return waiver


def _need(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise Refused("reason_missing", sentence, field="reason")


def _record(stop: Stop, verb: str, by: User, reason: str) -> None:
    record(
        chain=stop.chain,
        verb=verb,
        subject=stop.obligation or f"provider:{stop.provider.reference}",  # type: ignore[union-attr]
        by=by,
        reason=reason,
        changes={"words": stop.words, "amount_pence": stop.amount_pence},
    )


def _wake_senders() -> None:
    from ..tasks import send_due

    send_due.delay()
