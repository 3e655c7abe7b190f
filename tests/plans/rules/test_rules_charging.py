"""What somebody pays: every line of the 2015 table, every boundary, each example worked by hand.

Unless a test says otherwise: single, aged 76, £300.00 a week of State Pension, care for £500.00 a week.
300.00 - 189.00 (the guarantee of a single person at pension age) = 111.00.
"""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from plans.rules.answers import AnswerError
from plans.rules.charging import at_pension_age, contribution, counted_capital, guarantee_line
from plans.rules.charging_table import MissingLine
from tests.plans.rules.charging_world import (
    DAY,
    OLD,
    WORKING_AGE,
    YOUNG,
    figures,
    finances,
    pays,
    table,
    weekly,
    worked,
)


def kept(**answers: Any) -> int:
    return worked(**answers).kept_pence


# ---- the guarantee, line by line


@pytest.mark.parametrize(
    ("answers", "line", "pence"),
    [
        ({"date_of_birth": YOUNG}, "single_18_24", 7240),
        ({"date_of_birth": WORKING_AGE}, "single_25", 9140),
        ({"date_of_birth": OLD}, "single_pension", 18900),
        ({"date_of_birth": WORKING_AGE, "children": 1}, "lone_parent", 9140 + 8365),
        ({"date_of_birth": YOUNG, "children": 1}, "lone_parent", 9140 + 8365),
        (
            {"date_of_birth": WORKING_AGE, "household": "couple", "partner_date_of_birth": YOUNG},
            "couple",
            7180,
        ),
        (
            {"date_of_birth": OLD, "household": "couple", "partner_date_of_birth": OLD},
            "couple_pension",
            14430,
        ),
        (
            {"date_of_birth": WORKING_AGE, "household": "couple", "partner_date_of_birth": OLD},
            "couple_pension",
            14430,
        ),
        (
            {"date_of_birth": OLD, "household": "couple", "partner_date_of_birth": WORKING_AGE},
            "couple_pension",
            14430,
        ),
        ({"date_of_birth": OLD, "children": 1}, "single_pension", 18900 + 8365),
    ],
)
def test_the_guarantee_follows_age_and_household(answers: dict[str, Any], line: str, pence: int):
    assert guarantee_line(finances(**answers), figures()) == line
    assert kept(**answers) == pence


@pytest.mark.parametrize(
    ("premiums", "single", "couple"),
    [
        (["disability"], 4035, 2875),
        (["enhanced"], 1970, 1415),
        (["disability", "enhanced"], 4035 + 1970, 2875 + 1415),
        (["carer"], 4325, 4325),
        (["disability", "enhanced", "carer"], 4035 + 1970 + 4325, 2875 + 1415 + 4325),
    ],
)
def test_each_premium_is_added_below_pension_age(premiums: list[str], single: int, couple: int):
    assert kept(date_of_birth=WORKING_AGE, premiums=premiums) == 9140 + single
    with_partner = {"household": "couple", "partner_date_of_birth": WORKING_AGE}
    assert kept(date_of_birth=WORKING_AGE, premiums=premiums, **with_partner) == 7180 + couple


def test_at_pension_age_only_the_carer_premium_is_added_and_the_working_says_so():
    result = worked(premiums=["disability", "enhanced", "carer"])
    assert result.kept_pence == 18900 + 4325
    shown = {step.key: (step.detail, step.figure) for step in result.steps}
    assert shown["keep.carer"] == ("added", -4325)
    assert shown["keep.disability_single"] == ("ends at pension age", 0)
    assert shown["keep.enhanced_single"] == ("ends at pension age", 0)


@pytest.mark.parametrize("children", [0, 1, 3])
def test_each_child_is_added(children: int):
    assert kept(children=children) == 18900 + children * 8365


@pytest.mark.parametrize(
    ("born", "line"),
    [
        ("1998-05-02", "single_18_24"),  # 18 on the day
        ("1991-05-03", "single_18_24"),  # 24 until tomorrow
        ("1991-05-02", "single_25"),  # 25 on the day
        ("1953-04-06", "single_25"),  # reaches pension age on 6 July 2016
        ("1953-03-06", "single_pension"),  # reached it on 6 March 2016
    ],
)
def test_ages_change_on_the_day_itself(born: str, line: str):
    assert guarantee_line(finances(date_of_birth=born), figures()) == line


