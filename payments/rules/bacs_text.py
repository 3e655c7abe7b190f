"""The characters that Bacs can carry: A to Z, 0 to 9, full stop, ampersand, slash, hyphen and space. Pure.

Names are transliterated in one predictable way and cut to their field. References are carried exactly or
refused: a reference that was changed would never be found again.
"""

import re
import unicodedata
from functools import lru_cache

FIELD = 18
CARRIED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.&/- ")

LETTERS = {
    "ß": "SS", "ẞ": "SS", "Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH",
    "Ħ": "H", "ı": "I", "Ŋ": "N",
}  # fmt: skip
"""Latin letters that Unicode does not take apart, with what a British bank would write."""

HYPHENS = frozenset("‐‑‒–—−")
LEFT_OUT = frozenset("'’‘ʼ`´\u02bb")
"""Apostrophes vanish, so that O’Brien is OBRIEN everywhere."""

_SPACES = re.compile(r"\s+")


class UnfitText(ValueError):
    """The text cannot be carried, and why, in a sentence."""


@lru_cache(maxsize=1024)
def bacs_name(name: str) -> str:
    """A name as it stands in a file: at most 18 characters, in capitals, without accents.

    ``"Müller & Söhne (Nord) GmbH"`` → ``"MULLER & SOHNE NOR"``. Raises ``UnfitText`` when nothing is left,
    or when a letter has no Latin form: a name is never guessed.
    """
    written = _SPACES.sub(" ", transliterate(name)).strip()[:FIELD].strip()
    if not any(letter.isalnum() for letter in written):
        raise UnfitText(
            "There is no name that Bacs can carry. Give the name on the bank account in Latin letters."
        )
    return written


def transliterate(name: str) -> str:
    """Capitals without accents; other signs become spaces. Raises ``UnfitText`` for letters that are not Latin."""
    written = []
    for sign in unicodedata.normalize("NFC", name):
        upper = LETTERS.get(sign) or LETTERS.get(sign.upper()) or sign.upper()
        for part in unicodedata.normalize("NFKD", upper):
            written.append(_sign(part, name))
    return "".join(written)


def _sign(part: str, name: str) -> str:
    if part in CARRIED:
        return part
    if part in HYPHENS:
        return "-"
    if part in LEFT_OUT or unicodedata.combining(part):
        return ""
    if part.isalnum():
        if part.isascii():
            return part.upper()
        raise UnfitText(
            f"The letter “{part}” in “{name[:40]}” has no form that Bacs can carry. "
            "Give the name on the bank account in Latin letters."
        )
    return " "


def bacs_reference(reference: str) -> str:
    """The reference, unchanged. Raises ``UnfitText`` when Bacs cannot carry it exactly."""
    if not reference.strip():
        raise UnfitText("There is no reference.")
    if reference != reference.strip():
        raise UnfitText(f"The reference “{reference}” begins or ends with a space.")
    if len(reference) > FIELD:
        raise UnfitText(f"The reference “{reference[:40]}” is longer than {FIELD} characters.")
    wrong = sorted({sign for sign in reference if sign not in CARRIED})
    if wrong:
        raise UnfitText(
            f"The reference “{reference}” has “{wrong[0]}” in it, which Bacs cannot carry."
        )
    return reference
