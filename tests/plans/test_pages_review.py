"""The submitted plan on the council's pages: read, comment, return, pass up, agree, each with a reason."""

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import AgreementDecision, PlanState, Stage
from plans.services import escalate_plan
from tests.plans.page_world import (
    World,
    do,
    family_tie,
    plan_agreed,
    plan_sent,
    queries_of,
    see,
    words,
    world,
)


@pytest.fixture
def w(db: None) -> World:
    return world()


def test_the_worker_reads_the_plan_beside_what_it_is_measured_by(w: World, client: Client):
    plan_sent(w)
    page = words(see(client, w.samira, "plans:plan_review", w.case.reference))
    for criterion in w.case.pack.rules.criteria:
        assert criterion.question in page
        assert criterion.returned_if in page
    assert "My own words about managed." in page
    assert "£6,370.00" in page
    assert "So a social worker decides." in page
    assert "Agree the plan" in page


def test_a_plan_above_the_workers_limit_says_why_and_who_decides(w: World, client: Client):
    plan_sent(w, hours="8")
    page = words(see(client, w.samira, "plans:plan_review", w.case.reference))
    assert "above the limit of a social worker, £8,000.00" in page
    assert "David Pell" in page
    assert "You cannot agree this plan yourself" in page
    assert "Why do you agree?" not in page


def test_agreeing_above_the_limit_does_nothing_however_it_is_asked(w: World, client: Client):
    plan_sent(w, hours="8")
    answer = do(
        client, w.samira, "plans:plan_review", w.case.reference, act="agree", reason="I would."
    )
    assert "You cannot agree this plan yourself. £10,292.00 a year is above the limit" in words(
        answer
    )
    assert "I would." in answer.content.decode()
    assert w.plan.state == PlanState.SUBMITTED


def test_the_worker_agrees_within_the_limit(w: World, client: Client):
    plan_sent(w)
    sent = do(
        client, w.samira, "plans:plan_review", w.case.reference, act="agree", reason="It is her own plan.",
        conditions="",
    )  # fmt: skip
    assert sent.url == reverse("plans:plan_reviewed", args=[w.case.reference])
    assert w.plan.state == PlanState.AGREED
    after = words(client.get(sent.url))
    assert "The plan is agreed" in after
    assert "£6,470.00 a year is set aside for Margaret." in after


def test_the_worker_passes_it_up_and_the_manager_agrees_with_a_condition(w: World, client: Client):
    plan_sent(w, hours="8")
    up = do(
        client,
        w.samira,
        "plans:plan_review",
        w.case.reference,
        act="escalate",
        reason="I recommend it.",
    )
    assert "David Pell has been told, and decides." in words(client.get(up.url))
    page = words(see(client, w.david, "plans:plan_review", w.case.reference))
    assert "I recommend it." in page
    do(
        client, w.david, "plans:plan_review", w.case.reference, act="agree", reason="Sound.",
        conditions="Fit the alarm first.",
    )  # fmt: skip
    assert w.plan.state == PlanState.AGREED
    assert AgreementDecision.objects.get(level="manager").conditions == "Fit the alarm first."
    assert w.again().stage == Stage.AGREED


def test_what_was_passed_up_is_no_longer_the_workers_to_decide(w: World, client: Client):
    plan = plan_sent(w, hours="8")
    escalate_plan(plan=plan, reason="Please.", by=w.samira)
    page = words(see(client, w.samira, "plans:plan_review", w.case.reference))
    assert "It is with the team manager now." in page
    assert "Your decision" not in page


def test_the_plan_is_returned_with_what_should_change(w: World, client: Client):
    plan_sent(w)
    sent = do(
        client,
        w.samira,
        "plans:plan_review",
        w.case.reference,
        act="return",
        comment="Who comes on Sunday?",
    )
    assert w.plan.state == PlanState.RETURNED
    after = words(client.get(sent.url))
    assert "The plan is returned" in after
    assert "Who comes on Sunday?" in after


def test_the_plan_is_declined_with_a_reason(w: World, client: Client):
    plan_sent(w)
    sent = do(
        client,
        w.david,
        "plans:plan_review",
        w.case.reference,
        act="decline",
        reason="It pays for a cruise.",
    )
    assert "The plan is not agreed" in words(client.get(sent.url))
    assert "It pays for a cruise." in words(see(client, w.ruth, "plans:plan", w.case.reference))


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("agree", "Say why you agree."),
        ("return", "Say what should change."),
        ("escalate", "Say what you recommend, and why."),
        ("decline", "Say why the plan cannot be agreed."),
    ],
)
def test_no_decision_without_a_reason(w: World, client: Client, act: str, sentence: str):
    plan_sent(w)
    answer = do(
        client,
        w.samira,
        "plans:plan_review",
        w.case.reference,
        act=act,
        reason=" ",
        comment=" ",
        conditions="Kept.",
    )
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert w.plan.state == PlanState.SUBMITTED
    if act == "agree":
        assert "Kept." in answer.content.decode()


def test_a_second_click_is_told_that_it_has_moved_on(w: World, client: Client):
    plan_agreed(w)
    answer = do(
        client, w.samira, "plans:plan_review", w.case.reference, act="return", comment="Too late."
    )
    assert answer.status_code == 200
    assert "This plan is “Agreed”." in words(answer)
    assert "Too late." in answer.content.decode()


def test_an_unknown_button_changes_nothing(w: World, client: Client):
    plan_sent(w)
    assert (
        do(client, w.samira, "plans:plan_review", w.case.reference, act="burn").status_code == 200
    )
    assert w.plan.state == PlanState.SUBMITTED


def test_there_is_nothing_to_confirm_before_a_decision(w: World, client: Client):
    plan_sent(w)
    sent = see(client, w.samira, "plans:plan_reviewed", w.case.reference)
    assert sent.url == reverse("plans:plan_review", args=[w.case.reference])


def test_who_may_review(w: World, client: Client):
    plan_sent(w)
    for who in (w.margaret, w.ruth, w.other_worker, w.auditor, w.finance, w.stranger):
        assert see(client, who, "plans:plan_review", w.case.reference).status_code == 404
        refused = do(
            client, who, "plans:plan_review", w.case.reference, act="agree", reason="Mine."
        )
        assert refused.status_code == 404
    for who in (w.samira, w.david, w.panel):
        assert see(client, who, "plans:plan_review", w.case.reference).status_code == 200
    family_tie(w.david, w.case)
    assert see(client, w.david, "plans:plan_review", w.case.reference).status_code == 404


def test_the_auditor_and_finance_read_the_plan_without_buttons_to_write(w: World, client: Client):
    plan_agreed(w)
    for who in (w.auditor, w.finance):
        page = words(see(client, who, "plans:plan", w.case.reference))
        assert "The plan of Margaret Ashdown" in page
        assert "Send comment" not in page


def test_more_comments_take_no_more_queries(w: World, client: Client):
    plan_sent(w)
    do(client, w.samira, "plans:plan_comment", w.case.reference, text="One", criterion="supported")
    before = queries_of(client, w.samira, "plans:plan_review", w.case.reference)
    for n in range(4):
        do(client, w.ruth, "plans:plan_comment", w.case.reference, text=f"More {n}")
    assert queries_of(client, w.samira, "plans:plan_review", w.case.reference) == before
