"""What is asked for four weeks of support: part weeks, changes in the middle, and never more than it cost."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.contributions import (
    Cost,
    Decision,
    Period,
    decision_on,
    period_of,
    periods_between,
    spread_lines,
    work_out,
)

ANCHOR = date(2026, 4, 6)
PERIOD = Period(date(2026, 6, 1), date(2026, 6, 28))
PLENTY = [Cost(date(2026, 1, 1), date(2026, 12, 31), Fraction(100_000 * 365), "CAS-A")]


def test_four_whole_weeks_are_four_times_the_weekly_sum():
    owed = work_out(PERIOD, [Decision(date(2026, 4, 6), 7695)], PLENTY)
    assert owed.pence == 4 * 7695
    assert [week.pence for week in owed.weeks] == [7695] * 4
    assert owed.weeks[0].sentence == "£76.95 a week."


def test_a_decision_that_begins_in_the_middle_counts_its_days_exactly():
    owed = work_out(PERIOD, [Decision(date(2026, 6, 17), 7000)], PLENTY)
    assert [week.pence for week in owed.weeks] == [0, 0, 5000, 7000]
    assert owed.weeks[2].sentence == "5 of 7 days at £70.00 a week."
    assert owed.weeks[0].sentence == "Nothing was to be paid yet."


def test_a_change_in_the_middle_of_a_week_takes_each_sum_for_its_own_days():
    decisions = [Decision(date(2026, 4, 6), 7000), Decision(date(2026, 6, 3), 1400)]
    owed = work_out(PERIOD, decisions, PLENTY)
    assert owed.weeks[0].pence == 2 * 1000 + 5 * 200
    assert (
        owed.weeks[0].sentence == "2 of 7 days at £70.00 a week and 5 of 7 days at £14.00 a week."
    )
    assert owed.pence == 3000 + 3 * 1400


def test_the_decision_made_last_holds_even_where_it_reaches_further_back():
    decisions = [
        Decision(date(2026, 5, 1), 7000, "FIN-1"),
        Decision(date(2026, 4, 6), 1400, "FIN-2"),
    ]
    found = decision_on(date(2026, 6, 1), decisions)
    assert found is not None
    assert found.reference == "FIN-2"
    assert decision_on(date(2026, 4, 5), decisions) is None


def test_a_fraction_of_a_penny_stays_with_the_person():
    owed = work_out(PERIOD, [Decision(date(2026, 6, 28), 1000)], PLENTY)
    assert owed.pence == 142


def test_nobody_pays_more_than_support_cost_that_week():
    costs = [Cost(date(2026, 6, 1), date(2026, 6, 7), Fraction(5000), "CAS-A")]
    owed = work_out(PERIOD, [Decision(date(2026, 4, 6), 7695)], costs)
    assert [week.pence for week in owed.weeks] == [5000, 0, 0, 0]
    assert owed.weeks[0].capped
    assert owed.weeks[0].sentence == "Support cost £50.00, so only that is asked for."
    assert owed.weeks[1].sentence == "There was no support, so nothing is asked for."


def test_two_budgets_share_what_is_asked_by_what_they_cost():
    costs = [
        Cost(PERIOD.first, PERIOD.last, Fraction(30_000), "CAS-A"),
        Cost(PERIOD.first, PERIOD.last, Fraction(10_000), "CAS-B"),
    ]
    owed = work_out(PERIOD, [Decision(date(2026, 4, 6), 5000)], costs)
    assert owed.shares == (("CAS-A", 15_000), ("CAS-B", 5_000))


def test_lines_of_an_invoice_last_until_the_next_but_never_longer_than_their_kind():
    lines = [(date(2026, 6, 1), 7000), (date(2026, 6, 22), 7000)]
    costs = spread_lines(lines, until=date(2026, 6, 30), frequency="weekly")
    assert [(one.first, one.last) for one in costs] == [
        (date(2026, 6, 1), date(2026, 6, 7)),
        (date(2026, 6, 22), date(2026, 6, 28)),
    ]
    assert costs[0].within(date(2026, 6, 6), date(2026, 6, 20)) == 2000


def test_two_lines_of_one_day_are_one_cost():
    day = date(2026, 6, 1)
    (cost,) = spread_lines([(day, 300), (day, 200)], until=day, frequency="once")
    assert (cost.first, cost.last, cost.pence) == (day, day, 500)


def test_periods_follow_each_other_without_a_gap():
    found = periods_between(date(2026, 1, 1), date(2026, 12, 31), ANCHOR)
    assert all(one.days == 28 for one in found)
    assert all(
        later.first == earlier.last + timedelta(days=1) for earlier, later in pairwise(found)
    )
    assert any(one.first == ANCHOR for one in found)


def test_a_period_cannot_end_before_it_begins():
    with pytest.raises(ValueError, match="ends on or after"):
        Period(date(2026, 6, 2), date(2026, 6, 1))


# ---- laws

days = st.dates(date(2026, 3, 1), date(2026, 9, 1))
decisions_given = st.lists(
    st.builds(Decision, days, st.integers(0, 60_000), st.sampled_from(["A", "B", "C"])), max_size=4
)


@st.composite
def costs_given(draw: st.DrawFn) -> list[Cost]:
    found = []
    for _ in range(draw(st.integers(0, 5))):
        first = draw(days)
        last = first + timedelta(days=draw(st.integers(0, 40)))
        found.append(
            Cost(first, last, Fraction(draw(st.integers(0, 500_000))), draw(st.sampled_from("XYZ")))
        )
    return found


@given(days, decisions_given, costs_given())
def test_the_sum_is_whole_never_negative_and_never_above_what_was_asked_or_cost(
    day: date, decisions: list[Decision], costs: list[Cost]
) -> None:
    period = period_of(day, ANCHOR)
    owed = work_out(period, decisions, costs)
    highest = max((one.pence_a_week for one in decisions), default=0)
    real = sum(one.within(period.first, period.last) for one in costs)
    assert 0 <= owed.pence <= 4 * highest
    assert owed.pence <= real
    assert owed.pence == sum(week.pence for week in owed.weeks)


@given(days, decisions_given, costs_given())
def test_the_shares_add_up_to_the_sum(
    day: date, decisions: list[Decision], costs: list[Cost]
) -> None:
    owed = work_out(period_of(day, ANCHOR), decisions, costs)
    assert sum(pence for _, pence in owed.shares) == owed.pence
    assert all(pence > 0 for _, pence in owed.shares)


@given(days, decisions_given, costs_given())
def test_more_support_never_asks_for_less(
    day: date, decisions: list[Decision], costs: list[Cost]
) -> None:
    period = period_of(day, ANCHOR)
    more = [*costs, Cost(period.first, period.last, Fraction(4321), "M")]
    assert work_out(period, decisions, more).pence >= work_out(period, decisions, costs).pence


@given(days)
def test_every_day_lies_in_exactly_one_period(day: date) -> None:
    period = period_of(day, ANCHOR)
    assert period.first <= day <= period.last
    assert (period.first - ANCHOR).days % 28 == 0


@given(
    st.lists(st.tuples(days, st.integers(1, 50_000)), min_size=1, max_size=20),
    st.sampled_from(["weekly", "monthly", "once", "daily"]),
)
def test_spreading_loses_and_adds_nothing(lines: list[tuple[date, int]], frequency: str) -> None:
    costs = spread_lines(lines, until=date(2026, 9, 30), frequency=frequency)
    assert sum(one.pence for one in costs) == sum(pence for _, pence in lines)
    spans = sorted((one.first, one.last) for one in costs)
    assert all(one[1] < two[0] for one, two in pairwise(spans))
