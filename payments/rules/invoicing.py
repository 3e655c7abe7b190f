"""What an invoice must be before it is taken. Pure; every problem is a sentence beside its field."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from carebudget.money import PENCE_LIMIT, Pence, format_pence, round_half_up

NUMBER_LENGTH = 40
QUANTITY_LIMIT = Decimal(1_000_000)
"""No line has a million hours: a slip of the keyboard, refused before it is multiplied."""


@dataclass(frozen=True)
class LineDraft:
    """One line: units on one day, at a rate in pence per unit.

    ``amount_pence`` is what the sender says it makes, when they say it; it must then be right.
    """

    service_date: date
    description: str
    quantity: Decimal
    rate_pence: Pence
    amount_pence: Pence | None = None


@dataclass(frozen=True)
class AgreementTerms:
    """What the agreement allows. ``left_pence`` is what may still be invoiced under it."""

    rate_pence: Pence
    starts_on: date
    ends_on: date
    left_pence: Pence


@dataclass(frozen=True)
class Problem:
    """Why an invoice is refused: a code, the field (``lines-2-quantity``), and a sentence."""

    code: str
    field: str
    sentence: str


def line_amount(line: LineDraft) -> Pence:
    """Quantity times rate, to the penny, halves up."""
    return round_half_up(Fraction(line.quantity) * line.rate_pence)


def number_key(number: str) -> str:
    """An invoice number without what people write differently: ``INV 001`` is ``inv-001``.

    What stands between two digits is kept as a hyphen, so that ``12/3`` is not ``1/23``.
    """
    plain = unicodedata.normalize("NFKC", number).upper()
    parted = re.sub(r"(?<=[0-9])[^0-9A-Z]+(?=[0-9])", "-", plain)
    return re.sub(r"[^0-9A-Z-]|(?<![0-9])-|-(?![0-9])", "", parted)[:NUMBER_LENGTH]


def check_invoice(
    lines: Sequence[LineDraft],
    terms: AgreementTerms,
    *,
    period_from: date,
    period_to: date,
    today: date,
    total_pence: Pence | None = None,
) -> list[Problem]:
    """Everything that is wrong with an invoice, in the order of its fields; empty when it may be taken.

    ``total_pence`` is the sum as the sender states it, checked when given.
    """
    found = _check_period(terms, period_from, period_to, today)
    if not lines:
        found.append(Problem("no_lines", "lines", "Add at least one line."))
    seen: dict[tuple[date, str], int] = {}
    for n, line in enumerate(lines):
        found += _check_line(n, line, terms, period_from, period_to)
        key = (line.service_date, " ".join(line.description.lower().split()))
        first = seen.setdefault(key, n)
        if first != n:
            sentence = f"Line {n + 1} is for the same thing on the same day as line {first + 1}."
            found.append(Problem("line_twice", f"lines-{n}-service_date", sentence))
    if not found:
        found += _check_sum(lines, terms, total_pence)
    return found


def _check_period(
    terms: AgreementTerms, period_from: date, period_to: date, today: date
) -> list[Problem]:
    found = []
    if period_to < period_from:
        sentence = "The last day must be on or after the first day."
        found.append(Problem("period_backwards", "period_to", sentence))
    if period_from < terms.starts_on:
        sentence = f"The agreement began on {_day(terms.starts_on)}."
        found.append(Problem("before_agreement", "period_from", sentence))
    if period_to > terms.ends_on:
        sentence = f"The agreement ends on {_day(terms.ends_on)}."
        found.append(Problem("after_agreement", "period_to", sentence))
    if period_to > today:
        sentence = "You can invoice support once it has been given."
        found.append(Problem("in_future", "period_to", sentence))
    return found


def _check_line(
    n: int, line: LineDraft, terms: AgreementTerms, period_from: date, period_to: date
) -> list[Problem]:
    found = []

    def wrong(code: str, field: str, sentence: str) -> None:
        found.append(Problem(code, f"lines-{n}-{field}", f"Line {n + 1}: {sentence}"))

    if not line.description.strip():
        wrong("line_words", "description", "say what was done.")
    if not period_from <= line.service_date <= period_to:
        wrong("line_outside", "service_date", "the day is outside the invoice’s dates.")
    countable = line.quantity.is_finite() and line.quantity > 0
    if not countable:
        wrong("line_quantity", "quantity", "enter how many, more than 0.")
    elif line.quantity >= QUANTITY_LIMIT:
        wrong("line_quantity", "quantity", "this is too many. Check how many it was.")
        countable = False
    if line.rate_pence <= 0:
        wrong("line_rate", "rate_pence", "enter the price of one.")
    elif line.rate_pence > terms.rate_pence:
        sentence = f"the agreed price of one is {format_pence(terms.rate_pence)}."
        wrong("rate_above_agreement", "rate_pence", sentence)
    elif countable and line_amount(line) <= 0:
        wrong("line_nothing", "quantity", "this comes to less than a penny.")
    elif countable and line.amount_pence not in (None, line_amount(line)):
        sentence = f"{line.quantity:f} at {format_pence(line.rate_pence)}"
        sentence += f" makes {format_pence(line_amount(line))}."
        wrong("line_sum", "amount_pence", sentence)
    return found


def _check_sum(
    lines: Sequence[LineDraft], terms: AgreementTerms, stated: Pence | None
) -> list[Problem]:
    total = sum(line_amount(line) for line in lines)
    if stated is not None and stated != total:
        sentence = f"The lines add up to {format_pence(total)}, not {format_pence(stated)}."
        return [Problem("sum_wrong", "total_pence", sentence)]
    if total > terms.left_pence or total >= PENCE_LIMIT:
        sentence = f"This invoice is for {format_pence(total)}, and "
        sentence += f"{format_pence(max(terms.left_pence, 0))} is left under this agreement."
        return [Problem("above_agreement", "lines", sentence)]
    return []


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
