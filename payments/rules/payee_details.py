"""Where a payee's money goes: a UK account, an IBAN or a prepaid card, and the form of each. Pure.

Only the form is checked here. ``modulus`` asks whether a UK pair can exist, ``payee_check`` whether it is
the payee's. The figures never appear in a ``repr``, so that no log or traceback shows them.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, TypeAlias

from .banking import account_in_words, parse_account_number, parse_sort_code


class PayeeKind(StrEnum):
    """What sort of destination a rail pays to."""

    UK = "uk"
    IBAN = "iban"
    CARD = "card"


@dataclass(frozen=True)
class UkAccount:
    """A sort code of six digits and an account number of eight."""

    kind: ClassVar[PayeeKind] = PayeeKind.UK
    sort_code: str = field(repr=False)
    account_number: str = field(repr=False)

    @property
    def last4(self) -> str:
        """What may be shown."""
        return self.account_number[-4:]

    @property
    def words(self) -> str:
        """The account as people recognise it."""
        return account_in_words(self.account_number)


@dataclass(frozen=True)
class IbanAccount:
    """An IBAN without spaces, and the bank's BIC when it is known."""

    kind: ClassVar[PayeeKind] = PayeeKind.IBAN
    iban: str = field(repr=False)
    bic: str = field(default="", repr=False)

    @property
    def last4(self) -> str:
        """What may be shown."""
        return self.iban[-4:]

    @property
    def words(self) -> str:
        """The account as people recognise it."""
        return f"IBAN ending in {self.last4}"


@dataclass(frozen=True)
class PrepaidCard:
    """The card scheme's own reference of a card. Never the long number on its front."""

    kind: ClassVar[PayeeKind] = PayeeKind.CARD
    card: str = field(repr=False)

    @property
    def last4(self) -> str:
        """What may be shown."""
        return self.card[-4:]

    @property
    def words(self) -> str:
        """The card as people recognise it."""
        return f"card ending in {self.last4}"


PayeeDetails: TypeAlias = UkAccount | IbanAccount | PrepaidCard

IBAN_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28,
    "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31,
    "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "VA": 22,
}  # fmt: skip
"""How long an IBAN is in each country of the Single Euro Payments Area. Source: the SWIFT IBAN registry."""

_BETWEEN = re.compile(r"[\s\-‐‑–—.]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_CARD = re.compile(r"[A-Z0-9]{6,20}")
CARD_NUMBER_LENGTHS = range(12, 20)


def parse_iban(text: str) -> str:
    """The IBAN in capitals without spaces. Raises ``ValueError`` with a plain sentence."""
    iban = _BETWEEN.sub("", text).upper()
    if not iban:
        raise ValueError("Enter the IBAN")
    if not iban.isascii() or not _IBAN.fullmatch(iban):
        raise ValueError(
            "An IBAN begins with two letters and two digits, like DE89 3704 0044 0532 0130 00"
        )
    expected = IBAN_LENGTHS.get(iban[:2])
    if expected is None:
        raise ValueError(f"{iban[:2]} is not a country that euro payments reach")
    if len(iban) != expected:
        raise ValueError(f"An IBAN of {iban[:2]} has {expected} letters and digits")
    if _mod_97(iban) != 1:
        raise ValueError("This IBAN has a slip in it. Check it letter by letter")
    return iban


def _mod_97(iban: str) -> int:
    """ISO 7064: the first four go to the end, letters count from ten, and the whole is one number."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97


def parse_bic(text: str) -> str:
    """The BIC in capitals, or nothing when nothing was given. Raises ``ValueError`` with a plain sentence."""
    bic = _BETWEEN.sub("", text).upper()
    if bic and not (bic.isascii() and _BIC.fullmatch(bic)):
        raise ValueError("A BIC has 8 or 11 letters and digits, like DEUTDEFF")
    return bic


def parse_card_reference(text: str) -> str:
    """The card scheme's reference of a card. Raises ``ValueError`` with a plain sentence.

    A card's long number must not be kept (it is what card fraud needs), so it is refused.
    """
    card = _BETWEEN.sub("", text).upper()
    if not card:
        raise ValueError("Enter the card’s reference")
    if not card.isascii() or not _CARD.fullmatch(card):
        raise ValueError("A card’s reference has 6 to 20 letters and digits")
    if card.isdigit() and len(card) in CARD_NUMBER_LENGTHS and _luhn_holds(card):
        raise ValueError(
            "This looks like the long number on the card, which must not be kept. "
            "Enter the reference that the card provider gave"
        )
    return card


def _luhn_holds(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def details_from(kind: str, typed: dict[str, str]) -> PayeeDetails:
    """Details of one kind from what was typed. Raises ``BadField``: which field, and why, in words."""
    match PayeeKind(kind):
        case PayeeKind.UK:
            return UkAccount(
                _field("sort_code", parse_sort_code, typed),
                _field("account_number", parse_account_number, typed),
            )
        case PayeeKind.IBAN:
            return IbanAccount(_field("iban", parse_iban, typed), _field("bic", parse_bic, typed))
        case PayeeKind.CARD:
            return PrepaidCard(_field("card", parse_card_reference, typed))


class BadField(ValueError):
    """What was typed in ``field`` is not of the right form."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field = field
        super().__init__(sentence)


def _field(name: str, parse, typed: dict[str, str]) -> str:  # type: ignore[no-untyped-def]
    try:
        return str(parse(typed.get(name, "")))
    except ValueError as error:
        raise BadField(name, f"{error}.") from error


def as_data(details: PayeeDetails) -> dict[str, str]:
    """The details as plain data, to be sealed. ``from_data`` reads it back."""
    return {"kind": details.kind.value, **vars(details)}


def from_data(found: dict[str, str]) -> PayeeDetails:
    """The details that ``as_data`` gave."""
    parts = {name: value for name, value in found.items() if name != "kind"}
    match PayeeKind(found["kind"]):
        case PayeeKind.UK:
            return UkAccount(**parts)
        case PayeeKind.IBAN:
            return IbanAccount(**parts)
        case PayeeKind.CARD:
            return PrepaidCard(**parts)
