"""Keeping payments back because of who would be paid: held, let go, taken out of a run, due again.

A payment that a second person has approved is *held*; one in a run that nobody has approved yet is taken
out of it, with the reason among the run's exceptions. What is in a bank file already is left to
``submitting``, which refuses to hand it over. Locks: payee, then runs, then payments, each by id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Sum

from carebudget.audit.services import record
from carebudget.machine import move
from carebudget.people.models import User

from ..models import Payment, PaymentRun, PaymentState, RunState

CODE = "payee_changed"
UNAPPROVED = (RunState.DRAFT, RunState.SUBMITTED)


@transaction.atomic
def keep_back(*, destinations: Collection[str], sentence: str, by: User | None) -> int:
    """Hold what is approved and take out what is not. Returns how many payments that was."""
    taken = take_out(destinations=destinations, sentence=sentence, by=by)
    held = 0
    for payment in _of(destinations, [PaymentState.RELEASED]):
        hold_payment(payment=payment, sentence=sentence, by=by)
        held += 1
    return taken + held


def hold_payment(*, payment: Payment, sentence: str, by: User | None) -> None:
    """Hold one locked payment, with the reason in words."""
    move(payment, "hold", code=CODE, sentence=sentence)
    _record(payment, "payment.held", by, sentence)


@transaction.atomic
def take_out(*, destinations: Collection[str], sentence: str, by: User | None) -> int:
    """Take payments out of runs that nobody has approved; the run says why. Returns how many."""
    by_run: dict[int, list[Payment]] = defaultdict(list)
    for payment in _of(destinations, [PaymentState.PLANNED]):
        move(payment, "cancel")
        _record(payment, "payment.taken_out", by, sentence)
        by_run[payment.run_id].append(payment)
    for run_id, payments in sorted(by_run.items()):
        _without(PaymentRun.objects.get(pk=run_id), payments, sentence)
    return sum(len(payments) for payments in by_run.values())


def _without(run: PaymentRun, payments: Iterable[Payment], sentence: str) -> None:
    left = run.payments.exclude(state=PaymentState.CANCELLED)
    run.total_pence = left.aggregate(total=Sum("amount_pence"))["total"] or 0
    run.payment_count = left.count()
    run.exceptions = [
        *run.exceptions,
        *(
            {
                "invoice": payment.invoice.reference if payment.invoice else "",
                "provider": payment.provider.name if payment.provider else "",
                "reason": sentence,
            }
            for payment in payments
        ),
    ]
    run.save(update_fields=["total_pence", "payment_count", "exceptions"])


@transaction.atomic
def let_go(*, destinations: Collection[str], by: User | None) -> int:
    """What was held may be sent after all. Returns how many payments that was."""
    held = _of(destinations, [PaymentState.HELD], code=CODE)
    for payment in held:
        move(payment, "let_go")
        _record(payment, "payment.let_go", by)
    return len(held)


@transaction.atomic
def cancel_kept_back(*, destinations: Collection[str], by: User | None) -> int:
    """What was held goes nowhere: the obligation is due again, with the payee's account of then."""
    held = _of(destinations, [PaymentState.HELD], code=CODE)
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


def _of(
    destinations: Collection[str], states: Collection[PaymentState], *, code: str = ""
) -> list[Payment]:
    """The payments to these destinations in these states, locked, with their runs locked before them."""
    wanted = Payment.objects.filter(destination__in=destinations, state__in=states)
    if code:
        wanted = wanted.filter(failure_code=code)
    runs = sorted(set(wanted.values_list("run_id", flat=True)))
    list(PaymentRun.objects.select_for_update().filter(pk__in=runs).order_by("id"))
    return list(
        wanted.select_for_update(of=("self",))
        .select_related("run", "invoice", "provider")
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
