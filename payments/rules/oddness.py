"""How odd a payment looks beside what was paid before, and why, in words. Pure: no database, no clock.

Points only put the oddest first for whoever checks a run; nothing is refused because of them. Each reason
gives points once, and the reasons are shown, so that nobody has to trust a number.
"""

from dataclasses import dataclass
from datetime import date

from carebudget.money import Pence, format_pence

ROUND_PENCE = 50_000
"""Whole hundreds of pounds from here on are rare for support that is charged by the hour."""

OLD_DAYS = 120
"""Support that was given longer ago than this is usually invoiced by then."""

MUCH_MORE = (3, 2)
"""More than three halves of what is usual deserves a look."""

VERY_MUCH_MORE = 3
"""Three times what is usual deserves it first."""


@dataclass(frozen=True)
class Facts:
    """One payment beside others. Amounts in pence; nothing is usual where nothing was paid before."""

    amount_pence: Pence
    usual_pence: Pence = 0
    paid_before: bool = True
    account_changed: bool = False
    same_payee_and_amount: int = 1
    support_ended_on: date | None = None
    budget_left_pence: Pence | None = None


@dataclass(frozen=True)
class Oddity:
    """One thing that is odd, in words, and how much it weighs."""

    points: int
    words: str


def oddities(facts: Facts, *, today: date) -> tuple[Oddity, ...]:
    """Everything that is odd about a payment, the weightiest first."""
    found = [
        *_about_the_payee(facts),
        *_about_the_amount(facts),
        *_about_the_support(facts, today),
    ]
    return tuple(sorted(found, key=lambda one: -one.points))


def score(found: tuple[Oddity, ...]) -> int:
    """How odd in all."""
    return sum(one.points for one in found)


def _about_the_payee(facts: Facts) -> list[Oddity]:
    if not facts.paid_before:
        return [Oddity(20, "They were never paid before.")]
    if facts.account_changed:
        return [Oddity(30, "Their bank account changed since they were last paid.")]
    return []


def _about_the_amount(facts: Facts) -> list[Oddity]:
    found = []
    more, less = MUCH_MORE
    if facts.usual_pence and facts.amount_pence > facts.usual_pence * VERY_MUCH_MORE:
        found.append(
            Oddity(30, f"More than three times the usual {format_pence(facts.usual_pence)}.")
        )
    elif facts.usual_pence and facts.amount_pence * less > facts.usual_pence * more:
        found.append(Oddity(15, f"Usually it is about {format_pence(facts.usual_pence)}."))
    if facts.same_payee_and_amount > 1:
        found.append(
            Oddity(
                10,
                f"{facts.same_payee_and_amount} payments of this amount to them for this person.",
            )
        )
    if facts.amount_pence >= ROUND_PENCE and facts.amount_pence % 10_000 == 0:
        found.append(Oddity(5, "A round sum of hundreds of pounds."))
    return found


def _about_the_support(facts: Facts, today: date) -> list[Oddity]:
    found = []
    if facts.support_ended_on and facts.support_ended_on > today:
        found.append(Oddity(15, "It is for support that is not over yet."))
    elif facts.support_ended_on and (today - facts.support_ended_on).days > OLD_DAYS:
        months = (today - facts.support_ended_on).days // 30
        found.append(Oddity(10, f"It is for support that ended about {months} months ago."))
    if facts.budget_left_pence is not None and facts.budget_left_pence < 0:
        found.append(
            Oddity(
                15,
                f"The budget is overspent by {format_pence(-facts.budget_left_pence)}, as somebody allowed.",
            )
        )
    return found
