"""The questions about money: their order, who is asked which, what is missing, and back and forth."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules.answers import AnswerError
from plans.rules.charging_finances import check_finances
from plans.rules.charging_kinds import CAPITAL, CAPITAL_BANDS, DISABILITY_COSTS, HOUSING, INCOME
from plans.rules.charging_questions import (
    SECTIONS,
    MoneySection,
    applies,
    as_finances,
    check_money_answer,
    chosen_kinds,
    from_finances,
    gets_disability_benefit,
    is_done,
    section,
    sections_for,
    unfinished,
)

Values = dict[str, Any]
ESA = {"pence": 10000, "every": "week"}
SUPPORTS = "care, reablement, aids, adaptation, aftercare, assessment"


def keys(found: list[MoneySection]) -> list[str]:
    return [one.key for one in found]


# ---- who is asked what


def test_a_section_is_found_by_its_key() -> None:
    assert section("home").title == "Your home"
    assert [section(one.key) for one in SECTIONS] == list(SECTIONS)
    with pytest.raises(KeyError) as unknown:
        section("garden")
    assert unknown.value.args == ("garden",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["household", "extras", "savings", "income", "home"]),
        (
            {"capital_band": "between"},
            ["household", "extras", "savings", "savings-amounts", "income", "home"],
        ),
        ({"capital_band": "below"}, ["household", "extras", "savings", "income", "home"]),
        ({"capital_band": "above"}, ["household", "savings"]),
        (
            {"capital_band": "above", "income.attendance_allowance": ESA},
            ["household", "savings"],
        ),
        (
            {"income.esa": {}},
            ["household", "extras", "savings", "income", "income-amounts", "home"],
        ),
        ({"income.earnings": {}}, ["household", "extras", "savings", "income", "home"]),
        ({"income.pip_mobility": {}}, ["household", "extras", "savings", "income", "home"]),
        (
            {"income.attendance_allowance": {}},
            [
                "household",
                "extras",
                "savings",
                "income",
                "income-amounts",
                "home",
                "disability-costs",
            ],
        ),
        ({"support.kind": "aids"}, ["household", "extras", "savings", "income", "home"]),
    ],
)
def test_a_full_assessment_asks_only_what_matters(values: Values, expected: list[str]) -> None:
    assert keys(sections_for(values)) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["support", "born", "household", "extras", "savings", "income", "home", "cost"]),
        (
            {"support.kind": ""},
            ["support", "born", "household", "extras", "savings", "income", "home", "cost"],
        ),
        (
            {"support.kind": "care", "capital_band": "above"},
            ["support", "born", "household", "savings", "cost"],
        ),
        ({"support.kind": "aids"}, ["support"]),
        ({"support.kind": "reablement", "capital_band": "between"}, ["support"]),
    ],
)
def test_the_calculator_asks_more_and_stops_where_support_is_free(
    values: Values, expected: list[str]
) -> None:
    assert keys(sections_for(values, calculator=True)) == expected


def test_each_page_applies_or_not_by_itself() -> None:
    assert not applies("cost", {}, calculator=False)
    assert applies("cost", {}, calculator=True)
    assert applies("household", {}, calculator=False)
    assert not applies("savings-amounts", {}, calculator=True)


def test_kinds_of_income_whose_sum_matters_come_in_the_order_of_the_questions() -> None:
    ticked = {"income.esa": {}, "income.earnings": {}, "income.state_pension": ESA, "esa": 1}
    assert chosen_kinds(ticked) == ["state_pension", "esa"]
    assert chosen_kinds(ticked | {"capital_band": "above"}) == []
    assert chosen_kinds(ticked | {"capital_band": "below"}) == ["state_pension", "esa"]
    assert chosen_kinds({}) == []


@pytest.mark.parametrize(
    ("values", "gets"),
    [
        ({}, False),
        ({"income.esa": {}}, False),
        ({"income.esa": {}, "income.dla_care": {}}, True),
        ({"income.dla_mobility": {}}, False),
        ({"income.dla_care": ESA, "capital_band": "above"}, False),
    ],
)
def test_costs_of_a_disability_are_asked_of_those_with_a_benefit_that_counts(
    values: Values, gets: bool
) -> None:
    assert gets_disability_benefit(values) is gets


# ---- what is missing


@pytest.mark.parametrize(
    ("key", "values", "done"),
    [
        ("household", {}, False),
        ("household", {"seen.home": True}, False),
        ("household", {"seen.household": True}, True),
        ("savings-amounts", {"capital.bank": 0}, False),
        ("savings-amounts", {"seen.savings-amounts": True}, False),
        ("savings-amounts", {"seen.savings-amounts": True, "capital_band": "between"}, False),
        ("savings-amounts", {"seen.savings-amounts": True, "capital.bank": 0}, True),
        ("income-amounts", {"income.esa": ESA}, False),
        ("income-amounts", {"seen.income-amounts": True, "income.esa": {}}, False),
        ("income-amounts", {"seen.income-amounts": True, "income.esa": ESA}, True),
        (
            "income-amounts",
            {"seen.income-amounts": True, "income.esa": ESA, "income.jsa": {}},
            False,
        ),
        (
            "income-amounts",
            {"seen.income-amounts": True, "income.esa": ESA, "income.earnings": {}},
            True,
        ),
    ],
)
def test_a_page_is_done_when_it_was_seen_and_what_it_must_have_is_there(
    key: str, values: Values, done: bool
) -> None:
    assert is_done(key, values) is done


def test_what_still_waits_is_listed_in_order() -> None:
    values = {"seen.household": True, "seen.savings": True, "income.esa": {}}
    assert keys(unfinished(values)) == ["extras", "income", "income-amounts", "home"]
    assert keys(unfinished({"seen.support": True}, calculator=True)) == [
        "born",
        "household",
        "extras",
        "savings",
        "income",
        "home",
        "cost",
    ]
    assert unfinished(from_finances({})) == []


# ---- one answer at a time


@pytest.mark.parametrize(
    ("question", "value", "kept"),
    [
        ("income.esa", {}, {}),
        ("income.esa", {"pence": 500}, {"pence": 500, "every": "week"}),
        ("income.earnings", None, None),
        ("capital.bank", 1234, 1234),
        ("housing.rent", {"pence": 1, "every": "year"}, {"pence": 1, "every": "year"}),
        ("disability.alarm", {"pence": 7, "every": "month"}, {"pence": 7, "every": "month"}),
        ("seen.home", True, True),
        ("support.kind", "aids", "aids"),
        ("support.cost", 0, 0),
        ("support.cost", 12550, 12550),
        ("household", "single", "single"),
        ("household", "couple", "couple"),
        ("partner_date_of_birth", "1951-02-03", "1951-02-03"),
        ("date_of_birth", "1948-03-27", "1948-03-27"),
        ("children", 3, 3),
        ("premiums", ["carer", "disability"], ["disability", "carer"]),
        ("premiums", [], []),
        ("capital_band", "below", "below"),
        ("capital_band", "between", "between"),
        ("capital_band", "above", "above"),
    ],
)
def test_a_good_answer_is_kept_in_its_right_shape(question: str, value: Any, kept: Any) -> None:
    found = check_money_answer(question, value)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("question", "value", "path", "message"),
    [
        ("income.luck", {}, "finances.income.luck", "there is no such kind of income"),
        ("income.esa", None, "finances.income.esa", "say how much it is, and how often"),
        ("capital.bank", -1, "finances.capital.bank", None),
        ("capital", 5, "finances.capital", "there is no such question about money"),
        ("housing.rent", 5, "finances.housing.rent", "must be a group of names and values"),
        ("housing.rent", {}, "finances.housing.rent.pence", None),
        ("disability.alarm", {}, "finances.disability.alarm.pence", None),
        ("seen.home", 1, "finances.seen.home", "there is no such page"),
        ("seen.home", False, "finances.seen.home", "there is no such page"),
        ("seen.garden", True, "finances.seen.garden", "there is no such page"),
        ("support.kind", "magic", "finances.support.kind", f"choose one of: {SUPPORTS}"),
        ("support.hours", "care", "finances.support.hours", f"choose one of: {SUPPORTS}"),
        ("support.cost", -1, "finances.support[0].pence_a_week", None),
        ("household", "crowd", "finances.household", "choose one of: single, couple"),
        ("partner_date_of_birth", "x", "finances.partner_date_of_birth", None),
        ("date_of_birth", "x", "finances.date_of_birth", "enter a day like 1948-03-27"),
        ("children", 31, "finances.children", "enter a whole number from 0 to 30"),
        ("premiums", ["tall"], "finances.premiums", None),
        (
            "capital_band",
            "rich",
            "finances.capital_band",
            "choose one of: below, between, above",
        ),
        ("shoes", 1, "finances.shoes", "there is no such question about money"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_its_place(
    question: str, value: Any, path: str, message: str | None
) -> None:
    with pytest.raises(AnswerError) as refused:
        check_money_answer(question, value)
    assert refused.value.path == path
    assert message is None or refused.value.message == message


# ---- from answers to finances and back


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {}),
        ({"seen.home": True, "children": 2}, {"children": 2}),
        (
            {"household": "couple", "partner_date_of_birth": "1950-01-01"},
            {"household": "couple", "partner_date_of_birth": "1950-01-01"},
        ),
        (
            {"household": "single", "partner_date_of_birth": "1950-01-01"},
            {"household": "single"},
        ),
        ({"partner_date_of_birth": "1950-01-01"}, {}),
        ({"capital.bank": 5}, {}),
        ({"capital_band": "below", "capital.bank": 5}, {"capital_band": "below"}),
        (
            {"capital_band": "between", "capital.bank": 5, "capital.bonds": 0},
            {"capital_band": "between", "capital": {"bank": 5, "bonds": 0}},
        ),
        ({"capital_band": "between"}, {"capital_band": "between"}),
        (
            {"income.esa": ESA, "income.earnings": {}},
            {"income": {"esa": ESA, "earnings": None}},
        ),
        ({"housing.rent": ESA}, {"housing": {"rent": ESA}}),
        ({"disability.alarm": ESA}, {}),
        (
            {"income.dla_care": ESA, "disability.alarm": ESA},
            {"income": {"dla_care": ESA}, "disability": {"alarm": ESA}},
        ),
        (
            {
                "capital_band": "above",
                "income.dla_care": ESA,
                "disability.alarm": ESA,
                "housing.rent": ESA,
                "capital.bank": 5,
                "children": 1,
            },
            {"capital_band": "above", "children": 1},
        ),
        ({"support.cost": 500}, {"support": [{"kind": "care", "pence_a_week": 500}]}),
        ({"support.cost": 0}, {"support": [{"kind": "care", "pence_a_week": 0}]}),
        ({"support.kind": "care"}, {}),
        ({"support.kind": ""}, {}),
        (
            {"support.kind": "", "support.cost": 7},
            {"support": [{"kind": "care", "pence_a_week": 7}]},
        ),
        ({"support.kind": "aids"}, {"support": [{"kind": "aids", "pence_a_week": 0}]}),
        (
            {"support.kind": "aids", "support.cost": 9},
            {"support": [{"kind": "aids", "pence_a_week": 9}]},
        ),
    ],
)
def test_what_no_longer_matters_is_left_out_of_the_finances(
    values: Values, expected: Values
) -> None:
    assert as_finances(values) == expected


def test_finances_become_answers_with_every_page_seen() -> None:
    seen = {f"seen.{one.key}": True for one in SECTIONS}
    assert from_finances({}) == seen | {"capital_band": "below", "household": "single"}
    assert from_finances(
        {
            "household": "couple",
            "partner_date_of_birth": "1950-01-01",
            "capital": {"bank": 0},
            "income": {"esa": ESA, "earnings": None},
            "support": [{"kind": "care", "pence_a_week": 1}],
        }
    ) == seen | {
        "household": "couple",
        "partner_date_of_birth": "1950-01-01",
        "capital_band": "between",
        "capital.bank": 0,
        "income.esa": ESA,
        "income.earnings": {},
    }
    assert from_finances({"capital_band": "above"})["capital_band"] == "above"
    said = {"capital_band": "between", "capital": {"bank": 1}}
    assert from_finances(said)["capital_band"] == "between"


sums = st.integers(0, 10**7)
amounts = st.fixed_dictionaries({"pence": sums, "every": st.sampled_from(["week", "month"])})


@st.composite
def answered(draw: Any) -> Values:
    """Answers of somebody who may have changed their mind on the way."""
    values: Values = {
        "date_of_birth": "1950-01-01",
        "household": draw(st.sampled_from(["single", "couple"])),
        "partner_date_of_birth": "1951-01-01",
        "children": draw(st.integers(0, 5)),
        "capital_band": draw(st.sampled_from(sorted(CAPITAL_BANDS))),
        "capital.bank": draw(sums),
    }
    for group, kinds, of in (
        ("capital", CAPITAL, sums),
        ("housing", HOUSING, amounts),
        ("disability", DISABILITY_COSTS, amounts),
        ("income", INCOME, amounts),
    ):
        for kind in draw(st.lists(st.sampled_from(kinds), max_size=3)):
            values[f"{group}.{kind.key}"] = draw(of) if kind.asks_amount else {}
            if group == "capital":
                values[f"{group}.{kind.key}"] = draw(of)
    return values


@settings(max_examples=60)
@given(answered())
def test_whatever_was_answered_becomes_finances_that_can_be_used(values: Values) -> None:
    said = as_finances(values)
    found = check_finances(said)
    assert found.couple == (values["household"] == "couple")
    assert bool(found.capital) == (values["capital_band"] == "between")
    assert as_finances(from_finances(said)) == said
    assert unfinished(from_finances(said)) == []
