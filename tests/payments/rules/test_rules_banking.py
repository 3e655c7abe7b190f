"""Sort codes and account numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.banking import (
    account_in_words,
    format_sort_code,
    mask_account_number,
    parse_account_number,
    parse_sort_code,
)


@pytest.mark.parametrize("typed", ["20-00-00", "200000", " 20 00 00 ", "20–00–00", "20.00.00"])
def test_a_sort_code_is_read_however_it_is_typed(typed: str) -> None:
    assert parse_sort_code(typed) == "200000"
    assert format_sort_code(parse_sort_code(typed)) == "20-00-00"


@pytest.mark.parametrize("typed", ["", "20-00-0", "20-00-000", "2O-00-00", "٢٠٠٠٠٠", "00-00-00"])
def test_what_is_no_sort_code_gets_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match="sort code"):
        parse_sort_code(typed)


def test_short_account_numbers_get_noughts_in_front() -> None:
    assert parse_account_number("1234 5678") == "12345678"
    assert parse_account_number("1234567") == "01234567"
    assert parse_account_number("123456") == "00123456"


@pytest.mark.parametrize(
    "typed", ["", "12345", "123456789", "1234567x", "00000000", "１２３４５６７８"]
)
def test_what_is_no_account_number_gets_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match="account number"):
        parse_account_number(typed)


def test_an_account_is_shown_by_its_last_four_digits() -> None:
    assert mask_account_number("12345678") == "••••5678"
    assert mask_account_number("1234") == "••••"
    assert account_in_words("12345678") == "account ending in 5678"


@given(st.text(max_size=20))
def test_anything_typed_is_digits_or_a_sentence(typed: str) -> None:
    for parse, length in ((parse_sort_code, 6), (parse_account_number, 8)):
        try:
            found = parse(typed)
        except ValueError as refused:
            found = str(refused)
            assert found[0].isupper()
        else:
            assert len(found) == length
            assert parse(found) == found
