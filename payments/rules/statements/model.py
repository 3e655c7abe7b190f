"""A statement as read from a file: frozen values, whatever the format. Pure; nothing here reads a file.

Reading a file and trusting its balance are two questions: ``difference_pence`` answers the second.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from carebudget.money import PENCE_LIMIT, Pence, decimal_string

AMOUNT_LENGTH_LIMIT = 20
WHOLE_UNITS_ONLY = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
"""Currencies without a smaller unit (ISO 4217): 2700 yen is 2700, not 270000."""

_AMOUNT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class StatementUnreadable(ValueError):
    """A file that is no readable statement; ``sentence`` says why."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True)
class Line:
    """One booked movement; money out is negative. ``fingerprint`` is the same in overlapping files.

    ``reference`` is the end-to-end reference, ``text`` the remittance text, ``bank_reference`` the
    bank's own number for the line. ``line_no`` counts from 1 within the statement.
    """

    booked_on: date
    amount_pence: Pence
    value_on: date | None = None
    bank_reference: str = ""
    counterparty: str = ""
    reference: str = ""
    text: str = ""
    fingerprint: str = ""
    line_no: int = 0


@dataclass(frozen=True)
class Statement:
    """One statement; amounts in minor units of ``currency``.

    ``problems`` are reasons to hold it for a person. ``notes`` are worth knowing and harmless: what
    is not booked yet, a batch that was kept as one line.
    """

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
    notes: tuple[str, ...] = ()

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
        """Whether opening balance and lines make the closing balance, and nothing else is wrong."""
        return (
            self.opening_pence is not None
            and self.closing_pence is not None
            and self.difference_pence == 0
            and not self.problems
        )

    def as_dry_run(self) -> dict[str, object]:
        """What ``import_statement --dry-run`` prints."""

        def said(amount: Pence | None) -> str | None:
            return None if amount is None else amount_string(amount, self.currency)

        return {
            "format": self.format,
            "account": self.account,
            "currency": self.currency,
            "opening": said(self.opening_pence),
            "closing": said(self.closing_pence),
            "lines": len(self.lines),
            "sum": said(self.sum_pence),
            "balanced": self.balanced,
        }


def unreadable_statement(
    format: str, error: StatementUnreadable, *, account: str = "", statement_id: str = ""
) -> Statement:
    """Stands for a statement that could not be read beside others that could: held, never dropped."""
    return Statement(
        format=format,
        account=account,
        currency="",
        statement_id=statement_id,
        sequence="",
        opening_pence=None,
        closing_pence=None,
        opening_date=None,
        closing_date=None,
        lines=(),
        problems=(error.sentence,),
    )


def keep_the_good(format: str, read: Sequence[Statement | StatementUnreadable]) -> list[Statement]:
    """Statements of a file where some could not be read. Raises the first error when none could.

    Fingerprints are given here, because two equal lines on two pages of one day are two lines.
    """
    good = [one for one in read if isinstance(one, Statement)]
    if not good:
        raise next(
            (one for one in read if isinstance(one, StatementUnreadable)),
            StatementUnreadable("no_statement", "There is no statement in this file."),
        )
    kept = [
        one if isinstance(one, Statement) else unreadable_statement(format, one) for one in read
    ]
    return _numbered(kept)


def decimals_of(currency: str) -> int:
    """How many decimals an amount may have: none for a currency without a smaller unit, else two."""
    return 0 if currency.upper() in WHOLE_UNITS_ONLY else 2


def amount_string(amount: Pence, currency: str) -> str:
    """Minor units as a decimal string: ``-5`` is ``"-0.05"`` in pounds and ``"-5"`` in yen."""
    return decimal_string(amount) if decimals_of(currency) else str(amount)


def minor_units(text: str, where: str, currency: str = "GBP") -> Pence:
    """``"1234.5"`` as 123450. Raises ``StatementUnreadable`` for too many decimals, or no number.

    Noughts after the second decimal change nothing and are taken; anything else there is refused,
    because rounding would hide a difference.
    """
    cleaned = text.strip()
    if not _AMOUNT.fullmatch(cleaned) or len(cleaned) > AMOUNT_LENGTH_LIMIT:
        raise StatementUnreadable(
            "amount_unreadable", f"{where}: “{shown(cleaned)}” is not an amount."
        )
    decimals = decimals_of(currency)
    minor = Decimal(cleaned).scaleb(decimals)
    if minor != minor.to_integral_value():
        allowed = "two decimals" if decimals else "whole units"
        raise StatementUnreadable(
            "amount_too_fine",
            f"{where}: {cleaned} has more than {allowed}, so it is no amount in "
            f"{currency or 'this currency'}.",
        )
    if abs(minor) >= PENCE_LIMIT:
        raise StatementUnreadable(
            "amount_too_large", f"{where}: {cleaned} is more than the system can hold."
        )
    return int(minor)


def tidy(text: str | None, limit: int) -> str:
    """One line of words: no control characters, single spaces, at most ``limit`` characters."""
    if not text:
        return ""
    return " ".join(_CONTROL.sub(" ", text).split())[:limit].rstrip()


def shown(text: str) -> str:
    """What stands in the file, short enough for a sentence."""
    return tidy(text, 30)


def with_fingerprints(
    account: str, lines: Iterable[Line], seen: Counter[str] | None = None
) -> tuple[Line, ...]:
    """Lines with numbers and fingerprints.

    Equal for the same line in another file, different for two equal lines in one. A reference of the
    bank's own identifies a line; without it, day, amount and words do, with a count for lines that
    are equal in all of them on one day.
    """
    counted: Counter[str] = Counter() if seen is None else seen
    found = []
    for number, line in enumerate(lines, start=1):
        parts = [account, line.booked_on.isoformat(), str(line.amount_pence)]
        if line.bank_reference:
            parts.append(line.bank_reference)
        else:
            parts += [line.counterparty, line.reference, line.text]
        key = "\x1f".join(parts)
        counted[key] += 1
        digest = hashlib.sha256(f"{key}\x1f{counted[key]}".encode()).hexdigest()
        found.append(replace(line, fingerprint=digest, line_no=number))
    return tuple(found)


def as_dry_run(statements: Sequence[Statement]) -> list[dict[str, object]]:
    """The JSON of ``import_statement --dry-run``: one object a statement."""
    return [statement.as_dry_run() for statement in statements]


def _numbered(statements: Sequence[Statement]) -> list[Statement]:
    """Fingerprints for all lines of a file. The count goes on where a statement continues another.

    A page continues the one before when it opens on that day with that page's closing balance. Two
    statements that merely overlap start again, so that what they share is recognised.
    """
    found: list[Statement] = []
    before: dict[str, tuple[Statement, Counter[str]]] = {}
    for statement in statements:
        last, seen = before.get(statement.account, (None, None))
        if last is None or seen is None or not _continues(last, statement):
            seen = Counter()
        lines = with_fingerprints(statement.account, statement.lines, seen)
        found.append(replace(statement, lines=lines))
        before[statement.account] = (statement, seen)
    return found


def _continues(last: Statement, statement: Statement) -> bool:
    return last.closing_pence is not None and last.closing_pence == statement.opening_pence
