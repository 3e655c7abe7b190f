"""What planned support costs: exact fractions inside, rounded once, halves up, at the end. Pure.

A year has 52 weeks, 26 fortnights, 13 four-week periods, 12 months and 4 quarters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from carebudget.money import Pence, format_pence, round_half_up

TIMES_A_YEAR = {
    "weekly": 52,
    "fortnightly": 26,
    "four_weekly": 13,
    "monthly": 12,
    "quarterly": 4,
    "yearly": 1,
    "once": 1,
}


@dataclass(frozen=True)
class SupportCost:
    """One kind of support: a rate in pence per unit, how many units each time, and how often."""

    rate_pence: Pence
    quantity: Decimal
    frequency: str

    @property
    def exact(self) -> Fraction:
        """Pence a year, unrounded."""
        return self.rate_pence * Fraction(self.quantity) * TIMES_A_YEAR[self.frequency]

    @property
    def annual_pence(self) -> Pence:
        """Pence a year, halves up."""
        return round_half_up(self.exact)

    @property
    def weekly_pence(self) -> Pence:
        """A fifty-second of the year, halves up: for the page, never for adding up."""
        return round_half_up(self.exact / 52)


def plan_cost(costs: Iterable[SupportCost], *, contingency_pence: Pence = 0) -> Pence:
    """What the whole plan costs in a year: the rounded lines, so that the page adds up, and contingency."""
    return sum(cost.annual_pence for cost in costs) + contingency_pence


@dataclass(frozen=True)
class Comparison:
    """A plan's cost beside its budget, with the sentence that says so."""

    cost_pence: Pence
    budget_pence: Pence
    sentence: str

    @property
    def left_pence(self) -> Pence:
        """Positive when money is left, negative when the plan costs more."""
        return self.budget_pence - self.cost_pence

    @property
    def over(self) -> bool:
        """Whether the plan costs more than the budget."""
        return self.cost_pence > self.budget_pence


def compare(cost_pence: Pence, budget_pence: Pence) -> Comparison:
    """The plan beside the budget, both in pence a year."""
    left = budget_pence - cost_pence
    if left > 0:
        words = f"Your plan costs {format_pence(cost_pence)} a year. {format_pence(left)} of your budget is not planned yet."
    elif left == 0:
        words = f"Your plan costs {format_pence(cost_pence)} a year: exactly your budget."
    else:
        words = (
            f"Your plan costs {format_pence(cost_pence)} a year. That is {format_pence(-left)} more than your budget. "
            "You can still send it: somebody senior will look at why."
        )
    return Comparison(cost_pence, budget_pence, words)
