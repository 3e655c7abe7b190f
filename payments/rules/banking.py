"""The form of a UK bank account: sort code and account number, as people type them. Pure.

Only the form is checked. Whether the pair can exist is the modulus check, whose table is licensed, and
whether it belongs to the payee is Confirmation of Payee; neither is here.
"""

import re

_BETWEEN = re.compile(r"[\s\-‐‑‒–—./]+")

SORT_CODE_LENGTH = 6
ACCOUNT_LENGTH = 8
ACCOUNT_SHORTEST = 6


def parse_sort_code(text: str) -> str:
    """Six digits from ``"20-00-00"``, ``"20 00 00"`` or ``"200000"``.

    Raises ``ValueError`` with a plain sentence.
    """
    digits = _digits(text)
    if not digits:
        raise ValueError("Enter the sort code, like 20-00-00")
    if not _only_digits(digits) or len(digits) != SORT_CODE_LENGTH:
        raise ValueError("A sort code has 6 digits, like 20-00-00")
    if digits == "000000":
        raise ValueError("A sort code cannot be all noughts")
    return digits


def parse_account_number(text: str) -> str:
    """Eight digits. Six or seven, as on some old accounts, get noughts in front, as banks do it.

    Raises ``ValueError`` with a plain sentence.
    """
    digits = _digits(text)
    if not digits:
        raise ValueError("Enter the account number")
    if not _only_digits(digits) or not ACCOUNT_SHORTEST <= len(digits) <= ACCOUNT_LENGTH:
        raise ValueError("An account number has 8 digits, or 6 or 7 on some old accounts")
    if not digits.strip("0"):
        raise ValueError("An account number cannot be all noughts")
    return digits.zfill(ACCOUNT_LENGTH)


def format_sort_code(sort_code: str) -> str:
    """``"200000"`` → ``"20-00-00"``."""
    return f"{sort_code[:2]}-{sort_code[2:4]}-{sort_code[4:]}"


def mask_account_number(number: str) -> str:
    """``"12345678"`` → ``"••••5678"``: enough to recognise one's own account, not to use it."""
    kept = number[-4:] if len(number) > 4 else ""
    return "•" * (len(number) - len(kept)) + kept


def account_in_words(number: str) -> str:
    """The same for reading aloud: ``"account ending in 5678"``."""
    return f"account ending in {number[-4:]}"


def _digits(text: str) -> str:
    return _BETWEEN.sub("", text)


def _only_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
