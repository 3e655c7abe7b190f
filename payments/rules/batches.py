"""What the writers of payment files are given and give back, and what the readers of results find. Pure.

A batch holds everything its file is made of, so that the same batch always makes the same bytes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from carebudget.ids import ALPHABET
from carebudget.money import Pence

from .payee_details import PayeeDetails


@dataclass(frozen=True)
class BatchItem:
    """One payment of a file. ``name`` is the name on the payee's account.

    ``day`` is the day that the rail is told: Bacs processes on it and the money arrives the working day
    after; elsewhere the bank carries the payment out on it.
    """

    reference: str
    amount_pence: Pence
    name: str
    details: PayeeDetails
    day: date


@dataclass(frozen=True)
class Batch:
    """Payments that leave in one file. ``profile`` is how we were known to the bank when it was begun."""

    reference: str
    run_reference: str
    serial: int
    created_at: datetime
    items: tuple[BatchItem, ...]
    profile: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def total_pence(self) -> Pence:
        """The sum of all payments."""
        return sum(item.amount_pence for item in self.items)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days of its payments, in order."""
        return tuple(sorted({item.day for item in self.items}))

    def items_of(self, day: date) -> tuple[BatchItem, ...]:
        """The payments of one day."""
        return tuple(item for item in self.items if item.day == day)


@dataclass(frozen=True)
class Problem:
    """Why a file cannot be written, in a sentence; ``reference`` names the payment when it is one."""

    code: str
    sentence: str
    reference: str = ""


class CannotWrite(ValueError):
    """The batch cannot be written as it stands. Nothing was guessed; ``problems`` says all that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(problem.sentence for problem in problems[:3]))


@dataclass(frozen=True)
class WrittenFile:
    """A file for the bank, byte for byte."""

    name: str
    format: str
    content: bytes = field(repr=False)


class Outcome(StrEnum):
    """What a report says became of a payment."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    REJECTED = "rejected"
    """It never left."""
    RETURNED = "returned"
    """It left and came back."""


class Scope(StrEnum):
    """What a line of a report is about."""

    PAYMENT = "payment"
    DAY = "day"
    """All payments of the submission that have one day."""
    WHOLE = "whole"
    """The whole submission."""


@dataclass(frozen=True)
class ResultItem:
    """One line of a report. ``words`` is the text in which the payment's reference is looked for.

    ``amount_pence`` is missing when the report gives none. ``blames_account`` says that the payee's
    account cannot be paid again as it stands.
    """

    position: int
    outcome: Outcome
    words: str
    amount_pence: Pence | None = None
    code: str = ""
    sentence: str = ""
    scope: Scope = Scope.PAYMENT
    submission: str = ""
    day: date | None = None
    blames_account: bool = False


@dataclass(frozen=True)
class Results:
    """A report as it was read."""

    format: str
    items: tuple[ResultItem, ...]


_MAY_BE_OURS = re.compile(f"(?=PAY[^0-9A-Z]{{0,3}}([{ALPHABET}]{{6}}))")


def references_perhaps_in(words: str) -> set[str]:
    """What may be a payment's reference in a line of a report, however it is printed.

    More than are ours: whoever asks looks them up among the payments of the file, and the amount must
    be the same.
    """
    found = {f"PAY-{code}" for code in _MAY_BE_OURS.findall(words.upper())}
    return found | {words} if words else found


class ResultsUnreadable(ValueError):
    """The file is no report that can be trusted, and why, in a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)
