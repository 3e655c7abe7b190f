"""A table, a policy and the pension ages from their data: every field arrives, every fault names its place."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from plans.rules.charging_kinds import CAPITAL, INCOME, LINES
from plans.rules.charging_table import (
    AgeBand,
    ChargingTable,
    FiguresError,
    MissingLine,
    PensionAges,
    Treatment,
    age_on,
    policy_on,
    read_pension_ages,
    read_policies,
    read_table,
    table_on,
)

Data = dict[str, Any]


def table_data() -> Data:
    """A table with a figure of its own on every line."""
    return {
        "key": "2031-04",
        "version": "3",
        "title": "Figures from April 2031",
        "complete": True,
        "in_force_from": "2031-04-06",
        "in_force_to": "2032-04-05",
        "source": "the circular\n  of that  year",
        "lines": {
            line: {"pence": 1000 + n, "source": f"reg.\n {n}"} for n, line in enumerate(LINES)
        },
        "capital": {
            "lower_pence": 1_425_000,
            "upper_pence": 2_325_000,
            "step_pence": 25_000,
            "step_income_pence": 100,
            "sale_costs_percent": 10,
            "kinds": {kind.key: {"treatment": "counted"} for kind in CAPITAL}
            | {"own_home": {"treatment": "ignored"}},
        },
        "income": {
            kind.key: {"treatment": "counted", "source": f"about {kind.key}"} for kind in INCOME
        }
        | {
            "savings_credit": {"treatment": "part", "keeps": "savings_credit", "source": "40"},
            "war_widow": {"treatment": "part", "keeps": "war_pension", "source": "C"},
        },
        "never_charged": {"reablement_weeks": 6, "adaptation_pence": 100_000},
        "missing": [],
    }


def policy_data() -> Data:
    """Two versions of a policy."""
    return {
        "authority": "ours",
        "title": "Our policy",
        "versions": [
            {
                "version": "one",
                "in_force_from": "2031-04-06",
                "guarantee_percent": "2.5",
                "disability_standard_pence": 1700,
                "free_below_pence": 150,
                "direct_payments": "net",
                "source": "the\n cabinet",
            },
            {
                "version": "two",
                "in_force_from": "2032-04-05",
                "guarantee_percent": "5",
                "disability_standard_pence": 1800,
                "free_below_pence": 0,
                "direct_payments": "gross",
                "source": "again",
            },
        ],
    }


def ages_data() -> Data:
    """Three bands: an age, a day, and an age in years and months."""
    return {
        "version": "7",
        "bands": [
            {"born_from": "1900-01-01", "years": 60},
            {"born_from": "1950-04-06", "reached_on": "2010-05-06"},
            {"born_from": "1950-05-06", "years": 66, "months": 3},
            {"born_from": "1950-06-06", "months": 800},
        ],
        "settled_for_births_before": "1977-04-06",
        "not_before": "2044-05-06",
    }


def spoilt(data: Data, path: str, value: Any) -> Data:
    """The data with one value changed; a path is ``a.b.0``."""
    found = copy.deepcopy(data)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner: Any = found
    for part in way:
        inner = inner[part]
    inner[last] = value
    return found


def fault(read: Callable[[Mapping[str, Any]], object], data: Data) -> tuple[str, str]:
    """Where the fault is, and what it is."""
    with pytest.raises(FiguresError) as refused:
        read(data)
    assert str(refused.value) == f"{refused.value.path}: {refused.value.message}"
    return refused.value.path, refused.value.message


# ---- a table


def test_every_field_of_a_table_arrives() -> None:
    found = read_table(table_data())
    assert (found.key, found.version, found.title) == ("2031-04", "3", "Figures from April 2031")
    assert found.in_words == "figures from April 2031"
    assert found.complete is True
    assert (found.in_force_from, found.in_force_to) == (date(2031, 4, 6), date(2032, 4, 5))
    assert found.source == "the circular of that year"
    assert found.lines == {line: 1000 + n for n, line in enumerate(LINES)}
    assert found.sources == {line: f"reg. {n}" for n, line in enumerate(LINES)}
    assert (found.reablement_weeks, found.adaptation_pence, found.missing) == (6, 100_000, ())
    capital = found.capital
    assert (capital.lower_pence, capital.upper_pence) == (1_425_000, 2_325_000)
    assert (capital.step_pence, capital.step_income_pence) == (25_000, 100)
    assert capital.sale_costs_percent == 10
    assert capital.kinds == {kind.key: Treatment("counted") for kind in CAPITAL} | {
        "own_home": Treatment("ignored")
    }
    assert found.income["esa"] == Treatment("counted", "", "about esa")
    assert found.income["war_widow"] == Treatment("part", "war_pension", "C")
    assert set(found.income) == {kind.key for kind in INCOME}


def test_what_a_partly_counted_income_keeps_is_looked_up_for_one_person_or_a_couple() -> None:
    found = read_table(table_data())
    single, couple = found.line("savings_credit_single"), found.line("savings_credit_couple")
    assert single != couple
    assert found.kept_of("savings_credit", couple=False) == single
    assert found.kept_of("savings_credit", couple=True) == couple
    for couple_or_not in (True, False):
        assert found.kept_of("war_widow", couple=couple_or_not) == found.line("war_pension")


def test_a_table_that_holds_for_a_single_day_is_sound() -> None:
    found = read_table(spoilt(table_data(), "in_force_to", "2031-04-06"))
    assert found.in_force_on(date(2031, 4, 6))
    assert not found.in_force_on(date(2031, 4, 7))
    assert not found.in_force_on(date(2031, 4, 5))


def without(data: Data, *lines: str) -> Data:
    """The table without figures for some lines."""
    found = copy.deepcopy(data)
    for line in lines:
        del found["lines"][line]
    return found


def test_a_line_that_the_table_lacks_is_named_in_words() -> None:
    data = without(table_data(), "carer") | {"missing": ["carer"], "complete": False}
    found = read_table(data)
    assert (found.missing, found.complete) == (("carer",), False)
    with pytest.raises(MissingLine) as missing:
        found.line("carer")
    assert (missing.value.table, missing.value.line) == ("2031-04", "carer")
    assert missing.value.words == "the carer premium"
    assert str(missing.value) == "The table for 2031-04 has no figure for the carer premium."


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        (
            "in_force_from",
            "6 April",
            "in_force_from",
            "“6 April” is not a day like 2026-04-06",
        ),
        ("in_force_to", "soon", "in_force_to", "“soon” is not a day like 2026-04-06"),
        ("in_force_to", "2031-04-05", "in_force_to", "is before in_force_from"),
        (
            "capital.upper_pence",
            1_425_000,
            "capital.upper_pence",
            "must be above the lower limit",
        ),
        ("missing", ["carer"], "missing", "lists “carer”, which has a figure"),
        ("complete", False, "complete", "is false, but no line is missing"),
        (
            "income.war_widow",
            {"treatment": "part", "source": "x"},
            "income.war_widow.keeps",
            "is missing: how much of it is not counted?",
        ),
        (
            "income.war_widow",
            {"treatment": "part", "keeps": "", "source": "x"},
            "income.war_widow.keeps",
            "is missing: how much of it is not counted?",
        ),
    ],
)
def test_each_fault_of_a_table_names_its_place(
    path: str, value: Any, place: str, message: str
) -> None:
    assert fault(read_table, spoilt(table_data(), path, value)) == (place, message)


def test_lines_that_are_absent_are_listed_and_a_complete_table_has_none() -> None:
    gap = without(table_data(), "carer", "child")
    assert fault(read_table, gap | {"missing": ["child"], "complete": False}) == (
        "missing",
        "does not list “carer”, which has no figure",
    )
    assert fault(read_table, gap | {"missing": ["carer", "child"]}) == (
        "complete",
        "is true, but there is no figure for a child in the household",
    )


def test_every_kind_of_income_and_capital_must_be_there() -> None:
    data = table_data()
    del data["income"]["esa"]
    assert fault(read_table, data) == ("income.esa", "is missing")
    data = table_data()
    del data["capital"]["kinds"]["bonds"]
    assert fault(read_table, data) == ("capital.kinds.bonds", "is missing")


def test_of_two_tables_that_claim_a_day_the_newer_is_meant_wherever_it_stands() -> None:
    older: ChargingTable = read_table(table_data())
    newer = replace(older, key="newer", in_force_from=date(2031, 10, 1))
    for tables in ([older, newer], [newer, older]):
        assert table_on(tables, date(2031, 10, 1)) is newer
        assert table_on(tables, date(2031, 9, 30)) is older
    assert table_on([older], date(2031, 4, 5)) is None


# ---- a policy


def test_every_field_of_a_policy_arrives() -> None:
    first, second = read_policies(policy_data())
    assert (first.authority, first.version, first.title) == ("ours", "one", "Our policy")
    assert first.in_force_from == date(2031, 4, 6)
    assert first.guarantee_percent == Fraction(5, 2)
    assert (first.disability_standard_pence, first.free_below_pence) == (1700, 150)
    assert (first.direct_payments, first.net, first.source) == ("net", True, "the cabinet")
    assert (second.version, second.direct_payments, second.net) == ("two", "gross", False)
    assert second.authority == "ours"


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2031, 4, 5), None),
        (date(2031, 4, 6), "one"),
        (date(2032, 4, 4), "one"),
        (date(2032, 4, 5), "two"),
        (date(2050, 1, 1), "two"),
    ],
)
def test_a_policy_holds_from_its_first_day(day: date, version: str | None) -> None:
    found = policy_on(read_policies(policy_data()), day)
    assert (found.version if found else None) == version


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        (
            "versions.1.in_force_from",
            "2031-04-06",
            "versions[1].in_force_from",
            "must be after the version before it",
        ),
        (
            "versions.1.in_force_from",
            "2030-01-01",
            "versions[1].in_force_from",
            "must be after the version before it",
        ),
        ("versions.1.version", "one", "versions[1].version", "“one” stands twice"),
        (
            "versions.0.in_force_from",
            "June",
            "versions[0].in_force_from",
            "“June” is not a day like 2026-04-06",
        ),
    ],
)
def test_each_fault_of_a_policy_names_its_place(
    path: str, value: Any, place: str, message: str
) -> None:
    assert fault(read_policies, spoilt(policy_data(), path, value)) == (place, message)


# ---- pension ages


def test_every_field_of_the_pension_ages_arrives() -> None:
    assert read_pension_ages(ages_data()) == PensionAges(
        version="7",
        bands=(
            AgeBand(date(1900, 1, 1), None, 60, 0),
            AgeBand(date(1950, 4, 6), date(2010, 5, 6), 0, 0),
            AgeBand(date(1950, 5, 6), None, 66, 3),
            AgeBand(date(1950, 6, 6), None, 0, 800),
        ),
        settled_for_births_before=date(1977, 4, 6),
        not_before=date(2044, 5, 6),
    )


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        ("bands.0.born_from", "x", "bands[0].born_from", "“x” is not a day like 2026-04-06"),
        ("bands.1.reached_on", "x", "bands[1].reached_on", "“x” is not a day like 2026-04-06"),
        (
            "bands.2.born_from",
            "1950-04-06",
            "bands[2].born_from",
            "must be after the band before it",
        ),
        (
            "settled_for_births_before",
            "x",
            "settled_for_births_before",
            "“x” is not a day like 2026-04-06",
        ),
        ("not_before", "x", "not_before", "“x” is not a day like 2026-04-06"),
    ],
)
def test_each_fault_of_the_pension_ages_names_its_place(
    path: str, value: Any, place: str, message: str
) -> None:
    assert fault(read_pension_ages, spoilt(ages_data(), path, value)) == (place, message)


@pytest.mark.parametrize(
    ("born", "reached_on"),
    [
        (date(1899, 5, 1), date(1959, 5, 1)),  # before the first band: as in it
        (date(1949, 12, 31), date(2009, 12, 31)),
        (date(1950, 4, 6), date(2010, 5, 6)),
        (date(1950, 5, 5), date(2010, 5, 6)),
        (date(1950, 5, 31), date(2016, 8, 31)),
        (date(1951, 6, 30), date(2018, 2, 28)),  # 800 months are 66 years and 8 months
        (date(1953, 6, 29), date(2020, 2, 29)),
    ],
)
def test_the_day_on_which_pension_age_is_reached(born: date, reached_on: date) -> None:
    ages = read_pension_ages(ages_data())
    assert ages.reached(born, reached_on)
    assert not ages.reached(born, date.fromordinal(reached_on.toordinal() - 1))


def test_whoever_is_born_too_late_to_know_is_told_so_and_only_from_the_day_that_it_matters() -> (
    None
):
    ages = read_pension_ages(ages_data())
    assert ages.reached(date(1977, 4, 5), date(2044, 5, 6))
    assert not ages.reached(date(1977, 4, 6), date(2044, 5, 5))
    with pytest.raises(MissingLine) as missing:
        ages.reached(date(1977, 4, 6), date(2044, 5, 6))
    assert missing.value.sentence == (
        "The table for pension ages has no figure for people born on 6 April 1977."
    )
    assert (missing.value.table, missing.value.line) == ("pension ages", "pension_age")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
        (date(2000, 6, 15), date(2018, 7, 1), 18),
    ],
)
def test_an_age_changes_on_the_birthday(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age
