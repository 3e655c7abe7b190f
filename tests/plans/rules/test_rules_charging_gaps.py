"""Sums of several things at once, and the last days of months: what one example at a time does not show."""

from datetime import date

import pytest

from plans.rules.charging import IGNORED, chargeable, counted_capital
from plans.rules.charging_finances import Support
from plans.rules.charging_table import _months_after
from tests.plans.rules.charging_world import table


def test_two_supports_that_are_charged_cost_what_both_cost() -> None:
    of = [Support("care", 20_000), Support("care", 5_000), Support("aids", 900)]
    cost, steps = chargeable(of, table())
    assert cost == 25_000
    assert [step.key for step in steps] == ["result.free.2.aids"]


def test_what_is_not_counted_does_not_hide_what_comes_after_it() -> None:
    ignored = next(key for key, kind in table().capital.kinds.items() if kind.how == IGNORED)
    assert counted_capital({ignored: 9_000_000, "bank": 1_500_000}, table()) == 1_500_000


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(1959, 12, 31), 2, date(1960, 2, 29)),
        (date(1960, 12, 31), 2, date(1961, 2, 28)),
        (date(1960, 3, 31), 1, date(1960, 4, 30)),
        (date(1960, 1, 15), 12, date(1961, 1, 15)),
    ],
)
def test_a_day_that_a_month_does_not_have_is_its_last(
    day: date, months: int, expected: date
) -> None:
    assert _months_after(day, months) == expected
