"""What somebody is asked to pay for four weeks of support, day by day: the decisions and the real cost. Pure.

Days are counted exactly, as fractions of a week; each sum is turned into whole pence once, rounded down,
so that a fraction of a penny always stays with the person (SI 2014/2672 regulation 11). A week is never
charged more than what its support really cost (Care Act 2014 s.14(4)).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from carebudget.money import Pence, format_pence

WEEK = 7
PERIOD = 28
PERIODS_LIMIT = 400
"""No list of periods is longer: thirty years."""

LASTS = {
    "daily": 1,
    "weekdays": 1,
    "weekly": 7,
    "fortnightly": 14,
    "four_weekly": 28,
    "monthly": 31,
    "quarterly": 92,
    "yearly": 366,
    "once": 1,
}
"""The most days that one line of an invoice stands for, by how often the support is given."""


@dataclass(frozen=True)
class Period:
    """Four weeks, both days within."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("A period ends on or after the day it begins")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def period_of(day: date, anchor: date) -> Period:
    """The four weeks that a day lies in; every period begins a multiple of 28 days from ``anchor``."""
    start = day - timedelta(days=(day - anchor).days % PERIOD)
    return Period(start, start + timedelta(days=PERIOD - 1))


def periods_between(first: date, last: date, anchor: date) -> list[Period]:
    """Every period that has at least one day from ``first`` to ``last``, oldest first."""
    found: list[Period] = []
    day = first
    while day <= last and len(found) < PERIODS_LIMIT:
        period = period_of(day, anchor)
        found.append(period)
        day = period.last + timedelta(days=1)
    return found


@dataclass(frozen=True)
class Decision:
    """What is to be paid a week from a day on. Decisions are given in the order in which they were made."""

    effective_on: date
    pence_a_week: Pence
    reference: str = ""


def decision_on(day: date, decisions: Sequence[Decision]) -> Decision | None:
    """The last decision made that had begun by then: a later one may reach further back."""
    return next((one for one in reversed(decisions) if one.effective_on <= day), None)


@dataclass(frozen=True)
class Cost:
    """What support really cost from one day to another, both within, in pence; even from day to day."""

    first: date
    last: date
    pence: Fraction
    source: str = ""

    @property
    def a_day(self) -> Fraction:
        """Pence for each of its days."""
        return self.pence / ((self.last - self.first).days + 1)

    def within(self, first: date, last: date) -> Fraction:
        """What of it falls between two days, both within."""
        start, end = max(self.first, first), min(self.last, last)
        return self.a_day * max(0, (end - start).days + 1)


def spread_lines(
    lines: Iterable[tuple[date, Pence]], *, until: date, frequency: str, source: str = ""
) -> list[Cost]:
    """Each line of an invoice over the days that it stands for: until the day before the next one.

    ``until`` is the last day of the invoice. A line never lasts longer than its ``frequency`` says, so
    that a gap (a stay in hospital) costs nothing.
    """
    sums: dict[date, Pence] = {}
    for day, pence in lines:
        sums[day] = sums.get(day, 0) + pence
    days = sorted(sums)
    longest = timedelta(days=LASTS.get(frequency, 1) - 1)
    found = []
    for n, day in enumerate(days):
        before_next = days[n + 1] - timedelta(days=1) if n + 1 < len(days) else max(until, day)
        found.append(Cost(day, min(before_next, day + longest), Fraction(sums[day]), source))
    return found


@dataclass(frozen=True)
class Part:
    """Some days of one week under one decision. ``pence`` is exact."""

    first: date
    last: date
    pence_a_week: Pence
    reference: str
    pence: Fraction


