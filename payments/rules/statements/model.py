"""A statement as read from a file: frozen values, whatever the format. Pure.

Reading a file and trusting its balance are two questions: ``difference_pence`` answers the second.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from carebudget.money import PENCE_LIMIT, Pence, decimal_string

AMOUNT_LENGTH_LIMIT = 20


class StatementUnreadable(ValueError):
    """A file that is no readable statement; ``sentence`` says why."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True)
class Line:
    """One booked movement; money out is negative. ``fingerprint`` is the same in overlapping files."""

    booked_on: date
    amount_pence: Pence
    value_on: date | None = None
    bank_reference: str = ""
    counterparty: str = ""
    reference: str = ""
    text: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Statement:
    """One statement; amounts in minor units of ``currency``."""

    format: str
    account: str
    currency: str
    statement_id: str
    sequence: str
    opening_pence: Pence | None
    closing_pence: Pence | None
    opening_date: date | None
    closing_date: date | None
    lines: tuple[Line, ...]
    problems: tuple[str, ...] = ()

    @property
    def sum_pence(self) -> Pence:
        """All lines added up."""
        return sum(line.amount_pence for line in self.lines)

    @property
    def difference_pence(self) -> Pence:
        """Closing balance less what opening balance and lines make; 0 when it adds up."""
        if self.opening_pence is None or self.closing_pence is None:
            return 0
        return self.closing_pence - self.opening_pence - self.sum_pence

    @property
    def balanced(self) -> bool:
        """Whether opening balance and lines make the closing balance, and both balances are there."""
        return (
            self.opening_pence is not None
            and self.closing_pence is not None
            and self.difference_pence == 0
            and not self.problems
        )

    def as_dry_run(self) -> dict[str, object]:
        """What ``import_statement --dry-run`` prints."""
        return {
            "format": self.format,
            "account": self.account,
            "currency": self.currency,
            "opening": None if self.opening_pence is None else decimal_string(self.opening_pence),
            "closing": None if self.closing_pence is None else decimal_string(self.closing_pence),
            "lines": len(self.lines),
            "sum": decimal_string(self.sum_pence),
            "balanced": self.balanced,
        }


def minor_units(text: str, where: str) -> Pence:
    """``"1234.5"`` as 123450. Raises ``StatementUnreadable`` for more than two decimals, or no number."""
    cleaned = text.strip()
    try:
        amount = Decimal(cleaned)
    except InvalidOperation as error:
        raise StatementUnreadable("amount_unreadable", f"{where}: “{cleaned[:30]}” is not an amount.") from error
    if not amount.is_finite() or len(cleaned) > AMOUNT_LENGTH_LIMIT:
        raise StatementUnreadable("amount_unreadable", f"{where}: “{cleaned[:30]}” is not an amount.")
    pence = amount * 100
    if pence != pence.to_integral_value():
        raise StatementUnreadable(
            "amount_too_fine", f"{where}: {cleaned} has more than two decimals, so it is no amount in this currency."
        )
    if abs(pence) >= PENCE_LIMIT:
        raise StatementUnreadable("amount_too_large", f"{where}: {cleaned} is more than the system can hold.")
    return int(pence)


def with_fingerprints(account: str, lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines with fingerprints: equal for the same line in another file, different for two equal lines in one.

    A reference of the bank's own identifies a line; without it, day, amount and words do, with a count
    for lines that are equal in all of them on one day.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        parts = [account, line.booked_on.isoformat(), str(line.amount_pence)]
        parts += [line.bank_reference] if line.bank_reference else [line.counterparty, line.reference, line.text]
        key = "\x1f".join(parts)
        seen[key] += 1
        digest = hashlib.sha256(f"{key}\x1f{seen[key]}".encode()).hexdigest()
        found.append(replace(line, fingerprint=digest))
    return tuple(found)


def as_dry_run(statements: Sequence[Statement]) -> list[dict[str, object]]:
    """The JSON of ``import_statement --dry-run``: one object a statement."""
    return [statement.as_dry_run() for statement in statements]
