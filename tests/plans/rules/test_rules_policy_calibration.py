"""A fitted table meets the money within one step of its figures, follows real plans, and never falls."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules.pack import AllocationTable, Pack
from plans.rules.policy_answers import encode
from plans.rules.policy_calibration import (
    CannotFit,
    at_percentile,
    fit_to_envelope,
    fit_to_plans,
    rising_percentile,
)
from plans.rules.policy_tables import table_as_data, with_table
from plans.rules.vectorised import Profiles, profiles_of, total
from tests.plans.rules.policy_crowd import crowd_of, people_of, tables_of
from tests.plans.rules.rule_world import mapping, pack

METHODS = ("linear", "bands", "per_point", "price_list")


def cost(crowd: Profiles, table: AllocationTable) -> int:
    """What a table costs a year."""
    return total(crowd.amounts(table), crowd.people)


def a_penny_more(table: AllocationTable) -> AllocationTable:
    """Every figure of the table raised by one penny."""
    return replace(
        table,
        knots=tuple((at, pence + 1) for at, pence in table.knots),
        bands=tuple((at, pence + 1) for at, pence in table.bands),
        pence_per_point=table.pence_per_point + 1 if table.method == "per_point" else 0,
        prices=tuple((k, o, pence + 1, u) for k, o, pence, u in table.prices),
        adjustments=tuple(replace(a, pence=a.pence + 1) for a in table.adjustments),
    )


def is_legal(of: Pack, table: AllocationTable) -> bool:
    """Whether a pack may have the table: more need never gives less in it."""
    content = mapping(of.key)
    return with_table(content, table_as_data(table)).allocation == table


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None)
@given(share=st.fractions(Fraction(1, 50), 3, max_denominator=997), seed=st.integers(0, 99))
def test_the_total_meets_the_envelope_and_a_penny_more_would_not(
    method: str, share: Fraction, seed: int
) -> None:
    of = pack()
    table = replace(tables_of(of)[method], maximum_pence=None)
    crowd = crowd_of(of, table, 60, seed)
    target = int(cost(crowd, table) * share)

    found = fit_to_envelope(of, crowd, table, target)

    assert cost(crowd, found) <= target
    assert cost(crowd, a_penny_more(found)) > target
    assert is_legal(of, found)


@settings(max_examples=30, deadline=None)
@given(share=st.fractions(Fraction(1, 20), 2, max_denominator=997), seed=st.integers(0, 99))
def test_each_budget_is_within_one_rounding_step_of_the_envelope(
    share: Fraction, seed: int
) -> None:
    of = pack()
    table = replace(of.allocation, maximum_pence=None)
    crowd = crowd_of(of, table, 80, seed)
    target = int(cost(crowd, table) * share)

    found = fit_to_envelope(of, crowd, table, target)

    assert 0 <= target - cost(crowd, found) <= table.round_to_pence * 80


def test_what_is_not_scaled_stays() -> None:
    of = pack()
    table = replace(of.allocation, round_to_pence=500, minimum_pence=1000)
    crowd = crowd_of(of, table, 30)
    found = fit_to_envelope(of, crowd, table, cost(crowd, table) // 2)
    assert (found.round_to_pence, found.minimum_pence, found.maximum_pence) == (
        500,
        1000,
        9_100_000,
    )
    assert [a.percent for a in found.adjustments] == [a.percent for a in table.adjustments]
    assert [at for at, _ in found.knots] == [at for at, _ in table.knots]


def test_a_minimum_that_costs_too_much_is_said() -> None:
    of = pack()
    table = replace(of.allocation, minimum_pence=100_000)
    crowd = crowd_of(of, table, 30)
    with pytest.raises(CannotFit, match="nothing but the minimum the total is £30,000 a year"):
        fit_to_envelope(of, crowd, table, 2_999_999)


def test_a_maximum_that_keeps_the_total_down_is_said() -> None:
    of = pack()
    table = replace(of.allocation, maximum_pence=100_000)
    crowd = crowd_of(of, table, 30)
    with pytest.raises(CannotFit, match="does not reach £5,000,000"):
        fit_to_envelope(of, crowd, table, 500_000_000)


def test_a_table_of_nothing_cannot_be_fitted() -> None:
    of = pack()
    table = replace(of.allocation, knots=((0, 0), (9, 0)), adjustments=())
    with pytest.raises(CannotFit, match="Every figure of the table is nothing"):
        fit_to_envelope(of, crowd_of(of, table, 5), table, 100)


def learn(
    of: Pack, table: AllocationTable, costs_of: Any, *, count: int = 200, percentile: int = 50
) -> AllocationTable:
    """A table fitted to plans, whose costs are made from what the table gives each."""
    encoded = encode(of, people_of(of, count))
    crowd = profiles_of(encoded, table)
    rows = encoded.points.argsort(kind="stable")[::2]
    amounts = crowd.spread(crowd.amounts(table))[rows].tolist()
    return fit_to_plans(
        of, crowd, table, rows=rows, costs=[costs_of(a) for a in amounts], percentile=percentile
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_learnt_from_plans_never_gives_less_for_more_need(method: str, seed: int) -> None:
    of, chance = pack(), random.Random(seed)
    table = tables_of(of)[method]
    found = learn(of, table, lambda amount: int(amount * chance.uniform(0.2, 1.8)), percentile=75)
    assert is_legal(of, found)
    assert found != table


@pytest.mark.parametrize("method", ["per_point", "price_list"])
def test_plans_that_cost_what_the_table_gives_teach_the_same_table(method: str) -> None:
    of = pack()
    table = replace(tables_of(of)[method], round_to_pence=1, maximum_pence=None)
    found = learn(of, table, lambda amount: amount)
    assert found.adjustments == table.adjustments
    assert found.pence_per_point == pytest.approx(table.pence_per_point, abs=1)
    for mine, theirs in zip(found.prices, table.prices, strict=True):
        assert mine[:2] == theirs[:2]
        assert mine[2] == pytest.approx(theirs[2], abs=1)


def test_a_linear_table_is_found_again_where_there_are_plans() -> None:
    of = pack()
    table = replace(of.allocation, adjustments=(), round_to_pence=1, maximum_pence=None)
    found = learn(of, table, lambda amount: amount, count=3000)
    asked = dict(table.knots)
    for points, pence in found.knots:
        assert pence == pytest.approx(asked[points], rel=0.06, abs=20_000)


def test_bands_take_the_percentile_of_the_plans_in_each() -> None:
    of = pack()
    table = replace(tables_of(of)["bands"], adjustments=(), round_to_pence=1)
    found = learn(of, table, lambda amount: amount + 5_000, count=3000)
    assert found.bands == tuple((at, pence + 5_000) for at, pence in table.bands)


def test_where_no_plan_was_agreed_the_table_keeps_its_shape() -> None:
    of = pack()
    far = (*of.allocation.knots, (5000, 8_000_000))
    table = replace(of.allocation, knots=far, adjustments=(), maximum_pence=None)
    found = learn(of, table, lambda amount: amount // 2)
    assert found.knots[0] == (0, 0)
    assert found.knots[-1] == (5000, pytest.approx(4_000_000, rel=0.1))


def test_a_higher_percentile_never_gives_less() -> None:
    of, chance = pack(), random.Random(4)
    noise = [chance.uniform(0.3, 1.7) for _ in range(100)]
    found = []
    for percentile in (10, 50, 90):
        again = iter(noise)
        table = learn(of, of.allocation, lambda a, n=again: int(a * next(n)), percentile=percentile)
        found.append([pence for _, pence in table.knots])
    for lower, higher in pairwise(found):
        assert all(low <= high for low, high in zip(lower, higher, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_nine_plans_are_too_few(method: str) -> None:
    of = pack()
    table = tables_of(of)[method]
    crowd = crowd_of(of, table, 30)
    with pytest.raises(CannotFit, match="fewer than 10 agreed plans"):
        fit_to_plans(of, crowd, table, rows=crowd.points[:9], costs=[1] * 9, percentile=50)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 10**7), min_size=1, max_size=25), min_size=1, max_size=20),
    st.integers(1, 99),
)
def test_the_rising_percentile_rises_and_rests_on_ten_plans(
    costs: list[list[int]], percentile: int
) -> None:
    scores = [(Fraction(n), sorted(some)) for n, some in enumerate(costs)]
    steps = rising_percentile(scores, percentile)
    assert [s.pence for s in steps] == sorted(s.pence for s in steps)
    assert sum(step.plans for step in steps) == sum(len(some) for some in costs)
    if sum(len(some) for some in costs) >= 10:
        assert all(step.plans >= 10 for step in steps)
    for step in steps:
        inside = [
            c for at, some in scores if step.from_points <= at <= step.to_points for c in some
        ]
        assert step.plans == len(inside)
        assert step.pence == at_percentile(sorted(inside), percentile)


def test_costs_that_rise_already_are_taken_as_they_are() -> None:
    scores = [(Fraction(n), [n * 100] * 10) for n in range(5)]
    assert [step.pence for step in rising_percentile(scores, 50)] == [0, 100, 200, 300, 400]


@pytest.mark.parametrize(
    ("percentile", "value"), [(1, 10), (25, 10), (26, 20), (50, 20), (75, 30), (76, 40), (99, 40)]
)
def test_a_percentile_is_a_real_value_by_nearest_rank(percentile: int, value: int) -> None:
    assert at_percentile([10, 20, 30, 40], percentile) == value
