"""The worker's pages: the person's words beside the rules, correcting, deciding; and the decision as read."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Answer, AssessmentState, Case, EligibilityDecision, Stage
from tests.plans.page_world import (
    World,
    assessing,
    decided,
    do,
    family_tie,
    queries_of,
    see,
    submitted,
    verified,
    words,
    world,
)


@pytest.fixture
def w(db: None) -> World:
    return world()


def as_shown(case: Case) -> dict[str, Any]:
    """What the correcting part of the page holds before anybody changes it."""
    shown = {}
    for answer in Answer.objects.filter(assessment__case=case):
        if case.pack.rules.question(answer.question).kind != "text":
            shown[answer.question] = answer.value
    return shown


def judged(case: Case, unmet: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    """The decide form, filled in."""
    form: dict[str, Any] = {
        "eligible": "yes" if len(unmet) > 1 else "no",
        "reason": "What I found.",
    }
    for outcome in case.pack.rules.outcomes:
        cannot = outcome.key in unmet
        form[f"{outcome.key}_unmet"] = "yes" if cannot else "no"
        form[f"{outcome.key}_ways"] = ["cannot"] if cannot else []
        form[f"{outcome.key}_reason"] = f"Because of what I saw: {outcome.key}."
    return {**form, **changes}


def test_the_worker_sees_the_persons_words_beside_what_the_rules_say(w: World, client: Client):
    submitted(w)
    page = words(see(client, w.samira, "plans:assessment", w.case.reference))
    assert "In my own words about nutrition." in page
    assert "Cannot manage" in page
    assert "What the rules propose" in page
    assert "Margaret Ashdown and Ruth Ashdown" in page


def test_answers_are_verified_as_they_are_with_a_note(w: World, client: Client):
    assessment = submitted(w)
    sent = do(
        client, w.samira, "plans:assessment", w.case.reference, act="verify", note="Talked at home.",
        **as_shown(w.case),
    )  # fmt: skip
    assert sent.url == reverse("plans:decide", args=[w.case.reference])
    assessment.refresh_from_db()
    assert assessment.state == AssessmentState.VERIFIED
    assert not Answer.objects.exclude(verified_value=None).exists()


def test_a_correction_stands_beside_the_persons_own_answer(w: World, client: Client):
    submitted(w)
    do(
        client, w.samira, "plans:assessment", w.case.reference, act="verify", note="She needs help every time.",
        **{**as_shown(w.case), "nutrition_need": "all"},
    )  # fmt: skip
    answer = Answer.objects.get(question="nutrition_need")
    assert (answer.value, answer.verified_value) == ("some", "all")
    page = words(see(client, w.samira, "plans:assessment", w.case.reference))
    assert "They said: I need somebody’s help with some meals" in page


def test_verifying_without_a_note_is_refused_and_the_correction_stays_typed(
    w: World, client: Client
):
    assessment = submitted(w)
    answer = do(
        client, w.samira, "plans:assessment", w.case.reference, act="verify", note="",
        **{**as_shown(w.case), "nutrition_need": "all"},
    )  # fmt: skip
    assert "Write what you talked through, and with whom." in words(answer)
    assert answer.context["correcting"]["nutrition_need"].value() == "all"
    assessment.refresh_from_db()
    assert assessment.state == AssessmentState.SUBMITTED


def test_an_impossible_correction_is_refused_in_place(w: World, client: Client):
    submitted(w)
    answer = do(
        client, w.samira, "plans:assessment", w.case.reference, act="verify", note="A note.",
        **{**as_shown(w.case), "nutrition_need": "everything"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "There is a problem" in words(answer)
    assert "A note." in answer.content.decode()


def test_the_worker_asks_for_more_and_the_questions_open_again(w: World, client: Client):
    assessment = submitted(w)
    empty = do(client, w.samira, "plans:assessment", w.case.reference, act="hand_back", comment=" ")
    assert "Write what they should add or change." in words(empty)
    do(
        client,
        w.samira,
        "plans:assessment",
        w.case.reference,
        act="hand_back",
        comment="And at night?",
    )
    assessment.refresh_from_db()
    assert assessment.state == AssessmentState.DRAFT
    assert Answer.objects.filter(assessment=assessment).exists()


def test_deciding_waits_until_the_answers_are_checked(w: World, client: Client):
    submitted(w)
    sent = see(client, w.samira, "plans:decide", w.case.reference)
    assert sent.url == reverse("plans:assessment", args=[w.case.reference])


def test_every_outcome_starts_from_the_sentence_of_the_rules(w: World, client: Client):
    verified(w)
    page = see(client, w.samira, "plans:decide", w.case.reference)
    form = page.context["form"]
    assert form["nutrition_unmet"].value() == "yes"
    assert form["work_unmet"].value() == "no"
    assert form["nutrition_reason"].value().startswith("Eating and drinking")
    assert "In my own words about hygiene." in words(page)


def test_both_the_proposal_and_the_decision_are_kept(w: World, client: Client):
    verified(w)
    sent = do(
        client,
        w.samira,
        "plans:decide",
        w.case.reference,
        **judged(w.case, ("nutrition", "hygiene")),
    )
    assert sent.url == reverse("plans:decide", args=[w.case.reference])
    decision = EligibilityDecision.objects.get()
    assert decision.eligible
    assert decision.proposed_eligible
    home = decision.outcomes.get(outcome="home_safety")
    assert home.proposed_unmet
    assert not home.unmet
    assert home.reason == "Because of what I saw: home_safety."
    assert w.again().stage == Stage.ELIGIBLE
    after = words(client.get(sent.url))
    assert "Decided: eligible" in after
    assert "What happens next" in after


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hygiene_reason": ""}, "Give a reason for this part: Washing and keeping clean."),
        (
            {"hygiene_ways": []},
            "Choose at least one way in which they cannot: Washing and keeping clean.",
        ),
        ({"reason": " "}, "Give the reason for the decision."),
        ({"hygiene_unmet": ""}, "Say whether they can manage this: Washing and keeping clean."),
        ({"eligible": ""}, "Say whether the person is eligible."),
    ],
)
def test_a_decision_with_a_gap_is_refused_and_every_word_stays(
    w: World, client: Client, changes: dict[str, Any], sentence: str
):
    verified(w)
    form = judged(
        w.case, ("nutrition", "hygiene"), nutrition_reason="Kept word for word.", **changes
    )
    answer = do(client, w.samira, "plans:decide", w.case.reference, **form)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert "Kept word for word." in answer.content.decode()
    assert not EligibilityDecision.objects.exists()


def test_a_yes_that_the_outcomes_do_not_carry_is_refused_beside_the_question(
    w: World, client: Client
):
    verified(w)
    form = judged(w.case, ("nutrition",), eligible="yes")
    answer = do(client, w.samira, "plans:decide", w.case.reference, **form)
    assert "The rules need 2 outcomes that cannot be achieved. You marked 1." in words(answer)
    assert answer.context["form"].errors["eligible"]


def test_not_eligible_ends_well_for_the_person(w: World, client: Client):
    decided(w, eligible=False)
    page = see(client, w.ruth, "plans:decision", w.case.reference)
    said = words(page)
    assert "We cannot give you a budget at the moment" in said
    assert "One part of life only." in said
    assert "What else can help" in said
    assert "Ombudsman" in said
    challenge = reverse("plans:challenge", args=[w.case.reference])
    assert f'href="{challenge}?about=eligibility"' in page.content.decode()


def test_the_person_reads_the_reason_for_every_part_of_life(w: World, client: Client):
    decided(w)
    said = words(see(client, w.margaret, "plans:decision", w.case.reference))
    assert "You can have support from the council" in said
    for outcome in w.case.pack.rules.outcomes:
        assert f"What I saw about {outcome.title}." in said


def test_there_is_no_decision_page_before_there_is_a_decision(w: World, client: Client):
    assert see(client, w.margaret, "plans:decision", w.case.reference).status_code == 404
    assert see(client, w.samira, "plans:assessment", w.case.reference).status_code == 404
    assert see(client, w.samira, "plans:decide", w.case.reference).status_code == 404


def test_only_the_worker_and_the_team_manager_check_and_decide(w: World, client: Client):
    verified(w)
    for name in ("plans:assessment", "plans:decide"):
        for who in (w.margaret, w.ruth, w.other_worker, w.panel, w.auditor, w.finance, w.stranger):
            assert see(client, who, name, w.case.reference).status_code == 404
        assert see(client, w.david, name, w.case.reference).status_code == 200
    family_tie(w.samira, w.case)
    assert see(client, w.samira, "plans:decide", w.case.reference).status_code == 404


def test_the_decision_is_read_by_the_persons_side_and_the_care_staff_only(w: World, client: Client):
    decided(w)
    for who in (w.margaret, w.ruth, w.samira, w.david, w.auditor):
        assert see(client, who, "plans:decision", w.case.reference).status_code == 200
    for who in (w.stranger, w.finance):
        assert see(client, who, "plans:decision", w.case.reference).status_code == 404


def test_the_assessment_page_takes_a_constant_number_of_queries(w: World, client: Client):
    assessing(w)
    empty = queries_of(client, w.samira, "plans:assessment", w.case.reference)
    submitted(w)
    assert queries_of(client, w.samira, "plans:assessment", w.case.reference) <= empty + 1
