"""The working as a person reads it, line by line: every label, every detail, every figure."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from plans.rules.answers import AnswerError
from plans.rules.charging import contribution
from plans.rules.charging_result import Contribution, Working, without_full_assessment
from tests.plans.rules.charging_world import (
    DAY,
    WORKING_AGE,
    figures,
    finances,
    table,
    weekly,
    worked,
)


def lines(found: Contribution) -> list[tuple[str, str, str, int, int]]:
    """The steps, each as key, label, detail, figure and running total."""
    assert {step.unit for step in found.steps} <= {"pence"}
    return [
        (step.key, step.label, step.detail, int(step.figure), int(step.running))
        for step in found.steps
    ]


def test_the_whole_working_of_an_older_woman_is_said_in_these_words() -> None:
    """400.00 a month x 12 / 52 = 92.30; a tenth of 189.00 + 43.25 = 232.25 is 23.225, counted up."""
    found = worked(
        by=figures(disability_standard_pence=1700, guarantee_percent=Fraction("10")),
        income={
            "state_pension": weekly(30000),
            "work_pension": {"pence": 40000, "every": "month"},
            "savings_credit": weekly(1000),
            "attendance_allowance": {"pence": 29040, "every": "four_weeks"},
            "earnings": None,
        },
        capital={"bank": 1400000},
        housing={
            "rent": {"pence": 20000, "every": "quarter"},
            "council_tax": {"pence": 52000, "every": "year"},
        },
        disability={"alarm": weekly(500), "laundry": {"pence": 700, "every": "fortnight"}},
        premiums=["carer", "enhanced"],
        support=[{"kind": "care", "pence_a_week": 50000}, {"kind": "aids", "pence_a_week": 250}],
    )
    assert lines(found) == [
        (
            "result.free.1.aids",
            "Equipment and aids",
            "£2.50 a week, not charged: equipment and aids are free",
            0,
            0,
        ),
        ("income.state_pension", "State Pension", "£300.00 a week", 30000, 30000),
        (
            "income.work_pension",
            "Pension from work, or a private pension",
            "£400.00 a month",
            9230,
            39230,
        ),
        (
            "income.savings_credit",
            "Pension Credit: Savings Credit",
            "£10.00 a week; £5.75 a week of it does not count",
            425,
            39655,
        ),
        (
            "income.attendance_allowance",
            "Attendance Allowance",
            "£290.40 every four weeks",
            7260,
            46915,
        ),
        ("income.earnings", "Wages, or what I earn for myself", "does not count", 0, 46915),
        ("income.tariff", "Savings", "£14,250 or less: nothing is added for them", 0, 46915),
        ("keep.guarantee", "The guarantee", "for a single person at pension age", -18900, 28015),
        ("keep.carer", "Carer premium", "added", -4325, 23690),
        (
            "keep.enhanced_single",
            "Enhanced disability premium of a single person",
            "ends at pension age",
            0,
            23690,
        ),
        (
            "keep.local",
            "What the council adds to it",
            "10% of £232.25, by our own policy",
            -2323,
            21367,
        ),
        ("keep.housing.rent", "Rent", "£200.00 every three months", -1539, 19828),
        ("keep.housing.council_tax", "Council Tax", "£520.00 a year", -1000, 18828),
        (
            "keep.disability",
            "Because of your disability",
            "the standard sum, which is not less than the £8.50 you spend",
            -1700,
            17128,
        ),
        ("result.pays", "You pay a week", "what is left", 0, 17128),
    ]
    assert found.sentence == (
        "You pay £171.28 a week towards support that costs £500.00. "
        "£469.15 a week counts as income, and you may keep £297.87 of it."
    )
    assert (found.cost_pence, found.income_pence, found.kept_pence) == (50000, 46915, 29787)
    assert (found.full_cost, found.nothing_charged) == (False, False)


def test_a_couple_with_children_reads_what_each_line_is_for() -> None:
    """71.80 + 2 x 83.65 + 28.75 = 267.85 kept of 250.00 + 1.00 for savings."""
    found = worked(
        date_of_birth=WORKING_AGE,
        household="couple",
        partner_date_of_birth=WORKING_AGE,
        children=2,
        premiums=["disability"],
        income={"esa": {"pence": 50000, "every": "fortnight"}, "dla_care": weekly(0)},
        capital={"bank": 1425001},
    )
    assert lines(found) == [
        (
            "income.dla_care",
            "Disability Living Allowance: care",
            "£0.00 a week",
            0,
            0,
        ),
        ("income.esa", "Employment and Support Allowance", "£500.00 every two weeks", 25000, 25000),
        (
            "income.tariff",
            "Savings",
            "£14,250.01 counts, £0.01 above £14,250: £1 for each £250 or part, 1 part",
            100,
            25100,
        ),
        (
            "keep.guarantee",
            "The guarantee",
            "for a member of a couple below pension age",
            -7180,
            17920,
        ),
        ("keep.children", "Children", "£83.65 for each of 2 children", -16730, 1190),
        ("keep.disability_couple", "Disability premium of a couple", "added", -2875, -1685),
        ("result.floor", "Never below nothing", "you keep all of it", 1685, 0),
        ("result.pays", "You pay a week", "what is left", 0, 0),
    ]
    assert found.sentence == (
        "You pay nothing. £251.00 a week counts as income, and you keep all of it: "
        "you may keep up to £267.85."
    )


def test_the_standard_sum_needs_no_proof_and_more_than_it_is_shown_item_by_item() -> None:
    by = figures(disability_standard_pence=1700)
    disabled = {"state_pension": weekly(30000), "attendance_allowance": weekly(8000)}
    assert lines(worked(by=by, income=disabled))[-2] == (
        "keep.disability",
        "Because of your disability",
        "the standard sum: you need not show what you spend",
        -1700,
        17400,
    )
    spent = {"alarm": weekly(500), "heating": {"pence": 10000, "every": "month"}}
    assert lines(worked(by=by, income=disabled, disability=spent))[-3:-1] == [
        (
            "keep.disability.alarm",
            "Community alarm",
            "£5.00 a week, because of your disability",
            -500,
            18600,
        ),
        (
            "keep.disability.heating",
            "Extra heating",
            "£100.00 a month, because of your disability",
            -2308,
            16292,
        ),
    ]


def test_one_disability_benefit_that_does_not_count_does_not_hide_one_that_does() -> None:
    by = figures(disability_standard_pence=1700)
    income = {"pip_mobility": None, "pip_daily_living": weekly(20000)}
    assert worked(by=by, income=income).kept_pence == 18900 + 1700


def test_the_end_of_the_working_says_why_it_is_less_than_the_sum() -> None:
    dear = worked(support=[{"kind": "care", "pence_a_week": 4000}])
    assert lines(dear)[-2:] == [
        (
            "result.cost",
            "Never more than the support costs",
            "your support costs £40.00 a week",
            -7100,
            4000,
        ),
        ("result.pays", "You pay a week", "what is left", 0, 4000),
    ]
    assert dear.sentence == (
        "You pay £40.00 a week, which is all that the support costs. "
        "£300.00 a week counts as income, and you may keep £189.00 of it."
    )
    small = worked(by=figures(free_below_pence=200), income={"state_pension": weekly(19000)})
    assert lines(small)[-2:] == [
        (
            "result.small",
            "Too small to ask for",
            "less than £2.00 a week is not asked for",
            -100,
            0,
        ),
        ("result.pays", "You pay a week", "what is left", 0, 0),
    ]
    assert small.sentence == (
        "You pay nothing. £190.00 a week counts as income, and you may keep £189.00 of it."
    )


def test_just_what_may_be_kept_is_kept_whole() -> None:
    found = worked(by=figures(free_below_pence=1), income={"state_pension": weekly(18900)})
    assert lines(found)[-1] == ("result.pays", "You pay a week", "what is left", 0, 0)
    assert [step.key for step in found.steps][-2:] == ["keep.guarantee", "result.pays"]
    assert found.sentence == (
        "You pay nothing. £189.00 a week counts as income, and you keep all of it: "
        "you may keep up to £189.00."
    )


def test_a_sum_just_as_large_as_the_cost_is_not_cut_down_to_it() -> None:
    found = worked(support=[{"kind": "care", "pence_a_week": 11100}])
    assert [step.key for step in found.steps][-2:] == ["keep.guarantee", "result.pays"]
    assert found.pence_a_week == 11100


def test_a_single_penny_is_asked_for_where_nothing_is_too_small() -> None:
    assert worked(income={"state_pension": weekly(18901)}).pence_a_week == 1
    by = figures(free_below_pence=2)
    assert worked(by=by, income={"state_pension": weekly(18901)}).pence_a_week == 0


def test_without_a_cost_the_sentence_says_at_most() -> None:
    assert worked(support=[]).sentence == (
        "You pay at most £111.00 a week, and never more than the support costs. "
        "£300.00 a week counts as income, and you may keep £189.00 of it."
    )


def test_the_whole_cost_is_one_line_after_what_is_free() -> None:
    found = worked(
        by=figures(on=DAY),
        capital={"bank": 2325001},
        support=[{"kind": "care", "pence_a_week": 50000}, {"kind": "aids", "pence_a_week": 250}],
    )
    assert lines(found) == [
        (
            "result.free.1.aids",
            "Equipment and aids",
            "£2.50 a week, not charged: equipment and aids are free",
            0,
            0,
        ),
        (
            "result.whole_cost",
            "You pay a week",
            "savings above £23,250: the whole cost",
            50000,
            50000,
        ),
    ]
    assert found.as_data() | {"steps": []} == {
        "pence_a_week": 50000,
        "full_cost": True,
        "nothing_charged": False,
        "cost_pence": 50000,
        "income_pence": 0,
        "kept_pence": 0,
        "table": "2015-04",
        "table_version": table().version,
        "policy": "ours",
        "policy_version": "1",
        "on": "2016-05-02",
        "steps": [],
        "sentence": "Your savings are more than £23,250, so you pay the whole cost: £500.00 a week.",
    }


def test_exactly_the_upper_limit_is_not_above_it() -> None:
    assert not worked(capital={"bank": 2325000}).full_cost


@pytest.mark.parametrize(
    ("support", "title", "why"),
    [
        ({"kind": "assessment"}, "Finding out what you need", "finding out what you need is free"),
        (
            {"kind": "aftercare"},
            "After a stay in hospital under the Mental Health Act (section 117)",
            "after a stay in hospital under section 117 support is free",
        ),
        (
            {"kind": "adaptation", "price_pence": 99999},
            "A change to the home, such as a ramp or a rail",
            "a change to the home that costs £1,000 or less is free",
        ),
        (
            {"kind": "reablement", "week": 6},
            "Short help to get back on your feet",
            "help to get back on your feet is free for up to 6 weeks",
        ),
    ],
)
def test_free_support_says_why_and_everything_about_it_is_nothing(
    support: dict[str, Any], title: str, why: str
) -> None:
    found = worked(support=[support | {"pence_a_week": 1250}])
    assert lines(found) == [
        (
            f"result.free.0.{support['kind']}",
            title,
            f"£12.50 a week, not charged: {why}",
            0,
            0,
        )
    ]
    assert found.as_data() | {"steps": []} == {
        "pence_a_week": 0,
        "full_cost": False,
        "nothing_charged": True,
        "cost_pence": 0,
        "income_pence": 0,
        "kept_pence": 0,
        "table": "2015-04",
        "table_version": table().version,
        "policy": "ours",
        "policy_version": "1",
        "on": "2016-05-02",
        "steps": [],
        "sentence": "You pay nothing. This support is free, whatever you have.",
    }


@pytest.mark.parametrize(
    ("answers", "path", "message"),
    [
        (
            {"date_of_birth": "1998-05-03"},
            "finances.date_of_birth",
            "these rules are for people of 18 and over",
        ),
        ({"date_of_birth": "1885-05-02"}, "finances.date_of_birth", "check the year"),
        (
            {"household": "couple", "partner_date_of_birth": "1885-05-02"},
            "finances.partner_date_of_birth",
            "check the year",
        ),
        (
            {"household": "couple", "partner_date_of_birth": "2016-05-03"},
            "finances.partner_date_of_birth",
            "check the year",
        ),
    ],
)
def test_a_birthday_that_cannot_be_is_refused_in_these_words(
    answers: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(AnswerError) as refused:
        worked(**answers)
    assert (refused.value.path, refused.value.message) == (path, message)


@pytest.mark.parametrize("born", ["1998-05-02", "1885-05-03"])
def test_somebody_of_exactly_18_or_130_is_let_in(born: str) -> None:
    assert worked(date_of_birth=born).sentence


@pytest.mark.parametrize("born", ["2016-05-02", "1885-05-03"])
def test_a_partner_may_be_of_any_age_from_nothing_to_130(born: str) -> None:
    assert worked(household="couple", partner_date_of_birth=born).sentence


def test_a_kind_of_income_without_its_sum_is_asked_for() -> None:
    someone = finances()
    object.__setattr__(someone, "income", {"esa": None})
    with pytest.raises(AnswerError) as refused:
        contribution(someone, figures())
    assert (refused.value.path, refused.value.message) == (
        "finances.income.esa",
        "say how much it is, and how often",
    )


# ---- the result as data


def test_working_keeps_a_running_total() -> None:
    working = Working()
    assert (working.running, working.steps) == (0, [])
    working.add("income.a", "First", "one", 250)
    working.add("keep.b", "Second", "two", -100)
    assert working.running == 150
    assert [step.as_data() for step in working.steps] == [
        {
            "key": "income.a",
            "label": "First",
            "detail": "one",
            "figure": "250",
            "unit": "pence",
            "running": "250",
        },
        {
            "key": "keep.b",
            "label": "Second",
            "detail": "two",
            "figure": "-100",
            "unit": "pence",
            "running": "150",
        },
    ]


@pytest.mark.parametrize(
    ("pays", "cost", "full", "words"),
    [
        (4550, 9000, False, "You pay £45.50 a week"),
        (9000, 9000, True, "You pay £90.00 a week"),
        (0, 9000, False, "You pay nothing"),
    ],
)
def test_a_light_touch_is_one_step_and_says_so(
    pays: int, cost: int, full: bool, words: str
) -> None:
    found = without_full_assessment("Low savings AND benefits", pays, cost, date(2026, 11, 3))
    assert lines(found) == [
        ("result.light", "Without a full assessment", "low savings AND benefits", pays, pays)
    ]
    assert found.as_data() | {"steps": []} == {
        "pence_a_week": pays,
        "full_cost": full,
        "nothing_charged": False,
        "cost_pence": cost,
        "income_pence": 0,
        "kept_pence": 0,
        "table": "",
        "table_version": "",
        "policy": "",
        "policy_version": "",
        "on": "2026-11-03",
        "steps": [],
        "sentence": f"{words}. This was decided without a full assessment.",
    }
    assert Contribution.from_data(json.loads(json.dumps(found.as_data()))) == found
    assert [(title, len(steps)) for title, steps in found.groups] == [("What it comes to", 1)]


def test_the_band_of_savings_is_written_down_as_it_was_said() -> None:
    assert finances(capital_band="below").as_data()["capital_band"] == "below"
    assert finances(capital_band="below").as_data() == {
        "date_of_birth": "1940-05-01",
        "household": "single",
        "capital_band": "below",
        "income": {"state_pension": {"pence": 30000, "every": "week"}},
        "support": [{"kind": "care", "pence_a_week": 50000, "week": 0, "price_pence": 0}],
    }
