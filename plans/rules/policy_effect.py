"""What a change of an allocation table does to everybody assessed so far: counted, never named. Pure.

Exact: sums are whole pence, counts are whole people. What of it may be shown to others is the business
of ``policy_publishing``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carebudget.money import Pence, format_pounds

from .allocation import decimal_words
from .policy_answers import Whole
from .vectorised import BLOCK, LARGEST, Profiles

MORE, SAME, LESS, NOTHING = range(4)
OUTCOMES = ("Get more", "Get the same", "Get less", "Fall to nothing")
"""What a change can do to somebody; who falls to nothing is not counted as getting less as well."""

WIDTHS = tuple(pence * 10**zeros for zeros in range(4, 12) for pence in (1, 2, 5))
"""How wide a bar of the distribution can be, in pence: £100, £200, £500, £1,000 and so on."""

MOST_BARS = 12
MOST_CELLS = 2**23
EXACT_IN_FLOATS = 2**53
NEED_GROUPS = (
    (10, "tenth"),
    (5, "fifth"),
    (4, "quarter"),
    (3, "third"),
    (2, "half"),
)
SMALLEST_GROUP = 10


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to divide people: the group of each, by its place among the labels."""

    key: str
    title: str
    labels: tuple[str, ...]
    group: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Cells:
    """Everybody, counted once: how many have each profile and belong to the same group of every grouping.

    ``cell`` numbers those combinations of groups. Without ``profile`` everybody stands alone, in order.
    """

    groupings: tuple[Grouping, ...]
    cell: NDArray[Any]
    profile: NDArray[Any] | None
    people: Whole | None

    @property
    def shape(self) -> tuple[int, ...]:
        """How many groups each grouping has."""
        return tuple(len(grouping.labels) for grouping in self.groupings)


@dataclass(frozen=True)
class GroupEffect:
    """What a change does to one group."""

    label: str
    counts: tuple[int, ...]
    before_pence: Pence
    after_pence: Pence

    @property
    def people(self) -> int:
        """How many they are."""
        return sum(self.counts)


@dataclass(frozen=True)
class Division:
    """What a change does to each group of one grouping."""

    key: str
    title: str
    rows: tuple[GroupEffect, ...]


@dataclass(frozen=True)
class Bar:
    """How many people have a budget in a range, before and after. ``to_pence`` is its upper end.

    ``stayed`` are in it before and after, ``unchanged`` those of them whose budget is the same.
    """

    label: str
    to_pence: Pence
    before: int
    after: int
    stayed: int
    unchanged: int


@dataclass(frozen=True)
class Effect:
    """What a change does to everybody. ``gained_pence`` is what those who get more get on top."""

    counts: tuple[int, ...]
    before_pence: Pence
    after_pence: Pence
    gained_pence: Pence
    lost_pence: Pence
    divisions: tuple[Division, ...]
    bars: tuple[Bar, ...]

    @property
    def people(self) -> int:
        """How many they are."""
        return sum(self.counts)


