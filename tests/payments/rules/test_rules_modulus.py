"""The modulus check: each method and exception, with a small invented table shaped like the licensed one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.modulus import ModulusOutcome, check, read_table

TABLE = """
100000 100099 MOD10    0    0    0    0    0    0    1    2    3    4    5    6    7    1
100100 100199 MOD11    0    0    0    0    0    0    8    7    6    5    4    3    2    1
100200 100299 DBLAL    2    1    2    1    2    1    2    1    2    1    2    1    2    1
100300 100399 DBLAL    1    1    1    1    1    1    1    1    1    1    1    1    1    1   1
100400 100499 MOD11    0    0    0    0    0    0    0    0    0    0    0    0    0    1   2
100400 100499 MOD11    0    0    0    0    0    0    0    0    0    0    0    1    1    1   9
100500 100599 MOD11    0    0    0    0    0    0    1    0    0    0    0    0    0    0
100500 100599 DBLAL    2    1    2    1    2    1    2    1    2    1    2    1    2    1   3
100600 100699 MOD11    0    0    0    0    0    0    1    1    1    1    1    1    0    0   4
100700 100799 MOD11    0    0    0    0    0    0    8    7    6    5    4    3    2    1   6
100800 100899 MOD10    5    5    5    5    5    5    5    5    0    0    0    0    0    1   7
100900 100999 MOD10    0    0    0    0    0    1    0    0    0    0    0    0    0    1   8
101000 101099 MOD10    9    9    9    9    9    9    9    9    0    0    0    0    1    1  10
101000 101099 MOD10    0    0    0    0    0    0    0    0    0    0    0    1    0    0  11
101100 101199 MOD10    0    0    0    0    0    0    0    0    0    0    0    0    0    1  12
101100 101199 MOD10    0    0    0    0    0    0    1    0    0    0    0    0    0    0  13
101200 101299 MOD11    0    0    0    0    0    0    0    0    0    0    0    0    2    1  14
101300 101399 MOD10    0    0    0    0    0    0    0    0    0    0    0    0    0    1
101300 101399 MOD10    0    0    0    0    0    0    1    0    0    0    0    0    0    0
089000 089999 MOD10    0    0    0    0    0    0    7    1    3    7    1    3    7    1
938000 938999 MOD11    7    6    5    4    3    2    7    6    5    4    3    2    0    0   5
938000 938999 DBLAL    2    1    2    1    2    1    2    1    2    1    2    1    2    0   5
"""
SUBSTITUTES = "938173 938017\n"


def outcome(sort_code: str, account: str) -> str:
    return check(sort_code, account, read_table(TABLE, SUBSTITUTES)).value


@pytest.mark.parametrize(
    ("sort_code", "account", "expected"),
    [("089999", "66374958", "passed"), ("938063", "15764273", "failed")],
)
def test_the_two_pairs_that_the_scheme_publishes(
    sort_code: str, account: str, expected: str
) -> None:
    assert outcome(sort_code, account) == expected


@pytest.mark.parametrize(
    ("sort_code", "account", "expected"),
    [
        # MOD10: 7×1 + 1×3 = 10
        ("100000", "00000013", "passed"),
        ("100000", "00000014", "failed"),
        # MOD11: 8×1 + 2×1 + 1 = 11
        ("100100", "10000011", "passed"),
        ("100100", "10000012", "failed"),
        # DBLAL: the digits of the products: 2×1 + 1×2 = 4 from the sort code, and 6
        ("100200", "00000006", "passed"),
        # 4, and 2×5 = 10 counts as 1 + 0, and 5
        ("100200", "50000005", "passed"),
        ("100200", "50000006", "failed"),
        # 1: 27 is added: 1+3 + 9 + 27 = 40
        ("100300", "00000009", "passed"),
        ("100300", "00000006", "failed"),
    ],
)
def test_each_method_and_exception_1(sort_code: str, account: str, expected: str) -> None:
    assert outcome(sort_code, account) == expected


def test_exceptions_2_and_9_change_the_weights_and_give_a_second_chance() -> None:
    # a = 0: the line's own weights, only h counts
    assert outcome("100400", "00000000") == "passed"
    # a ≠ 0 and g ≠ 9: 0 0 1 2 5 3 | 6 4 8 7 10 9 3 1 over 100400: 4×2 = 8; 1×6 = 6; 14 + 8×1 = 22
    assert outcome("100400", "10000008") == "passed"
    # a ≠ 0 and g = 9: only c to h count: 9×3 + 6 = 33
    assert outcome("100400", "10000096") == "passed"
    # The first check fails (6 + 8 + 3 = 17), the second holds with its own sort code: f + g + h = 11
    assert outcome("100400", "10000911") == "passed"
    assert outcome("100400", "10000011") == "failed"


def test_exception_3_leaves_the_second_check_out_for_some_accounts() -> None:
    assert outcome("100500", "00600001") == "passed"
    assert outcome("100500", "00900001") == "passed"
    assert outcome("100500", "00500001") == "failed"
    assert outcome("100500", "10600001") == "failed"


def test_exception_4_compares_the_remainder_with_two_digits() -> None:
    assert outcome("100600", "55000010") == "passed"
    assert outcome("100600", "00000303") == "passed"
    assert outcome("100600", "00000304") == "failed"


def test_exception_5_compares_each_remainder_with_its_own_digit() -> None:
    assert outcome("938063", "15764272") == "passed"
    assert outcome("938063", "15764282") == "failed"
    assert outcome("938173", "15764273") == outcome("938017", "15764273")


def test_exception_5_has_no_digit_for_the_remainder_one() -> None:
    table = read_table("100000 100000 MOD11 0 0 0 0 0 0 1 0 0 0 0 0 0 0 5")
    answers = {check("100000", f"100000{g}0", table).value for g in range(10)}
    assert answers == {"failed"}


def test_exception_6_takes_foreign_currency_accounts_as_they_are() -> None:
    assert outcome("100700", "40000022") == "passed"
    assert outcome("100700", "40000012") == "failed"
    assert outcome("100700", "30000022") == "failed"


def test_exception_7_leaves_the_sort_code_out_when_g_is_nine() -> None:
    assert outcome("100800", "00000090") == "passed"
    assert outcome("100800", "00000000") == "failed"


def test_exception_8_checks_against_one_sort_code() -> None:
    assert outcome("100900", "00000004") == "passed"
    assert outcome("100900", "00000000") == "failed"


def test_exceptions_10_and_11_ask_for_one_of_two() -> None:
    # ab = 99 and g = 9: the sort code does not count, 9 + 1 = 10
    assert outcome("101000", "99000191") == "passed"
    # not so: 9×(1+1) + 9×5 = 63, 63 + 7 = 70
    assert outcome("101000", "50000107") == "passed"
    # neither sum is right, but f = 0 makes the second hold
    assert outcome("101000", "50000001") == "passed"
    assert outcome("101000", "50000101") == "failed"


def test_exceptions_12_and_13_ask_for_one_of_two() -> None:
    assert outcome("101100", "10000000") == "passed"
    assert outcome("101100", "00000001") == "passed"
    assert outcome("101100", "10000001") == "failed"


def test_exception_14_tries_again_without_the_branch_digit() -> None:
    # 2g + h: 2×5 + 1 = 11
    assert outcome("101200", "00000051") == "passed"
    # 2×1 + 1 = 3 fails; without the last digit: g = 5, h = 1
    assert outcome("101200", "00000511") == "passed"
    assert outcome("101200", "00000512") == "failed"
    assert outcome("101200", "00000521") == "failed"


def test_two_lines_without_exceptions_must_both_hold() -> None:
    assert outcome("101300", "00000000") == "passed"
    assert outcome("101300", "10000000") == "failed"
    assert outcome("101300", "00000001") == "failed"


def test_a_sort_code_that_is_not_listed_is_taken_as_valid() -> None:
    assert outcome("777777", "12345678") == "not_listed"


def test_without_a_table_nothing_is_checked() -> None:
    assert check("089999", "66374959", None) is ModulusOutcome.NOT_CHECKED


@given(st.integers(0, 10**7 - 1), st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: int, place: int, by: int) -> None:
    """What the check is for: of all ten last digits one passes, and a slip in it is noticed."""
    passing = [h for h in range(10) if outcome("089999", f"{number:07}{h}") == "passed"]
    assert len(passing) == 1
    account = f"{number:07}{passing[0]}"
    slip = account[:place] + str((int(account[place]) + by) % 10) + account[place + 1 :]
    assert outcome("089999", slip) == "failed"


@pytest.mark.parametrize(
    ("weights", "substitutes", "why"),
    [
        ("", "", "is empty"),
        ("089000 089999 MOD12 " + "1 " * 14, "", "Line 1 of the modulus table"),
        ("089000 089999 MOD10 1 2 3", "", "Line 1 of the modulus table"),
        ("\n089999 089000 MOD10 " + "1 " * 14, "", "Line 2 of the modulus table"),
        ("089000 089999 MOD10 " + "1 " * 14, "938173", "Line 1 of the substitute table"),
    ],
)
def test_half_a_table_is_never_used(weights: str, substitutes: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_table(weights, substitutes)
