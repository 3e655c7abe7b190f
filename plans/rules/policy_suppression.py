"""Which counts to leave out, so that no small number can be read off or worked out by subtraction. Pure.

A count from 1 to 9 points at people. Leaving it out is not enough: a total less the other counts gives it
back. So more counts are left out, as few as will do, until for each small one there is another set of
whole numbers that fits everything shown and in which that count is ten or more. Nought is always shown:
it is about nobody. Whoever reads the tables is taken to know all this, and that no count left out is nought.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

SMALLEST = 10
TOTAL = -1
"""The place of a row's own total among its cells."""

Cell: TypeAlias = tuple[int, int]
Counts: TypeAlias = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Hidden:
    """What is left out. ``everything``: there are too few people for any count at all."""

    everything: bool
    columns: frozenset[int]
    tables: tuple[frozenset[Cell] | None, ...]
    """For each table the cells left out, or ``None`` when the whole table is."""


def is_small(count: int) -> bool:
    """Whether a count points at people."""
    return 0 < count < SMALLEST


def leave_out(totals: Sequence[int], tables: Sequence[Counts]) -> Hidden:
    """What to leave out of tables that divide the same people by row, with the same columns.

    ``totals`` are the column totals, shown once for all tables, and their sum is shown too.
    """
    columns = _hidden_totals(totals)
    if columns is None:
        return Hidden(True, frozenset(range(len(totals))), tuple(None for _ in tables))
    return Hidden(False, columns, tuple(_hidden_in_table(t, totals, columns) for t in tables))


@dataclass(frozen=True)
class Moves:
    """How many people are in a bar before and after a change, and how many of them in both, or unchanged."""

    before: int
    after: int
    stayed: int
    unchanged: int

    def could_go(self, *, to_nothing: bool) -> int:
        """How many could be in another bar both times without anything shown being different."""
        free = self.unchanged if to_nothing else self.stayed
        return max(0, min(free, self.before - 1, self.after - 1))


def leave_out_of_bars(bars: Sequence[Moves]) -> frozenset[int] | None:
    """Which bars to leave out, before and after alike; ``None``: all of them.

    The first bar is of those who get nothing. A small bar is safe when enough people who are in another
    hidden bar both times could as well be in this one both times: their gain or loss would be the same.
    Leaving a bar out only before or only after would not do: from what is known of gains and losses the
    one could be worked out from the other.
    """
    small = {n for n, bar in enumerate(bars) if is_small(bar.before) or is_small(bar.after)}
    hidden = set(small)
    useful = [n for n in range(len(bars)) if n not in small and bars[n].could_go(to_nothing=False)]
    spare = sorted(useful, key=lambda n: (bars[n].before + bars[n].after, n))
    while any(_could_come(bars, hidden, n) < _missing(bars[n]) for n in small):
        if not spare:
            return None
        hidden.add(spare.pop(0))
    return frozenset(hidden)


def _missing(bar: Moves) -> int:
    return max(SMALLEST - count for count in (bar.before, bar.after) if is_small(count))


def _could_come(bars: Sequence[Moves], hidden: set[int], to: int) -> int:
    return sum(bars[n].could_go(to_nothing=to == 0) for n in hidden if n != to)


def _hidden_totals(totals: Sequence[int]) -> frozenset[int] | None:
    """Hide totals until, for each small one, nine people could come over from the other hidden ones."""
    small = [n for n, count in enumerate(totals) if is_small(count)]
    hidden = set(small)
    spare = sorted((count, n) for n, count in enumerate(totals) if count >= SMALLEST)
    while any(sum(totals[m] - 1 for m in hidden if m != n) < SMALLEST - 1 for n in small):
        if not spare:
            return None
        hidden.add(spare.pop(0)[1])
    return frozenset(hidden)


def _hidden_in_table(
    table: Counts, totals: Sequence[int], columns: frozenset[int]
) -> frozenset[Cell] | None:
    """For each small count, find another table in which it is ten or more.

    Where its column's total is shown, or large, that table has the same totals. Where the total is
    itself small, nine people come over from the other hidden columns: the same nine in every table.
    """
    web = _Web(table)
    small = {n for n in columns if is_small(totals[n])}
    nine = {n: _givers(totals, columns - {n}, SMALLEST - 1) for n in small}
    hidden = {cell for cell in web.cells if is_small(web.cells[cell].count)}
    for cell in sorted(hidden):
        arc = web.cells[cell]
        missing = SMALLEST - arc.count
        if cell[1] in small:
            starts = {web.column(n): count for n, count in nine[cell[1]].items()}
            goals = [(arc.start, missing), (arc.end, SMALLEST - 1 - missing)]
        else:
            starts, goals = {arc.end: missing}, [(arc.start, missing)]
        if not web.allow(hidden, starts, goals, besides=cell):
            return None
    return frozenset(hidden)