def cells_of(profiles: Profiles, groupings: Sequence[Grouping]) -> Cells:
    """Count everybody by profile and group, so that each change of a table is quickly worked out."""
    size = prod(len(grouping.labels) for grouping in groupings)
    cell = np.zeros(len(profiles.spread(profiles.points)), np.min_scalar_type(size))
    for grouping in groupings:
        cell = cell * cell.dtype.type(len(grouping.labels)) + grouping.group.astype(cell.dtype)
    if profiles.of is None or len(profiles) * size > MOST_CELLS:
        return Cells(tuple(groupings), cell, profiles.of, None)
    together = np.bincount(profiles.of * np.int64(size) + cell, minlength=len(profiles) * size)
    found = np.flatnonzero(together)
    return Cells(tuple(groupings), found % size, found // size, together[found].astype(np.int64))


@dataclass(frozen=True, eq=False)
class Standing:
    """What everybody gets before a change, added up once by group."""

    cells: Cells
    before: Whole
    sums: NDArray[Any]
    places: dict[Pence, NDArray[np.int8]] = field(default_factory=dict)
    """The bar of each cell, for each width that was asked for."""

    def bars(self, width: Pence) -> NDArray[np.int8]:
        """The bar in which each cell is before the change."""
        if width not in self.places:
            found = [_bar(amounts, width) for amounts, _, _ in _blocks(self.cells, self.before)]
            self.places[width] = np.concatenate([np.zeros(0, np.int8), *found]).astype(np.int8)
        return self.places[width]


def standing_of(cells: Cells, before: Whole) -> Standing:
    """Add up what the profiles get before any change (pence a year)."""
    sums = _Tally(cells.shape)
    for amounts, rows, people in _blocks(cells, before):
        sums.add(cells.cell[rows].astype(np.intp), amounts, people)
    return Standing(cells, before, sums.found)


def effect_of(standing: Standing, after: Whole) -> Effect:
    """What changes when the profiles get ``after`` instead (pence a year)."""
    cells = standing.cells
    width, bars = _width_of(cells, standing.before, after)
    shape = (*cells.shape, len(OUTCOMES), bars + 1, len(KINDS))
    people, rise = _Tally(shape), _Tally(shape)
    stood = standing.bars(width)
    before = (amounts for amounts, _, _ in _blocks(cells, standing.before))
    for was, (amounts, rows, heads) in zip(before, _blocks(cells, after), strict=True):
        outcome, bar = outcomes(was, amounts), _bar(amounts, width).astype(np.int8)
        kind = (bar == stood[rows]).view(np.int8) + (outcome == SAME).view(np.int8)
        inside = (outcome.astype(np.int16) * (bars + 1) + bar) * len(KINDS) + kind
        place = cells.cell[rows].astype(np.intp) * prod(shape[-3:]) + inside
        people.count(place, heads)
        rise.add(place, amounts - was, heads)
    was_in = _Tally((bars + 1,))
    was_in.count(stood, cells.people)
    counts, change = (side.found.sum(axis=(-2, -1)) for side in (people, rise))
    by_outcome = _by_outcome(change)
    return Effect(
        counts=tuple(_by_outcome(counts).tolist()),
        before_pence=int(standing.sums.sum()),
        after_pence=int(standing.sums.sum()) + int(by_outcome.sum()),
        gained_pence=int(by_outcome[MORE]),
        lost_pence=-int(by_outcome[LESS] + by_outcome[NOTHING]),
        divisions=tuple(
            _division(grouping, axis, counts, standing.sums, change)
            for axis, grouping in enumerate(cells.groupings)
        ),
        bars=_bars(width, was_in.found, people.found.reshape(-1, bars + 1, len(KINDS)).sum(axis=0)),
    )


KINDS = ("came from another bar", "stayed in the bar", "unchanged")


def _bar(amounts: Whole, width: Pence) -> Whole:
    """In which bar an amount is: nothing at all is a bar of its own, the others are equally wide."""
    return (amounts + (width - 1)) // width


def _blocks(cells: Cells, amounts: Whole) -> Iterator[tuple[Whole, slice, Whole | None]]:
    """The amounts of the cells, a few thousand at a time, with where they stand and for how many people."""
    for start in range(0, len(cells.cell), BLOCK):
        rows = slice(start, start + BLOCK)
        some = amounts[rows] if cells.profile is None else amounts[cells.profile[rows]]
        yield some, rows, None if cells.people is None else cells.people[rows]


class _Tally:
    """Counts or sums by place, block after block, exact: in 64 bits while they fit, else in Python's own."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.found: NDArray[Any] = np.zeros(shape, np.int64)
        self.size = prod(shape)
        self.most = 0

    def count(self, place: NDArray[Any], people: Whole | None) -> None:
        """One more in each place, or as many as there are people."""
        found = np.bincount(place, weights=people, minlength=self.size)
        self.found += found.astype(np.int64).reshape(self.found.shape)

    def add(self, place: NDArray[Any], amounts: Whole, people: Whole | None) -> None:
        """The amount in each place, as often as there are people.

        Floats carry whole numbers exactly while no sum of a block can pass 2**53.
        """
        heads = len(place) if people is None else int(people.sum())
        largest = max(int(amounts.max(initial=0)), -int(amounts.min(initial=0))) * heads
        self.most += largest
        if self.most > LARGEST:
            self.found = self.found.astype(object)
        if largest < EXACT_IN_FLOATS:
            each = amounts if people is None else amounts * people
            found = np.bincount(place, weights=each, minlength=self.size).astype(np.int64)
        else:
            found = _summed_one_by_one(place, amounts, people, self.size)
        # without any grouping there is one place, for which numpy would give a bare number back
        together = self.found + found.reshape(self.found.shape)
        self.found = np.asarray(together, self.found.dtype)


def _summed_one_by_one(
    place: NDArray[Any], amounts: Whole, people: Whole | None, size: int
) -> NDArray[Any]:
    sums = [0] * size
    counts = [1] * len(place) if people is None else people.tolist()
    for at, amount, count in zip(place.tolist(), amounts.tolist(), counts, strict=True):
        sums[at] += amount * count
    return np.array(sums, object)


def outcomes(before: Whole, after: Whole) -> NDArray[np.int8]:
    """What becomes of each: ``MORE``, ``SAME``, ``LESS`` or ``NOTHING``."""
    less = after < before
    nothing = less & (after == 0)
    return SAME - (after > before).view(np.int8) + less.view(np.int8) + nothing.view(np.int8)


def _by_outcome(values: NDArray[Any]) -> NDArray[Any]:
    return values.sum(axis=tuple(range(values.ndim - 1)))


def _division(
    grouping: Grouping, axis: int, people: NDArray[Any], was: NDArray[Any], rise: NDArray[Any]
) -> Division:
    others = tuple(n for n in range(was.ndim) if n != axis)
    counts = people.sum(axis=others)
    before, change = was.sum(axis=others), rise.sum(axis=(*others, was.ndim))
    return Division(
        grouping.key,
        grouping.title,
        tuple(
            GroupEffect(
                label, tuple(counts[n].tolist()), int(before[n]), int(before[n]) + int(change[n])
            )
            for n, label in enumerate(grouping.labels)
        ),
    )


def _width_of(cells: Cells, before: Whole, after: Whole) -> tuple[Pence, int]:
    """How wide a bar is, and how many there are above nothing."""
    there = slice(None) if cells.profile is None else cells.profile
    most = max(int(before[there].max(initial=0)), int(after[there].max(initial=0)))
    width = next((w for w in WIDTHS if w * MOST_BARS >= most), most)
    return width, max(1, -(-most // width))


def _bars(width: Pence, was: NDArray[Any], becomes: NDArray[Any]) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            label=_range((n - 1) * width, n * width),
            to_pence=n * width,
            before=int(was[n]),
            after=int(kinds.sum()),
            stayed=int(kinds[1:].sum()),
            unchanged=int(kinds[2]),
        )
        for n, kinds in enumerate(becomes)
    )


def _range(low: Pence, high: Pence) -> str:
    if high == 0:
        return "Nothing"
    return (
        f"{format_pounds(low)} to {format_pounds(high)}" if low else f"Up to {format_pounds(high)}"
    )


def need_groups(points: Whole, parts: int) -> Grouping:
    """People by their need, lowest first: in tenths, or in larger groups while tenths would be small.

    People with the same points are never divided, so groups need not be equally large.
    """
    most = len(points)
    groups, word = next(((n, w) for n, w in NEED_GROUPS if most >= n * SMALLEST_GROUP), (1, ""))
    if groups == 1:
        return Grouping("need", "By need", ("Everybody",), np.zeros(most, np.uint8))
    counts = np.bincount(points)
    middle = np.cumsum(counts) * 2 - counts
    group_of = np.minimum(middle * groups // (2 * most), groups - 1).astype(np.uint8)
    held = [n for n in range(groups) if bool(counts[group_of == n].any())]
    if len(held) == 1:
        return Grouping("need", "By need", ("Everybody",), np.zeros(most, np.uint8))
    ends = [int(np.flatnonzero((group_of == n) & (counts > 0))[-1]) for n in held]
    title = f"By need, in {'halves' if word == 'half' else word + 's'}"
    labels = tuple(_need_label(n, held, word, ends, parts) for n in range(len(held)))
    return Grouping("need", title, labels, np.searchsorted(np.array(held), group_of)[points])


def _need_label(place: int, held: list[int], word: str, ends: list[int], parts: int) -> str:
    """Where a group ends, but never where the last one does: that is somebody's own figure."""
    if place == len(held) - 1:
        return f"Highest {word}: more than {_points(ends[place - 1], parts)}"
    name = f"{_nth(held[place] + 1)} {word}" if held[place] else f"Lowest {word}"
    return f"{name}: up to {_points(ends[place], parts)}"


def _points(count: int, parts: int) -> str:
    return f"{decimal_words(Fraction(count, parts))} points"


def _nth(number: int) -> str:
    return f"{number}{('th', 'st', 'nd', 'rd')[number] if number < 4 else 'th'}"


def furthest(profiles: Profiles, change: Whole, limit: int) -> NDArray[np.int64]:
    """The people for whom ``change`` is largest (and above nothing), largest first; their rows."""
    order = np.argsort(-change, kind="stable")
    order = order[(change[order] > 0) & (profiles.people[order] > 0)]
    if not len(order):
        return np.zeros(0, np.int64)
    enough = int(np.searchsorted(np.cumsum(profiles.people[order]), limit))
    least = int(change[order[min(enough, len(order) - 1)]])
    each = profiles.spread(change)
    rows = np.flatnonzero(each >= least)
    return rows[np.argsort(-each[rows], kind="stable")][:limit]