@pytest.mark.parametrize(
    ("born", "reached_on"),
    [
        ("1950-04-05", date(2010, 4, 5)),
        ("1950-04-06", date(2010, 5, 6)),
        ("1951-10-20", date(2013, 5, 6)),
        ("1953-11-06", date(2018, 11, 6)),
        ("1954-10-05", date(2020, 9, 6)),
        ("1954-10-06", date(2020, 10, 6)),
        ("1960-04-05", date(2026, 4, 5)),
        ("1960-04-06", date(2026, 5, 6)),
        ("1960-07-31", date(2026, 11, 30)),  # 31 July and four months: the last day of November
        ("1961-03-05", date(2028, 2, 5)),
        ("1961-03-06", date(2028, 3, 6)),
        ("1977-04-05", date(2044, 4, 5)),
    ],
)
def test_pension_age_is_reached_on_the_day_of_the_acts(born: str, reached_on: date):
    someone = finances(date_of_birth=born)
    before = date.fromordinal(reached_on.toordinal() - 1)
    assert at_pension_age(someone, figures(on=reached_on))
    assert not at_pension_age(someone, figures(on=before))


def test_a_pension_age_that_is_not_settled_is_refused_not_guessed():
    late = finances(date_of_birth="1978-01-01")
    assert not at_pension_age(late, figures(on=date(2044, 5, 5)))
    with pytest.raises(MissingLine, match="pension ages"):
        at_pension_age(late, figures(on=date(2044, 5, 6)))


# ---- savings


@pytest.mark.parametrize(
    ("capital", "extra"),
    [
        (0, 0),
        (1425000, 0),  # 14,250: nothing
        (1425001, 100),  # 14,250.01: the first part of 250
        (1450000, 100),  # 14,500: exactly one 250
        (1450001, 200),  # a penny more begins the second
        (1600000, 700),  # (16,000 - 14,250) / 250 = 7
        (2324999, 3600),
        (2325000, 3600),  # 23,250: (23,250 - 14,250) / 250 = 36, the most there is
    ],
)
def test_savings_between_the_limits_add_a_pound_for_each_250_or_part(capital: int, extra: int):
    assert pays(capital={"bank": capital}) == 11100 + extra


def test_a_penny_above_the_upper_limit_means_the_whole_cost():
    over = worked(capital={"bank": 2325001})
    assert (over.pence_a_week, over.full_cost) == (50000, True)
    assert over.sentence == (
        "Your savings are more than £23,250, so you pay the whole cost: £500.00 a week."
    )


def test_saying_only_that_there_is_more_than_the_limit_is_enough():
    assert worked(capital_band="above").full_cost
    assert pays(capital_band="below") == 11100


def test_the_whole_cost_that_nobody_knows_is_no_sum():
    over = worked(capital_band="above", support=[])
    assert (over.pence_a_week, over.full_cost, over.steps) == (None, True, ())
    assert over.sentence == "Your savings are more than £23,250, so you pay the whole cost."


@pytest.mark.parametrize(
    ("capital", "counts"),
    [
        ({"joint_accounts": 3000001}, 1500000),  # half, the odd penny left out
        ({"investments": 1000009}, 900008),  # nine tenths, 900,008.1 pence, the fraction left out
        ({"property": 2000000}, 1800000),
        ({"own_home": 90000000, "belongings": 500000, "life_insurance": 4000000}, 0),
        ({"bank": 100, "bonds": 200, "other_capital": 300}, 600),
    ],
)
def test_each_kind_of_capital_counts_as_the_regulations_say(capital: dict[str, int], counts: int):
    assert counted_capital(capital, table()) == counts


# ---- income


@pytest.mark.parametrize(
    "kind",
    [
        "state_pension", "work_pension", "pension_credit", "attendance_allowance", "pip_daily_living",
        "dla_care", "constant_attendance", "universal_credit", "esa", "jsa", "carers_allowance",
        "rent_received", "other_income",
    ],
)  # fmt: skip
def test_income_that_counts_counts_in_full(kind: str):
    assert worked(income={kind: weekly(20000)}).income_pence == 20000


