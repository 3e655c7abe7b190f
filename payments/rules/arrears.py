"""When what is owed is late, when somebody is reminded, and whether agreed instalments are kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from carebudget.money import Pence

INSTALMENTS_LIMIT = 260
"""Five years of weeks: a longer plan is no plan."""

EVERY = {"week": 7, "two_weeks": 14, "four_weeks": 28}


@dataclass(frozen=True)
class Instalment:
    """One agreed part: when, and how much in pence."""

    due_on: date
    pence: Pence


def reminder_due(
    due_on: date, today: date, steps: Sequence[int], sent: int, *, quiet_until: date | None = None
) -> int | None:
    """The number of the reminder to send now (1 for the first), or ``None``.

    ``steps`` are days after ``due_on``; ``sent`` is how many were sent. Nothing is sent before
    ``quiet_until``: so that after a pause nobody gets two letters at once.
    """
    if sent >= len(steps) or (quiet_until is not None and today < quiet_until):
        return None
    return sent + 1 if today >= due_on + timedelta(days=steps[sent]) else None


def instalments(total: Pence, each: Pence, first_on: date, every: str) -> tuple[Instalment, ...]:
    """Equal parts until everything is paid; the last one is what is left.

    Raises ``ValueError`` with a plain sentence when the parts make no sense.
    """
    if total <= 0:
        raise ValueError("There is nothing to pay")
    if each <= 0:
        raise ValueError("Enter an amount of more than nothing")
    if each > total:
        raise ValueError("One payment cannot be more than everything that is owed")
    count = -(-total // each)
    if count > INSTALMENTS_LIMIT:
        raise ValueError(
            f"This would take {count} payments. Agree on larger ones, or ask a manager"
        )
    step = timedelta(days=EVERY[every])
    return tuple(Instalment(first_on + n * step, min(each, total - n * each)) for n in range(count))


def expected_by(parts: Sequence[Instalment], day: date, grace_days: int) -> Pence:
    """What should have come by a day, with some days in hand for the bank."""
    return sum(part.pence for part in parts if part.due_on + timedelta(days=grace_days) < day)


def is_broken(parts: Sequence[Instalment], received: Pence, today: date, grace_days: int) -> bool:
    """Whether less has come than was agreed by now."""
    return received < expected_by(parts, today, grace_days)


def is_kept(parts: Sequence[Instalment], received: Pence) -> bool:
    """Whether everything that was agreed has come."""
    return received >= sum(part.pence for part in parts)


@dataclass(frozen=True)
class Bill:
    """One bill: when it is due, and what it comes to in pence after corrections."""

    key: str
    due_on: date
    pence: Pence


@dataclass(frozen=True)
class Standing:
    """A bill with what was paid on it, and what is left."""

    bill: Bill
    paid_pence: Pence

    @property
    def left_pence(self) -> Pence:
        """Not paid yet."""
        return self.bill.pence - self.paid_pence


def pay_oldest_first(bills: Sequence[Bill], received: Pence) -> list[Standing]:
    """What came in pays the oldest bill first. ``bills`` are given oldest first."""
    left = max(0, received)
    found = []
    for bill in bills:
        paid = min(left, max(0, bill.pence))
        left -= paid
        found.append(Standing(bill, paid))
    return found
