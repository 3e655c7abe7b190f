"""When somebody is reminded, how agreed parts fall, and which bill is paid by what came in."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.arrears import (
    EVERY,
    Bill,
    expected_by,
    instalments,
    is_broken,
    is_kept,
    pay_oldest_first,
    reminder_due,
)

DUE = date(2026, 6, 1)
STEPS = (7, 21, 42)


@pytest.mark.parametrize(
    ("days", "sent", "number"),
    [(6, 0, None), (7, 0, 1), (20, 1, None), (21, 1, 2), (41, 2, None), (42, 2, 3), (400, 3, None)],
)
def test_reminders_follow_the_timetable(days: int, sent: int, number: int | None):
    assert reminder_due(DUE, DUE + timedelta(days=days), STEPS, sent) == number


def test_missed_reminders_are_never_sent_together():
    today = DUE + timedelta(days=50)
    assert reminder_due(DUE, today, STEPS, 0) == 1
    assert reminder_due(DUE, today, STEPS, 1, quiet_until=today + timedelta(days=7)) is None
    later = today + timedelta(days=7)
    assert reminder_due(DUE, later, STEPS, 1, quiet_until=later) == 2


def test_the_last_part_is_what_is_left():
    parts = instalments(10_000, 3_000, DUE, "two_weeks")
    assert [part.pence for part in parts] == [3000, 3000, 3000, 1000]
    assert parts[-1].due_on == DUE + timedelta(days=42)


@pytest.mark.parametrize(
    ("total", "each", "words"),
    [
        (0, 100, "nothing to pay"),
        (100, 0, "more than nothing"),
        (100, 200, "more than everything"),
        (10_000_000, 1, "larger ones"),
    ],
)
def test_parts_that_make_no_sense_are_refused_in_words(total: int, each: int, words: str):
    with pytest.raises(ValueError, match=words):
        instalments(total, each, DUE, "week")


def test_an_agreement_is_broken_only_after_the_days_of_grace():
    parts = instalments(6000, 2000, DUE, "week")
    assert not is_broken(parts, 0, DUE + timedelta(days=7), 7)
    assert is_broken(parts, 0, DUE + timedelta(days=8), 7)
    assert not is_broken(parts, 2000, DUE + timedelta(days=8), 7)
    assert is_kept(parts, 6000)
    assert not is_kept(parts, 5999)


@given(st.integers(1, 500_000), st.integers(1, 500_000), st.dates(), st.sampled_from(sorted(EVERY)))
def test_the_parts_always_add_up_to_the_whole(total: int, each: int, first: date, every: str):
    if each > total or -(-total // each) > 260 or first.year > 2500:
        return
    parts = instalments(total, each, first, every)
    assert sum(part.pence for part in parts) == total
    assert all(0 < part.pence <= each for part in parts)
    assert expected_by(parts, parts[-1].due_on + timedelta(days=8), 7) == total


@given(st.lists(st.integers(0, 10_000), max_size=12), st.integers(-500, 200_000))
def test_what_came_in_pays_the_oldest_first_and_nothing_twice(sums: list[int], received: int):
    bills = [Bill(str(n), DUE + timedelta(days=28 * n), pence) for n, pence in enumerate(sums)]
    found = pay_oldest_first(bills, received)
    assert sum(one.paid_pence for one in found) == min(max(0, received), sum(sums))
    assert all(0 <= one.paid_pence <= one.bill.pence for one in found)
    partly = [n for n, one in enumerate(found) if one.left_pence]
    assert all(not found[n].paid_pence for n in partly[1:])
