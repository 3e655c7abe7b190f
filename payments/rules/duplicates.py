"""When an invoice looks like one that the same provider was paid for already. Pure: no database, no clock.

Support is often charged at the same price week after week, so the same amount alone says nothing. It is
suspicious when, at the same amount and for the same person, the dates overlap, or the number is the same
but for how it was typed (``INV-017``, ``INV17A``, ``INV-O17``).
"""

import re
from dataclasses import dataclass
from datetime import date

from carebudget.money import Pence

LOOK_ALIKES = str.maketrans("OISBL", "01581")
"""Letters that are read as figures."""

_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
_COPY_MARK = re.compile(r"(?<=[0-9])-?(?:COPY|[A-Z])$")


@dataclass(frozen=True)
class Asked:
    """One invoice: its number in the form of ``rules.invoicing.number_key``, its dates and amount."""

    reference: str
    number: str
    period_from: date
    period_to: date
    amount_pence: Pence


def suspicion(new: Asked, other: Asked) -> str:
    """Why ``new`` looks like ``other`` over again, in words; empty when it does not.

    Both must be of one provider and one person.
    """
    if new.amount_pence != other.amount_pence:
        return ""
    if typed_alike(new.number, other.number):
        return f"Its number is almost that of {other.reference}, and its amount is the same."
    if new.period_from <= other.period_to and other.period_from <= new.period_to:
        return f"Its dates overlap with those of {other.reference}, and its amount is the same."
    return ""


def typed_alike(one: str, other: str) -> bool:
    """Whether two numbers are the same but for zeros, look-alike letters or a mark for a copy."""
    return stem(one) == stem(other) and bool(stem(one))


def stem(number: str) -> str:
    """``INV017A`` → ``1NV17``: only for comparing. ``selectors.keeping_out`` asks the database the same."""
    return _LEADING_ZEROS.sub("", _COPY_MARK.sub("", number.upper()).translate(LOOK_ALIKES))