@pytest.mark.parametrize(
    "kind",
    [
        "earnings", "pip_mobility", "dla_mobility", "war_mobility", "direct_payments", "charity",
        "child_benefit", "child_tax_credit", "housing_benefit", "winter_and_christmas",
    ],
)  # fmt: skip
def test_income_that_the_law_leaves_out_never_counts(kind: str):
    assert worked(income={kind: weekly(90000)}).income_pence == 0
    assert worked(income={kind: None}).income_pence == 0


@pytest.mark.parametrize(
    ("kind", "pence", "counts"),
    [
        ("war_disablement", 999, 0),
        ("war_disablement", 1000, 0),
        ("war_disablement", 1001, 1),
        ("war_widow", 15000, 14000),
        ("savings_credit", 575, 0),
        ("savings_credit", 1575, 1000),
    ],
)
def test_the_first_part_of_some_income_is_kept(kind: str, pence: int, counts: int):
    assert worked(income={kind: weekly(pence)}).income_pence == counts


def test_a_couple_keeps_more_of_savings_credit():
    couple = {"household": "couple", "partner_date_of_birth": OLD}
    assert worked(income={"savings_credit": weekly(1575)}, **couple).income_pence == 1575 - 860


def test_a_war_disablement_pension_is_left_out_in_full_from_2025():
    young = {"date_of_birth": "2001-01-01", "income": {"war_disablement": weekly(90000)}}
    assert worked("2025-04", by=figures("2025-04", on=date(2025, 5, 1)), **young).income_pence == 0


@pytest.mark.parametrize(
    ("every", "pence", "counts"),
    [
        ("week", 10000, 10000),
        ("fortnight", 10001, 5000),  # 5,000.5 pence
        ("four_weeks", 88403, 22100),  # 22,100.75 pence
        ("month", 100000, 23076),  # 100,000 x 12 / 52 = 23,076.9 pence
        ("quarter", 130000, 10000),
        ("year", 520051, 10000),  # 10,000.98 pence
    ],
)
def test_income_is_counted_by_the_week_with_fractions_left_out(every: str, pence: int, counts: int):
    income = {"work_pension": {"pence": pence, "every": every}}
    assert worked(income=income).income_pence == counts


# ---- what is kept beside the guarantee


@pytest.mark.parametrize(
    ("every", "pence", "keeps"),
    [("week", 2000, 2000), ("month", 10000, 2308), ("year", 100000, 1924)],
)
def test_housing_costs_are_kept_with_fractions_counted_up(every: str, pence: int, keeps: int):
    # 10,000 x 12 / 52 = 2,307.7 pence; 100,000 / 52 = 1,923.1 pence
    assert kept(housing={"rent": {"pence": pence, "every": every}}) == 18900 + keeps


DISABLED = {"state_pension": weekly(30000), "attendance_allowance": weekly(8000)}


@pytest.mark.parametrize(
    ("standard", "spent", "keeps"),
    [
        (0, {}, 0),
        (1085, {}, 1085),  # Reading's standard sum
        (1700, {}, 1700),  # Kent's
        (1700, {"alarm": weekly(500), "laundry": weekly(1200)}, 1700),  # just as much: the standard
        (
            1700,
            {"alarm": weekly(500), "laundry": weekly(1201)},
            1701,
        ),  # a penny more: what is spent
        (0, {"heating": {"pence": 52000, "every": "year"}}, 1000),
    ],
)
def test_disability_costs_are_the_standard_sum_or_what_is_spent(
    standard: int, spent: dict[str, Any], keeps: int
):
    by = figures(disability_standard_pence=standard)
    assert worked(by=by, income=DISABLED, disability=spent).kept_pence == 18900 + keeps


def test_without_a_disability_benefit_that_counts_no_disability_cost_is_kept():
    by = figures(disability_standard_pence=1700)
    spent = {"heating": weekly(9000)}
    assert worked(by=by, disability=spent).kept_pence == 18900
    assert worked(by=by, income={"pip_mobility": None}, disability=spent).kept_pence == 18900


