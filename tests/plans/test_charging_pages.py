"""What you pay on the pages: answered, checked beside the papers, decided, shown, answered back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carebudget import clock
from plans.models import FinancialAssessment, FinancialState
from plans.selectors.charging import money_answers, money_values
from plans.services import (
    attach_evidence,
    decide_lightly,
    hand_back_finances,
    raise_challenge,
    refer_person,
    save_finances,
    start_finances,
    take_up_challenge,
)
from plans.services.packs import current_pack
from tests.plans.charging_pages import (
    COST,
    PAYS,
    answers,
    begun,
    checked,
    decided,
    in_2016,
    opened,
    pdf,
    photo,
    sent,
    standing,
)
from tests.plans.page_world import World, do, family_tie, queries_of, see, words


@pytest.fixture
def w(db: None) -> Iterator[World]:
    with in_2016() as found:
        yield found


def page(name: str, *args: Any) -> str:
    return reverse(f"plans:{name}", args=args)


# ---- the person


def test_the_daughter_starts_answers_and_sends(w: World, client: Client):
    assert "You may have to pay a part yourself." in words(
        see(client, w.ruth, "plans:paying", w.case.reference)
    )
    begin = do(client, w.ruth, "plans:paying", w.case.reference)
    assert begin.url == page("paying_section", w.case.reference, "household")
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("household", {"household": "single", "children": "0"}, "extras"),
        ("extras", {}, "savings"),
        ("savings", {"band": "below"}, "income"),
        ("income", {"group_0": ["state_pension"]}, "income-amounts"),
        ("income-amounts", {"state_pension": "200", "state_pension_every": "week"}, "home"),
    ]
    for section, data, following in steps:
        asked = see(client, w.ruth, "plans:paying_section", w.case.reference, section)
        assert "of about" in words(asked)
        moved = do(client, w.ruth, "plans:paying_section", w.case.reference, section, **data)
        assert moved.url == page("paying_section", w.case.reference, following)
    last = do(client, w.ruth, "plans:paying_section", w.case.reference, "home")
    assert last.url == page("paying_check", w.case.reference)
    check = words(see(client, w.ruth, "plans:paying_check", w.case.reference))
    assert "£200.00 a week" in check
    assert "Answered by you, 2 May" in check
    assert "Nothing is attached yet for: savings, money that comes in, your home" in check
    gone = do(client, w.ruth, "plans:paying_check", w.case.reference)
    assert gone.url == page("paying", w.case.reference)
    after = words(client.get(gone.url))
    assert "We have the answers about money" in after
    assert "Samira Okafor looks at the answers" in after


def test_saving_for_later_goes_back_to_the_list(w: World, client: Client):
    start_finances(case=w.case, by=w.ruth)
    saved = do(
        client, w.ruth, "plans:paying_section", w.case.reference, "household",
        household="single", children="2", go="later",
    )  # fmt: skip
    assert saved.url == page("paying", w.case.reference)
    listed = words(client.get(saved.url))
    assert "Saved. You can come back at any time." in listed
    assert "1 of" in listed
    assert money_values(opened(w))["children"] == 2


def test_a_slip_is_refused_beside_its_field_and_nothing_is_lost(w: World, client: Client):
    begun(w)
    said = do(
        client, w.ruth, "plans:paying_section", w.case.reference, "income-amounts",
        state_pension="two hundred", state_pension_every="month", attendance_allowance="10",
    )  # fmt: skip
    assert "Enter an amount in pounds and pence, like 12.50" in words(said)
    assert 'value="two hundred"' in said.content.decode()
    assert '<option value="month" selected>' in said.content.decode()
    assert money_values(opened(w)) == answers()


def test_what_waits_is_named_before_sending(w: World, client: Client):
    assessment = start_finances(case=w.case, by=w.ruth)
    values = answers()
    del values["seen.home"]
    save_finances(assessment=assessment, values=values, by=w.ruth)
    check = see(client, w.ruth, "plans:paying_check", w.case.reference)
    assert "One page is not answered yet. The first is “Your home”." in words(check)
    assert "Send my answers" not in words(check)
    refused = do(client, w.ruth, "plans:paying_check", w.case.reference)
    assert "“Your home” is not answered yet. Answer it, then send your answers." in words(refused)


def test_pages_that_do_not_apply_are_not_there(w: World, client: Client):
    assert (
        see(client, w.ruth, "plans:paying_section", w.case.reference, "household").status_code
        == 404
    )
    begun(w, capital_band="below", capital={})
    for section in ("savings-amounts", "support", "cost", "born", "magic"):
        assert (
            see(client, w.ruth, "plans:paying_section", w.case.reference, section).status_code
            == 404
        )


def test_after_sending_the_questions_are_closed_and_a_second_click_is_harmless(
    w: World, client: Client
):
    sent(w)
    for name, args in (("paying_section", ["home"]), ("paying_check", [])):
        for answer in (
            see(client, w.ruth, f"plans:{name}", w.case.reference, *args),
            do(client, w.ruth, f"plans:{name}", w.case.reference, *args),
        ):
            assert answer.url == page("paying", w.case.reference)
    assert opened(w).state == FinancialState.SUBMITTED


def test_the_person_reads_the_decision_with_every_step_and_its_letter(w: World, client: Client):
    decided(w)
    said = see(client, w.margaret, "plans:paying", w.case.reference)
    text = words(said)
    assert "Since 2 May 2016:" in text
    assert "£76.95 a week As the rules say." in text
    for step in (
        "State Pension",
        "does not count",
        "£16,000 counts",
        "Never" if False else "You pay a week",
    ):
        assert step in text
    assert "£47.47 the council pays" in text
    assert "We send you a bill for your part." in text
    assert "Decided by Samira Okafor on 2 May 2016" in text
    letter = standing(w)
    assert f"What you pay {letter.reference} (PDF)" in text


def test_the_letter_is_read_by_the_person_and_by_those_who_work_on_it(w: World, client: Client):
    from carebudget.notify.models import Document

    decided(w)
    letter = Document.objects.get(kind="charge letter")
    for who, status in (
        (w.margaret, 200), (w.ruth, 200), (w.samira, 200), (w.finance, 200), (w.auditor, 200),
        (w.stranger, 404),
    ):  # fmt: skip
        client.force_login(who)
        assert client.get(f"/documents/{letter.public_id}/").status_code == status, who


def test_a_decision_that_begins_later_says_what_holds_until_then(w: World, client: Client):
    decided(w)
    with clock.travel(datetime(2016, 8, 1, 10, tzinfo=UTC)):
        decided(w, on=date(2016, 9, 5), income={"state_pension": {"pence": 30000, "every": "week"}})
        said = words(see(client, w.ruth, "plans:paying", w.case.reference))
    assert "From 5 September 2016:" in said
    assert "Until then: £76.95 a week." in said


def test_something_has_changed_opens_the_questions_with_the_answers_filled_in(
    w: World, client: Client
):
    decided(w)
    do(client, w.ruth, "plans:paying", w.case.reference)
    said = words(see(client, w.ruth, "plans:paying", w.case.reference))
    assert "What you told us before is filled in." in said
    assert "What was decided before" in said
    assert "Check your answers" in said


def test_the_person_answers_the_decision_and_somebody_else_sees_it(w: World, client: Client):
    decided(w)
    asked = see(client, w.ruth, "plans:challenge", w.case.reference, about="charge")
    assert asked.context["form"]["about"].value() == "charge"
    do(
        client,
        w.ruth,
        "plans:challenge",
        w.case.reference,
        about="charge",
        words="Rent is missing.",
    )
    said = words(see(client, w.ruth, "plans:paying", w.case.reference))
    assert "You asked us to look again on 2 May 2016: received." in said
    challenge = w.case.challenges.get()
    at = (w.case.reference, challenge.reference)
    assert see(client, w.samira, "plans:challenge_answer", *at).status_code == 404
    seen = words(see(client, w.david, "plans:challenge_answer", *at))
    assert "£76.95 a week, from 2 May 2016." in seen


def test_an_upheld_challenge_is_with_the_council_again(w: World, client: Client):
    decided(w)
    challenge = raise_challenge(case=w.case, about="charge", words="Too much.", by=w.ruth)
    take_up_challenge(challenge=challenge, by=w.david)
    do(
        client, w.david, "plans:challenge_answer", w.case.reference, challenge.reference,
        act="answer", upheld="yes", answer="You are right.",
    )  # fmt: skip
    assert "We have the answers about money" in words(
        see(client, w.ruth, "plans:paying", w.case.reference)
    )
    assert "Looked at again" in words(see(client, w.samira, "plans:case_paying", w.case.reference))


def test_a_programme_that_is_free_says_so(w: World, client: Client):
    carer = refer_person(
        full_name="Ruth Ashdown", date_of_birth=date(1975, 1, 1), pack=current_pack("carers"),
        source="worker", reason="She cares.", by=w.samira,
    )  # fmt: skip
    said = words(see(client, w.samira, "plans:paying", carer.reference))
    assert "Nobody pays towards this support" in said
    refused = do(client, w.samira, "plans:paying", carer.reference)
    assert refused.status_code == 200
    assert "is not charged" in words(see(client, w.samira, "plans:case_paying", carer.reference))
    assert "Nobody pays anything towards this support." in words(
        do(client, w.samira, "plans:case_paying", carer.reference)
    )
    assert not FinancialAssessment.objects.exists()


# ---- the council


def test_the_council_sees_answers_beside_papers_and_what_the_rules_say(w: World, client: Client):
    assessment = begun(w)
    image = attach_evidence(
        assessment=assessment, about="savings", file=photo(), name="bank.png", by=w.ruth
    )
    attach_evidence(assessment=assessment, about="income", file=pdf(), name="dwp.pdf", by=w.ruth)
    sent(w)
    seen = see(client, w.samira, "plans:case_paying", w.case.reference)
    text = words(seen)
    assert "You pay £76.95 a week towards support that costs £124.42." in text
    assert "State Pension: £230.00 a week" in text
    assert "Answered by Ruth Ashdown, 2 May" in text
    address = page("evidence_file", w.case.reference, image.public_id)
    assert f'<img src="{address}" alt="Photo: bank.jpg"' in seen.content.decode()
    assert "dwp.pdf" in text


def as_posted(response: Any) -> dict[str, Any]:
    """What a browser sends back of the corrections when nobody touches them."""
    data: dict[str, Any] = {}
    for form in response.context["correcting_forms"]:
        for bound in form:
            value = bound.value()
            if hasattr(bound.field.widget, "decompress"):
                parts = bound.field.widget.decompress(value)
                for name, part in zip(bound.field.widget.widgets_names, parts, strict=True):
                    shown = f"{part / 100:.2f}" if isinstance(part, int) and name == "" else part
                    data[bound.html_name + name] = "" if shown is None else str(shown)
            elif isinstance(value, int) and bound.html_name.startswith("savings-amounts"):
                data[bound.html_name] = f"{value / 100:.2f}"
            elif value is not None:
                data[bound.html_name] = value
    return data


def test_the_council_checks_without_changing_anything(w: World, client: Client):
    sent(w)
    seen = see(client, w.samira, "plans:case_paying", w.case.reference)
    done = do(
        client, w.samira, "plans:case_paying", w.case.reference,
        act="verify", note="The statements agree.", **as_posted(seen),
    )  # fmt: skip
    assert done.url == page("case_paying_decide", w.case.reference)
    assert not [row for row in money_answers(opened(w)).values() if row.corrected]


def test_the_council_corrects_an_answer_with_a_note_the_person_can_read(w: World, client: Client):
    sent(w)
    seen = see(client, w.samira, "plans:case_paying", w.case.reference)
    typed = as_posted(seen) | {
        "income-state_pension": "231.00",
        "income-esa": "10",
        "income-esa_every": "week",
        "income-others": [],
        "savings-amounts-bank": "",
        "savings-amounts-bonds": "15000",
    }
    done = do(
        client, w.samira, "plans:case_paying", w.case.reference,
        act="verify", note="The letter says 231.00.", **typed,
    )  # fmt: skip
    assert done.status_code == 302, words(done)
    values = money_values(opened(w))
    assert values["income.state_pension"]["pence"] == 23100
    assert values["income.esa"] == {"pence": 1000, "every": "week"}
    assert "income.earnings" not in values
    assert values["capital.bonds"] == 1500000
    assert "capital.bank" not in values
    text = words(see(client, w.samira, "plans:case_paying", w.case.reference))
    assert "State Pension: £231.00 a week" in text
    assert "They said: £230.00 a week. The letter says 231.00." in text
    assert "Employment and Support Allowance: £10.00 a week" in text


@pytest.mark.parametrize(
    ("changes", "note", "sentence"),
    [
        ({}, " ", "Write what you looked at."),
        ({"income-state_pension": "lots"}, "Seen.", "Enter an amount in pounds and pence"),
        ({"household-household": "crowd"}, "Seen.", "crowd is not one of the available choices"),
        ({"household-children": "-1"}, "Seen.", "Enter 0 or more."),
    ],
)
def test_a_wrong_correction_is_refused_and_stays_typed(
    w: World, client: Client, changes: dict[str, Any], note: str, sentence: str
):
    sent(w)
    typed = as_posted(see(client, w.samira, "plans:case_paying", w.case.reference)) | changes
    said = do(
        client, w.samira, "plans:case_paying", w.case.reference, act="verify", note=note, **typed
    )
    assert said.status_code == 200
    assert sentence in words(said)
    for value in changes.values():
        assert value in said.content.decode()
    assert opened(w).state == FinancialState.SUBMITTED


def test_the_council_gives_the_questions_back(w: World, client: Client):
    sent(w)
    empty = do(
        client, w.samira, "plans:case_paying", w.case.reference, act="hand_back", comment=" "
    )
    assert "Write what they should add or change." in words(empty)
    do(
        client, w.samira, "plans:case_paying", w.case.reference, act="hand_back",
        comment="Which bank?",
    )  # fmt: skip
    assert opened(w).state == FinancialState.DRAFT
    assert "still being answered" in words(
        see(client, w.samira, "plans:case_paying", w.case.reference)
    )


def test_the_decision_page_works_it_out_for_another_day_and_cost(w: World, client: Client):
    checked(w)
    seen = words(see(client, w.samira, "plans:case_paying_decide", w.case.reference))
    assert "£76.95" in seen
    assert "The cost is taken from the agreed plan" in seen
    again = do(
        client, w.samira, "plans:case_paying_decide", w.case.reference, step="check",
        effective_on_day="1", effective_on_month="7", effective_on_year="2016",
        cost_pence="50", reason="Kept.",
    )  # fmt: skip
    assert "You pay £50.00 a week, which is all that the support costs." in words(again)
    assert "Kept." in again.content.decode()
    assert opened(w).state == FinancialState.VERIFIED


def decision(**changes: Any) -> dict[str, Any]:
    return {
        "step": "send",
        "effective_on_day": "2",
        "effective_on_month": "5",
        "effective_on_year": "2016",
        "cost_pence": "124.42",
        "reason": "As the rules say.",
    } | changes


def test_the_council_decides_and_the_page_says_what_happens_next(w: World, client: Client):
    checked(w)
    done = do(client, w.samira, "plans:case_paying_decide", w.case.reference, **decision())
    assert done.url == page("case_paying_done", w.case.reference)
    after = words(client.get(done.url))
    assert "It is decided" in after
    assert "From 2 May 2016 they pay £76.95 a week." in after
    assert standing(w).contribution_pence == PAYS
    twice = do(client, w.samira, "plans:case_paying_decide", w.case.reference, **decision())
    assert twice.url == page("case_paying", w.case.reference)
    assert FinancialAssessment.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": " "}, "Give the reason, so that the person can read it."),
        ({"cost_pence": ""}, "Enter what the support costs a week."),
        ({"cost_pence": "much"}, "Enter an amount in pounds and pence"),
        ({"effective_on_day": "31", "effective_on_month": "2"}, "Enter a real date"),
        ({"effective_on_year": "2015"}, "so nothing can be charged before."),
        ({"effective_on_year": "2023"}, "This day is more than a year away."),
        ({"contribution_pence": "77"}, "The rules allow at most £76.95 a week."),
        ({"free_pence": "5"}, "Say what the free part is for."),
        ({"free_kind": "aids"}, "Enter what the free part costs a week."),
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_is_refused_and_stays_typed(
    w: World, client: Client, changes: dict[str, str], sentence: str
):
    checked(w)
    said = do(client, w.samira, "plans:case_paying_decide", w.case.reference, **decision(**changes))
    assert said.status_code == 200
    assert sentence in words(said)
    assert "<title>Error: " in said.content.decode()
    for value in changes.values():
        assert value.strip() in said.content.decode()
    assert opened(w).state == FinancialState.VERIFIED


def test_a_missing_figure_is_named_where_the_sum_would_be(w: World, client: Client):
    checked(w)
    with clock.travel(datetime(2025, 6, 2, 10, tzinfo=UTC)):
        seen = words(see(client, w.samira, "plans:case_paying_decide", w.case.reference))
    assert "The table for 2025-04 has no figure for a single person at pension age." in seen
    assert "Nothing is guessed." in seen
    assert "decide without a full assessment" in seen


def test_less_than_the_rules_say_is_shown_with_the_reason(w: World, client: Client):
    checked(w)
    do(
        client, w.samira, "plans:case_paying_decide", w.case.reference,
        **decision(contribution_pence="0", reason="A hard winter."),
    )  # fmt: skip
    said = words(see(client, w.ruth, "plans:paying", w.case.reference))
    assert "£0.00 a week A hard winter." in said
    assert "The rules give £76.95 a week. We ask for less, for the reason above." in said
    assert "There is nothing to pay." in said


def light(**changes: Any) -> dict[str, Any]:
    return {
        "ground": "benefits",
        "effective_on_day": "2",
        "effective_on_month": "5",
        "effective_on_year": "2016",
        "cost_pence": "124.42",
        "agreed": "on",
        "reason": "I saw the letter about Income Support.",
    } | changes


def test_the_council_decides_with_a_light_touch(w: World, client: Client):
    seen = words(see(client, w.samira, "plans:case_paying_light", w.case.reference))
    assert "They can ask for a full assessment at any time" in seen
    done = do(client, w.samira, "plans:case_paying_light", w.case.reference, **light())
    assert done.url == page("case_paying_done", w.case.reference)
    said = words(see(client, w.margaret, "plans:paying", w.case.reference))
    assert (
        "This was decided without a full assessment: their benefits show that they cannot pay."
        in said
    )
    assert "You can ask for a full one at any time." in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ground": ""}, "Say why there is no full assessment."),
        ({"agreed": ""}, "Without a full assessment the person must agree."),
        ({"ground": "small"}, "Enter a small charge"),
        ({"reason": ""}, "Say what this rests on."),
        ({"cost_pence": ""}, "Enter what the support costs a week."),
        ({"effective_on_year": "2010"}, "so nothing can be charged before."),
    ],
)
def test_a_light_touch_without_grounds_is_refused_and_stays_typed(
    w: World, client: Client, changes: dict[str, str], sentence: str
):
    said = do(client, w.samira, "plans:case_paying_light", w.case.reference, **light(**changes))
    assert sentence in words(said)
    if changes.get("reason") is None:
        assert "I saw the letter about Income Support." in said.content.decode()
    assert not FinancialAssessment.objects.exists()


def test_the_council_opens_the_questions(w: World, client: Client):
    seen = words(see(client, w.samira, "plans:case_paying", w.case.reference))
    assert "Tell people early" in seen
    opened_now = do(client, w.samira, "plans:case_paying", w.case.reference)
    assert opened_now.url == page("case_paying", w.case.reference)
    assert opened(w).origin == "worker"
    again = words(see(client, w.samira, "plans:case_paying", w.case.reference))
    assert "Not answered yet" in again


def test_a_worker_answers_with_the_person_at_home(w: World, client: Client):
    start_finances(case=w.case, by=w.samira)
    saved = do(
        client, w.samira, "plans:paying_section", w.case.reference, "household",
        household="single", children="0",
    )  # fmt: skip
    assert saved.status_code == 302
    assert money_answers(opened(w))["household"].answered_by == w.samira


def test_there_is_nothing_done_before_a_decision(w: World, client: Client):
    for name in ("case_paying_done", "case_paying_decide"):
        assert see(client, w.samira, f"plans:{name}", w.case.reference).url == page(
            "case_paying", w.case.reference
        )


# ---- who may


MINE = ("paying", "paying_check", "paying_evidence")
COUNCIL = ("case_paying", "case_paying_decide", "case_paying_light", "case_paying_done")


def test_who_may_open_which_page(w: World, client: Client):
    begun(w)
    ref = w.case.reference
    for name in MINE:
        for who in (w.margaret, w.ruth, w.samira, w.david, w.finance):
            assert see(client, who, f"plans:{name}", ref).status_code == 200, (name, who)
        assert see(client, w.stranger, f"plans:{name}", ref).status_code == 404
        assert "/accounts/login/" in see(client, None, f"plans:{name}", ref).url
    for who in (w.auditor, w.panel):
        assert see(client, who, "plans:paying", ref).status_code == 200
        assert do(client, who, "plans:paying", ref).status_code == 404
        assert see(client, who, "plans:paying_check", ref).status_code == 404
    for name in COUNCIL:
        for who in (w.margaret, w.ruth, w.other_worker, w.auditor, w.panel, w.stranger):
            assert see(client, who, f"plans:{name}", ref).status_code == 404, (name, who)
            assert do(client, who, f"plans:{name}", ref).status_code == 404, (name, who)
        for who in (w.samira, w.david, w.finance):
            assert see(client, who, f"plans:{name}", ref).status_code in (200, 302), (name, who)
        assert see(client, w.samira, f"plans:{name}", "CAS-222222").status_code == 404
    family_tie(w.finance, w.case)
    family_tie(w.samira, w.case)
    for name in COUNCIL:
        for who in (w.finance, w.samira):
            assert see(client, who, f"plans:{name}", ref).status_code == 404
    assert see(client, w.finance, "plans:paying", ref).status_code == 404


def test_more_papers_and_answers_take_no_more_queries(w: World, client: Client):
    sent(w)
    before = queries_of(client, w.samira, "plans:case_paying", w.case.reference)
    hand_back_finances(assessment=opened(w), comment="More.", by=w.samira)
    for n in range(5):
        attach_evidence(
            assessment=opened(w),
            about="savings",
            file=pdf(b"/N %d" % n),
            name=f"{n}.pdf",
            by=w.ruth,
        )
    save_finances(
        assessment=opened(w),
        values={"income.esa": {"pence": 1, "every": "week"}, "housing.rent": {"pence": 2, "every": "week"}},
        by=w.margaret,
    )  # fmt: skip
    assert queries_of(client, w.samira, "plans:case_paying", w.case.reference) <= before


def test_a_light_decision_replaces_what_was_begun(w: World, client: Client):
    begun(w)
    decide_lightly(
        case=w.case, ground="refused", cost_pence=COST, effective_on=clock.today(), agreed=False,
        reason="They stopped answering.", by=w.samira,
    )  # fmt: skip
    said = words(see(client, w.ruth, "plans:paying", w.case.reference))
    assert "£124.42 a week They stopped answering." in said
    assert FinancialAssessment.objects.count() == 1
