"""What a change of an allocation table does to everybody assessed so far: counted, never named. Pure.

Exact: sums are whole pence, counts are whole people. What of it may be shown to others is the business
of ``policy_publishing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carebudget.money import Pence, format_pounds

from .allocation import decimal_words
from .policy_answers import Whole
from .vectorised import LARGEST, MOST_PROFILES, Profiles

MORE, SAME, LESS, NOTHING = range(4)
OUTCOMES = ("Get more", "Get the same", "Get less", "Fall to nothing")
"""What a change can do to somebody; who falls to nothing is not counted as getting less as well."""

WIDTHS = tuple(pence * 10**zeros for zeros in range(4, 12) for pence in (1, 2, 5))
"""How wide a bar of the distribution can be, in pence: £100, £200, £500, £1,000 and so on."""

MOST_BARS = 12
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
class Split:
    """A grouping, counted once for the profiles: how many of a profile belong to a group."""

    key: str
    title: str
    labels: tuple[str, ...]
    profile: NDArray[Any]
    group: NDArray[Any]
    people: Whole


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
    """How many people have a budget in a range, before and after. ``to_pence`` is its upper end."""

    label: str
    to_pence: Pence
    before: int
    after: int


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


def split(profiles: Profiles, grouping: Grouping) -> Split:
    """Count a grouping for the profiles."""
    groups = len(grouping.labels)
    if profiles.of is None or len(profiles) * groups > 8 * MOST_PROFILES:
        every = np.arange(len(grouping.group)) if profiles.of is None else profiles.of
        people = np.ones(len(grouping.group), np.int64)
        return Split(grouping.key, grouping.title, grouping.labels, every, grouping.group, people)
    codes = profiles.of * np.int64(groups) + grouping.group
    counted = np.bincount(codes, minlength=len(profiles) * groups)
    found = np.flatnonzero(counted)
    return Split(
        key=grouping.key,
        title=grouping.title,
        labels=grouping.labels,
        profile=found // groups,
        group=found % groups,
        people=counted[found].astype(np.int64),
    )


def effect_of(
    profiles: Profiles, before: Whole, after: Whole, splits: Sequence[Split] = ()
) -> Effect:
    """What changes when the profiles get ``after`` where they got ``before`` (pence a year)."""
    outcome = outcomes(before, after)
    people = profiles.people
    change = after - before
    return Effect(
        counts=_counted(outcome, people),
        before_pence=total(before, people),
        after_pence=total(after, people),
        gained_pence=total(np.maximum(change, 0), people),
        lost_pence=total(np.maximum(-change, 0), people),
        divisions=tuple(_division(one, before, after, outcome) for one in splits),
        bars=_bars(before, after, people),
    )


def outcomes(before: Whole, after: Whole) -> NDArray[np.int8]:
    """What becomes of each: ``MORE``, ``SAME``, ``LESS`` or ``NOTHING``."""
    found = np.full(len(before), SAME, np.int8)
    found[after > before] = MORE
    found[after < before] = LESS
    found[(after == 0) & (before > 0)] = NOTHING
    return found


def total(amounts: Whole, people: Whole) -> int:
    """The exact sum of the amounts, each as often as there are people."""
    most = int(amounts.max(initial=0)) * int(people.sum())
    if most > LARGEST:
        return int((amounts.astype(object) * people).sum())
    return int((amounts * people).sum())


def _counted(outcome: NDArray[np.int8], people: Whole) -> tuple[int, ...]:
    return tuple(int(people[outcome == one].sum()) for one in range(len(OUTCOMES)))


def _division(of: Split, before: Whole, after: Whole, outcome: NDArray[np.int8]) -> Division:
    theirs, was, becomes = outcome[of.profile], before[of.profile], after[of.profile]
    rows = []
    for number, label in enumerate(of.labels):
        mine = np.flatnonzero(of.group == number)
        people = of.people[mine]
        rows.append(
            GroupEffect(
                label=label,
                counts=_counted(theirs[mine], people),
                before_pence=total(was[mine], people),
                after_pence=total(becomes[mine], people),
            )
        )
    return Division(of.key, of.title, tuple(rows))


def _bars(before: Whole, after: Whole, people: Whole) -> tuple[Bar, ...]:
    """Nothing at all is a bar of its own; the others are equally wide."""
    there = people > 0
    most = max(int(before[there].max(initial=0)), int(after[there].max(initial=0)))
    width = next((w for w in WIDTHS if w * MOST_BARS >= most), most)
    bars = max(1, -(-most // width))

    def counted(amounts: Whole) -> NDArray[np.int64]:
        bar = (amounts[there] + (width - 1)) // width
        return np.bincount(bar, weights=people[there], minlength=bars + 1).astype(np.int64)

    was, becomes = counted(before), counted(after)
    return tuple(
        Bar(_range((n - 1) * width, n * width), n * width, int(was[n]), int(becomes[n]))
        for n in range(bars + 1)
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