@dataclass(frozen=True)
class WeekOwed:
    """One week of a period: what the decisions ask for, what the support cost, and what is to be paid."""

    first: date
    last: date
    parts: tuple[Part, ...]
    asked_pence: Pence
    cost_pence: Pence
    pence: Pence

    @property
    def capped(self) -> bool:
        """Whether the support cost less than was asked for."""
        return self.cost_pence < self.asked_pence

    @property
    def sentence(self) -> str:
        """How the sum came about, in plain words."""
        if not self.parts:
            return "Nothing was to be paid yet."
        if self.capped:
            return (
                f"Support cost {format_pence(self.cost_pence)}, so only that is asked for."
                if self.cost_pence
                else "There was no support, so nothing is asked for."
            )
        pieces = []
        for part in self.parts:
            days = (part.last - part.first).days + 1
            pieces.append(
                f"{format_pence(part.pence_a_week)} a week"
                if days == WEEK
                else f"{days} of 7 days at {format_pence(part.pence_a_week)} a week"
            )
        return " and ".join(pieces).capitalize() + "."


@dataclass(frozen=True)
class Owed:
    """What is to be paid for one period, week by week, and by whose support it was caused."""

    period: Period
    weeks: tuple[WeekOwed, ...]
    pence: Pence
    shares: tuple[tuple[str, Pence], ...]

    def as_data(self) -> dict[str, Any]:
        """Everything as JSON, in pence, to be kept with the charge."""
        return {
            "weeks": [
                {
                    "first": week.first.isoformat(),
                    "last": week.last.isoformat(),
                    "asked_pence": week.asked_pence,
                    "cost_pence": week.cost_pence,
                    "pence": week.pence,
                    "sentence": week.sentence,
                    "decisions": [part.reference for part in week.parts],
                }
                for week in self.weeks
            ],
            "pence": self.pence,
            "shares": [list(share) for share in self.shares],
        }


def work_out(period: Period, decisions: Sequence[Decision], costs: Sequence[Cost]) -> Owed:
    """What a person pays for a period. ``decisions`` in the order made, ``costs`` what support really cost.

    The sum is that of the weeks, each in whole pence; ``shares`` says for which ``source`` of cost.
    """
    weeks = []
    day = period.first
    while day <= period.last:
        last = min(day + timedelta(days=WEEK - 1), period.last)
        weeks.append(_week(day, last, decisions, costs))
        day = last + timedelta(days=1)
    total = sum(week.pence for week in weeks)
    return Owed(period, tuple(weeks), total, _shares(period, costs, total))


def _week(
    first: date, last: date, decisions: Sequence[Decision], costs: Sequence[Cost]
) -> WeekOwed:
    parts = _parts(first, last, decisions)
    asked = int(sum((part.pence for part in parts), Fraction(0)))
    cost = int(sum((one.within(first, last) for one in costs), Fraction(0)))
    return WeekOwed(first, last, parts, asked, cost, min(asked, cost))


def _parts(first: date, last: date, decisions: Sequence[Decision]) -> tuple[Part, ...]:
    """The days of a week, put together where the same decision holds."""
    found: list[tuple[date, date, Decision]] = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        decision = decision_on(day, decisions)
        if decision is None:
            continue
        if found and found[-1][2] is decision and found[-1][1] == day - timedelta(days=1):
            found[-1] = (found[-1][0], day, decision)
        else:
            found.append((day, day, decision))
    return tuple(
        Part(
            start,
            end,
            one.pence_a_week,
            one.reference,
            Fraction(one.pence_a_week * ((end - start).days + 1), WEEK),
        )
        for start, end, one in found
    )


def _shares(period: Period, costs: Sequence[Cost], total: Pence) -> tuple[tuple[str, Pence], ...]:
    """``total`` divided by what each source cost in the period; the parts add up to it exactly."""
    by_source: dict[str, Fraction] = {}
    for one in costs:
        by_source[one.source] = by_source.get(one.source, Fraction(0)) + one.within(
            period.first, period.last
        )
    whole = sum(by_source.values(), Fraction(0))
    if not whole or not total:
        return ()
    found, given, so_far = [], 0, Fraction(0)
    for source in sorted(by_source):
        so_far += by_source[source]
        upto = int(total * so_far / whole)
        if upto > given:
            found.append((source, upto - given))
            given = upto
    return tuple(found)
