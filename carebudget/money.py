"""Money as integer pence. Pure helpers; nothing here knows Django, and no float ever enters.

Rates that must divide use ``Fraction``; rounding is named by the function that does it.
"""

import re
from fractions import Fraction
from typing import TypeAlias

Pence: TypeAlias = int

PENCE_LIMIT: Pence = 10**12
"""No single amount in the system may reach ten thousand million pounds: a typing slip, not a budget."""

_POUNDS = re.compile(r"^(-)?£?\s*(-)?(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d{1,2}))?$")


def format_pence(amount: Pence, *, show_plus: bool = False) -> str:
    """``123450`` → ``"£1,234.50"``; whole pounds keep their pence so that columns line up."""
    sign = "-" if amount < 0 else ("+" if show_plus and amount > 0 else "")
    pounds, pence = divmod(abs(amount), 100)
    return f"{sign}£{pounds:,}.{pence:02d}"


def format_pounds(amount: Pence) -> str:
    """``123400`` → ``"£1,234"``: without pence when there are none, for running text."""
    return format_pence(amount) if amount % 100 else format_pence(amount)[:-3]


def decimal_string(amount: Pence) -> str:
    """``-5`` → ``"-0.05"``: for files and JSON."""
    sign = "-" if amount < 0 else ""
    pounds, pence = divmod(abs(amount), 100)
    return f"{sign}{pounds}.{pence:02d}"


def parse_pounds(text: str) -> Pence:
    """Pence from what a person types: ``"1,234.5"``, ``"£12"``, ``".50"``.

    Raises ``ValueError`` with a plain sentence for anything else, including more than two decimals.
    """
    cleaned = text.strip().replace(" ", " ")
    match = _POUNDS.match(cleaned)
    if not match or (match[3] is None and match[4] is None) or (match[1] and match[2]):
        if re.match(r"^-?£?[\d,]*\.\d{3,}$", cleaned):
            raise ValueError("Enter an amount with at most two digits after the point, like 12.50")
        raise ValueError("Enter an amount in pounds and pence, like 12.50")
    pounds = int((match[3] or "0").replace(",", ""))
    pence = int((match[4] or "").ljust(2, "0") or 0)
    amount = pounds * 100 + pence
    if amount >= PENCE_LIMIT:
        raise ValueError("Enter a smaller amount. This is more than the system can hold")
    return -amount if match[1] or match[2] else amount


def round_half_up(amount: Fraction) -> Pence:
    """To the whole penny, halves away from zero: the rounding people are taught at school."""
    doubled = abs(amount) * 2
    rounded = (doubled.numerator + doubled.denominator) // (2 * doubled.denominator)
    return -rounded if amount < 0 else rounded


def share(total: Pence, numerator: int, denominator: int) -> Pence:
    """``total × numerator / denominator`` to the whole penny, halves up."""
    return round_half_up(Fraction(total * numerator, denominator))


def split_evenly(total: Pence, parts: int) -> list[Pence]:
    """Split ``total`` into ``parts`` that differ by at most a penny and sum exactly to it."""
    if parts < 1:
        raise ValueError("An amount can be split into one part or more")
    base, left = divmod(abs(total), parts)
    sign = -1 if total < 0 else 1
    return [sign * (base + (1 if index < left else 0)) for index in range(parts)]
