"""Budget against actual against forecast, for each programme and team, in a financial year."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, Sum

from carebudget.money import Pence

from ..models import MOVING, AccountKind, Invoice, Leg, ServiceAgreement
from .money import RUNNING


@dataclass(frozen=True)
class BudgetLine:
    """One programme in one team. ``forecast`` is what is spent and what running agreements still promise."""

    programme: str
    title: str
    team: str
    budget_pence: Pence
    actual_pence: Pence
    promised_pence: Pence

    @property
    def forecast_pence(self) -> Pence:
        """Spent so far, and promised under running agreements."""
        return self.actual_pence + self.promised_pence

    @property
    def left_pence(self) -> Pence:
        """What the forecast leaves of the budget; below zero when it is too much."""
        return self.budget_pence - self.forecast_pence


def year_of(day: date) -> date:
    """The 1 April on which the financial year of a day began."""
    first = date(day.year, 4, 1)
    return first if day >= first else date(day.year - 1, 4, 1)


def budget_lines(day: date) -> list[BudgetLine]:
    """Every programme and team with money in the financial year up to ``day``, in three queries."""
    legs = Leg.objects.filter(
        entry__kind__in=MOVING,
        entry__effective_on__range=(year_of(day), day),
        account__kind__in=[AccountKind.BUDGET, AccountKind.ACCRUAL],
        account__case__isnull=False,
    )
    rows = (
        legs.values_list("account__case__pack__key", "account__case__team__name")
        .annotate(
            budget=Sum("amount_pence", filter=Q(entry__event__startswith="budget."), default=0),
            spent=Sum("amount_pence", filter=~Q(entry__event__startswith="budget."), default=0),
        )
        .order_by("account__case__pack__key", "account__case__team__name")
    )
    titles = dict(
        legs.order_by("account__case__pack__version").values_list(
            "account__case__pack__key", "account__case__pack__title"
        )
    )
    promised = _promised(day)
    return [
        BudgetLine(
            programme,
            titles[programme],
            team or "",
            -budget,
            spent,
            max(0, promised.get((programme, team or ""), 0)),
        )
        for programme, team, budget, spent in rows
    ]


def _promised(day: date) -> dict[tuple[str, str], Pence]:
    """What running agreements allow beyond what was invoiced under them."""

    def by_team(rows: QuerySet, pence: str) -> dict[tuple[str, str], Pence]:  # type: ignore[type-arg]
        found = (
            rows.values_list("case__pack__key", "case__team__name")
            .annotate(t=Sum(pence))
            .order_by()
        )
        return {(programme, team or ""): total for programme, team, total in found}

    limits = by_team(ServiceAgreement.objects.filter(state__in=RUNNING), "limit_pence")
    invoiced = by_team(
        Invoice.objects.filter(agreement__state__in=RUNNING, entry__effective_on__lte=day).exclude(
            state__in=["rejected", "credited"]
        ),
        "total_pence",
    )
    return {key: total - invoiced.get(key, 0) for key, total in limits.items()}
