"""Forecasts: exact shares by days, sums that add up, and the same result alone or put together."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.rules.forecast import (
    Budgets,
    Promise,
    add,
    forecast,
    months_between,
    next_month,
    together,
)

TODAY = date(2026, 7, 1)
FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
YEAR = months_between(FIRST, LAST)


def plan(**changes: object) -> Budgets:
    given = {"first": FIRST, "last": LAST, "budget_pence": 365_000} | changes
    return Budgets(**given)  # type: ignore[arg-type]


def test_a_year_has_twelve_months_and_february_is_short():
    assert len(YEAR) == 12
    assert next_month(date(2027, 1, 31)) == date(2027, 2, 1)
    found = forecast([plan()], YEAR, TODAY)
    assert found.rows[0].available == 30_000
    assert found.rows[10].available == 28_000
    assert found.total.available == 365_000


def test_a_promise_is_spread_over_the_days_that_are_left():
    found = forecast([plan(promised=(Promise(date(2026, 8, 31), 6_200),))], YEAR, TODAY)
    assert [row.promised for row in found.rows[:6]] == [0, 0, 0, 3_100, 3_100, 0]


def test_what_is_left_of_an_agreement_that_has_ended_counts_now():
    found = forecast([plan(promised=(Promise(date(2026, 6, 20), 900),))], YEAR, TODAY)
    assert found.rows[3].promised == 900
    assert found.total.promised == 900


def test_planned_support_and_waiting_invoices_count_from_today():
    found = forecast([plan(planned_a_year=36_500, waiting_pence=777)], YEAR, TODAY)
    assert found.rows[2].planned == 0
    assert found.rows[3].planned == 3_100
    assert [row.waiting for row in found.rows].count(777) == 1
    assert found.rows[3].waiting == 777
    assert found.rows[3].committed == 3_877


def test_the_pace_of_the_last_quarter_goes_on_to_the_end():
    spent = {date(2026, 4, 1): 9_000, date(2026, 5, 1): 9_100, date(2026, 6, 1): 9_100}
    found = forecast([plan(spent=spent, recent_pence=9_100)], YEAR, TODAY)
    assert found.rows[0].expected == 9_000
    assert found.rows[3].expected == 31 * 100
    assert found.total.expected == 27_200 + 274 * 100
    assert found.total.unspent == 365_000 - 54_600
    assert found.total.too_little == 0


def test_in_the_first_four_weeks_what_is_promised_is_expected():
    early = plan(recent_pence=1, spent={date(2026, 4, 1): 1}, promised=(Promise(LAST, 100_000),))
    found = forecast([early], YEAR, date(2026, 4, 27))
    assert found.total.expected == 100_001


def test_a_budget_that_runs_short_says_by_how_much():
    found = forecast([plan(budget_pence=10_000, recent_pence=9_100)], YEAR, TODAY)
    assert found.total.unspent == 10_000 - 27_400
    assert found.total.too_little == 17_400


def test_without_budgets_every_month_is_nothing():
    found = forecast([], YEAR, TODAY)
    assert found.people == 0
    assert all(row.available == row.expected == 0 for row in found.rows)
    assert add([]).rows == ()


# ---- laws

days = st.dates(date(2025, 6, 1), date(2027, 6, 1))
pence = st.integers(0, 5_000_000)


@st.composite
def budgets(draw: st.DrawFn) -> Budgets:
    first = draw(days)
    last = first + timedelta(days=draw(st.integers(0, 500)))
    return Budgets(
        first,
        last,
        draw(pence),
        draw(st.integers(1, 9)),
        draw(st.dictionaries(st.sampled_from(YEAR), pence, max_size=4)),
        draw(pence),
        draw(pence),
        tuple(draw(st.lists(st.builds(Promise, days, pence), max_size=3))),
        draw(pence),
    )


@given(budgets(), days)
def test_over_its_own_months_every_penny_is_somewhere(one: Budgets, today: date) -> None:
    months = months_between(one.first, one.last)
    total = forecast([one], months, today).total
    assert total.available == one.budget_pence
    assert total.spent == sum(sum_ for month, sum_ in one.spent.items() if month in months)


@given(budgets(), days)
def test_a_promise_is_never_lost_nor_doubled(one: Budgets, today: date) -> None:
    ends = max([one.last, today, *(promise.until for promise in one.promised)])
    months = months_between(min(one.first, today), ends)
    total = forecast([one], months, today).total
    assert total.promised == sum(promise.pence for promise in one.promised)


@settings(max_examples=60)
@given(st.lists(budgets(), max_size=5), days)
def test_putting_budgets_together_changes_nothing(given_: list[Budgets], today: date) -> None:
    doubled = [*given_, *given_]
    assert forecast(together(doubled), YEAR, today) == forecast(doubled, YEAR, today)


@settings(max_examples=60)
@given(st.lists(budgets(), max_size=5), days)
def test_the_sum_of_parts_is_the_whole_to_the_rounding(given_: list[Budgets], today: date) -> None:
    apart = add(forecast([one], YEAR, today) for one in given_)
    whole = forecast(given_, YEAR, today)
    assert apart.people == whole.people
    for one, other in zip(apart.rows, whole.rows, strict=False):
        assert one.spent == other.spent
        for name in ("available", "promised", "planned", "expected"):
            assert abs(getattr(one, name) - getattr(other, name)) <= len(given_) + 1


@pytest.mark.parametrize("n", [1, 7, 365])
def test_rounding_never_drifts(n: int) -> None:
    many = [plan(budget_pence=1)] * n
    assert forecast(many, YEAR, TODAY).total.available == n
