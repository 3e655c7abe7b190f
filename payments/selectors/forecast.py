"""What forecasts are made of: budgets of plans in force, put together by team and period in the database.

The same seven queries for one case, a team or the whole council.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.text import slugify

from carebudget import clock
from carebudget.money import Pence
from carebudget.people.models import Role, Team, User
from plans.models import Case, PlanState, PlanSupport, SupportPlan
from plans.selectors.cases import not_of_own_family

from ..models import MOVING, Account, AccountKind, AgreementState, Invoice, Leg, ServiceAgreement
from ..rules.forecast import RECENT, Budgets, Forecast, Promise, add, forecast, months_between
from ..rules.forecast import together as put_together
from .money import RUNNING

IN_FORCE = (PlanState.AGREED, PlanState.ACTIVE)
NOT_OWED = ("rejected", "credited")
NO_TEAM = "no-team"


@dataclass
class _Gathered:
    """One key's budgets of one period, while they are collected."""

    budget: Pence = 0
    people: int = 0
    spent: dict[date, Pence] = field(default_factory=dict)
    recent: Pence = 0
    waiting: Pence = 0
    promised: dict[date, Pence] = field(default_factory=dict)
    planned: Pence = 0


def budgets_by(key: str, plans: Q) -> dict[Any, list[Budgets]]:
    """Budgets of plans in force by ``case`` or ``team`` (ids), those of one period put together.

    ``plans`` narrows the plans, and is written as for ``SupportPlan``; an empty one takes all.
    """
    by = "case__team" if key == "team" else "case"
    rows = SupportPlan.objects.filter(
        plans,
        state__in=IN_FORCE,
        starts_on__isnull=False,
        ends_on__isnull=False,
        personal_budget_pence__gt=0,
    )
    found: dict[tuple[Any, date, date], _Gathered] = {}
    for who, first, last, pence, people in (
        rows.values_list(by, "starts_on", "ends_on")
        .annotate(pence=Sum("personal_budget_pence"), people=Count("pk"))
        .order_by()
    ):
        found[who, first, last] = _Gathered(budget=pence, people=people)
    if found:
        ids = rows.values("pk")
        _add_spent(found, by, ids)
        _add_promised(found, by, ids)
        _add_planned(found, by, ids)
        _add_waiting(found, by, ids)
    return _as_budgets(found)


def _add_spent(found: dict[Any, _Gathered], by: str, ids: Any) -> None:
    """What left the budgets since their plan began, by the month in which it was agreed to."""
    plan = "account__case__plans__"
    legs = Leg.objects.filter(
        account__case__plans__in=ids,
        account__kind=AccountKind.BUDGET,
        entry__kind__in=MOVING,
        entry__effective_on__gte=F(f"{plan}starts_on"),
    ).exclude(entry__event__startswith="budget.")
    who = f"account__{by}"
    grouped = (who, f"{plan}starts_on", f"{plan}ends_on")
    for *group, month, pence in (
        legs.annotate(month=TruncMonth("entry__effective_on"))
        .values_list(*grouped, "month")
        .annotate(pence=Sum("amount_pence"))
        .order_by()
    ):
        if (one := found.get(tuple(group))) is not None:
            one.spent[month] = pence
    since = clock.today() - timedelta(days=RECENT - 1)
    for *group, pence in (
        legs.filter(entry__effective_on__gte=since)
        .values_list(*grouped)
        .annotate(pence=Sum("amount_pence"))
        .order_by()
    ):
        if (one := found.get(tuple(group))) is not None:
            one.recent = pence


def _add_promised(found: dict[Any, _Gathered], by: str, ids: Any) -> None:
    """What may still be invoiced under running agreements, by the day on which they end."""
    grouped = (by, "plan__starts_on", "plan__ends_on", "ends_on")
    running = ServiceAgreement.objects.filter(plan__in=ids, state__in=RUNNING)
    for *group, until, pence in (
        running.values_list(*grouped).annotate(pence=Sum("limit_pence")).order_by()
    ):
        if (one := found.get(tuple(group))) is not None:
            one.promised[until] = pence
    invoiced = Invoice.objects.filter(
        agreement__plan__in=ids, agreement__state__in=RUNNING
    ).exclude(state__in=NOT_OWED)
    asked = (by, *(f"agreement__{name}" for name in grouped[1:]))
    for *group, until, pence in (
        invoiced.values_list(*asked).annotate(pence=Sum("total_pence")).order_by()
    ):
        if (one := found.get(tuple(group))) is not None:
            one.promised[until] = one.promised.get(until, 0) - pence


def _add_planned(found: dict[Any, _Gathered], by: str, ids: Any) -> None:
    """Support that the plan holds and nobody has agreed to give yet."""
    taken = ServiceAgreement.objects.filter(
        support=OuterRef("pk"), state__in=[*RUNNING, AgreementState.ENDED]
    )
    rows = PlanSupport.objects.filter(~Exists(taken), plan__in=ids, annual_pence__gt=0)
    for *group, pence in (
        rows.values_list(f"plan__{by}", "plan__starts_on", "plan__ends_on")
        .annotate(pence=Sum("annual_pence"))
        .order_by()
    ):
        if (one := found.get(tuple(group))) is not None:
            one.planned = pence


