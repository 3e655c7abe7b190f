"""What a checker needs to know of a run before approving it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Avg,
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    Max,
    OuterRef,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Concat

from carebudget.audit.models import AuditEvent
from carebudget.money import Pence
from carebudget.people.models import User
from providers.models import Provider

from ..models import Payment, PaymentRun, PaymentState
from .stakes import own_interest

SHOWN = 5
PAID = (PaymentState.SENT, PaymentState.SETTLED)
NOT_ANSWERED = (
    PaymentState.PLANNED,
    PaymentState.RELEASED,
    PaymentState.SENDING,
    PaymentState.HELD,
)
"""States of payments about which the rail has said nothing final."""

MUCH_MORE = (3, 2)
"""More than three halves of what was usually paid under the same agreement deserves a look."""


@dataclass(frozen=True)
class StateTotal:
    """How many payments of a run are in one state, and their sum in pence."""

    state: str
    label: str
    count: int
    total_pence: int


@dataclass(frozen=True)
class RunSummary:
    """The figures of a run, and the payments worth a second look."""

    count: int
    total_pence: int
    by_state: tuple[StateTotal, ...]
    exceptions: tuple[dict[str, str], ...]
    largest: tuple[Payment, ...]
    new_payees: tuple[Payment, ...]
    answered_percent: int


def run_summary(run: PaymentRun) -> RunSummary:
    """Totals by state, the largest payments, and payees who were never paid before."""
    rows = (
        run.payments.values("state")
        .annotate(count=Count("id"), total=Sum("amount_pence"))
        .order_by("state")
    )
    labels = dict(PaymentState.choices)
    states = tuple(
        StateTotal(r["state"], str(labels[r["state"]]), r["count"], r["total"]) for r in rows
    )
    paid_before = Payment.objects.filter(provider=OuterRef("provider"), state__in=PAID).exclude(
        run=run
    )
    payments = run.payments.select_related("provider", "invoice", "case__person")
    total = sum(s.count for s in states)
    answered = sum(s.count for s in states if s.state not in NOT_ANSWERED)
    return RunSummary(
        count=run.payment_count,
        total_pence=run.total_pence,
        by_state=states,
        exceptions=tuple(run.exceptions),
        largest=tuple(payments.order_by("-amount_pence", "id")[:SHOWN]),
        new_payees=tuple(payments.filter(~Exists(paid_before)).order_by("id")[:SHOWN]),
        answered_percent=100 * answered // total if total else 0,
    )


def payments_of_provider(provider: Provider) -> QuerySet[Payment]:
    """A provider's payments, newest first."""
    return provider.payments.select_related("invoice", "run", "case__person").order_by("-id")


def run_by_reference(reference: str) -> PaymentRun:
    """The run, with who made and approved it. Raises ``PaymentRun.DoesNotExist``."""
    return PaymentRun.objects.select_related("made_by", "approved_by").get(reference=reference)


def run_before(run: PaymentRun) -> PaymentRun | None:
    """The run that was approved last before this one was made."""
    return (
        PaymentRun.objects.filter(approved_at__lt=run.made_at)
        .exclude(pk=run.pk)
        .order_by("-approved_at")
        .first()
    )


@dataclass(frozen=True)
class ProviderTotal:
    """What a run pays to one provider, in pence."""

    name: str
    reference: str
    count: int
    total_pence: Pence


def totals_by_provider(run: PaymentRun) -> list[ProviderTotal]:
    """What each provider gets of a run, the largest sum first; cancelled payments as well."""
    rows = (
        run.payments.values("provider__name", "provider__reference")
        .annotate(n=Count("pk"), total=Sum("amount_pence"))
        .order_by("-total", "provider__reference")
    )
    return [
        ProviderTotal(r["provider__name"] or "", r["provider__reference"] or "", r["n"], r["total"])
        for r in rows
    ]


def payments_of_run(
    run: PaymentRun, *, user: User, state: str = "", order: str = "largest"
) -> QuerySet[Payment]:
    """The payments of a run; ``own`` marks those that concern somebody close to ``user``.

    ``order``: ``largest``, ``payees`` (those never paid before first) or ``oldest`` (invoices).
    """
    rows = run.payments.select_related("provider", "invoice", "case__person").annotate(
        own=_own(user)
    )
    if state:
        rows = rows.filter(state=state)
    if order == "payees":
        before = Payment.objects.filter(provider=OuterRef("provider"), state__in=PAID).exclude(
            run=run
        )
        return rows.annotate(paid_before=Exists(before)).order_by(
            "paid_before", "-amount_pence", "id"
        )
    if order == "oldest":
        return rows.order_by("invoice__sent_at", "id")
    return rows.order_by("-amount_pence", "id")


