"""The questionnaire on the pages: saved as they go, together, checked and sent."""

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Answer, AssessmentState
from plans.services import save_answers
from tests.plans.page_world import (
    World,
    assessing,
    do,
    full_answers,
    queries_of,
    see,
    submitted,
    words,
    world,
)


@pytest.fixture
def w(db: None) -> World:
    return world()


def test_the_daughter_starts_the_questions_and_lands_on_the_first_part(w: World, client: Client):
    assert "Start the questions" in words(
        see(client, w.ruth, "plans:questionnaire", w.case.reference)
    )
    sent = do(client, w.ruth, "plans:questionnaire", w.case.reference)
    first = w.case.pack.rules.sections[0].key
    assert sent.url == reverse("plans:questions_section", args=[w.case.reference, first])


def test_each_part_is_saved_and_leads_to_the_next(w: World, client: Client):
    assessment = assessing(w)
    sent = do(
        client, w.ruth, "plans:questions_section", w.case.reference, "nutrition",
        nutrition_now="Ruth cooks on Sundays.", nutrition_need="some", nutrition_ways=["cannot", "slow"],
        nutrition_unpaid="half", go="on",
    )  # fmt: skip
    assert sent.url.endswith("/questions/hygiene/")
    answers = {answer.question: answer for answer in assessment.answers.all()}
    assert answers["nutrition_now"].value == "Ruth cooks on Sundays."
    assert answers["nutrition_ways"].value == ["cannot", "slow"]
    assert answers["nutrition_now"].answered_by == w.ruth


def test_a_part_can_be_left_half_answered_and_picked_up_later(w: World, client: Client):
    assessment = assessing(w)
    sent = do(
        client, w.margaret, "plans:questions_section", w.case.reference, "nutrition",
        nutrition_need="most", go="later",
    )  # fmt: skip
    assert sent.url == reverse("plans:questionnaire", args=[w.case.reference])
    assert list(assessment.answers.values_list("question", flat=True)) == ["nutrition_need"]
    back = see(client, w.margaret, "plans:questionnaire", w.case.reference)
    assert "Saved. You can come back at any time." in words(back)
    assert "1 of 2 answered" in words(back)


def test_a_part_that_nobody_has_touched_is_never_called_done(w: World, client: Client):
    assessing(w)
    page = see(client, w.ruth, "plans:questionnaire", w.case.reference)
    assert {state for _, _, state in page.context["sections"]} == {"to_do"}
    assert "0 of 12 parts are done." in words(page)


def test_one_answer_saves_itself_without_touching_the_others(w: World, client: Client):
    assessment = assessing(w)
    client.force_login(w.margaret)
    url = reverse("plans:questions_section", args=[w.case.reference, "nutrition"])
    saved = client.post(f"{url}?save=nutrition_need", {"nutrition_need": "all"})
    assert words(saved) == "Saved"
    assert list(assessment.answers.values_list("question", flat=True)) == ["nutrition_need"]


def test_taking_every_tick_away_is_saved_too(w: World, client: Client):
    assessment = assessing(w)
    save_answers(assessment=assessment, values={"nutrition_ways": ["pain"]}, by=w.margaret)
    client.force_login(w.margaret)
    url = reverse("plans:questions_section", args=[w.case.reference, "nutrition"])
    client.post(f"{url}?save=nutrition_ways", {})
    assert Answer.objects.get(question="nutrition_ways").value == []


def test_an_option_that_does_not_exist_is_refused_and_the_words_stay(w: World, client: Client):
    assessing(w)
    answer = do(
        client, w.margaret, "plans:questions_section", w.case.reference, "nutrition",
        nutrition_now="My own words stay.", nutrition_need="everything",
    )  # fmt: skip
    assert answer.status_code == 200
    assert "There is a problem" in words(answer)
    assert "My own words stay." in words(answer)
    assert not Answer.objects.exists()