@pytest.mark.parametrize(
    ("percent", "keeps"),
    [("25", 18900 + 4725), ("12.5", 18900 + 2363), ("0", 18900)],  # 2,362.5 pence is counted up
)
def test_an_authority_may_add_to_the_guarantee(percent: str, keeps: int):
    by = figures(guarantee_percent=Fraction(percent))
    assert worked(by=by).kept_pence == keeps


# ---- what it comes to


def test_nobody_pays_less_than_nothing():
    result = worked(income={"state_pension": weekly(18899)})
    assert result.pence_a_week == 0
    assert result.sentence == (
        "You pay nothing. £188.99 a week counts as income, and you keep all of it: "
        "you may keep up to £189.00."
    )


def test_nobody_pays_more_than_the_support_costs():
    result = worked(support=[{"kind": "care", "pence_a_week": 4000}])
    assert result.pence_a_week == 4000
    assert "which is all that the support costs" in result.sentence


def test_without_a_cost_the_sum_is_the_most_there_is_to_pay():
    result = worked(support=[])
    assert (result.pence_a_week, result.cost_pence) == (11100, None)
    assert result.sentence.startswith("You pay at most £111.00 a week, and never more than")


@pytest.mark.parametrize(("income", "expected"), [(18999, 0), (19000, 100), (19001, 101)])
def test_a_sum_too_small_to_ask_for_is_not_asked_for(income: int, expected: int):
    by = figures(free_below_pence=100)
    assert pays(by=by, income={"state_pension": weekly(income)}) == expected


@pytest.mark.parametrize(
    ("support", "expected"),
    [
        ([{"kind": "assessment", "pence_a_week": 5000}], 0),
        ([{"kind": "aftercare", "pence_a_week": 90000}], 0),
        ([{"kind": "aids", "pence_a_week": 90000}], 0),
        ([{"kind": "adaptation", "pence_a_week": 900, "price_pence": 100000}], 0),
        ([{"kind": "adaptation", "pence_a_week": 900, "price_pence": 100001}], 900),
        ([{"kind": "reablement", "pence_a_week": 9000, "week": 6}], 0),
        ([{"kind": "reablement", "pence_a_week": 9000, "week": 7}], 9000),
        (
            [
                {"kind": "care", "pence_a_week": 3000},
                {"kind": "aftercare", "pence_a_week": 90000},
            ],
            3000,
        ),
    ],
)
def test_some_support_is_never_charged(support: list[dict[str, Any]], expected: int):
    assert pays(support=support) == expected


def test_free_support_is_free_whatever_somebody_has():
    result = worked(capital_band="above", support=[{"kind": "aftercare", "pence_a_week": 90000}])
    assert (result.pence_a_week, result.nothing_charged, result.full_cost) == (0, True, False)
    assert result.sentence == "You pay nothing. This support is free, whatever you have."


def test_one_long_example_by_hand():
    """A mother of 40 with a partner, one child and a disability.

    Comes in:  Universal Credit 400.00 a month x 12 / 52 = 92.307 → 92.30
               PIP daily living 290.40 every four weeks / 4 = 72.60
               wages and PIP mobility: not counted
               savings 16,100.00: (16,100 - 14,250) / 250 = 7.4 → 8 parts = 8.00
               in all 172.90
    Keeps:     member of a couple 71.80, a child 83.65, disability premium of a couple 28.75
               = 184.20, and a tenth more by local policy = 18.42
    172.90 - 184.20 - 18.42 < 0: nothing to pay.
    With 600.00 a month more from a pension (138.46 a week): 311.36 - 202.62 = 108.74
    less rent 200.00 a month = 46.153 → 46.16, and 17.00 for disability: 45.58.
    """
    by = figures(guarantee_percent=Fraction(10), disability_standard_pence=1700)
    answers: dict[str, Any] = {
        "date_of_birth": "1976-01-01",
        "household": "couple",
        "partner_date_of_birth": "1975-01-01",
        "children": 1,
        "premiums": ["disability"],
        "capital": {"bank": 1610000},
        "income": {
            "universal_credit": {"pence": 40000, "every": "month"},
            "pip_daily_living": {"pence": 29040, "every": "four_weeks"},
            "earnings": None,
            "pip_mobility": None,
        },
    }
    first = worked(by=by, **answers)
    assert (first.income_pence, first.pence_a_week) == (17290, 0)
    answers["income"]["work_pension"] = {"pence": 60000, "every": "month"}
    answers["housing"] = {"rent": {"pence": 20000, "every": "month"}}
    second = worked(by=by, **answers)
    assert second.income_pence == 31136
    assert second.kept_pence == 18420 + 1842 + 4616 + 1700
    assert second.pence_a_week == 4558


