"""What bills are worked out from, for many people at once: decisions, and what support really cost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.utils import timezone

from plans.models import (
    SEALED,
    FinancialAssessment,
    FinancialState,
    Holding,
    ProgrammePack,
    SupportPlan,
)
from plans.services.charging_deciding import pays_net

from ..models import InvoiceLine, InvoiceState
from ..rules.contributions import Cost, Decision, spread_lines

REAL = (InvoiceState.CONFIRMED, InvoiceState.APPROVED, InvoiceState.PAID)
"""Support of which the person has said that it was given."""

HELD_BY_THE_PERSON = (Holding.DIRECT_PAYMENT, Holding.NOMINEE)
WEEKS_A_YEAR = 52
LONGEST_LINE = timedelta(days=366)
BATCH = 200


@dataclass
class Charged:
    """One person who pays: the decisions in the order made, the last of them, and real costs."""

    person_id: int
    decisions: list[Decision] = field(default_factory=list)
    assessments: dict[str, FinancialAssessment] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)

    @property
    def last(self) -> FinancialAssessment:
        """The decision made last."""
        return self.assessments[self.decisions[-1].reference]


def people_who_pay(first: date, last: date, person_id: int | None = None) -> Iterator[Charged]:
    """Everybody who pays anything, with what their bills between two days rest on.

    A few hundred people at a time, with the same number of queries for each such lot.
    """
    decided = FinancialAssessment.objects.filter(
        state__in=[FinancialState.DECIDED, FinancialState.SUPERSEDED],
        contribution_pence__gt=0,
        effective_on__lte=last,
    )
    if person_id is not None:
        decided = decided.filter(person=person_id)
    after = 0
    while True:
        ids = list(
            decided.filter(person__gt=after)
            .order_by("person_id")
            .values_list("person_id", flat=True)
            .distinct()[:BATCH]
        )
        if not ids:
            return
        after = ids[-1]
        yield from _with_costs(_with_decisions(ids), first, last)


def _with_decisions(ids: list[int]) -> dict[int, Charged]:
    found = {pk: Charged(pk) for pk in ids}
    rows = FinancialAssessment.objects.filter(
        person__in=ids, state__in=[FinancialState.DECIDED, FinancialState.SUPERSEDED]
    ).select_related("case__person", "policy")
    for row in rows.order_by("decided_at", "id"):
        assert row.effective_on is not None
        one = found[row.person_id]
        one.decisions.append(Decision(row.effective_on, row.contribution_pence or 0, row.reference))
        one.assessments[row.reference] = row
    return found


def _with_costs(found: dict[int, Charged], first: date, last: date) -> Iterable[Charged]:
    charged = [pack.pk for pack in ProgrammePack.objects.all() if pack.rules.charged]
    for person, costs in _invoiced(list(found), charged, first, last).items():
        found[person].costs += costs
    for plan, cost in _paid_to_the_person(list(found), charged, last):
        one = found[plan.case.person_id]
        if plan.holding == Holding.SERVICE_FUND or not pays_net(one.last):
            one.costs.append(cost)
    return found.values()


def _invoiced(ids: list[int], packs: list[int], first: date, last: date) -> dict[int, list[Cost]]:
    """What providers were or will be paid by the council, by the days on which support was given."""
    rows = InvoiceLine.objects.filter(
        invoice__state__in=REAL,
        invoice__case__person__in=ids,
        invoice__case__pack__in=packs,
        invoice__agreement__plan__holding=Holding.COUNCIL,
        service_date__gte=first - LONGEST_LINE,
        service_date__lte=last,
    ).values_list(
        "invoice_id",
        "invoice__case__person_id",
        "invoice__case__reference",
        "invoice__period_to",
        "invoice__agreement__frequency",
        "service_date",
        "amount_pence",
    )
    grouped: dict[tuple[Any, ...], list[tuple[date, int]]] = defaultdict(list)
    for *about, day, pence in rows:
        grouped[tuple(about)].append((day, pence))
    found: dict[int, list[Cost]] = defaultdict(list)
    for (_, person, case, until, frequency), lines in grouped.items():
        found[person] += spread_lines(lines, until=until, frequency=frequency, source=case)
    return found


def _paid_to_the_person(
    ids: list[int], packs: list[int], last: date
) -> Iterator[tuple[SupportPlan, Cost]]:
    """Plans whose money the person, a nominee or a provider holds: the plan's own cost from day to day."""
    plans = (
        SupportPlan.objects.filter(
            case__person__in=ids,
            case__pack__in=packs,
            state__in=SEALED,
            starts_on__lte=last,
            holding__in=[*HELD_BY_THE_PERSON, Holding.SERVICE_FUND],
        )
        .select_related("case")
        .order_by("case_id", "starts_on", "version")
    )
    rows = list(plans)
    for n, plan in enumerate(rows):
        assert plan.starts_on is not None
        assert plan.ends_on is not None
        ends = [plan.ends_on]
        following = rows[n + 1] if n + 1 < len(rows) else None
        if following and following.case_id == plan.case_id and following.starts_on:
            ends.append(following.starts_on - timedelta(days=1))
        if plan.case.closed_at:
            ends.append(timezone.localtime(plan.case.closed_at).date())
        until = min(ends)
        if until < plan.starts_on:
            continue
        days = (until - plan.starts_on).days + 1
        a_day = Fraction(plan.personal_budget_pence or 0, WEEKS_A_YEAR * 7)
        yield plan, Cost(plan.starts_on, until, a_day * days, plan.case.reference)
