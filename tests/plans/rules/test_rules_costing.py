"""What support costs in a year and a week, exact to the penny, and what is said beside the budget."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carebudget.money import round_half_up
from plans.rules.costing import TIMES_A_YEAR, SupportCost, compare, contingency, plan_cost


@pytest.mark.parametrize(
    ("rate", "quantity", "frequency", "annual", "weekly"),
    [
        (2_450, "7", "weekly", 891_800, 17_150),
        (2_450, "1.5", "fortnightly", 95_550, 1_838),
        (5_000, "1", "daily", 1_820_000, 35_000),
        (5_000, "1", "weekdays", 1_300_000, 25_000),
        (8_000, "2", "four_weekly", 208_000, 4_000),
        (9_999, "1", "monthly", 119_988, 2_307),
        (10_000, "1", "quarterly", 40_000, 769),
        (52_000, "1", "yearly", 52_000, 1_000),
        (29_999, "1", "once", 29_999, 577),
        (1, "0.01", "weekly", 1, 0),
        (1, "0.01", "quarterly", 0, 0),
        (0, "4", "weekly", 0, 0),
    ],
)
def test_a_year_and_a_week_of_each_frequency(rate, quantity, frequency, annual, weekly):
    cost = SupportCost(rate, Decimal(quantity), frequency)
    assert (cost.annual_pence, cost.weekly_pence) == (annual, weekly)


def test_half_a_penny_goes_up_and_less_goes_down():
    assert SupportCost(1, Decimal("0.5"), "yearly").annual_pence == 1
    assert SupportCost(1, Decimal("0.49"), "yearly").annual_pence == 0


def test_the_unit_names_the_rate_and_changes_no_sum():
    hourly = SupportCost(2_450, Decimal(3), "weekly", unit="hour")
    nightly = SupportCost(2_450, Decimal(3), "weekly", unit="night")
    assert hourly.annual_pence == nightly.annual_pence


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rate_pence": -1}, "Enter a price of zero or more"),
        ({"quantity": Decimal("NaN")}, "Enter a number, like 7 or 1.5"),
        ({"quantity": Decimal("Infinity")}, "Enter a number, like 7 or 1.5"),
        ({"quantity": Decimal("-1")}, "Enter how many, zero or more"),
        ({"frequency": "sometimes"}, "Say how often"),
        ({"unit": "mile"}, "Say what the price is for"),
    ],
)
def test_a_cost_that_makes_no_sense_is_refused_in_plain_words(wrong, words):
    good = {"rate_pence": 100, "quantity": Decimal(1), "frequency": "weekly", "unit": "hour"}
    with pytest.raises(ValueError) as refused:
        SupportCost(**{**good, **wrong})
    assert str(refused.value) == words


def test_nothing_at_all_is_a_price_and_a_quantity():
    assert SupportCost(0, Decimal(0), "weekly").annual_pence == 0


def test_a_plan_costs_its_rounded_lines_and_its_contingency():
    line = SupportCost(1, Decimal("0.5"), "yearly")
    assert plan_cost([line, line, line]) == 3
    assert plan_cost([line], contingency_pence=4_999) == 5_000
    assert plan_cost([]) == 0


def test_contingency_is_so_many_weeks_of_the_year():
    assert contingency(1_300_000, 4) == 100_000
    assert contingency(1_300_000, 8) == 200_000
    assert contingency(100, 4) == 8
    assert contingency(100, 0) == 0


@pytest.mark.parametrize(
    ("cost", "left", "over", "sentence"),
    [
        (90_000, 10_000, False, "Your plan costs £900.00 a year. £100.00 of your budget is not planned yet."),
        (99_999, 1, False, "Your plan costs £999.99 a year. £0.01 of your budget is not planned yet."),
        (100_000, 0, False, "Your plan costs £1,000.00 a year: exactly your budget."),
        (
            100_001, -1, True,
            "Your plan costs £1,000.01 a year. That is £0.01 more than your budget. "
            "You can still send it: somebody senior will look at why.",
        ),
    ],
)  # fmt: skip
def test_the_plan_is_told_beside_its_budget(cost, left, over, sentence):
    beside = compare(cost, 100_000)
    assert (beside.cost_pence, beside.budget_pence) == (cost, 100_000)
    assert (beside.left_pence, beside.over, beside.sentence) == (left, over, sentence)


QUANTITIES = st.decimals("0", "9999", places=2)
COSTS = st.builds(
    SupportCost, st.integers(0, 10**6), QUANTITIES, st.sampled_from(sorted(TIMES_A_YEAR))
)


@given(COSTS)
def test_a_year_is_the_exact_product_to_the_nearest_penny(cost):
    exact = cost.rate_pence * Fraction(cost.quantity) * TIMES_A_YEAR[cost.frequency]
    assert abs(cost.annual_pence - exact) <= Fraction(1, 2)
    assert cost.annual_pence == round_half_up(exact)


@given(st.lists(COSTS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_no_total(costs, chance):
    total = plan_cost(costs)
    chance.shuffle(costs)
    assert plan_cost(costs) == total == sum(cost.annual_pence for cost in costs)