@dataclass(frozen=True)
class Flagged:
    """One payment worth a second look, and why in figures: ``usual_pence`` or ``changed_at``."""

    payment: Payment
    usual_pence: Pence = 0
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Flags:
    """Payments of one kind worth a second look: how many there are, and the largest of them."""

    count: int
    shown: tuple[Flagged, ...]


@dataclass(frozen=True)
class RunChecks:
    """What differs in a run from what was paid before."""

    new_payees: Flags
    changed_accounts: Flags
    much_more: Flags


def run_checks(run: PaymentRun, *, user: User) -> RunChecks:
    """Payees never paid before, payees whose bank account changed since they were last paid, and
    amounts much larger than usual under the same agreement. A constant number of queries.

    ``payment.own`` marks those that concern somebody close to ``user``.
    """
    facts = list(
        run.payments.values_list("pk", "provider", "invoice__agreement", "amount_pence").order_by(
            "-amount_pence", "pk"
        )
    )
    last_paid = _last_paid(run)
    changed = _accounts_changed(run)
    usual = _usual_amounts(run)
    more, less = MUCH_MORE
    new: list[int] = []
    moved: list[tuple[int, datetime]] = []
    larger: list[tuple[int, Pence]] = []
    for pk, provider, agreement, amount in facts:
        if provider not in last_paid:
            new.append(pk)
        elif provider in changed and changed[provider] > last_paid[provider]:
            moved.append((pk, changed[provider]))
        if agreement in usual and amount * less > usual[agreement] * more:
            larger.append((pk, usual[agreement]))
    payments = _payments([*new[:SHOWN], *_firsts(moved), *_firsts(larger)], user)
    return RunChecks(
        new_payees=Flags(len(new), tuple(Flagged(payments[pk]) for pk in new[:SHOWN])),
        changed_accounts=Flags(
            len(moved), tuple(Flagged(payments[pk], changed_at=at) for pk, at in moved[:SHOWN])
        ),
        much_more=Flags(
            len(larger),
            tuple(Flagged(payments[pk], usual_pence=much) for pk, much in larger[:SHOWN]),
        ),
    )


def _firsts(pairs: list[tuple[int, Any]]) -> list[int]:
    return [pk for pk, _ in pairs[:SHOWN]]


def _payments(ids: Iterable[int], user: User) -> dict[int, Payment]:
    rows = Payment.objects.select_related("provider", "invoice", "case__person")
    return {row.pk: row for row in rows.filter(pk__in=list(ids)).annotate(own=_own(user))}


def _own(user: User) -> ExpressionWrapper:
    return ExpressionWrapper(own_interest(user), output_field=BooleanField())


def _paid_before(run: PaymentRun) -> QuerySet[Payment]:
    return Payment.objects.filter(state__in=PAID).exclude(run=run)


def _last_paid(run: PaymentRun) -> dict[int, datetime]:
    rows = _paid_before(run).filter(provider__in=run.payments.values("provider"))
    return dict(rows.values_list("provider").annotate(last=Max("sent_at")).order_by())


def _accounts_changed(run: PaymentRun) -> dict[int, datetime]:
    """When the bank account of a payee of this run last changed, from the record."""
    payees = run.payments.annotate(key=Concat(Value("provider:"), "provider__reference"))
    rows = (
        AuditEvent.objects.filter(
            chain__key__in=payees.values("key"),
            verb__startswith="payout.",
            changes__bank_changed=True,
        )
        .values_list("subject")
        .annotate(last=Max("at"))
        .order_by()
    )
    by_reference = {subject.partition(":")[2]: last for subject, last in rows}
    ids = Provider.objects.filter(reference__in=by_reference).values_list("pk", "reference")
    return {pk: by_reference[reference] for pk, reference in ids}


def _usual_amounts(run: PaymentRun) -> dict[int, Pence]:
    """The average of what was paid before under each agreement of this run, in pence."""
    rows = _paid_before(run).filter(
        invoice__agreement__in=run.payments.values("invoice__agreement")
    )
    averages = rows.values_list("invoice__agreement").annotate(usual=Avg("amount_pence")).order_by()
    return {agreement: int(usual) for agreement, usual in averages}
