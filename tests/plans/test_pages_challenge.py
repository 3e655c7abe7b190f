"""Answering a decision, on the person's page and on the page of whoever looks at it again."""

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Challenge, ChallengeState, Stage
from plans.services import raise_challenge, take_up_challenge
from tests.plans.page_world import World, decided, do, family_tie, see, words, world


@pytest.fixture
def w(db: None) -> World:
    return world()


def raised(w: World) -> Challenge:
    decided(w, eligible=False)
    return raise_challenge(
        case=w.case, about="eligibility", words="She cannot wash either.", by=w.ruth
    )


def test_the_daughter_says_why_it_is_wrong_and_sees_that_it_arrived(w: World, client: Client):
    decided(w, eligible=False)
    page = see(client, w.ruth, "plans:challenge", w.case.reference, about="eligibility")
    assert page.context["form"]["about"].value() == "eligibility"
    sent = do(
        client,
        w.ruth,
        "plans:challenge",
        w.case.reference,
        about="eligibility",
        words="She cannot wash either.",
    )
    assert sent.url == reverse("plans:challenge", args=[w.case.reference])
    after = words(client.get(sent.url))
    assert "She cannot wash either." in after
    assert "Received" in after
    assert "within 3 working days" in after


@pytest.mark.parametrize(
    ("about", "said", "sentence"),
    [
        ("eligibility", " ", "Say what you think is wrong."),
        ("", "It is wrong.", "Say what it is about."),
        ("weather", "It is wrong.", "Choose what it is about from the list."),
        ("budget", "It is wrong.", "Nothing has been decided about this yet."),
    ],
)
def test_a_challenge_with_a_gap_is_refused_and_kept(
    w: World, client: Client, about: str, said: str, sentence: str
):
    decided(w, eligible=False)
    answer = do(client, w.ruth, "plans:challenge", w.case.reference, about=about, words=said)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert said.strip() in answer.content.decode()
    assert not Challenge.objects.exists()


def test_asking_the_same_twice_is_told_so(w: World, client: Client):
    raised(w)
    answer = do(
        client, w.margaret, "plans:challenge", w.case.reference, about="eligibility", words="Again."
    )
    assert "You have asked us this already. We are looking at it." in words(answer)


def test_somebody_else_takes_it_up_and_answers_with_reasons(w: World, client: Client):
    challenge = raised(w)
    at = (w.case.reference, challenge.reference)
    assert "She cannot wash either." in words(see(client, w.david, "plans:challenge_answer", *at))
    do(client, w.david, "plans:challenge_answer", *at, act="take_up")
    answer = do(
        client, w.david, "plans:challenge_answer", *at, act="answer", upheld="yes", answer=" "
    )
    assert "Give your reasons, so that the person can read them." in words(answer)
    do(
        client,
        w.david,
        "plans:challenge_answer",
        *at,
        act="answer",
        upheld="yes",
        answer="You were right about washing.",
    )
    challenge.refresh_from_db()
    assert challenge.state == ChallengeState.UPHELD
    assert w.again().stage == Stage.ASSESSING
    assert "You were right about washing." in words(
        see(client, w.margaret, "plans:challenge", w.case.reference)
    )


def test_an_answer_of_no_names_the_ombudsman(w: World, client: Client):
    challenge = raised(w)
    take_up_challenge(challenge=challenge, by=w.david)
    do(
        client, w.david, "plans:challenge_answer", w.case.reference, challenge.reference, act="answer",
        upheld="no", answer="The rules need two.",
    )  # fmt: skip
    said = words(see(client, w.ruth, "plans:challenge", w.case.reference))
    assert "The rules need two." in said
    assert "Ombudsman" in said


def test_whoever_made_the_decision_never_considers_it(w: World, client: Client):
    challenge = raised(w)
    at = (w.case.reference, challenge.reference)
    for who in (w.samira, w.ruth, w.other_worker, w.auditor, w.finance, w.stranger):
        assert see(client, who, "plans:challenge_answer", *at).status_code == 404
    family_tie(w.david, w.case)
    assert see(client, w.david, "plans:challenge_answer", *at).status_code == 404


def test_a_challenge_is_only_found_under_its_own_case(w: World, client: Client):
    challenge = raised(w)
    assert (
        see(
            client, w.david, "plans:challenge_answer", "CAS-222222", challenge.reference
        ).status_code
        == 404
    )
    assert (
        see(client, w.david, "plans:challenge_answer", w.case.reference, "CHL-222222").status_code
        == 404
    )


def test_staff_read_challenges_but_raise_none(w: World, client: Client):
    raised(w)
    assert "She cannot wash either." in words(
        see(client, w.samira, "plans:challenge", w.case.reference)
    )
    refused = do(
        client, w.samira, "plans:challenge", w.case.reference, about="eligibility", words="Mine."
    )
    assert refused.status_code == 404
    assert see(client, w.stranger, "plans:challenge", w.case.reference).status_code == 404
