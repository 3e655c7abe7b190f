"""What an invoice must be before it is taken. Pure; every problem is a sentence beside its field."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from carebudget.money import Pence, format_pence, round_half_up


@dataclass(frozen=True)
class LineDraft:
    """One line: units on one day, at a rate in pence per unit."""

    service_date: date
    description: str
    quantity: Decimal
    rate_pence: Pence


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
    """An invoice number without what people write differently: ``INV 001`` is ``inv-001``."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())[:40]


def check_invoice(
    lines: Sequence[LineDraft],
    terms: AgreementTerms,
    *,
    period_from: date,
    period_to: date,
    today: date,
) -> list[Problem]:
    """Everything that is wrong with an invoice, in the order of its fields; empty when it may be taken."""
    found = _check_period(terms, period_from, period_to, today)
    if not lines:
        found.append(Problem("no_lines", "lines", "Add at least one line."))
    seen: set[tuple[date, str]] = set()
    for n, line in enumerate(lines):
        found += _check_line(n, line, terms, period_from, period_to)
        key = (line.service_date, " ".join(line.description.lower().split()))
        if key in seen:
            found.append(
                Problem(
                    "line_twice",
                    f"lines-{n}-service_date",
                    f"Line {n + 1} is the same as one before it.",
                )
            )
        seen.add(key)
    total = sum(line_amount(line) for line in lines if line.quantity > 0)
    if not found and total > terms.left_pence:
        found.append(
            Problem(
                "above_agreement",
                "lines",
                f"This invoice is for {format_pence(total)}, and {format_pence(max(terms.left_pence, 0))} "
                "is left under this agreement.",
            )
        )
    return found


def _check_period(
    terms: AgreementTerms, period_from: date, period_to: date, today: date
) -> list[Problem]:
    found = []
    if period_to < period_from:
        found.append(
            Problem(
                "period_backwards", "period_to", "The last day must be on or after the first day."
            )
        )
    if period_from < terms.starts_on:
        found.append(
            Problem(
                "before_agreement",
                "period_from",
                f"The agreement began on {terms.starts_on:%-d %B %Y}.",
            )
        )
    if period_to > terms.ends_on:
        found.append(
            Problem(
                "after_agreement", "period_to", f"The agreement ends on {terms.ends_on:%-d %B %Y}."
            )
        )
    if period_to > today:
        found.append(
            Problem("in_future", "period_to", "You can invoice support once it has been given.")
        )
    return found


def _check_line(
    n: int, line: LineDraft, terms: AgreementTerms, period_from: date, period_to: date
) -> list[Problem]:
    found = []
    if not line.description.strip():
        found.append(
            Problem("line_words", f"lines-{n}-description", f"Line {n + 1}: say what was done.")
        )
    if not period_from <= line.service_date <= period_to:
        found.append(
            Problem(
                "line_outside",
                f"lines-{n}-service_date",
                f"Line {n + 1}: the day is outside the invoice’s dates.",
            )
        )
    if line.quantity <= 0:
        found.append(
            Problem(
                "line_quantity",
                f"lines-{n}-quantity",
                f"Line {n + 1}: enter how many, more than 0.",
            )
        )
    if line.rate_pence <= 0:
        found.append(
            Problem("line_rate", f"lines-{n}-rate_pence", f"Line {n + 1}: enter the price of one.")
        )
    elif line.rate_pence > terms.rate_pence:
        found.append(
            Problem(
                "rate_above_agreement",
                f"lines-{n}-rate_pence",
                f"Line {n + 1}: the agreed price of one is {format_pence(terms.rate_pence)}.",
            )
        )
    return found