def test_words_that_are_too_long_are_refused_quietly_while_saving_themselves(
    w: World, client: Client
):
    assessing(w)
    client.force_login(w.margaret)
    url = reverse("plans:questions_section", args=[w.case.reference, "nutrition"])
    answer = client.post(f"{url}?save=nutrition_now", {"nutrition_now": "a" * 10_001})
    assert answer.status_code == 200
    assert "at most 10000 characters" in words(answer)
    assert not Answer.objects.exists()


def test_a_question_that_is_not_on_the_page_cannot_be_saved(w: World, client: Client):
    assessing(w)
    client.force_login(w.margaret)
    url = reverse("plans:questions_section", args=[w.case.reference, "nutrition"])
    assert client.post(f"{url}?save=hygiene_need", {"hygiene_need": "all"}).status_code == 404


def test_a_part_that_does_not_exist_is_not_found(w: World, client: Client):
    assessing(w)
    assert (
        see(client, w.ruth, "plans:questions_section", w.case.reference, "nowhere").status_code
        == 404
    )


def test_each_question_has_easy_words_and_says_who_answered(w: World, client: Client):
    assessment = assessing(w)
    save_answers(assessment=assessment, values={"nutrition_now": "Soup."}, by=w.margaret)
    page = words(see(client, w.ruth, "plans:questions_section", w.case.reference, "nutrition"))
    assert "In easy words" in page
    assert "How do you eat and drink now?" in page
    assert "Answered by Margaret Ashdown" in page


def test_the_check_page_lists_what_is_missing_and_offers_no_sending(w: World, client: Client):
    assessing(w)
    page = words(see(client, w.ruth, "plans:questions_check", w.case.reference))
    assert "questions are not answered yet" in page
    assert "Send my answers" not in page


def test_sending_with_gaps_is_refused_with_the_first_gap(w: World, client: Client):
    assessment = assessing(w)
    answer = do(client, w.ruth, "plans:questions_check", w.case.reference)
    assert "not answered yet. The first is:" in words(answer)
    assessment.refresh_from_db()
    assert assessment.state == AssessmentState.DRAFT


def test_answers_are_checked_sent_and_what_happens_next_is_said(w: World, client: Client):
    assessment = assessing(w)
    save_answers(assessment=assessment, values=full_answers(w.case.pack.rules), by=w.ruth)
    page = words(see(client, w.ruth, "plans:questions_check", w.case.reference))
    assert "I need somebody’s help with some meals" in page
    assert "Send my answers" in page
    sent = do(client, w.ruth, "plans:questions_check", w.case.reference)
    assert sent.url == reverse("plans:questionnaire", args=[w.case.reference])
    after = words(see(client, w.margaret, "plans:questionnaire", w.case.reference))
    assert "Your answers are sent" in after
    assert "Samira Okafor, your social worker, reads your answers" in after


def test_sent_answers_cannot_be_changed_on_the_pages(w: World, client: Client):
    submitted(w)
    sent = do(
        client,
        w.ruth,
        "plans:questions_section",
        w.case.reference,
        "nutrition",
        nutrition_need="all",
    )
    assert sent.url == reverse("plans:questionnaire", args=[w.case.reference])
    assert Answer.objects.get(question="nutrition_need").value == "some"


@pytest.mark.parametrize("name", ["questionnaire", "questions_check"])
def test_nobody_else_sees_the_questions(w: World, client: Client, name: str):
    assessing(w)
    for who in (w.stranger, w.samira, w.david, w.auditor, w.finance):
        assert see(client, who, f"plans:{name}", w.case.reference).status_code == 404
    assert see(client, None, f"plans:{name}", w.case.reference).status_code == 302


def test_more_answers_take_no_more_queries(w: World, client: Client):
    assessment = assessing(w)
    names = ("plans:questionnaire", "plans:questions_check")
    before = [queries_of(client, w.ruth, name, w.case.reference) for name in names]
    section = queries_of(client, w.ruth, "plans:questions_section", w.case.reference, "nutrition")
    save_answers(assessment=assessment, values=full_answers(w.case.pack.rules), by=w.ruth)
    assert [queries_of(client, w.ruth, name, w.case.reference) for name in names] == before
    assert (
        queries_of(client, w.ruth, "plans:questions_section", w.case.reference, "nutrition")
        == section
    )
