"""Payment runs: made by one person, approved by another, then handed to the senders.

Everything that is done to all payments of a run is done in one statement, whether it has ten or a hundred
thousand; the run is locked, and whoever changes a payment that nobody has approved locks the run first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Sum

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.machine import move
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import (
    Invoice,
    LeftOut,
    LeftOutKind,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
)
from ..selectors.due import TO_MEND
from ..selectors.keeping_out import Obstacle, sort_out
from ..selectors.limits import checkers_of
from ..selectors.obligations import (
    EVERYTHING,
    Obligation,
    Wanted,
    invoice_key,
    obligations_due,
)
from ..selectors.stakes import own_interest
from ..selectors.stops import stopped_payments
from .approval_limits import refuse_above_limit
from .run_payments import BATCH, create_payments

ELSEWHERE = Obstacle(LeftOutKind.ELSEWHERE, "It is in another run already.")


@transaction.atomic
def make_run(
    *,
    by: User,
    invoices: Iterable[Invoice] | None = None,
    wanted: Wanted = EVERYTHING,
    rail: str = "stripe",
) -> PaymentRun:
    """A draft run of everything due that is ``wanted``, exceptions kept out with reasons.

    ``invoices`` narrows it to those of them that are due. Raises ``Refused`` when nothing can be paid.
    """
    require(by, "payments.make_run")
    if invoices is not None:
        wanted = replace(wanted, keys=frozenset(invoice_key(invoice) for invoice in invoices))
    found = sort_out(obligations_due(wanted, lock=True), rail=rail, maker=by)
    run = PaymentRun.objects.create(
        made_by=by, rail=rail, made_at=clock.now(), wanted=wanted.kept()
    )
    in_another = create_payments(run, found.paid)
    left_out = [*found.left_out, *((one, ELSEWHERE) for one in in_another)]
    _total(run)
    if run.payment_count == 0:
        raise Refused(
            "nothing_due",
            left_out[0][1].sentence if left_out else "Nothing is due at the moment.",
            "Approve confirmed invoices first." if not left_out else "",
        )
    _keep_left_out(run, left_out)
    _record(
        run,
        "run.made",
        by,
        changes={
            "count": run.payment_count,
            "total_pence": run.total_pence,
            "wanted": run.wanted,
            "left_out": dict(Counter(obstacle.kind.value for _, obstacle in left_out)),
        },
    )
    return run


def _keep_left_out(run: PaymentRun, left_out: Sequence[tuple[Obligation, Obstacle]]) -> None:
    moment = clock.now()
    LeftOut.objects.bulk_create(
        (
            LeftOut(
                run=run,
                obligation=one.key,
                kind=obstacle.kind,
                sentence=obstacle.sentence,
                words=one.words,
                payee=one.payee_name,
                amount_pence=one.amount_pence,
                case_id=one.case.pk,
                provider=one.provider,
                person=one.person,
                invoice=one.invoice,
                left_out_at=moment,
            )
            for one, obstacle in left_out
        ),
        batch_size=BATCH,
    )


def _total(run: PaymentRun) -> None:
    left = run.payments.exclude(state=PaymentState.CANCELLED)
    run.total_pence = left.aggregate(total=Sum("amount_pence"))["total"] or 0
    run.payment_count = left.count()
    run.save(update_fields=["total_pence", "payment_count"])


@transaction.atomic
def submit_run(*, run: PaymentRun, by: User) -> PaymentRun:
    """The maker has finished. Those who may approve that much and did not make it are told."""
    require(by, "payments.make_run", run)
    run = _locked(run)
    if run.state == RunState.DRAFT and run.payment_count == 0:
        raise Refused("run_empty", "There is nothing left in this run.", "Make another run.")
    move(run, "submit")
    _record(run, "run.submitted", by, changes={"total_pence": run.total_pence})
    send_to_all(
        to=[checker.user for checker in checkers_of(run) if checker.may],
        key=f"run.submitted:{run.reference}",
        title=f"Payment run {run.reference} waits for you",
        body=f"{run.payment_count} payments. {run.made_by.full_name} made it. Nothing is sent before you approve it.",
        href=f"/payments/runs/{run.reference}/",
    )
    return run


@transaction.atomic
def leave_out(*, payment: Payment, reason: str, by: User) -> Payment:
    """Take one payment out of a run that nobody has approved: it is due again, for another run.

    Raises ``Refused`` without a reason, ``Conflict`` when the run has moved on.
    """
    require(by, "payments.leave_out_payment", payment)
    if not reason.strip():
        raise Refused("reason_missing", "Say why it is left out.", field="reason")
    run = _locked(payment.run)
    if run.state not in (RunState.DRAFT, RunState.SUBMITTED):
        raise Conflict("run_moved_on", f"This run is “{run.get_state_display()}”.")
    row = run.payments.select_related("invoice", "provider", "person").get(pk=payment.pk)
    move(row, "cancel")
    _total(run)
    LeftOut.objects.create(
        run=run,
        obligation=row.obligation,
        kind=LeftOutKind.LINE,
        sentence=f"{by.full_name} took it out: {reason}",
        words=f"Invoice {row.invoice.number}" if row.invoice else row.reference,
        payee=row.payee_name,
        amount_pence=row.amount_pence,
        case_id=row.case_id,
        provider=row.provider,
        person=row.person,
        invoice=row.invoice,
        left_out_by=by,
        left_out_at=clock.now(),
    )
    record(
        chain=run.chain,
        verb="payment.taken_out",
        subject=f"payment:{row.reference}",
        by=by,
        reason=reason,
        changes={"obligation": row.obligation, "amount_pence": row.amount_pence},
    )
    return row


@transaction.atomic
def approve_run(*, run: PaymentRun, reason: str, by: User) -> PaymentRun:
    """A different person approves: every payment is released, and the senders may begin.

    Raises ``NotAllowed`` for the maker (the database refuses too) and for anyone with a stake in a
    payment of the run, ``Refused`` when it is more than this person may approve.
    """
    require(by, "payments.approve_run", run)
    run = _locked(run)
    if run.made_by_id == by.pk:
        raise NotAllowed("run_four_eyes", "You made this run, so somebody else must approve it.")
    if run.state == RunState.APPROVED and run.approved_by_id == by.pk:
        return run
    _refuse_stake(run, by)
    if run.state == RunState.SUBMITTED:
        _refuse_stopped(run)
        refuse_above_limit(run=run, by=by)
    move(run, "approve", by=by, reason=reason)
    planned = run.payments.filter(state=PaymentState.PLANNED)
    total = planned.aggregate(total=Sum("amount_pence"))["total"] or 0
    released = planned.update(state=PaymentState.RELEASED)
    if (total, released) != (run.total_pence, run.payment_count) or not released:
        raise Conflict(
            "run_changed", "The payments of this run have changed.", "Make the run again."
        )
    _record(
        run,
        "run.approved",
        by,
        reason=reason,
        changes={"count": released, "total_pence": run.total_pence},
    )
    transaction.on_commit(_wake_senders, robust=True)
    return run


def _refuse_stake(run: PaymentRun, by: User) -> None:
    close = run.payments.filter(own_interest(by)).order_by("id").first()
    if close is not None:
        raise NotAllowed(
            "run_own_interest", f"Payment {close.reference} is for somebody close to you."
        )


def _refuse_stopped(run: PaymentRun) -> None:
    """Something may have been stopped in the very moment in which the run was made."""
    stopped = stopped_payments(run).first()
    if stopped is not None:
        raise Conflict(
            "payment_stopped",
            f"Payment {stopped.reference} was stopped meanwhile.",
            "Leave it out, then approve the run.",
        )


def _wake_senders() -> None:
    """A nudge only: if the queue is down, the beat finds the work in the database."""
    from ..tasks import send_due

    send_due.delay()


@transaction.atomic
def reject_run(*, run: PaymentRun, reason: str, by: User) -> PaymentRun:
    """Not sent: its payments are cancelled and their invoices are due again."""
    require(by, "payments.make_run" if run.made_by_id == by.pk else "payments.approve_run", run)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the run is not sent.", field="reason")
    run = _locked(run)
    move(run, "reject", reason=reason)
    run.payments.filter(state=PaymentState.PLANNED).update(state=PaymentState.CANCELLED)
    _record(run, "run.rejected", by, reason=reason)
    return run


@transaction.atomic
def stop_run(*, run: PaymentRun, reason: str, by: User) -> PaymentRun:
    """Stop an approved run: what no sender and no bank file has yet is not sent, and is due again.

    What was claimed already goes on: it can be looked up, but not called back here. Raises ``Refused``
    without a reason, ``Conflict`` when the run is not being sent or nothing is left to stop.
    """
    require(by, "payments.make_run" if run.made_by_id == by.pk else "payments.approve_run", run)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the run is stopped.", field="reason")
    run = _locked(run)
    if run.state not in (RunState.APPROVED, RunState.SENDING):
        raise Conflict("run_not_going", f"This run is “{run.get_state_display()}”.")
    # Whatever is locked is in the hands of a sender at this moment, and goes on.
    free = run.payments.select_for_update(skip_locked=True, of=("self",)).filter(
        state__in=[PaymentState.RELEASED, PaymentState.HELD]
    )
    ids = list(free.order_by("id").values_list("pk", flat=True))
    if not ids:
        raise Conflict(
            "nothing_to_stop",
            "Every payment of this run is on its way already.",
            "Wait for the answers, or withdraw its bank file.",
        )
    stopped = Payment.objects.filter(pk__in=ids)
    pence = stopped.aggregate(total=Sum("amount_pence"))["total"]
    count = stopped.update(state=PaymentState.CANCELLED)
    if run.payments.exclude(state=PaymentState.CANCELLED).exists():
        run.keep_stopped(by=by, reason=reason)
        run.save(update_fields=["stopped_by", "stopped_at", "stop_reason"])
        _total(run)
        transaction.on_commit(_finish, robust=True)
    else:
        move(run, "cancel", by=by, reason=reason)
    _record(run, "run.stopped", by, reason=reason, changes={"count": count, "total_pence": pence})
    return run


def _finish() -> None:
    """The run may have waited for nothing else."""
    from .sending import finish_runs

    finish_runs()


@transaction.atomic
def resend_failed(*, payment: Payment, by: User) -> Payment:
    """A person has mended what was wrong: the obligation is due again, as a new attempt in a new run.

    Nothing is sent here. Raises ``Conflict`` when the payment is not over.
    """
    require(by, "payments.mend_payment", payment)
    payment = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("run", "invoice")
        .get(pk=payment.pk)
    )
    if payment.state not in TO_MEND:
        raise Conflict("payment_not_over", f"This payment is “{payment.get_state_display()}”.")
    if payment.mended_at:
        return payment
    payment.mended_at = clock.now()
    payment.save(update_fields=["mended_at"])
    record(
        chain=payment.run.chain,
        verb="payment.due_again",
        subject=f"payment:{payment.reference}",
        by=by,
        changes={"obligation": payment.obligation, "attempt": payment.attempt},
    )
    return payment


def _locked(run: PaymentRun) -> PaymentRun:
    return (
        PaymentRun.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=run.pk)
    )


def _record(
    run: PaymentRun,
    verb: str,
    by: User | None,
    *,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    record(
        chain=run.chain,
        verb=verb,
        subject=f"run:{run.reference}",
        by=by,
        reason=reason,
        changes={"state": run.state, **(changes or {})},
    )
