"""An invoice is taken only when every line, day, price and sum is right."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.invoicing import (
    AgreementTerms,
    LineDraft,
    Problem,
    check_invoice,
    line_amount,
    number_key,
)

TERMS = AgreementTerms(
    rate_pence=2150,
    starts_on=date(2026, 1, 5),
    ends_on=date(2026, 12, 31),
    left_pence=100_000,
)
LINE = LineDraft(date(2026, 3, 2), "Morning visit", Decimal("1.5"), 2150)


def check(
    *lines: LineDraft,
    period: tuple[date, date] = (date(2026, 3, 1), date(2026, 3, 31)),
    today: date = date(2026, 4, 1),
    terms: AgreementTerms = TERMS,
    total: int | None = None,
) -> list[Problem]:
    return check_invoice(
        lines, terms, period_from=period[0], period_to=period[1], today=today, total_pence=total
    )


def test_a_right_invoice_has_no_problem() -> None:
    assert check(LINE, replace(LINE, service_date=date(2026, 3, 3), amount_pence=3225)) == []


def test_exactly_what_is_left_may_be_invoiced_and_not_a_penny_more() -> None:
    amount = line_amount(LINE)

    assert check(LINE, terms=replace(TERMS, left_pence=amount)) == []
    (problem,) = check(LINE, terms=replace(TERMS, left_pence=amount - 1))
    assert problem.sentence == (
        "This invoice is for £32.25, and £32.24 is left under this agreement."
    )


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        (replace(LINE, rate_pence=2151), "lines-0-rate_pence", "agreed price of one is £21.50"),
        (replace(LINE, rate_pence=0), "lines-0-rate_pence", "enter the price"),
        (replace(LINE, quantity=Decimal(0)), "lines-0-quantity", "more than 0"),
        (replace(LINE, quantity=Decimal(-1)), "lines-0-quantity", "more than 0"),
        (replace(LINE, quantity=Decimal("NaN")), "lines-0-quantity", "more than 0"),
        (replace(LINE, quantity=Decimal("Infinity")), "lines-0-quantity", "more than 0"),
        (replace(LINE, quantity=Decimal("1e30")), "lines-0-quantity", "too many"),
        (replace(LINE, quantity=Decimal("0.0001")), "lines-0-quantity", "less than a penny"),
        (replace(LINE, description="  "), "lines-0-description", "say what was done"),
        (replace(LINE, service_date=date(2026, 4, 1)), "lines-0-service_date", "outside"),
        (replace(LINE, amount_pence=3226), "lines-0-amount_pence", "1.5 at £21.50 makes £32.25"),
    ],
)
def test_a_wrong_line_is_refused_beside_its_field(line: LineDraft, field: str, words: str) -> None:
    (problem,) = check(line)

    assert problem.field == field
    assert words in problem.sentence


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ((date(2026, 3, 31), date(2026, 3, 1)), "period_backwards"),
        ((date(2026, 1, 4), date(2026, 3, 31)), "before_agreement"),
        ((date(2026, 3, 1), date(2027, 1, 1)), "after_agreement"),
        ((date(2026, 3, 1), date(2026, 4, 2)), "in_future"),
    ],
)
def test_a_wrong_period_is_refused(period: tuple[date, date], code: str) -> None:
    assert code in [problem.code for problem in check(LINE, period=period)]


def test_the_same_thing_on_the_same_day_twice_is_refused() -> None:
    again = replace(LINE, description="morning  VISIT")

    (problem,) = check(LINE, again)

    assert problem.sentence == "Line 2 is for the same thing on the same day as line 1."


def test_a_stated_sum_must_be_the_sum() -> None:
    (problem,) = check(LINE, total=3224)

    assert problem.sentence == "The lines add up to £32.25, not £32.24."
    assert check(LINE, total=3225) == []


def test_an_invoice_needs_a_line() -> None:
    assert [problem.code for problem in check()] == ["no_lines"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("INV 001", "inv-001", True),
        ("Inv. №001", "INV001", False),
        ("INV/2026/3", "inv 2026-3", True),
        ("ＩＮＶ００１", "INV001", True),
        ("12/3", "1/23", False),
        ("INV 1", "INV 001", False),
        ("-001-", "001", True),
    ],
)
def test_invoice_numbers_that_people_write_differently(one: str, other: str, same: bool) -> None:
    assert (number_key(one) == number_key(other)) is same


@given(st.text(max_size=60))
def test_a_number_key_is_its_own_key_and_fits_the_column(number: str) -> None:
    key = number_key(number)

    assert len(key) <= 40
    assert number_key(key) == number_key(key.lower()) == key.rstrip("-")
