"""What a plan must answer, who may agree it, how long a stage takes and when reviews fall due."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.rules.criteria import PlanDraft, missing_from_plan
from plans.rules.delegation import LEVELS, authority_for, may_agree
from plans.rules.stages import (
    direct_payment_review_by,
    due_date,
    first_review_between,
    held_by,
    next_review_by,
    target_days,
    usual_days,
)
from tests.plans.rules.rule_world import pack

WHOLE = PlanDraft(
    criteria={c.key: "In my own words." for c in pack().criteria},
    outcomes=1,
    supports=2,
    supports_without_cost=0,
    has_dates=True,
    holding="direct",
    contingency="My daughter comes.",
    risks="I may fall; a rail helps.",
)


def parts(plan):
    return [missing.part for missing in missing_from_plan(pack(), plan)]


def test_a_plan_that_answers_everything_lacks_nothing():
    assert parts(WHOLE) == []


@pytest.mark.parametrize("criterion", [c.key for c in pack().criteria])
@pytest.mark.parametrize("words", ["", "  \n ", "Not sure"])
def test_each_of_the_seven_questions_must_be_answered_in_a_few_words(criterion, words):
    plan = replace(WHOLE, criteria={**WHOLE.criteria, criterion: words})
    [missing] = missing_from_plan(pack(), plan)
    assert missing.part == criterion
    question = next(c.question for c in pack().criteria if c.key == criterion)
    assert question in missing.sentence


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"outcomes": 0}, "outcomes"),
        ({"supports": 0}, "supports"),
        ({"supports_without_cost": 1}, "supports"),
        ({"has_dates": False}, "details"),
        ({"holding": ""}, "details"),
        ({"contingency": " "}, "details"),
        ({"risks": ""}, "details"),
        ({"risks": " \n "}, "details"),
        ({"holding": " "}, "details"),
    ],
)
def test_each_thing_beside_the_questions_is_missed_by_itself(change, part):
    assert parts(replace(WHOLE, **change)) == [part]


def test_three_words_are_an_answer():
    plan = replace(WHOLE, criteria={c.key: "My own words" for c in pack().criteria})
    assert parts(plan) == []


def test_an_empty_plan_is_told_all_at_once_in_the_order_of_the_questions():
    empty = PlanDraft({}, 0, 0, 0, False, "", "", "")
    assert parts(empty) == [
        "important", "change", "outcomes", "supported", "budget", "supports", "managed", "control",
        "happen", "details", "details", "details", "details",
    ]  # fmt: skip


def test_each_gap_says_what_to_do_about_it():
    empty = PlanDraft({}, 0, 0, 2, False, "", "", "")
    told = [missing.sentence for missing in missing_from_plan(pack(), empty)]
    questions = [f"Answer “{c.question}” in a few words." for c in pack().criteria]
    assert told == [
        *questions[:2],
        "Add at least one thing that you want to change or achieve.",
        *questions[2:4],
        "Add at least one kind of support, with what it costs.",
        *questions[4:],
        "Say what each kind of support costs, even if it is nothing.",
        "Say when the plan starts and ends.",
        "Choose who holds the money.",
        "Say what happens if support falls through.",
        "Say what could go wrong, and what helps.",
    ]


@pytest.mark.parametrize(
    ("key", "cost", "indicative", "level"),
    [
        ("adult-social-care", 800_000, 800_000, "worker"),
        ("adult-social-care", 800_001, 800_001, "manager"),
        ("adult-social-care", 3_500_000, 9_000_000, "manager"),
        ("adult-social-care", 3_500_001, 9_000_000, "panel"),
        ("adult-social-care", 100_001, 100_000, "manager"),
        ("adult-social-care", 4_000_000, 100_000, "panel"),
        ("adult-social-care", 0, 0, "worker"),
        ("carers", 100_000, 100_000, "worker"),
        ("carers", 100_001, 200_000, "manager"),
        ("carers", 50_000, 49_999, "manager"),
        ("carers", 300_001, 300_001, "panel"),
    ],
)
def test_the_lowest_level_whose_limit_covers_the_plan_decides(key, cost, indicative, level):
    assert authority_for(pack(key), cost_pence=cost, indicative_pence=indicative).level == level


def test_the_reason_says_which_limit_sends_a_plan_up():
    plain = authority_for(pack(), cost_pence=500_000, indicative_pence=500_000)
    assert plain.reason == "So a social worker decides."
    dear = authority_for(pack(), cost_pence=900_000, indicative_pence=900_000)
    assert dear.reason == (
        "£9,000.00 a year is above the limit of a social worker, £8,000.00. "
        "So a team manager decides."
    )
    over = authority_for(pack(), cost_pence=500_100, indicative_pence=500_000)
    assert over.reason == (
        "The plan costs £1.00 more than the indicative budget. So a team manager decides."
    )


def test_a_plan_that_passes_two_limits_says_both_and_the_panel_decides():
    dear = authority_for(pack(), cost_pence=4_000_000, indicative_pence=4_000_000)
    assert dear.reason == (
        "£40,000.00 a year is above the limit of a social worker, £8,000.00. "
        "£40,000.00 a year is above the limit of a team manager, £35,000.00. So the panel decides."
    )


def test_limits_that_leave_nobody_to_agree_are_an_error_and_not_a_guess():
    closed = replace(pack(), limits=pack().limits[:2])
    with pytest.raises(
        ValueError, match=r"^No level may agree this plan: the last must have no limit$"
    ):
        authority_for(closed, cost_pence=4_000_000, indicative_pence=0)


def test_a_higher_level_may_always_do_what_a_lower_one_may():
    allowed = {(level, needed) for level in LEVELS for needed in LEVELS if may_agree(level, needed)}
    assert allowed == {
        ("worker", "worker"), ("manager", "worker"), ("manager", "manager"), ("panel", "worker"),
        ("panel", "manager"), ("panel", "panel"),
    }  # fmt: skip


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_dearer_plan_never_goes_to_a_lower_level(one, other, indicative):
    less, more = sorted((one, other))
    levels = [
        LEVELS.index(authority_for(pack(), cost_pence=c, indicative_pence=indicative).level)
        for c in (less, more)
    ]
    assert levels == sorted(levels)


def test_a_stage_is_due_after_its_usual_working_days_over_bank_holidays():
    assert usual_days(pack(), "referred") == 5
    assert target_days(pack(), "referred") == 3
    # Christmas 2026: Friday 25 and, for Boxing Day on a Saturday, Monday 28 are bank holidays.
    assert due_date(pack(), "referred", date(2026, 12, 22)) == date(2026, 12, 31)
    assert due_date(pack(), "assessing", date(2026, 11, 2)) == date(2026, 11, 30)


def test_a_stage_without_a_clock_has_no_days_and_no_date():
    for stage in ("live", "closed"):
        assert usual_days(pack(), stage) is None
        assert target_days(pack(), stage) is None
        assert due_date(pack(), stage, date(2026, 11, 2)) is None


def test_each_stage_says_who_has_it():
    assert held_by(pack(), "planning") == "client"
    assert held_by(pack(), "awaiting_agreement") == "worker"
    assert held_by(pack(), "closed") == ""


def test_the_first_review_is_six_to_eight_weeks_in_and_the_next_within_twelve_months():
    assert first_review_between(pack(), date(2026, 4, 6)) == (date(2026, 5, 18), date(2026, 6, 1))
    assert next_review_by(pack(), date(2026, 6, 1)) == date(2027, 5, 31)


def test_a_direct_payment_is_reviewed_within_six_months_and_then_every_twelve():
    paid = date(2026, 4, 6)
    assert direct_payment_review_by(pack(), paid) == date(2026, 10, 5)
    for too_early in (date(2026, 3, 1), paid):
        assert direct_payment_review_by(pack(), paid, too_early) == date(2026, 10, 5)
    assert direct_payment_review_by(pack(), paid, date(2026, 4, 7)) == date(2027, 4, 6)
    assert direct_payment_review_by(pack(), paid, date(2026, 9, 1)) == date(2027, 8, 31)
