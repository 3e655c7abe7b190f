"""Keeping payments back because of who would be paid or for what: held, let go, taken out of a run.

A payment that a second person has approved is *held*; one in a run that nobody has approved yet is taken
out of it, and the run keeps the reason. What is in a bank file already is left to ``submitting``, which
refuses to hand it over. Locks: payee, then runs, then payments, each by id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q, Sum

from carebudget import clock
from carebudget.audit.services import record
from carebudget.machine import move
from carebudget.people.models import User

from ..models import (
    LeftOut,
    LeftOutKind,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
    Stop,
    StopKind,
)

CODE = "payee_changed"
HELD_BY = {StopKind.HELD: "held_by_finance", StopKind.SANCTION: "provider_flagged"}
"""Why a payment is held, as the payment keeps it."""

UNAPPROVED = (RunState.DRAFT, RunState.SUBMITTED)


@transaction.atomic
def keep_back(*, destinations: Collection[str], sentence: str, by: User | None) -> int:
    """Hold what is approved and take out what is not. Returns how many payments that was."""
    return keep_back_all(
        Q(destination__in=destinations), LeftOutKind.CHANGED, code=CODE, sentence=sentence, by=by
    )


@transaction.atomic
def keep_back_all(which: Q, kind: LeftOutKind, *, code: str, sentence: str, by: User | None) -> int:
    """Hold what is approved of ``which`` and take out what is not. Returns how many payments that was."""
    taken = take_out_all(which, kind, sentence=sentence, by=by)
    held = 0
    for payment in _of(which, [PaymentState.RELEASED]):
        hold_payment(payment=payment, sentence=sentence, by=by, code=code)
        held += 1
    return taken + held


def hold_payment(*, payment: Payment, sentence: str, by: User | None, code: str = CODE) -> None:
    """Hold one locked payment, with the reason in words."""
    move(payment, "hold", code=code, sentence=sentence)
    _record(payment, "payment.held", by, sentence)


@transaction.atomic
def take_out(*, destinations: Collection[str], sentence: str, by: User | None) -> int:
    """Take payments out of runs that nobody has approved; the run says why. Returns how many."""
    return take_out_all(
        Q(destination__in=destinations), LeftOutKind.CHANGED, sentence=sentence, by=by
    )


@transaction.atomic
def take_out_all(which: Q, kind: LeftOutKind, *, sentence: str, by: User | None) -> int:
    """The same for any payments. Returns how many."""
    by_run: dict[int, list[Payment]] = defaultdict(list)
    for payment in _of(which, [PaymentState.PLANNED]):
        move(payment, "cancel")
        _record(payment, "payment.taken_out", by, sentence)
        by_run[payment.run_id].append(payment)
    for run_id, payments in sorted(by_run.items()):
        _without(PaymentRun.objects.get(pk=run_id), payments, kind, sentence, by)
    return sum(len(payments) for payments in by_run.values())


def _without(
    run: PaymentRun,
    payments: Iterable[Payment],
    kind: LeftOutKind,
    sentence: str,
    by: User | None,
) -> None:
    left = run.payments.exclude(state=PaymentState.CANCELLED)
    run.total_pence = left.aggregate(total=Sum("amount_pence"))["total"] or 0
    run.payment_count = left.count()
    run.save(update_fields=["total_pence", "payment_count"])
    LeftOut.objects.bulk_create(
        (
            LeftOut(
                run=run,
                obligation=payment.obligation,
                kind=kind,
                sentence=sentence,
                words=f"Invoice {payment.invoice.number}" if payment.invoice else payment.reference,
                payee=payment.payee_name,
                amount_pence=payment.amount_pence,
                case_id=payment.case_id,
                provider=payment.provider,
                person=payment.person,
                invoice=payment.invoice,
                left_out_by=by,
                left_out_at=clock.now(),
            )
            for payment in payments
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def let_go(*, destinations: Collection[str], by: User | None) -> int:
    """What was held may be sent after all. Returns how many payments that was."""
    return let_go_all(Q(destination__in=destinations), code=CODE, by=by)


@transaction.atomic
def let_go_all(which: Q, *, code: str, by: User | None) -> int:
    """The same for any payments that were held for one cause. Returns how many.

    What somebody else has stopped meanwhile stays held, and says for what.
    """
    held = _of(which, [PaymentState.HELD], code=code)
    stops = stops_on(held)
    gone = 0
    for payment in held:
        stop = stops.get(payment.pk)
        if stop:
            payment.failure_code = HELD_BY[StopKind(stop.kind)]
            payment.failure_sentence = f"{stop.set_by.full_name} said: {stop.reason}"
            payment.save(update_fields=["failure_code", "failure_sentence"])
            continue
        move(payment, "let_go")
        _record(payment, "payment.let_go", by)
        gone += 1
    return gone


def stops_on(payments: Iterable[Payment]) -> dict[int, Stop]:
    """The holds and flags that stand against these payments, by payment."""
    rows = list(payments)
    standing = Stop.objects.filter(lifted_at=None).select_related("set_by")
    held = {
        stop.obligation: stop
        for stop in standing.filter(obligation__in=[payment.obligation for payment in rows])
    }
    flagged = {
        stop.provider_id: stop
        for stop in standing.filter(
            kind=StopKind.SANCTION, provider__in={p.provider_id for p in rows if p.provider_id}
        )
    }
    found = {p.pk: held.get(p.obligation) or flagged.get(p.provider_id) for p in rows}
    return {pk: stop for pk, stop in found.items() if stop}


@transaction.atomic
def cancel_kept_back(*, destinations: Collection[str], by: User | None) -> int:
    """What was held goes nowhere: the obligation is due again, with the payee's account of then."""
    held = _of(Q(destination__in=destinations), [PaymentState.HELD], code=CODE)
    for payment in held:
        move(payment, "cancel")
        _record(payment, "payment.cancelled", by, payment.failure_sentence)
    if held:
        transaction.on_commit(_finish, robust=True)
    return len(held)


def _finish() -> None:
    """A run may have waited for nothing else."""
    from .sending import finish_runs

    finish_runs()


def _of(which: Q, states: Collection[PaymentState], *, code: str = "") -> list[Payment]:
    """These payments, if in these states, locked, with their runs locked before them."""
    wanted = Payment.objects.filter(which, state__in=states)
    if code:
        wanted = wanted.filter(failure_code=code)
    runs = sorted(set(wanted.values_list("run_id", flat=True)))
    list(PaymentRun.objects.select_for_update().filter(pk__in=runs).order_by("id"))
    return list(
        wanted.select_for_update(of=("self",))
        .select_related("run", "invoice", "provider", "person")
        .order_by("id")
    )


def _record(payment: Payment, verb: str, by: User | None, reason: str = "") -> None:
    record(
        chain=payment.run.chain,
        verb=verb,
        subject=f"payment:{payment.reference}",
        by=by,
        reason=reason,
        changes={
            "state": payment.state,
            "obligation": payment.obligation,
            "amount_pence": payment.amount_pence,
        },
    )
