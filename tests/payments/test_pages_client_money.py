"""Every figure of a budget, opened: the lines add up to what the ledger says, to the penny."""

import re

import pytest
from django.test import Client

from payments.selectors import (
    budget_entries,
    invoices_holding,
    money_of_case,
    promises,
    spending,
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
)

pytestmark = pytest.mark.django_db


def path(case) -> str:
    return f"/my-budget/{case.reference}/money/"


def pounds(pence: int) -> str:
    return f"£{pence // 100:,}.{pence % 100:02d}"


def with_every_kind():
    """A running budget with invoices in every state that there is before payment."""
    agreement = AgreementFactory()
    for state in ("received", "confirmed", "approved", "approved", "rejected"):
        InvoiceFactory(agreement=agreement, state=state)
    return again(agreement.case)


def test_the_lines_of_each_figure_add_up_to_it():
    case = with_every_kind()
    money = money_of_case(case)
    assert sum(-leg.amount_pence for leg in budget_entries(case)) == money.budget_pence > 0
    assert sum(leg.amount_pence for leg in spending(case)) == money.spent_pence == 4000
    assert sum(one.total_pence for one in invoices_holding(case)) == money.held_pence == 4000
    assert sum(one.rest_pence for one in promises(case)) == money.committed_pence > 0
    whole = money.spent_pence + money.held_pence + money.committed_pence + money.free_pence
    assert whole == money.budget_pence


def test_the_page_opens_every_figure_at_the_place_the_desk_links_to(client: Client):
    case = with_every_kind()
    money = money_of_case(case)
    said = read(client, client_of(case), path(case))
    assert f"The budget: {pounds(money.budget_pence)}" in said
    assert f"Spent: {pounds(money.spent_pence)}" in said
    assert f"On invoices that wait: {pounds(money.held_pence)}" in said
    assert f"Promised to providers: {pounds(money.committed_pence)}" in said
    assert f"Free: {pounds(money.free_pence)}" in said
    found = page(client, client_of(case), path(case)).content.decode()
    for place in ("budget", "spent", "waiting", "promised", "free"):
        assert f'id="{place}"' in found
    for invoice in case.invoices.exclude(state="rejected"):
        assert f"invoices/{invoice.reference}/" in found
    assert f"invoices/{case.invoices.get(state='rejected').reference}/" not in found


def test_the_budget_says_which_plan_it_came_from(client: Client):
    case = case_at("agreed")
    plan = case.plans.get()
    said = read(client, client_of(case), path(case))
    assert f"Budget of {plan.reference} agreed" in said
    assert "Nothing is promised: no provider has said yes yet." in said
    assert f"The plan keeps {pounds(plan.contingency_pence)} of it back" in said


def test_each_agreement_shows_what_is_still_promised(client: Client):
    case = with_every_kind()
    agreement = case.agreements.get()
    invoiced = 4 * 2000
    said = read(client, client_of(case), path(case))
    assert f"{pounds(agreement.limit_pence)} until" in said
    assert f"of which {pounds(invoiced)} is on invoices" in said
    assert pounds(agreement.limit_pence - invoiced) in said


def test_before_a_plan_is_agreed_it_says_so(client: Client):
    case = case_at("planning")
    said = read(client, client_of(case), path(case))
    assert "There is no money here yet" in said


def test_the_daughter_reads_of_her_mothers_money(client: Client):
    case = case_at("live", helper=True)
    ruth = case.person.representations.get().user
    said = read(client, ruth, path(case))
    assert "Margaret’s money" in said
    assert "Your money" not in said


def test_many_invoices_have_pages_and_the_whole_sum_on_each_with_constant_queries(client: Client):
    agreement = AgreementFactory()
    InvoiceFactory(agreement=agreement, state="approved")
    InvoiceFactory(agreement=agreement)
    case = again(agreement.case)
    before = queries(client, client_of(case), path(case))
    for n in range(44):
        InvoiceFactory(agreement=agreement, state="approved" if n % 2 == 0 else "received")
    assert queries(client, client_of(case), path(case)) == before
    first = read(client, client_of(case), path(case))
    assert "Page 1 of 2" in first
    second = read(client, client_of(case), path(case) + "?page=2")
    total = pounds(money_of_case(case).spent_pence)
    for said in (first, second):
        assert f"In all, every page {total}" in said
    lines = re.findall(r"Approved, and paid in the next payment run\.", first + second)
    assert len(lines) == 23


def test_who_may_see_the_money(client: Client):
    case = case_at("live")
    officer, manager = finance()
    for who in (client_of(case), crew().worker, crew().manager, officer, manager):
        assert page(client, who, path(case)).status_code == 200
    assert page(client, UserFactory(role="auditor"), path(case)).status_code == 200
    stranger = client_of(CaseFactory(stage="referred"))
    for who in (stranger, crew(1).worker, crew().panel, UserFactory(role="provider")):
        assert page(client, who, path(case)).status_code == 404
    assert page(client, None, path(case)).status_code == 302


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("worker", "Back to the case"),
        ("officer", "Back to payments"),
        ("person", "Back to your budget"),
    ],
)
def test_the_way_back_is_the_readers_own(who: str, text: str, client: Client):
    case = case_at("live")
    user = {"worker": crew().worker, "officer": finance()[0], "person": client_of(case)}[who]
    assert text in page(client, user, path(case)).content.decode()
