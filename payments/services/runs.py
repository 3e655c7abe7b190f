"""Payment runs: made by one person, approved by another, then handed to the senders."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.machine import move
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import Role, User

from ..models import (
    Invoice,
    InvoiceState,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
)
from ..permissions import has_no_stake
from ..rails import get_any_rail
from ..selectors.due import TO_MEND, due_invoices
from ..selectors.payees import ways_to_pay
from .accounts import payable_account

RUN_LIMIT = 100_000


@transaction.atomic
def make_run(
    *, by: User, invoices: Iterable[Invoice] | None = None, rail: str = "stripe"
) -> PaymentRun:
    """A draft run of everything due (or of ``invoices`` that are due), exceptions kept out with reasons.

    Raises ``Refused`` when nothing can be paid.
    """
    require(by, "payments.make_run")
    due = due_invoices()
    if invoices is not None:
        due = due.filter(pk__in=[invoice.pk for invoice in invoices])
    ids = list(due.values_list("pk", flat=True)[:RUN_LIMIT])
    rows = list(
        Invoice.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk__in=ids, state=InvoiceState.APPROVED)
        .select_related("case__person", "provider__payout_account", "agreement")
        .order_by("id")
    )
    ways = ways_to_pay(rail, [invoice.provider for invoice in rows])
    run = PaymentRun.objects.create(made_by=by, rail=rail, made_at=clock.now())
    exceptions = []
    for invoice in rows:
        way = ways[invoice.provider_id]
        why = way.why_not or _add(run, invoice, way.destination)
        if why:
            exceptions.append(
                {"invoice": invoice.reference, "provider": invoice.provider.name, "reason": why}
            )
    _total(run, exceptions)
    if run.payment_count == 0:
        raise Refused(
            "nothing_due",
            exceptions[0]["reason"] if exceptions else "Nothing is due at the moment.",
            "Approve confirmed invoices first." if not exceptions else "",
        )
    _record(
        run, "run.made", by, changes={"count": run.payment_count, "total_pence": run.total_pence}
    )
    return run


def _add(run: PaymentRun, invoice: Invoice, destination: str) -> str:
    too_much = get_any_rail(run.rail).limits.refusal(invoice.total_pence)
    if too_much:
        return too_much
    obligation = f"invoice:{invoice.reference}"
    last = Payment.objects.filter(obligation=obligation).aggregate(last=Max("attempt"))["last"] or 0
    try:
        with transaction.atomic():
            Payment.objects.create(
                obligation=obligation,
                attempt=last + 1,
                run=run,
                invoice=invoice,
                case=invoice.case,
                plan_id=invoice.agreement.plan_id,
                provider=invoice.provider,
                payable=payable_account(invoice.provider),
                rail=run.rail,
                destination=destination,
                amount_pence=invoice.total_pence,
            )
    except IntegrityError:
        return "It is in another run already."
    return ""


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