def _add_waiting(found: dict[Any, _Gathered], by: str, ids: Any) -> None:
    """What invoices hold that are not approved yet."""
    rows = Account.objects.filter(kind=AccountKind.BUDGET, case__plans__in=ids, held_pence__gt=0)
    grouped = (by, "case__plans__starts_on", "case__plans__ends_on")
    for *group, pence in rows.values_list(*grouped).annotate(pence=Sum("held_pence")).order_by():
        if (one := found.get(tuple(group))) is not None:
            one.waiting = pence


def _as_budgets(found: dict[Any, _Gathered]) -> dict[Any, list[Budgets]]:
    given: dict[Any, list[Budgets]] = {}
    for (who, first, last), one in found.items():
        promised = tuple(
            Promise(until, max(0, pence)) for until, pence in sorted(one.promised.items())
        )
        given.setdefault(who, []).append(
            Budgets(
                first,
                last,
                one.budget,
                one.people,
                one.spent,
                one.recent,
                one.waiting,
                promised,
                one.planned,
            )
        )
    return given


def financial_year(day: date) -> int:
    """The year in which the council's financial year of a day began: it runs from April to March."""
    return day.year if day.month >= 4 else day.year - 1


def months_of_year(year: int) -> list[date]:
    """The twelve months of the financial year that begins in April of ``year``."""
    return months_between(date(year, 4, 1), date(year + 1, 3, 31))


def forecast_of_case(case: Case) -> Forecast | None:
    """The months of a case's plan in force, from its first to its last; ``None`` before a plan is agreed."""
    budgets = budgets_by("case", Q(case=case)).get(case.pk)
    if not budgets:
        return None
    months = months_between(budgets[0].first, budgets[0].last)
    return forecast(budgets, months, clock.today())


@dataclass(frozen=True)
class TeamForecast:
    """One team's months. ``slug`` is its name as an address."""

    name: str
    slug: str
    forecast: Forecast


def teams_seen_by(user: User) -> QuerySet[Team] | None:
    """The teams whose forecast a manager may open; ``None`` for those who may see the whole council."""
    if user.roles & {Role.FINANCE_OFFICER, Role.FINANCE_MANAGER, Role.AUDITOR}:
        return None
    return Team.objects.filter(
        pk__in=user.role_holdings.filter(role=Role.MANAGER).exclude(team=None).values("team")
    )


def forecast_by_team(user: User, year: int) -> list[TeamForecast]:
    """Every team's financial year that this user may see, by name; cases without a team come last."""
    teams = teams_seen_by(user)
    narrowed = Q() if teams is None else Q(case__team__in=teams)
    budgets = budgets_by("team", narrowed)
    names = dict((Team.objects.all() if teams is None else teams).values_list("pk", "name"))
    months, today = months_of_year(year), clock.today()
    found = [
        TeamForecast(name, slugify(name), forecast(budgets.get(pk, []), months, today))
        for pk, name in sorted(names.items(), key=lambda one: one[1])
    ]
    if None in budgets:
        found.append(TeamForecast("No team yet", NO_TEAM, forecast(budgets[None], months, today)))
    return found


def whole(teams: Iterable[TeamForecast]) -> Forecast:
    """All teams added up."""
    return add(team.forecast for team in teams)


@dataclass(frozen=True)
class CaseForecast:
    """One case of a team and what its plan comes to, in pence."""

    case: Case
    forecast: Forecast

    @property
    def is_short(self) -> bool:
        """More is expected to be spent than there is."""
        return self.forecast.total.unspent < 0


def team_by_slug(team: str) -> Team:
    """The team whose name is written like this in addresses. Raises ``Team.DoesNotExist``."""
    for found in Team.objects.order_by("pk"):
        if slugify(found.name) == team:
            return found
    raise Team.DoesNotExist


def forecast_of_team(team: Team, user: User, year: int) -> tuple[Forecast, list[CaseForecast]]:
    """A team's year, and each of its cases over its own plan: those that run short first.

    The sums count every case; the list leaves out those of the user's own family.
    """
    budgets = budgets_by("case", Q(case__team=team))
    today = clock.today()
    merged = put_together(one for each in budgets.values() for one in each)
    cases = not_of_own_family(Case.objects.filter(pk__in=budgets), user).select_related("person")
    rows = [
        CaseForecast(
            case,
            forecast(
                budgets[case.pk],
                months_between(budgets[case.pk][0].first, budgets[case.pk][0].last),
                today,
            ),
        )
        for case in cases
    ]
    rows.sort(key=lambda one: (one.forecast.total.unspent, one.case.pk))
    return forecast(merged, months_of_year(year), today), rows


def years_to_choose(today: date) -> list[int]:
    """Last year, this one and the next."""
    this = financial_year(today)
    return [this - 1, this, this + 1]