def _givers(totals: Sequence[int], columns: Iterable[int], missing: int) -> dict[int, int]:
    """From which hidden columns the missing people could come; the same in every table."""
    found = {}
    for column in sorted(columns, key=lambda n: (-totals[n], n)):
        given = min(missing, totals[column] - 1)
        if given > 0:
            found[column] = given
            missing -= given
    return found


@dataclass(frozen=True)
class _Arc:
    """A cell as a road from one sum to another: raising it carries people along it."""

    start: int
    end: int
    count: int


class _Web:
    """A table as a web of roads between its sums. Two sets of numbers that fit the same sums differ by
    what flows round in circles, so what can be known of a hidden cell is a question about flows."""

    def __init__(self, table: Counts) -> None:
        rows, columns = len(table), len(table[0]) if table else 0
        self.rows, self.all = rows, rows + columns
        self.cells: dict[Cell, _Arc] = {}
        for r, row in enumerate(table):
            for c, count in enumerate(row):
                self.cells[r, c] = _Arc(r, self.column(c), count)
            self.cells[r, TOTAL] = _Arc(self.all, r, sum(row))

    def column(self, number: int) -> int:
        """The place of a column's sum."""
        return self.rows + number

    def allow(
        self,
        hidden: set[Cell],
        starts: dict[int, int],
        goals: Sequence[tuple[int, int]],
        *,
        besides: Cell | None = None,
    ) -> bool:
        """Hide more cells, as few as will do, until people can flow from the starts to the goals in turn,
        each with how many. ``False`` when even hiding everything would not do."""
        while True:
            more = self._more_to_hide(hidden, starts, goals, besides)
            if more is None:
                return False
            if not more:
                return True
            hidden |= more

    def _more_to_hide(
        self,
        hidden: set[Cell],
        starts: dict[int, int],
        goals: Sequence[tuple[int, int]],
        besides: Cell | None,
    ) -> set[Cell] | None:
        """Send as much as flows over hidden cells; the cells of the cheapest way for what is left over."""
        moved: dict[Cell, int] = {}
        left = dict(starts)
        for goal, missing in goals:
            while missing > 0:
                from_ = [n for n, most in left.items() if most]
                way = self._cheapest(hidden, moved, from_, goal, besides)
                if way is None:
                    return None
                if shown := {cell for cell, _ in way if cell not in hidden}:
                    return shown
                start = self._begins(way, from_)
                room = [self._room(cell, way_up, moved) for cell, way_up in way]
                flow = min([missing, left[start], *room])
                for cell, way_up in way:
                    moved[cell] = moved.get(cell, 0) + way_up * flow
                left[start] -= flow
                missing -= flow
        return set()

    def _begins(self, way: list[tuple[Cell, int]], starts: list[int]) -> int:
        if not way:
            return starts[0]
        cell, way_up = way[0]
        return self.cells[cell].start if way_up > 0 else self.cells[cell].end

    def _room(self, cell: Cell, way_up: int, moved: dict[Cell, int]) -> int:
        """How many people more a cell can take (any number) or give (all but one)."""
        if way_up > 0:
            return 10**18
        return self.cells[cell].count + moved.get(cell, 0) - 1

    def _cheapest(
        self,
        hidden: set[Cell],
        moved: dict[Cell, int],
        starts: list[int],
        goal: int,
        besides: Cell | None,
    ) -> list[tuple[Cell, int]] | None:
        """The way that needs the fewest people left out more: cells, and whether each rises or falls."""
        queue: list[tuple[float, int, list[tuple[Cell, int]]]] = [(0.0, n, []) for n in starts]
        heapq.heapify(queue)
        done: set[int] = set()
        while queue:
            cost, here, way = heapq.heappop(queue)
            if here == goal:
                return way
            if here in done:
                continue
            done.add(here)
            for cell, arc in self.cells.items():
                if cell == besides or arc.count == 0 or here not in (arc.start, arc.end):
                    continue
                way_up = 1 if arc.start == here else -1
                if self._room(cell, way_up, moved) < 1:
                    continue
                price = 0.0 if cell in hidden else self._price(cell)
                there = arc.end if way_up > 0 else arc.start
                heapq.heappush(queue, (cost + price, there, [*way, (cell, way_up)]))
        return None

    def _price(self, cell: Cell) -> float:
        """Each cell costs one, and a little for how much it says; a total says most."""
        count = self.cells[cell].count
        return 1.0 + count / (count + 1000) + (1.0 if cell[1] == TOTAL else 0.0)
