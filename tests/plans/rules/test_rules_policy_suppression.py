"""No published combination of counts gives a small one away: searched for with an attacker of our own."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules.policy_suppression import (
    SMALLEST,
    TOTAL,
    Hidden,
    Moves,
    is_small,
    leave_out,
    leave_out_of_bars,
)

Name = tuple[int, ...]


@dataclass
class Attacker:
    """Somebody who knows every count that is shown, how counts are left out, and arithmetic.

    Unknown counts are whole and at least one. ``could_be_more`` looks for whole numbers that fit all
    sums at once; it knows the truth only to look near it first.
    """

    truth: dict[Name, int] = field(default_factory=dict)
    sums: list[tuple[dict[Name, int], int]] = field(default_factory=list)

    def learns(
        self, parts: list[tuple[Name, int]], whole: tuple[Name, int], hidden: set[Name]
    ) -> None:
        """That some counts add up to another."""
        terms: dict[Name, int] = {}
        known = 0
        for sign, (name, count) in [*((1, part) for part in parts), (-1, whole)]:
            if name in hidden:
                terms[name] = terms.get(name, 0) + sign
                self.truth[name] = count
            else:
                known -= sign * count
        if terms:
            self.sums.append((terms, known))

    def could_be_more(self, name: Name) -> bool:
        """Whether the count could be ten or more, for all that is known."""
        most = sum(self.truth.values()) + SMALLEST * len(self.truth)
        low = {one: SMALLEST if one == name else 1 for one in self.truth}
        return self._fits(low, dict.fromkeys(self.truth, most))

    def _fits(self, low: dict[Name, int], high: dict[Name, int]) -> bool:
        if not self._narrow(low, high):
            return False
        open_ = [one for one in low if low[one] < high[one]]
        if not open_:
            return True
        one = min(open_, key=lambda n: high[n] - low[n])
        for value in sorted(range(low[one], high[one] + 1), key=lambda v: abs(v - self.truth[one])):
            if self._fits({**low, one: value}, {**high, one: value}):
                return True
        return False

    def _narrow(self, low: dict[Name, int], high: dict[Name, int]) -> bool:
        changed = True
        while changed:
            changed = False
            for terms, known in self.sums:
                for name, sign in terms.items():
                    others = [(n, s) for n, s in terms.items() if n != name]
                    least = known - sum(s * (high[n] if s > 0 else low[n]) for n, s in others)
                    most = known - sum(s * (low[n] if s > 0 else high[n]) for n, s in others)
                    if sign < 0:
                        least, most = -most, -least
                    if least > low[name]:
                        low[name], changed = least, True
                    if most < high[name]:
                        high[name], changed = most, True
                    if low[name] > high[name]:
                        return False
        return True


def attacker_of(totals: list[int], tables: list[list[list[int]]], found: Hidden) -> Attacker:
    """Everything that the published tables say."""
    columns = range(len(totals))
    hidden: set[Name] = {(c,) for c in found.columns}
    for t, cells in enumerate(found.tables):
        if cells is not None:
            hidden |= {(t, r, c) for r, c in cells}
    knows = Attacker()
    everyone = ((TOTAL,), sum(totals))
    knows.learns([((c,), totals[c]) for c in columns], everyone, hidden)
    for t, table in enumerate(tables):
        if found.tables[t] is None:
            continue
        for r, row in enumerate(table):
            knows.learns([((t, r, c), row[c]) for c in columns], ((t, r, TOTAL), sum(row)), hidden)
        for c in columns:
            knows.learns(
                [((t, r, c), row[c]) for r, row in enumerate(table)], ((c,), totals[c]), hidden
            )
        knows.learns([((t, r, TOTAL), sum(row)) for r, row in enumerate(table)], everyone, hidden)
    return knows


def small_ones(totals: list[int], tables: list[list[list[int]]]) -> list[Name]:
    """Every count that points at people."""
    names: list[Name] = [(c,) for c, count in enumerate(totals) if is_small(count)]
    for t, table in enumerate(tables):
        for r, row in enumerate(table):
            names += [(t, r, c) for c, count in enumerate(row) if is_small(count)]
            names += [(t, r, TOTAL)] if is_small(sum(row)) else []
    return names


def safe(totals: list[int], tables: list[list[list[int]]]) -> Hidden:
    """What is left out; after the attacker has tried everything."""
    found = leave_out(totals, tables)
    if found.everything:
        return found
    knows = attacker_of(totals, tables, found)
    for name in small_ones(totals, tables):
        if len(name) == 3 and found.tables[name[0]] is None:
            continue
        assert name in knows.truth, f"{name} is shown"
        assert knows.could_be_more(name), f"{name} can be worked out"
    return found


@st.composite
def tables_of_one_crowd(draw: st.DrawFn) -> tuple[list[int], list[list[list[int]]]]:
    """Two tables that divide the same people by row, with the same columns."""
    columns = draw(st.integers(2, 4))
    counts = st.one_of(st.integers(0, 14), st.integers(0, 3), st.integers(10, 60))
    first = draw(
        st.lists(st.lists(counts, min_size=columns, max_size=columns), min_size=1, max_size=4)
    )
    totals = [sum(row[c] for row in first) for c in range(columns)]
    rows = draw(st.integers(1, 4))
    chance = random.Random(draw(st.integers(0, 2**32)))
    weights = [chance.choice([0.05, 1, 1, 3]) for _ in range(rows)]
    second = [[0] * columns for _ in range(rows)]
    for c, total in enumerate(totals):
        for r in chance.choices(range(rows), weights, k=total):
            second[r][c] += 1
    return totals, [first, second]


@settings(max_examples=250, deadline=None)
@given(tables_of_one_crowd())
def test_no_combination_of_what_is_shown_gives_a_small_count_away(
    crowd: tuple[list[int], list[list[list[int]]]],
) -> None:
    safe(*crowd)


def test_a_small_bar_is_left_out_before_and_after_with_one_that_could_fill_it() -> None:
    bars = [Moves(0, 0, 0, 0), Moves(40, 38, 35, 30), Moves(3, 12, 3, 0), Moves(60, 53, 50, 50)]
    assert leave_out_of_bars(bars) == {1, 2}


def test_people_who_moved_fill_no_bar() -> None:
    """Were forty people who left their bar taken for safety, the known gains would give the three away."""
    bars = [Moves(0, 0, 0, 0), Moves(40, 20, 2, 2), Moves(3, 23, 3, 0), Moves(60, 60, 60, 60)]
    assert leave_out_of_bars(bars) == {1, 2, 3}


def test_only_those_whose_budget_is_unchanged_could_have_nothing_both_times() -> None:
    bars = [Moves(4, 4, 4, 4), Moves(40, 40, 40, 0), Moves(60, 60, 60, 20)]
    assert leave_out_of_bars(bars) == {0, 1, 2}


def test_bars_that_cannot_be_shown_safely_are_not_shown() -> None:
    assert leave_out_of_bars([Moves(0, 0, 0, 0), Moves(4, 4, 4, 4), Moves(30, 30, 2, 2)]) is None
    assert leave_out_of_bars([Moves(0, 0, 0, 0), Moves(44, 44, 0, 0)]) == frozenset()


def test_one_small_count_takes_three_more_with_it() -> None:
    table = [[3, 40, 30], [20, 50, 60], [25, 45, 70]]

    found = safe([sum(r[c] for r in table) for c in range(3)], [table])

    cells = found.tables[0]
    assert cells is not None
    assert (0, 0) in cells
    assert len(cells) == 4
    assert not found.columns


def test_two_small_counts_in_one_row_cannot_be_told_apart_from_larger_ones() -> None:
    """3 + 4 = 7 would still say that both are small, so a third count is left out as well."""
    table = [[3, 4, 80], [30, 40, 50]]

    found = safe([33, 44, 130], [table])

    assert found.tables[0] is not None
    assert (0, 2) in found.tables[0]


def test_large_counts_and_nought_are_shown() -> None:
    table = [[0, 40, 30], [20, 50, 0]]
    found = safe([20, 90, 30], [table])
    assert found == Hidden(False, frozenset(), (frozenset(),))


def test_a_small_total_is_left_out_everywhere_with_another() -> None:
    by_age = [[1, 60, 12], [3, 50, 30]]
    by_need = [[4, 30, 12], [0, 80, 30]]

    found = safe([4, 110, 42], [by_age, by_need])

    assert 0 in found.columns
    assert len(found.columns) == 2


def test_a_small_total_cannot_be_added_up_again_from_the_column_that_goes_with_it() -> None:
    """4 and 12 are left out of the totals; were the twelve shown in their row, the four would follow."""
    found = safe([4, 12, 100], [[[2, 0, 50], [2, 12, 50]]])

    assert found.columns == {0, 1}
    assert found.tables[0] is not None
    assert (1, 1) in found.tables[0]


def test_a_small_group_is_left_out_with_its_total() -> None:
    table = [[1, 2, 2], [30, 40, 50], [33, 44, 55]]

    found = safe([64, 86, 107], [table])

    assert found.tables[0] is not None
    assert {(0, 0), (0, 1), (0, 2), (0, TOTAL)} <= found.tables[0]


@pytest.mark.parametrize("totals", [[3, 4], [9, 0], [5, 5, 1], [2, 2, 6]])
def test_too_few_people_to_count_at_all(totals: list[int]) -> None:
    found = leave_out(totals, [[totals]])
    assert found.everything
    assert found.tables == (None,)


def test_a_table_that_cannot_be_shown_safely_is_not_shown() -> None:
    table = [[5, 0], [0, 45]]
    found = safe([5 + 20, 45], [[[5, 0], [20, 45]], [[25, 0], [0, 45]]])
    assert not found.everything
    assert leave_out([5, 45], [table]).tables == (None,)


@settings(max_examples=60, deadline=None)
@given(tables_of_one_crowd())
def test_what_is_left_out_does_not_depend_on_anything_but_the_counts(
    crowd: tuple[list[int], list[list[list[int]]]],
) -> None:
    assert leave_out(*crowd) == leave_out(*crowd)
