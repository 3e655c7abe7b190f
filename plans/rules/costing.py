"""What planned support costs: exact fractions inside, rounded once, halves up, at the end. Pure.

A year has 52 weeks, 26 fortnights, 13 four-week periods, 12 months and 4 quarters. A unit (hour,
day, night, session, week, item) only names what the rate is for: it never changes the sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from carebudget.money import Pence, format_pence, round_half_up

UNITS = ("hour", "day", "night", "session", "week", "item")
WEEKS_A_YEAR = 52
TIMES_A_YEAR = {
    "daily": 364,
    "weekdays": 260,
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
    """One kind of support: a rate in pence per unit, how many units each time, and how often.

    Raises ``ValueError`` with a plain sentence for a rate or quantity that costs nothing sensible.
    """

    rate_pence: Pence
    quantity: Decimal | Fraction
    frequency: str
    unit: str = "item"

    def __post_init__(self) -> None:
        if self.rate_pence < 0:
            raise ValueError("Enter a price of zero or more")
        if isinstance(self.quantity, Decimal) and not self.quantity.is_finite():
            raise ValueError("Enter a number, like 7 or 1.5")
        if self.quantity < 0:
            raise ValueError("Enter how many, zero or more")
        if self.frequency not in TIMES_A_YEAR:
            raise ValueError("Say how often")
        if self.unit not in UNITS:
            raise ValueError("Say what the price is for")

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
        return round_half_up(self.exact / WEEKS_A_YEAR)


def plan_cost(costs: Iterable[SupportCost], *, contingency_pence: Pence = 0) -> Pence:
    """What the whole plan costs in a year: the rounded lines, so that the page adds up, and contingency."""
    return sum(cost.annual_pence for cost in costs) + contingency_pence


def contingency(annual_pence: Pence, weeks: int) -> Pence:
    """What ``weeks`` of a yearly cost come to, halves up: money kept for when support falls through.

    How many weeks a council lets people keep is its own policy, often four or eight.
    """
    return round_half_up(Fraction(annual_pence * weeks, WEEKS_A_YEAR))


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
