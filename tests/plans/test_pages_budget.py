"""The indicative budget on the pages: confirmed or changed with reasons, and shown with its working."""

import pytest
from django.test import Client
from django.urls import reverse

from carebudget.money import format_pence
from plans.models import IndicativeBudgetState, Stage
from plans.services import raise_challenge
from tests.plans.page_world import World, budgeted, decided, do, see, words, world


@pytest.fixture
def w(db: None) -> World:
    return world()


def test_before_it_is_confirmed_the_person_is_told_who_has_it(w: World, client: Client):
    decided(w)
    said = words(see(client, w.margaret, "plans:budget", w.case.reference))
    assert "We are working out your budget" in said
    assert format_pence(w.case.budgets.get().annual_pence) not in said


def test_the_worker_confirms_and_the_person_is_told(w: World, client: Client):
    decided(w)
    page = see(client, w.samira, "plans:budget_confirm", w.case.reference)
    assert "How it was worked out" in words(page)
    do(client, w.samira, "plans:budget_confirm", w.case.reference, act="confirm")
    assert w.again().stage == Stage.BUDGETED
    assert "The budget is confirmed" in words(
        see(client, w.samira, "plans:budget_confirm", w.case.reference)
    )


def test_the_worker_changes_the_sum_with_a_reason_the_person_reads(w: World, client: Client):
    decided(w)
    do(
        client, w.samira, "plans:budget_confirm", w.case.reference, act="adjust", annual_pence="9,500.50",
        reason="The nearest agency charges more.",
    )  # fmt: skip
    budget = w.case.budgets.get()
    assert (budget.annual_pence, budget.state) == (950050, IndicativeBudgetState.ADJUSTED)
    do(client, w.samira, "plans:budget_confirm", w.case.reference, act="confirm")
    said = words(see(client, w.ruth, "plans:budget", w.case.reference))
    assert "£9,500.50" in said
    assert "The nearest agency charges more." in said
    assert format_pence(budget.calculated_pence) in said


@pytest.mark.parametrize(
    ("amount", "reason", "sentence"),
    [
        ("lots", "A reason.", "Enter an amount in pounds and pence, like 12.50"),
        ("-5", "A reason.", "Enter an amount of zero or more."),
        ("100.005", "A reason.", "at most two digits after the point"),
        ("100", "", "Give the reason for the change."),
    ],
)
def test_a_wrong_change_is_refused_and_stays_typed(
    w: World, client: Client, amount: str, reason: str, sentence: str
):
    decided(w)
    before = w.case.budgets.get().annual_pence
    answer = do(
        client,
        w.samira,
        "plans:budget_confirm",
        w.case.reference,
        act="adjust",
        annual_pence=amount,
        reason=reason,
    )
    assert sentence in words(answer)
    assert f'value="{amount}"' in answer.content.decode()
    assert w.case.budgets.get().annual_pence == before


def test_the_person_sees_the_year_the_week_and_every_step(w: World, client: Client):
    budgeted(w)
    page = see(client, w.margaret, "plans:budget", w.case.reference)
    said = words(page)
    budget = w.case.budgets.get()
    assert format_pence(budget.annual_pence) in said
    assert "a week" in said
    for step in budget.working["steps"]:
        assert step["label"] in said
    assert "Start the plan" in said
    assert (
        f'href="{reverse("plans:challenge", args=[w.case.reference])}?about=budget"'
        in page.content.decode()
    )


def test_a_challenged_budget_says_so_on_both_sides(w: World, client: Client):
    budgeted(w)
    raise_challenge(case=w.case, about="budget", words="Nights are missing.", by=w.ruth)
    assert "You asked us to look at this sum again." in words(
        see(client, w.margaret, "plans:budget", w.case.reference)
    )
    assert "has asked for this sum to be looked at again" in words(
        see(client, w.samira, "plans:budget_confirm", w.case.reference)
    )


def test_no_budget_no_page(w: World, client: Client):
    assert see(client, w.margaret, "plans:budget", w.case.reference).status_code == 404
    assert see(client, w.samira, "plans:budget_confirm", w.case.reference).status_code == 404


def test_who_sees_which_budget_page(w: World, client: Client):
    budgeted(w)
    for who in (w.ruth, w.samira, w.david, w.auditor, w.finance):
        assert see(client, who, "plans:budget", w.case.reference).status_code == 200
    assert see(client, w.stranger, "plans:budget", w.case.reference).status_code == 404
    for who in (w.margaret, w.ruth, w.other_worker, w.auditor, w.finance):
        assert see(client, who, "plans:budget_confirm", w.case.reference).status_code == 404
    refused = do(client, w.ruth, "plans:budget_confirm", w.case.reference, act="confirm")
    assert refused.status_code == 404
