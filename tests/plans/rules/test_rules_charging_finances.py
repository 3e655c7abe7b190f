"""Finances as they come in: each fault is refused with the path of what is wrong."""

from typing import Any

import pytest

from plans.rules.answers import AnswerError
from plans.rules.charging_finances import check_finances, down_to_the_penny, up_to_the_penny
from plans.rules.charging_kinds import (
    CAPITAL,
    DISABILITY_COSTS,
    HOUSING,
    INCOME,
    PERIODS,
    PREMIUMS,
    SUPPORT,
    kind_of,
)

GOOD: dict[str, Any] = {"date_of_birth": "1948-03-27"}


@pytest.mark.parametrize(
    ("answers", "path", "message"),
    [
        ("words", "finances", "must be a group"),
        ([], "finances", "must be a group"),
        ({}, "finances.date_of_birth", "enter a day"),
        (GOOD | {"date_of_birth": "27/3/1948"}, "finances.date_of_birth", "enter a day"),
        (GOOD | {"date_of_birth": 1948}, "finances.date_of_birth", "enter a day"),
        (GOOD | {"salary": 1}, "finances.salary", "no such question"),
        (GOOD | {"household": "crowd"}, "finances.household", "choose one of: single, couple"),
        (GOOD | {"household": "couple"}, "finances.partner_date_of_birth", "say when"),
        (
            GOOD | {"partner_date_of_birth": "1950-01-01"},
            "finances.partner_date_of_birth",
            "only for a couple",
        ),
        (GOOD | {"children": -1}, "finances.children", "from 0 to 30"),
        (GOOD | {"children": 31}, "finances.children", "from 0 to 30"),
        (GOOD | {"children": True}, "finances.children", "whole number"),
        (GOOD | {"children": 1.5}, "finances.children", "whole number"),
        (GOOD | {"premiums": "carer"}, "finances.premiums", "choose from: disability"),
        (GOOD | {"premiums": ["tall"]}, "finances.premiums", "choose from"),
        (GOOD | {"capital": []}, "finances.capital", "must be a group"),
        (GOOD | {"capital": {"gold": 1}}, "finances.capital.gold", "choose one of: bank"),
        (GOOD | {"capital": {"bank": 12.5}}, "finances.capital.bank", "whole pence"),
        (GOOD | {"capital": {"bank": -1}}, "finances.capital.bank", "whole pence"),
        (GOOD | {"capital": {"bank": 10**12}}, "finances.capital.bank", "whole pence"),
        (GOOD | {"capital_band": "rich"}, "finances.capital_band", "choose one of: below"),
        (GOOD | {"capital_band": "between"}, "finances.capital", "say how much there is"),
        (
            GOOD | {"capital_band": "below", "capital": {"bank": 1}},
            "finances.capital",
            "not both",
        ),
        (GOOD | {"income": {"luck": None}}, "finances.income.luck", "choose one of"),
        (GOOD | {"income": {"esa": None}}, "finances.income.esa", "say how much it is"),
        (GOOD | {"income": {"esa": 100}}, "finances.income.esa", "must be a group"),
        (GOOD | {"income": {"esa": {"every": "week"}}}, "finances.income.esa.pence", "whole pence"),
        (
            GOOD | {"income": {"esa": {"pence": 1, "every": "day"}}},
            "finances.income.esa.every",
            "choose one of: week",
        ),
        (
            GOOD | {"income": {"esa": {"pence": 1, "after": "tax"}}},
            "finances.income.esa.after",
            "nothing else",
        ),
        (GOOD | {"housing": {"rent": None}}, "finances.housing.rent", "say how much"),
        (GOOD | {"support": {}}, "finances.support", "must be a list"),
        (GOOD | {"support": ["care"]}, "finances.support[0]", "must be a group"),
        (
            GOOD | {"support": [{"kind": "care", "pence_a_week": 1}, {"kind": "magic"}]},
            "finances.support[1].kind",
            "choose one of: care",
        ),
        (
            GOOD | {"support": [{"kind": "care", "pence_a_week": 1, "hours": 2}]},
            "finances.support[0].hours",
            "no such question",
        ),
    ],
)
def test_each_fault_names_its_path(answers: Any, path: str, message: str):
    with pytest.raises(AnswerError) as refused:
        check_finances(answers)
    assert refused.value.path == path
    assert message in refused.value.message


def test_what_is_not_said_has_a_plain_meaning():
    found = check_finances(GOOD)
    assert (found.household, found.children, found.premiums) == ("single", 0, ())
    assert (found.income, found.capital, found.housing, found.support) == ({}, {}, {}, ())
    assert found.as_data() == {"date_of_birth": "1948-03-27", "household": "single"}


def test_a_sum_without_a_period_is_for_a_week():
    found = check_finances(GOOD | {"income": {"esa": {"pence": 100}}})
    assert found.as_data()["income"] == {"esa": {"pence": 100, "every": "week"}}


def test_fractions_of_a_penny_go_to_the_person():
    from fractions import Fraction

    assert [down_to_the_penny(Fraction(n, 3)) for n in (3, 4, 5)] == [1, 1, 1]
    assert [up_to_the_penny(Fraction(n, 3)) for n in (3, 4, 5)] == [1, 2, 2]


def test_every_kind_has_a_name_of_its_own():
    for kinds in (INCOME, CAPITAL, HOUSING, DISABILITY_COSTS, PREMIUMS, SUPPORT):
        assert len({kind.key for kind in kinds}) == len(kinds)
        assert len({kind.title for kind in kinds}) == len(kinds)
    with pytest.raises(KeyError):
        kind_of(INCOME, "luck")


def test_a_year_has_52_weeks_of_every_period():
    assert {key: part * 52 for key, (_, part) in PERIODS.items()} == {
        "week": 52,
        "fortnight": 26,
        "four_weeks": 13,
        "month": 12,
        "quarter": 4,
        "year": 1,
    }
