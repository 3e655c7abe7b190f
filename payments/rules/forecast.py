"""Where the money of budgets goes, month by month: spent, promised, planned, expected, and what is left. Pure.

Everything is spread evenly over days and counted exactly; each line of months is turned into whole pence so
that it adds up. Budgets of the same period may be put together before: the result is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from carebudget.money import Pence, round_half_up

RECENT = 91
"""How many days back the pace of spending is measured: a quarter of a year."""
ENOUGH = 28
"""With fewer days behind it a pace says nothing: then what is promised and planned is expected."""
DAYS_A_YEAR = 365
MONTHS_LIMIT = 60


@dataclass(frozen=True)
class Promise:
    """What may still be invoiced under agreements that end on a day, in pence."""

    until: date
    pence: Pence


@dataclass(frozen=True)
class Budgets:
    """One budget, or several of the same period, in pence.

    ``spent`` is by the first day of the month, ``recent_pence`` what was spent in the last ``RECENT``
    days, ``waiting_pence`` what invoices hold that are not approved, ``planned_a_year`` the yearly cost
    of support that nobody has agreed to give yet.
    """

    first: date
    last: date
    budget_pence: Pence
    people: int = 1
    spent: Mapping[date, Pence] = field(default_factory=dict)
    recent_pence: Pence = 0
    waiting_pence: Pence = 0
    promised: tuple[Promise, ...] = ()
    planned_a_year: Pence = 0


def together(budgets: Iterable[Budgets]) -> list[Budgets]:
    """Budgets of the same period put together, oldest period first."""
    found: dict[tuple[date, date], list[Budgets]] = {}
    for one in budgets:
        found.setdefault((one.first, one.last), []).append(one)
    return [_as_one(found[key]) for key in sorted(found)]


def _as_one(same: Sequence[Budgets]) -> Budgets:
    spent: dict[date, Pence] = {}
    for one in same:
        for month, pence in one.spent.items():
            spent[month] = spent.get(month, 0) + pence
    return Budgets(
        same[0].first,
        same[0].last,
        sum(one.budget_pence for one in same),
        sum(one.people for one in same),
        spent,
        sum(one.recent_pence for one in same),
        sum(one.waiting_pence for one in same),
        tuple(promise for one in same for promise in one.promised),
        sum(one.planned_a_year for one in same),
    )


@dataclass(frozen=True)
class Row:
    """One month, in pence. ``available`` is the month's part of the budgets."""

    month: date
    available: Pence = 0
    spent: Pence = 0
    waiting: Pence = 0
    promised: Pence = 0
    planned: Pence = 0
    expected: Pence = 0

    @property
    def committed(self) -> Pence:
        """Waits on invoices, is promised to providers or is planned."""
        return self.waiting + self.promised + self.planned

    @property
    def unspent(self) -> Pence:
        """What is left of the month's part if things go on as expected; negative when it is too little."""
        return self.available - self.expected

    @property
    def too_little(self) -> Pence:
        """By how much it is too little; nothing when it is enough."""
        return max(0, -self.unspent)


@dataclass(frozen=True)
class Forecast:
    """Months in order, and what they come to. ``people`` is how many budgets are in it."""

    rows: tuple[Row, ...]
    people: int

    @property
    def total(self) -> Row:
        """All months together."""
        first = self.rows[0].month if self.rows else date.min
        return Row(
            first,
            sum(row.available for row in self.rows),
            sum(row.spent for row in self.rows),
            sum(row.waiting for row in self.rows),
            sum(row.promised for row in self.rows),
            sum(row.planned for row in self.rows),
            sum(row.expected for row in self.rows),
        )


def months_between(first: date, last: date) -> list[date]:
    """The first day of every month that two days touch."""
    found: list[date] = []
    month = first.replace(day=1)
    while month <= last and len(found) < MONTHS_LIMIT:
        found.append(month)
        month = next_month(month)
    return found


def next_month(month: date) -> date:
    """The first day of the following month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def forecast(budgets: Iterable[Budgets], months: Sequence[date], today: date) -> Forecast:
    """What happens with budgets in the months given (first days, in order)."""
    sums = {name: [Fraction(0)] * len(months) for name in ("available", "waiting", "promised", "planned", "expected")}  # fmt: skip
    spent = [0] * len(months)
    people = 0
    for one in budgets:
        people += one.people
        for n, month in enumerate(months):
            cell = _cell(one, month, today)
            spent[n] += one.spent.get(month, 0)
            for name, value in cell.items():
                sums[name][n] += value
    lines = {name: _whole(values) for name, values in sums.items()}
    rows = tuple(
        Row(month, spent=spent[n], **{name: line[n] for name, line in lines.items()})
        for n, month in enumerate(months)
    )
    return Forecast(rows, people)


def add(forecasts: Iterable[Forecast]) -> Forecast:
    """Forecasts of the same months added up, cell by cell."""
    given = list(forecasts)
    if not given:
        return Forecast((), 0)
    rows = tuple(
        Row(
            same[0].month,
            sum(row.available for row in same),
            sum(row.spent for row in same),
            sum(row.waiting for row in same),
            sum(row.promised for row in same),
            sum(row.planned for row in same),
            sum(row.expected for row in same),
        )
        for same in zip(*(one.rows for one in given), strict=True)
    )
    return Forecast(rows, sum(one.people for one in given))


def _cell(one: Budgets, month: date, today: date) -> dict[str, Fraction]:
    """One month of budgets of one period, exact."""
    last = next_month(month) - timedelta(days=1)
    whole = _days(one.first, one.last)
    from_now = max(today, one.first)
    now = month <= today <= last
    left_here = _overlap(from_now, one.last, month, last)
    promised = sum(
        (_of_promise(each, one, month, last, today) for each in one.promised), Fraction(0)
    )
    planned = Fraction(one.planned_a_year * left_here, DAYS_A_YEAR)
    waiting = Fraction(one.waiting_pence if now else 0)
    spent = Fraction(one.spent.get(month, 0))
    pace = _pace(one, today)
    to_come = promised + planned + waiting if pace is None else pace * left_here
    return {
        "available": Fraction(one.budget_pence * _overlap(one.first, one.last, month, last), whole),
        "waiting": waiting,
        "promised": promised,
        "planned": planned,
        "expected": spent + to_come,
    }


def _of_promise(promise: Promise, one: Budgets, month: date, last: date, today: date) -> Fraction:
    """A month's part of a promise, spread over the days that are left; all of it now when none is."""
    start = max(today, one.first)
    if promise.until < start:
        return Fraction(promise.pence if month <= today <= last else 0)
    days = _days(start, promise.until)
    return Fraction(promise.pence * _overlap(start, promise.until, month, last), days)


def _pace(one: Budgets, today: date) -> Fraction | None:
    """Pence a day, lately; ``None`` while there is too little behind it."""
    since = max(one.first, today - timedelta(days=RECENT - 1))
    days = _days(since, today)
    return Fraction(one.recent_pence, days) if days >= ENOUGH else None


def _days(first: date, last: date) -> int:
    return max(0, (last - first).days + 1)


def _overlap(first: date, last: date, month: date, month_last: date) -> int:
    return _days(max(first, month), min(last, month_last))


def _whole(values: Sequence[Fraction]) -> list[Pence]:
    """Whole pence that add up to the rounded sum of the exact values."""
    found, so_far, given = [], Fraction(0), 0
    for value in values:
        so_far += value
        upto = round_half_up(so_far)
        found.append(upto - given)
        given = upto
    return found
