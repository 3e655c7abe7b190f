"""Forecasts on the pages: the council, a team and a person, the same figures in picture, table and file."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from carebudget import clock
from carebudget.people.models import Team
from payments.models import ServiceAgreement
from payments.selectors import money_of_case
from payments.selectors.forecast import (
    financial_year,
    forecast_by_team,
    forecast_of_case,
    forecast_of_team,
    whole,
)
from tests.desks.desk_world import again, case_at, page, queries, read
from tests.factories.worlds import (
    AgreementFactory,
    CaseFactory,
    InvoiceFactory,
    UserFactory,
    client_of,
    crew,
    finance,
    member_of,
)
from tests.payments.finance_world import make_family

pytestmark = pytest.mark.django_db

COUNCIL = "/payments/forecast/"
TEAM = "/payments/forecast/team/test-team-0/"


def running(states: tuple[str, ...] = ("approved", "received")) -> ServiceAgreement:
    """Support runs, with an invoice in each of these states."""
    agreement = AgreementFactory()
    for state in states:
        InvoiceFactory(agreement=agreement, state=state)
    return agreement


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode())))


def test_a_persons_forecast_is_made_of_the_figures_of_their_money():
    agreement = running()
    found = forecast_of_case(agreement.case)
    assert found is not None
    money, total = money_of_case(agreement.case), found.total
    assert total.available == money.budget_pence
    assert total.spent == money.spent_pence == 2000
    assert total.waiting == money.held_pence == 2000
    assert total.promised == money.committed_pence
    assert total.planned == 0


def test_support_that_nobody_took_is_planned_and_not_promised():
    case = case_at("agreed")
    found = forecast_of_case(case)
    assert found is not None
    assert found.total.promised == 0
    assert 0 < found.total.planned < money_of_case(case).budget_pence


def test_before_a_plan_is_agreed_there_is_no_forecast(client: Client):
    case = case_at("planning")
    assert forecast_of_case(case) is None
    base = f"/my-budget/{case.reference}/money/"
    assert page(client, client_of(case), f"{base}forecast/").status_code == 404
    assert "How long it lasts" not in read(client, client_of(case), base)


def test_the_teams_add_up_to_the_council_and_a_case_to_its_team():
    agreement = running()
    CaseFactory(stage="live", n=1)
    officer, _ = finance()
    year = financial_year(clock.today())
    teams = forecast_by_team(officer, year)
    assert [team.name for team in teams] == ["Test team 0", "Test team 1"]
    total = whole(teams).total
    assert total.spent == sum(team.forecast.total.spent for team in teams) == 2000
    assert whole(teams).people == 2
    team = Team.objects.get(name="Test team 0")
    found, cases = forecast_of_team(team, officer, year)
    assert found == teams[0].forecast
    assert [one.case.pk for one in cases] == [agreement.case_id]
    assert cases[0].forecast == forecast_of_case(agreement.case)


def test_the_person_reads_how_long_it_lasts_with_picture_and_table(client: Client):
    case = again(running().case)
    path = f"/my-budget/{case.reference}/money/"
    said = read(client, client_of(case), path)
    assert "How long it lasts" in said
    assert "the money lasts until the plan ends" in said
    html = page(client, client_of(case), path).content.decode()
    assert '<svg class="cb-forecast"' in html
    assert 'role="img" aria-label="Month by month from' in html
    assert "style=" not in html
    assert html.count('class="cb-forecast__dot"') == len(forecast_of_case(case).rows)  # type: ignore[union-attr]


def test_a_budget_that_runs_short_says_so_kindly_and_what_to_do(client: Client):
    agreement = AgreementFactory()
    case = again(agreement.case)
    for _ in range(2):
        InvoiceFactory(agreement=agreement, state="approved", quantity=Decimal(12))
    said = read(client, client_of(case), f"/my-budget/{case.reference}/money/")
    assert "the money does not last until the plan ends" in said
    assert "Together we look at what can change." in said
    team = read(client, crew().manager, TEAM)
    assert "1 budget may not last until the plan ends. It stands first" in team


def test_finance_sees_every_team_and_a_manager_their_own(client: Client):
    running()
    CaseFactory(stage="live", n=1)
    officer, _ = finance()
    everything = read(client, officer, COUNCIL)
    assert "Test team 0" in everything
    assert "Test team 1" in everything
    assert "2 budgets are counted" in everything
    mine = read(client, crew().manager, COUNCIL)
    assert "Test team 0" in mine
    assert "Test team 1" not in mine
    assert "1 budget is counted" in mine


def test_another_year_can_be_chosen_and_nonsense_means_this_one(client: Client):
    running()
    officer, _ = finance()
    year = financial_year(clock.today())
    assert (
        f"<title>Forecast, April {year + 1}"
        in page(client, officer, f"{COUNCIL}?year={year + 1}").content.decode()
    )
    for asked in ("1066", "next", "'; --", "9" * 50):
        found = page(client, officer, f"{COUNCIL}?year={asked}").content.decode()
        assert f"<title>Forecast, April {year} to" in found


def test_an_empty_council_says_what_will_come(client: Client):
    assert "Nothing to forecast yet" in read(client, finance()[0], COUNCIL)


def test_who_may_see_which_forecast(client: Client):
    case = again(running().case)
    officer, manager = finance()
    auditor = UserFactory(role="auditor")
    for who in (officer, manager, auditor, crew().manager):
        for path in (COUNCIL, f"{COUNCIL}download/", TEAM, f"{TEAM}download/"):
            assert page(client, who, path).status_code == 200
    other = crew(1).manager
    assert page(client, other, COUNCIL).status_code == 200
    assert page(client, other, TEAM).status_code == 404
    provider = member_of(case.agreements.get().provider)
    for who in (client_of(case), crew().worker, provider, crew().panel):
        for path in (COUNCIL, f"{COUNCIL}download/", TEAM, f"{TEAM}download/"):
            assert page(client, who, path).status_code == 404
    assert page(client, None, TEAM).status_code == 302
    assert page(client, officer, "/payments/forecast/team/no-such-team/").status_code == 404
    mine = f"/my-budget/{case.reference}/money/forecast/"
    for who in (client_of(case), crew().worker, officer):
        assert page(client, who, mine).status_code == 200
    assert page(client, provider, mine).status_code == 404


def test_a_manager_never_reads_of_their_own_family_in_the_list(client: Client):
    agreement = running()
    manager = crew().manager
    make_family(manager, agreement)
    said = read(client, manager, TEAM)
    assert "1 budget is counted" in said
    assert agreement.case.reference not in said


def test_the_files_hold_the_figures_of_the_pages(client: Client):
    case = again(running().case)
    rows = rows_of(page(client, client_of(case), f"/my-budget/{case.reference}/money/forecast/"))
    assert rows[0][:3] == ["Case", "Month", "Available"]
    found = forecast_of_case(case)
    assert found is not None
    assert len(rows) == len(found.rows) + 1
    assert sum(round(float(row[3]) * 100) for row in rows[1:]) == found.total.spent


def test_no_spreadsheet_takes_a_name_for_a_formula_and_amounts_stay_numbers(client: Client):
    running()
    Team.objects.filter(name="Test team 0").update(name="=HYPERLINK(1)")
    officer, _ = finance()
    rows = rows_of(page(client, officer, f"{COUNCIL}download/"))
    assert {row[0] for row in rows[1:]} == {"'=HYPERLINK(1)"}
    assert all(not cell.startswith("'") for row in rows[1:] for cell in row[1:])


def test_the_queries_are_as_many_for_one_case_as_for_many(client: Client):
    running()
    officer, _ = finance()
    base = [queries(client, officer, path) for path in (COUNCIL, TEAM)]
    for n in range(3):
        with clock.travel(clock.now() - timedelta(days=n * 40)):
            running(("approved", "received", "confirmed"))
    CaseFactory(stage="live", n=2)
    assert [queries(client, officer, path) for path in (COUNCIL, TEAM)] == base