def test_the_working_names_every_step_in_the_order_of_the_rule():
    result = worked(
        by=figures(disability_standard_pence=1700, guarantee_percent=Fraction(5)),
        income=DISABLED | {"earnings": None},
        capital={"bank": 1500000},
        housing={"rent": weekly(1000)},
        premiums=["carer"],
        support=[
            {"kind": "care", "pence_a_week": 5000},
            {"kind": "aids", "pence_a_week": 100},
        ],
    )
    assert [step.key for step in result.steps] == [
        "result.free.1.aids",
        "income.state_pension",
        "income.attendance_allowance",
        "income.earnings",
        "income.tariff",
        "keep.guarantee",
        "keep.carer",
        "keep.local",
        "keep.housing.rent",
        "keep.disability",
        "result.cost",
        "result.pays",
    ]
    assert [title for title, _ in result.groups] == [
        "What comes in that counts",
        "What you keep",
        "What it comes to",
    ]
    tariff = next(step for step in result.steps if step.key == "income.tariff")
    assert tariff.detail == (
        "£15,000 counts, £750 above £14,250: £1 for each £250 or part, 3 parts"
    )


# ---- what cannot be worked out


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({}, "The table for 2025-04 has no figure for a single person at pension age."),
        (
            {"household": "couple", "partner_date_of_birth": OLD},
            "The table for 2025-04 has no figure for a couple at pension age.",
        ),
        (
            {
                "date_of_birth": "1990-01-01",
                "household": "couple",
                "partner_date_of_birth": "1990-01-01",
            },
            "The table for 2025-04 has no figure for a member of a couple below pension age.",
        ),
        (
            {"date_of_birth": "1990-01-01", "children": 1},
            "The table for 2025-04 has no figure for a lone parent.",
        ),
        (
            {"date_of_birth": "1990-01-01", "premiums": ["carer"]},
            "The table for 2025-04 has no figure for the carer premium.",
        ),
        (
            {"date_of_birth": "1990-01-01", "income": {"savings_credit": weekly(1000)}},
            "The table for 2025-04 has no figure for how much Savings Credit a single person keeps.",
        ),
    ],
)
def test_a_figure_that_the_table_lacks_is_named_and_never_guessed(
    answers: dict[str, Any], sentence: str
):
    with pytest.raises(MissingLine) as missing:
        worked(by=figures("2025-04", on=date(2025, 6, 2)), **answers)
    assert missing.value.sentence == sentence
    assert missing.value.table == "2025-04"


def test_what_was_seen_of_2025_is_used():
    """112.50 (25 to pension age) + 49.65 + 24.25 = 186.40; 300.00 - 186.40 = 113.60."""
    by = figures("2025-04", on=date(2025, 6, 2))
    answers = {"date_of_birth": "1990-01-01", "premiums": ["disability", "enhanced"]}
    assert pays(by=by, **answers) == 11360
    young = {"date_of_birth": "2005-01-01"}
    assert pays(by=by, **young) == 30000 - 8915


def test_somebody_who_pays_the_whole_cost_needs_no_line_of_the_guarantee():
    by = figures("2025-04", on=date(2025, 6, 2))
    assert worked(by=by, capital_band="above").full_cost


@pytest.mark.parametrize("born", ["1998-05-03", "1880-01-01"])
def test_a_child_and_a_slip_of_the_pen_are_refused(born: str):
    with pytest.raises(AnswerError, match=r"finances\.date_of_birth"):
        contribution(finances(date_of_birth=born), figures(on=DAY))
