"""Payment runs: made by one person, approved by another, then handed to the senders."""

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
from carebudget.people.models import Role, User

from ..models import (
    Invoice,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
)
from ..permissions import has_no_stake
from ..rails import get_any_rail
from ..selectors.due import TO_MEND
from ..selectors.obligations import (
    EVERYTHING,
    Obligation,
    Wanted,
    invoice_key,
    obligations_due,
)
from ..selectors.payees import ways_to_pay, ways_to_pay_people
from .run_payments import create_payments


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
    owed = obligations_due(wanted, lock=True)
    run = PaymentRun.objects.create(made_by=by, rail=rail, made_at=clock.now())
    paid, left_out = _sorted_out(owed, rail)
    in_another = create_payments(run, paid)
    left_out += [(obligation, "It is in another run already.") for obligation in in_another]
    _total(
        run,
        [
            {
                "invoice": one.invoice.reference if one.invoice else one.words,
                "provider": one.payee_name,
                "reason": why,
            }
            for one, why in left_out
        ],
    )
    if run.payment_count == 0:
        raise Refused(
            "nothing_due",
            left_out[0][1] if left_out else "Nothing is due at the moment.",
            "Approve confirmed invoices first." if not left_out else "",
        )
    _record(
        run, "run.made", by, changes={"count": run.payment_count, "total_pence": run.total_pence}
    )
    return run


def _sorted_out(
    owed: Sequence[Obligation], rail: str
) -> tuple[list[tuple[Obligation, str]], list[tuple[Obligation, str]]]:
    """What can be paid, with where it goes; and what cannot, with the reason in words."""
    providers = {one.provider.pk: one.provider for one in owed if one.provider}
    people = {one.person.pk: one.person for one in owed if one.person}
    to_providers = ways_to_pay(rail, list(providers.values()))
    to_people = ways_to_pay_people(rail, list(people.values()))
    limits = get_any_rail(rail).limits
    paid: list[tuple[Obligation, str]] = []
    left_out: list[tuple[Obligation, str]] = []
    for one in owed:
        way = to_providers[one.provider.pk] if one.provider else to_people[one.case.person_id]
        why = way.why_not or limits.refusal(one.amount_pence)
        if why:
            left_out.append((one, why))
        else:
            paid.append((one, way.destination))
    return paid, left_out


def _total(run: PaymentRun, exceptions: list[dict[str, str]] | None = None) -> None:
    sums = run.payments.exclude(state=PaymentState.CANCELLED).aggregate(total=Sum("amount_pence"))
    run.total_pence = sums["total"] or 0
    run.payment_count = run.payments.exclude(state=PaymentState.CANCELLED).count()
    if exceptions is not None:
        run.exceptions = exceptions
    run.save()


@transaction.atomic
def submit_run(*, run: PaymentRun, by: User) -> PaymentRun:
    """The maker has finished; a finance manager who did not make it looks at it."""
    require(by, "payments.make_run", run)
    run = _locked(run)
    move(run, "submit")
    _record(run, "run.submitted", by, changes={"total_pence": run.total_pence})
    checkers = User.objects.filter(
        role_holdings__role=Role.FINANCE_MANAGER, is_active=True
    ).exclude(pk=run.made_by_id)
    send_to_all(
        to=checkers,
        key=f"run.submitted:{run.reference}",
        title=f"Payment run {run.reference} waits for you",
        body=f"{run.payment_count} payments. {run.made_by.full_name} made it. Nothing is sent before you approve it.",
        href=f"/payments/runs/{run.reference}/",
    )
    return run


@transaction.atomic
def approve_run(*, run: PaymentRun, reason: str, by: User) -> PaymentRun:
    """A different person approves: every payment is released, and the senders may begin.

    Raises ``NotAllowed`` for the maker (the database refuses too) and for anyone with a stake in a
    payment of the run.
    """
    require(by, "payments.approve_run", run)
    run = _locked(run)
    if run.made_by_id == by.pk:
        raise NotAllowed("run_four_eyes", "You made this run, so somebody else must approve it.")
    if run.state == RunState.APPROVED and run.approved_by_id == by.pk:
        return run
    _refuse_stake(run, by)
    payments = list(run.payments.select_for_update().filter(state=PaymentState.PLANNED))
    if sum(payment.amount_pence for payment in payments) != run.total_pence:
        raise Conflict(
            "run_changed", "The payments of this run have changed.", "Make the run again."
        )
    move(run, "approve", by=by, reason=reason)
    for payment in payments:
        move(payment, "release")
    _record(
        run,
        "run.approved",
        by,
        reason=reason,
        changes={"count": len(payments), "total_pence": run.total_pence},
    )
    transaction.on_commit(_wake_senders, robust=True)
    return run


def _refuse_stake(run: PaymentRun, by: User) -> None:
    rows = run.payments.select_related("case__person", "provider").prefetch_related(
        "case__person__representations", "case__person__family_ties", "provider__members"
    )
    for payment in rows:
        if not has_no_stake(by, payment):
            raise NotAllowed(
                "run_own_interest", f"Payment {payment.reference} is for somebody close to you."
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
    for payment in run.payments.select_for_update().filter(state=PaymentState.PLANNED):
        move(payment, "cancel")
    _record(run, "run.rejected", by, reason=reason)
    return run


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
