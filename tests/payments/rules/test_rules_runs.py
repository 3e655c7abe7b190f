"""Invoices that look alike, and payments that look odd."""

from datetime import date

import pytest

from payments.rules.duplicates import Asked, stem, suspicion, typed_alike
from payments.rules.oddness import Facts, oddities, score

TODAY = date(2026, 11, 25)


def asked(number: str = "INV17", *, first: int = 1, last: int = 7, pence: int = 2000) -> Asked:
    return Asked("INV-AAAAAA", number, date(2026, 11, first), date(2026, 11, last), pence)


@pytest.mark.parametrize(
    "other", ["INV017", "INV17A", "INVI7", "1NV17", "INV17COPY", "INV-17"[:3] + "17"]
)
def test_a_number_typed_another_way_is_alike(other: str) -> None:
    assert typed_alike("INV17", other)


@pytest.mark.parametrize("other", ["INV18", "INV170", "INV1-7", "", "INV117"])
def test_another_number_is_not_alike(other: str) -> None:
    assert not typed_alike("INV17", other)


def test_an_empty_number_is_like_nothing() -> None:
    assert stem("") == ""
    assert not typed_alike("", "")


def test_overlapping_dates_at_the_same_amount_are_suspicious() -> None:
    assert "dates overlap" in suspicion(asked("A1"), asked("A2", first=7, last=13))


def test_the_next_week_at_the_same_price_is_ordinary() -> None:
    assert suspicion(asked("A1"), asked("A2", first=8, last=14)) == ""


def test_another_amount_is_never_suspicious() -> None:
    assert suspicion(asked(), asked("INV017", pence=2001)) == ""


def test_an_almost_equal_number_is_suspicious_whatever_the_dates() -> None:
    assert "number is almost that of INV-AAAAAA" in suspicion(
        asked(), asked("INV017", first=20, last=26)
    )


def test_an_ordinary_payment_is_not_odd() -> None:
    facts = Facts(2000, usual_pence=2000, support_ended_on=date(2026, 11, 20))
    assert oddities(facts, today=TODAY) == ()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts(2000, paid_before=False), "never paid before"),
        (Facts(2000, account_changed=True), "bank account changed"),
        (Facts(3001, usual_pence=2000), "Usually it is about £20.00"),
        (Facts(6001, usual_pence=2000), "More than three times the usual £20.00"),
        (Facts(2000, same_payee_and_amount=2), "2 payments of this amount"),
        (Facts(60_000, usual_pence=60_000), "A round sum"),
        (Facts(2000, support_ended_on=date(2026, 11, 26)), "not over yet"),
        (Facts(2000, support_ended_on=date(2026, 7, 1)), "ended about 4 months ago"),
        (Facts(2000, budget_left_pence=-500), "overspent by £5.00"),
    ],
)
def test_what_is_odd_is_said(facts: Facts, words: str) -> None:
    [one] = oddities(facts, today=TODAY)
    assert words in one.words
    assert one.points > 0


@pytest.mark.parametrize(
    "facts",
    [
        Facts(3000, usual_pence=2000),
        Facts(49_000),
        Facts(55_500),
        Facts(2000, support_ended_on=TODAY),
        Facts(2000, budget_left_pence=0),
    ],
)
def test_at_the_edge_nothing_is_odd(facts: Facts) -> None:
    assert oddities(facts, today=TODAY) == ()


def test_more_that_is_odd_weighs_more_and_the_weightiest_is_said_first() -> None:
    facts = Facts(70_000, usual_pence=20_000, account_changed=True, same_payee_and_amount=3)
    found = oddities(facts, today=TODAY)
    assert [one.points for one in found] == sorted((one.points for one in found), reverse=True)
    assert score(found) == 75
    assert score(()) == 0
