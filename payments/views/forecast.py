"""Forecasts as pages and files: the council by team, a team with its cases, and one case for a spreadsheet."""

import csv
import io
from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.money import decimal_string
from carebudget.people.access import needs, signed_in
from carebudget.people.models import Team
from payments.rules.forecast import Row
from payments.selectors.forecast import (
    NO_TEAM,
    financial_year,
    forecast_by_team,
    forecast_of_case,
    forecast_of_team,
    team_by_slug,
    whole,
    years_to_choose,
)
from plans.models import Case
from plans.selectors import case_by_reference
from plans.views.policy_export import harmless

from .forecast_chart import picture_of_forecast
from .lists import page_of

CASES_ON_A_PAGE = 25
COLUMNS = ("Available", "Spent", "Waiting", "Promised", "Planned", "Expected", "Left over")


def _year(request: HttpRequest) -> int:
    """The financial year in the address; this one when none, or none of those to choose, is named."""
    choices = years_to_choose(clock.today())
    asked = request.GET.get("year", "")
    return next((year for year in choices if str(year) == asked), financial_year(clock.today()))


@require_safe
@needs("payments.view_forecast")
def council(request: HttpRequest) -> HttpResponse:
    """The whole council for finance and auditors, a manager's own teams for a manager: by team and month."""
    user, year = signed_in(request), _year(request)
    teams = forecast_by_team(user, year)
    found = whole(teams)
    return render(
        request,
        "payments/forecast/council.html",
        {
            "teams": teams,
            "found": found,
            "picture": picture_of_forecast(found) if found.people else None,
            "year": year,
            "years": years_to_choose(clock.today()),
            "is_finance": user.has_perm("payments.view_desk"),
            "no_team": NO_TEAM,
        },
    )


@require_safe
@needs("payments.view_forecast")
def council_csv(request: HttpRequest) -> HttpResponse:
    """The same figures for a spreadsheet, a row for each team and month."""
    year = _year(request)
    teams = forecast_by_team(signed_in(request), year)
    rows = [
        [team.name, str(team.forecast.people), *_cells(row)]
        for team in teams
        for row in team.forecast.rows
    ]
    return _csv(["Team", "People", "Month", *COLUMNS], rows, f"forecast-{year}")


@require_safe
@needs("payments.view_team_forecast", load=team_by_slug)
def team(request: HttpRequest, found_team: Team) -> HttpResponse:
    """A team's year, and its cases: those that run short first."""
    user, year = signed_in(request), _year(request)
    found, cases = forecast_of_team(found_team, user, year)
    return render(
        request,
        "payments/forecast/team.html",
        {
            "team": found_team,
            "slug": slugify(found_team.name),
            "found": found,
            "picture": picture_of_forecast(found) if found.people else None,
            "page": page_of(request, cases, CASES_ON_A_PAGE),
            "short": sum(one.is_short for one in cases),
            "year": year,
            "years": years_to_choose(clock.today()),
            "is_finance": user.has_perm("payments.view_desk"),
        },
    )


@require_safe
@needs("payments.view_team_forecast", load=team_by_slug)
def team_csv(request: HttpRequest, found_team: Team) -> HttpResponse:
    """A team's months for a spreadsheet."""
    year = _year(request)
    found, _ = forecast_of_team(found_team, signed_in(request), year)
    rows = [[found_team.name, *_cells(row)] for row in found.rows]
    name = f"forecast-{slugify(found_team.name)}-{year}"
    return _csv(["Team", "Month", *COLUMNS], rows, name)


@require_safe
@needs("payments.see_money", load=case_by_reference)
def case_csv(request: HttpRequest, case: Case) -> HttpResponse:
    """The months of one person's plan for a spreadsheet."""
    found = forecast_of_case(case)
    if found is None:
        raise Http404
    rows = [[case.reference, *_cells(row)] for row in found.rows]
    return _csv(["Case", "Month", *COLUMNS], rows, f"forecast-{case.reference.lower()}")


def _cells(row: Row) -> list[str]:
    """A month's figures in pounds, as a spreadsheet reads them."""
    amounts = (
        row.available, row.spent, row.waiting, row.promised, row.planned, row.expected, row.unspent,
    )  # fmt: skip
    return [f"{row.month:%Y-%m}", *(decimal_string(pence) for pence in amounts)]


def _csv(head: list[str], rows: Iterable[list[str]], name: str) -> HttpResponse:
    """A file whose words no spreadsheet takes for a formula; amounts below zero stay numbers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell if _is_amount(cell) else harmless(cell) for cell in row])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _is_amount(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdecimal()
