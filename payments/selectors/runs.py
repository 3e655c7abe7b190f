"""How a run stands, what it pays to whom, and its payments. What is odd in it is in ``run_checks``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Coalesce

from carebudget.money import Pence
from carebudget.people.models import User
from providers.models import Provider

from ..models import Payment, PaymentRun, PaymentState, RunState
from .stakes import own_interest

PAID = (PaymentState.SENT, PaymentState.SETTLED)
NOT_ANSWERED = (
    PaymentState.PLANNED,
    PaymentState.RELEASED,
    PaymentState.SENDING,
    PaymentState.HELD,
)
"""States of payments about which the rail has said nothing final."""


@dataclass(frozen=True)
class StateTotal:
    """How many payments of a run are in one state, and their sum in pence."""

    state: str
    label: str
    count: int
    total_pence: int


@dataclass(frozen=True)
class RunSummary:
    """How the payments of a run stand."""

    by_state: tuple[StateTotal, ...]
    answered_percent: int


def run_summary(run: PaymentRun) -> RunSummary:
    """Totals by state, and how much of it the rail has answered."""
    rows = (
        run.payments.values("state")
        .annotate(count=Count("id"), total=Sum("amount_pence"))
        .order_by("state")
    )
    labels = dict(PaymentState.choices)
    states = tuple(
        StateTotal(r["state"], str(labels[r["state"]]), r["count"], r["total"]) for r in rows
    )
    living = [s for s in states if s.state != PaymentState.CANCELLED]
    total = sum(s.count for s in living)
    answered = sum(s.count for s in living if s.state not in NOT_ANSWERED)
    return RunSummary(by_state=states, answered_percent=100 * answered // total if total else 0)


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
class Total:
    """One line of a table of sums, in pence."""

    name: str
    count: int
    total_pence: Pence


def totals_by_payee(run: PaymentRun) -> list[Total]:
    """What each payee gets of a run, the largest sum first; without what was cancelled."""
    rows = (
        _living(run)
        .values("provider", "person", name=Coalesce("provider__name", "person__full_name"))
        .annotate(n=Count("pk"), total=Sum("amount_pence"))
        .order_by("-total", "name", "provider", "person")
    )
    return [Total(r["name"], r["n"], r["total"]) for r in rows]


def totals_by_programme(run: PaymentRun) -> list[Total]:
    """What each programme, and so its funding stream, bears of a run."""
    return _totals(run, "case__pack__title")


def totals_by_team(run: PaymentRun) -> list[Total]:
    """What each team, the cost centre, bears of a run."""
    return _totals(run, "case__team__name")


def _totals(run: PaymentRun, name: str) -> list[Total]:
    rows = (
        _living(run)
        .values_list(name)
        .annotate(n=Count("pk"), total=Sum("amount_pence"))
        .order_by("-total", name)
    )
    return [Total(words or "No team", n, total) for words, n, total in rows]


def _living(run: PaymentRun) -> QuerySet[Payment]:
    if run.state in (RunState.REJECTED, RunState.CANCELLED):
        return run.payments.all()
    return run.payments.exclude(state=PaymentState.CANCELLED)


def payments_of_run(
    run: PaymentRun, *, user: User, state: str = "", order: str = "largest"
) -> QuerySet[Payment]:
    """The payments of a run; ``own`` marks those that concern somebody close to ``user``.

    ``order``: ``largest``, ``payees`` (those never paid before first) or ``oldest`` (invoices).
    """
    rows = run.payments.select_related("provider", "person", "invoice", "case__person").annotate(
        own=_own(user)
    )
    if state:
        rows = rows.filter(state=state)
    if order == "payees":
        return rows.annotate(paid_before=paid_before(run)).order_by(
            "paid_before", "-amount_pence", "id"
        )
    if order == "oldest":
        return rows.order_by("invoice__sent_at", "id")
    return rows.order_by("-amount_pence", "id")


def paid_before(run: PaymentRun) -> Any:
    """Whether the payee of a payment was ever paid by another run."""
    paid = Payment.objects.filter(state__in=PAID).exclude(run=run)
    return ExpressionWrapper(
        Q(Exists(paid.filter(provider=OuterRef("provider"))))
        | Q(Exists(paid.filter(person=OuterRef("person")))),
        output_field=BooleanField(),
    )


def _own(user: User) -> ExpressionWrapper:
    return ExpressionWrapper(own_interest(user), output_field=BooleanField())


def payments_by_id(ids: Iterable[int], user: User) -> dict[int, Any]:
    """These payments with what a page shows of them; ``own`` as in ``payments_of_run``."""
    rows = Payment.objects.select_related("provider", "person", "invoice", "case__person")
    return {row.pk: row for row in rows.filter(pk__in=list(ids)).annotate(own=_own(user))}


def left_out_of_run(run: PaymentRun, *, user: User) -> QuerySet[Any]:
    """What a run left out, by reason; ``own`` marks what concerns somebody close to ``user``."""
    rows = run.left_out.select_related("case__person", "provider", "person", "invoice")
    return rows.annotate(own=_own(user)).order_by("kind", "-amount_pence", "id")
