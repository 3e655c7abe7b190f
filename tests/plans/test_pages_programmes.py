"""Every programme through the same pages: its questions, its gateway, its decision, its working."""

import io
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from carebudget.notify.models import Document
from carebudget.people.models import Person, Role
from plans.models import Assessment
from plans.rules.eligibility import propose_eligibility
from plans.selectors import case_by_reference
from plans.services import (
    OutcomeJudgement,
    confirm_budget,
    current_pack,
    decide_eligibility,
    refer_person,
    save_answers,
    start_assessment,
    submit_assessment,
    verify_assessment,
)
from tests.plans.page_world import World, see, user, words, world
from tests.plans.rules.rule_world import KEYS
from tests.plans.rules.test_rules_programmes import eligible_answers


@pytest.fixture
def w(db: None) -> World:
    return world()


def begun(w: World, key: str) -> Assessment:
    """Margaret's place is taken by Noor, whom Samira has referred to this programme."""
    case = refer_person(
        full_name="Noor Haddad",
        date_of_birth=date(1994, 5, 6),
        pack=current_pack(key),
        source="worker",
        reason="Needs help at the moment.",
        email="noor.haddad@example.org",
        by=w.samira,
    )
    w.margaret = user("Noor Haddad", Role.CLIENT)
    Person.objects.filter(pk=case.person_id).update(user=w.margaret)
    w.case = case_by_reference(case.reference)
    return start_assessment(case=w.case, by=w.samira)


def sent(w: World, key: str, **given: object) -> Assessment:
    """Noor has answered as somebody who is eligible, except for what is ``given``."""
    assessment = begun(w, key)
    answers = eligible_answers(assessment.pack.rules, **given)
    save_answers(assessment=assessment, values=answers, by=w.margaret)
    submit_assessment(assessment=assessment, by=w.margaret)
    w.again()
    return assessment


def decided(w: World, assessment: Assessment, answers: dict) -> None:
    """Samira decides what the rules propose, in their words."""
    verify_assessment(assessment=assessment, corrections={}, note="Talked through.", by=w.samira)
    proposal = propose_eligibility(assessment.pack.rules, answers)
    decide_eligibility(
        assessment=assessment,
        outcomes=[
            OutcomeJudgement(o.outcome, o.unmet, o.ways, o.sentence) for o in proposal.outcomes
        ],
        eligible=proposal.eligible,
        reason=proposal.sentence,
        by=w.samira,
    )
    w.again()


@pytest.mark.parametrize("key", KEYS)
def test_every_part_of_the_questionnaire_can_be_opened_and_asks_each_question(
    w: World, client: Client, key: str
):
    of = begun(w, key).pack.rules
    for section in of.sections:
        said = words(
            see(client, w.margaret, "plans:questions_section", w.case.reference, section.key)
        )
        for question in section.questions:
            assert question.text in said
            assert question.easy_read in said
            assert all(option.label in said for option in question.options)
    assert "are not answered yet" in words(
        see(client, w.margaret, "plans:questions_check", w.case.reference)
    )


@pytest.mark.parametrize("key", KEYS)
def test_somebody_eligible_is_told_so_and_every_step_of_their_sum(
    w: World, client: Client, key: str
):
    assessment = sent(w, key)
    of = assessment.pack.rules
    for page in ("plans:assessment", "plans:decide"):
        if page == "plans:decide":
            verify_assessment(
                assessment=assessment, corrections={}, note="Talked through.", by=w.samira
            )
        said = words(see(client, w.samira, page, w.case.reference))
        assert f"Eligible. {of.eligibility.words_eligible}" in said
        for condition in of.eligibility.conditions:
            assert f"Yes {condition.title}" in said
        assert ("Who this programme is for" in said) == bool(of.eligibility.conditions)
    assert ("a big effect on wellbeing" in said) == bool(of.eligibility.wellbeing_question)
    assert (", or health at risk" in said) == bool(of.eligibility.health_question)


@pytest.mark.parametrize("key", KEYS)
def test_the_sum_is_shown_on_the_page_and_in_the_letter_by_the_programmes_own_method(
    w: World, client: Client, key: str
):
    assessment = sent(w, key)
    of = assessment.pack.rules
    decided(w, assessment, eligible_answers(of))
    budget = w.case.budgets.get()
    confirm_budget(budget=budget, by=w.samira)
    said = words(see(client, w.margaret, "plans:budget", w.case.reference))
    priced = of.allocation.method == "price_list"
    assert ("What each need costs" in said) == priced
    assert ("Where the points come from" in said) == (not priced)
    assert all(step["label"] in said for step in budget.working["steps"])
    letter = PdfReader(io.BytesIO(Document.objects.get(kind="budget letter").content))
    printed = " ".join(" ".join(page.extract_text() for page in letter.pages).split())
    assert ("Each need has a price" in printed) == priced
    assert ("Your answers give points" in printed) == (not priced)
    assert all(step["label"] in printed for step in budget.working["steps"])


GATED = [key for key in KEYS if key not in ("adult-social-care", "carers")]


@pytest.mark.parametrize("key", GATED)
def test_somebody_whom_a_programme_is_not_for_is_told_which_condition_fails(
    w: World, client: Client, key: str
):
    of = current_pack(key).rules
    condition = of.eligibility.conditions[0]
    gate = of.question(condition.question)
    shut = {gate.key: next((o.key for o in gate.options if not o.means_unable), [])}
    assessment = sent(w, key, **shut)
    assert f"No {condition.title}" in words(
        see(client, w.samira, "plans:assessment", w.case.reference)
    )
    decided(w, assessment, eligible_answers(of, **shut))
    page = see(client, w.margaret, "plans:decision", w.case.reference)
    said = words(page)
    assert condition.words_unmet in said
    assert of.eligibility.what_else_helps[0] in said
    assert of.eligibility.how_to_challenge in said
    assert reverse("plans:challenge", args=[w.case.reference]) in page.content.decode()
