"""Whether a sort code and an account number can belong together: the modulus check. Pure.

The table of weights is licensed by its owner (Pay.UK) and never part of this project: it is read from
where the authority keeps it. Without it nothing is checked, and the answer says so. A sort code that the
table does not list is taken as valid, as the scheme asks. Source: Pay.UK, *Validating account numbers*;
positions are called ``u v w x y z`` (sort code) and ``a`` to ``h`` (account number) as there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

METHODS = ("MOD10", "MOD11", "DBLAL")
DIGITS = 14
_A, _B, _C, _G, _H = 6, 7, 8, 12, 13
_LINE = re.compile(r"(\d{6})\s+(\d{6})\s+(MOD10|MOD11|DBLAL)((?:\s+-?\d+){14})(?:\s+(\d+))?")
_PAIR = re.compile(r"(\d{6})\s+(\d{6})")
EITHER_WILL_DO = ({2, 9}, {10, 11}, {12, 13})
"""Exceptions for which one of the two checks is enough."""

_EXCEPTION_2_G_9 = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)
_EXCEPTION_2 = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
_EXCEPTION_8_SORT_CODE = "090126"
_EXCEPTION_9_SORT_CODE = "309634"


class ModulusOutcome(StrEnum):
    """What the check says."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_LISTED = "not_listed"
    NOT_CHECKED = "not_checked"


SENTENCES = {
    ModulusOutcome.PASSED: "The sort code and account number can belong together.",
    ModulusOutcome.FAILED: "The sort code and account number do not belong together. One of them has a slip in it.",
    ModulusOutcome.NOT_LISTED: "The modulus table does not list this sort code, so the number is taken as it is.",
    ModulusOutcome.NOT_CHECKED: "Only the form was checked: the modulus table is not installed.",
}


@dataclass(frozen=True)
class WeightLine:
    """One line of the table: for which sort codes, by which method, with which weights."""

    first: str
    last: str
    method: str
    weights: tuple[int, ...]
    exception: int = 0


@dataclass(frozen=True)
class WeightTable:
    """The table, and the sort codes that stand in for others (exception 5)."""

    lines: tuple[WeightLine, ...]
    substitutes: dict[str, str] = field(default_factory=dict)

    def lines_for(self, sort_code: str) -> list[WeightLine]:
        """The one or two lines of a sort code, in the table's order; none when it is not listed."""
        return [line for line in self.lines if line.first <= sort_code <= line.last]


def read_table(weights: str, substitutes: str = "") -> WeightTable:
    """The table as its owner publishes it: one line a range, and one line a substitute.

    Raises ``ValueError`` naming the line that cannot be read: half a table would pass wrong accounts.
    """
    lines = []
    for number, text in _lines(weights):
        found = _LINE.fullmatch(text)
        if not found or found[1] > found[2]:
            raise ValueError(f"Line {number} of the modulus table cannot be read")
        numbers = tuple(int(weight) for weight in found[4].split())
        lines.append(WeightLine(found[1], found[2], found[3], numbers, int(found[5] or 0)))
    pairs = {}
    for number, text in _lines(substitutes):
        pair = _PAIR.fullmatch(text)
        if not pair:
            raise ValueError(f"Line {number} of the substitute table cannot be read")
        pairs[pair[1]] = pair[2]
    if not lines:
        raise ValueError("The modulus table is empty")
    return WeightTable(tuple(lines), pairs)


def _lines(text: str) -> list[tuple[int, str]]:
    return [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]


def check(sort_code: str, account_number: str, table: WeightTable | None) -> ModulusOutcome:
    """Whether six digits and eight digits can belong together. Without a table: not checked."""
    if table is None:
        return ModulusOutcome.NOT_CHECKED
    lines = table.lines_for(sort_code)
    if not lines:
        return ModulusOutcome.NOT_LISTED
    holds = _holds(lines[:2], sort_code, account_number, table.substitutes)
    return ModulusOutcome.PASSED if holds else ModulusOutcome.FAILED


def _holds(
    lines: Sequence[WeightLine], sort_code: str, account: str, substitutes: dict[str, str]
) -> bool:
    if any(line.exception == 6 for line in lines) and _is_foreign_currency(account):
        return True
    first = _passes(lines[0], sort_code, account, substitutes)
    if len(lines) == 1:
        return first
    second = lines[1]
    if {lines[0].exception, second.exception} in EITHER_WILL_DO:
        return first or _passes(second, sort_code, account, substitutes)
    if not first or (second.exception == 3 and account[_C - _A] in "69"):
        return first
    return _passes(second, sort_code, account, substitutes)


def _is_foreign_currency(account: str) -> bool:
    """Exception 6: accounts in another currency cannot be checked."""
    return account[0] in "45678" and account[6] == account[7]


def _passes(line: WeightLine, sort_code: str, account: str, substitutes: dict[str, str]) -> bool:
    if line.exception == 5:
        sort_code = substitutes.get(sort_code, sort_code)
    elif line.exception == 8:
        sort_code = _EXCEPTION_8_SORT_CODE
    elif line.exception == 9:
        sort_code = _EXCEPTION_9_SORT_CODE
    digits = [int(digit) for digit in sort_code + account]
    total = _total(line, digits)
    if line.exception == 4:
        return total % 11 == 10 * digits[_G] + digits[_H]
    if line.exception == 5:
        return _check_digit_is_right(line.method, total, digits)
    modulus = 11 if line.method == "MOD11" else 10
    if total % modulus == 0:
        return True
    return line.exception == 14 and _passes_shifted(line, sort_code, account)


def _total(line: WeightLine, digits: Sequence[int]) -> int:
    products = [
        digit * weight for digit, weight in zip(digits, _weights(line, digits), strict=True)
    ]
    if line.method != "DBLAL":
        return sum(products)
    return sum(int(digit) for product in products for digit in str(product)) + (
        27 if line.exception == 1 else 0
    )


def _weights(line: WeightLine, digits: Sequence[int]) -> tuple[int, ...]:
    """The line's weights, changed where exceptions 2, 7 and 10 say so."""
    nine = digits[_G] == 9
    if line.exception == 2 and digits[_A] != 0:
        return _EXCEPTION_2_G_9 if nine else _EXCEPTION_2
    starts_with_nines = (digits[_A], digits[_B]) in ((0, 9), (9, 9))
    if nine and (line.exception == 7 or (line.exception == 10 and starts_with_nines)):
        return (0,) * (_B + 1) + line.weights[_B + 1 :]
    return line.weights


def _check_digit_is_right(method: str, total: int, digits: Sequence[int]) -> bool:
    """Exception 5: the remainder names the check digit, ``g`` for the first check, ``h`` for the second."""
    if method == "DBLAL":
        return -total % 10 == digits[_H]
    remainder = total % 11
    return remainder != 1 and -total % 11 == digits[_G]


def _passes_shifted(line: WeightLine, sort_code: str, account: str) -> bool:
    """Exception 14: an account of seven digits and a branch digit is tried again without that digit."""
    if account[7] not in "019":
        return False
    digits = [int(digit) for digit in sort_code + "0" + account[:7]]
    return _total(line, digits) % 11 == 0
