"""The allocation of many people at once: to the penny what ``allocation.allocate`` gives each. Pure.

A table is worked out over encoded answers in milliseconds, because people whose answers count the same
are one profile, worked out once. Nothing is ever a float: where a step could pass 64 bits, the same code
runs on Python's own whole numbers. Works out amounts; counts and compares nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .allocation import LocalAdjustment, points_are_parts_of
from .pack import Adjustment, AllocationTable, Pack
from .policy_answers import Choice, Encoded, Priced, Whole, place_of, prices_of

LARGEST = 2**62
"""No step of the arithmetic may pass this in 64 bits; beyond it, exact Python numbers are used."""

MOST_PROFILES = 2**20
FEW_CHOICES = 12
MOST_CHOICES = 62
BLOCK = 2**16
"""So many people are worked out at a time, so that what is in between stays near the processor."""


@dataclass(frozen=True, eq=False)
class Profiles:
    """Everybody, where those whose answers count the same for some tables stand as one profile.

    ``of`` is the profile of each person (``None``: everybody is their own), ``people`` how many share
    a profile (it may be nobody), ``points`` its net points in parts. ``combination`` says which of the
    answers that adjustments look at were chosen together; ``chose`` says for each combination whether
    it has the answer.
    """

    pack: Pack
    points: Whole
    combination: NDArray[Any]
    chose: Mapping[Choice, NDArray[np.bool_]]
    priced: tuple[Priced, ...]
    of: NDArray[Any] | None
    people: Whole

    def __len__(self) -> int:
        return len(self.points)

    @property
    def parts(self) -> int:
        """How many parts a point has."""
        return points_are_parts_of(self.pack)

    def amounts(
        self, table: AllocationTable, local: Sequence[LocalAdjustment] = ()
    ) -> NDArray[np.int64]:
        """What the table gives each profile, in pence a year."""
        prices = _price_list(self, table) if table.method == "price_list" else None
        changes = _changes(self, table, local)
        found = np.empty(len(self), np.int64)
        for start in range(0, len(self), BLOCK):
            rows = slice(start, start + BLOCK)
            sums = prices.of(self, rows) if prices else _by_points(self, table, rows)
            found[rows] = _rounded(changes.on(sums, self.combination[rows]), table)
        return found

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the profiles, for each person."""
        return values if self.of is None else values.take(self.of)


def profiles_of(encoded: Encoded, *tables: AllocationTable) -> Profiles:
    """The profiles that these tables can tell apart. Any other table with the same adjustments and prices
    (or fewer) can be worked out on them too."""
    choices = tuple(dict.fromkeys((a.question, a.option) for t in tables for a in t.adjustments))
    priced = tuple(dict.fromkeys(key for t in tables for key, *_ in t.prices))
    combination, each = _combinations(encoded, choices)
    most = int(encoded.points.max(initial=0)) + 1
    size = most * max(len(each), 1)
    chose = {choice: (each >> bit & 1).astype(np.bool_) for bit, choice in enumerate(choices)}
    if priced or size > MOST_PROFILES or not len(each):
        alone = each_alone(encoded)
        return replace(alone, combination=combination, chose=chose, priced=encoded.priced(priced))
    of = combination.astype(np.int32) * most + encoded.points.astype(np.int32)
    every = np.arange(size)
    return Profiles(
        pack=encoded.pack,
        points=every % most,
        combination=(every // most).astype(combination.dtype),
        chose=chose,
        priced=(),
        of=of,
        people=np.bincount(of, minlength=size).astype(np.int64),
    )


def each_alone(encoded: Encoded) -> Profiles:
    """Everybody as a profile of their own, in order."""
    return Profiles(
        pack=encoded.pack,
        points=encoded.points,
        combination=np.zeros(len(encoded), np.uint8),
        chose={},
        priced=(),
        of=None,
        people=np.ones(len(encoded), np.int64),
    )


def _combinations(
    encoded: Encoded, choices: Sequence[Choice]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """A small code for each person, and for each code the answers chosen, one bit each."""
    if len(choices) > MOST_CHOICES:
        raise OverflowError("A table cannot have so many adjustments")
    bits = np.zeros(len(encoded), np.min_scalar_type((1 << len(choices)) - 1))
    for bit, choice in enumerate(choices):
        bits |= encoded.chose(choice).astype(bits.dtype) << bits.dtype.type(bit)
    if len(choices) <= FEW_CHOICES:
        return bits, np.arange(1 << len(choices))
    each, code = np.unique(bits, return_inverse=True)
    return code.astype(np.int32), each.astype(np.int64)


def allocate_all(
    encoded: Encoded, table: AllocationTable, local: Sequence[LocalAdjustment] = ()
) -> NDArray[np.int64]:
    """What the table gives each person, in pence a year: exactly ``allocate(pack, answers, local)``.

    Raises ``OverflowError`` when a sum does not fit into 64 bits.
    """
    profiles = profiles_of(encoded, table)
    return profiles.spread(profiles.amounts(table, local))


def total(amounts: Whole, people: Whole) -> int:
    """The exact sum of the amounts, each as often as there are people."""
    if int(amounts.max(initial=0)) * int(people.sum()) > LARGEST:
        return int((amounts.astype(object) * people).sum())
    return int((amounts * people).sum())


def before_adjustments(
    profiles: Profiles, table: AllocationTable, rows: Whole, amounts: Sequence[int]
) -> list[int]:
    """What the table itself would have to give these people so that, with its adjustments, each gets the
    amount; pennies cut off, and never below nothing."""
    changes = _changes(profiles, table, ())
    combination = profiles.spread(profiles.combination)[rows].tolist()
    return [
        max(0, int((amount * changes.bottom - changes.plus[of]) // changes.times[of]))
        for amount, of in zip(amounts, combination, strict=True)
    ]


@dataclass(frozen=True)
class _Sums:
    """Exact sums ``top / bottom``, none negative; no ``top`` is above ``most``."""

    top: NDArray[Any]
    bottom: int
    most: int

    def ready_for(self, most: int) -> NDArray[Any]:
        """The tops, as numbers that can grow to ``most``."""
        return self.top.astype(object) if most > LARGEST else self.top


def _by_points(crowd: Profiles, table: AllocationTable, rows: slice) -> _Sums:
    points = crowd.points[rows]
    match table.method:
        case "linear":
            return _linear(table.knots, points, crowd.parts)
        case "per_point":
            most = int(points.max(initial=0)) * table.pence_per_point
            top = _Sums(points, crowd.parts, most).ready_for(most) * table.pence_per_point
            return _Sums(top, crowd.parts, most)
        case "bands":
            return _banded(table.bands, points, crowd.parts)
        case other:
            raise ValueError(f"unknown method {other}")


def _numbers(values: Sequence[int], most: int) -> NDArray[Any]:
    """Whole numbers in 64 bits, or Python's own when what is made of them can pass that."""
    return np.array(values, np.int64 if most <= LARGEST else object)


def _linear(knots: tuple[tuple[int, int], ...], points: Whole, parts: int) -> _Sums:
    lines = list(pairwise(knots)) or [(knots[0], (knots[0][0] + 1, knots[0][1]))]
    bottom = lcm(*(parts * (high - low) for (low, _), (high, _) in lines))
    most = knots[-1][1] * bottom
    starts = np.array([low * parts for (low, _), _ in lines], np.int64)
    base = _numbers([pence * bottom for (_, pence), _ in lines], most)
    slopes = _numbers(
        [(more - less) * bottom // (parts * (high - low)) for (low, less), (high, more) in lines],
        most,
    )
    at = np.clip(points, knots[0][0] * parts, knots[-1][0] * parts)
    line = np.searchsorted(starts, at, side="right") - 1
    return _Sums(base[line] + slopes[line] * (at - starts[line]), bottom, most)


def _banded(bands: tuple[tuple[int, int], ...], points: Whole, parts: int) -> _Sums:
    most = bands[-1][1]
    pence = _numbers([0, *(pence for _, pence in bands)], most)
    starts = np.array([start * parts for start, _ in bands], np.int64)
    return _Sums(pence[np.searchsorted(starts, points, side="right")], 1, most)


@dataclass(frozen=True, eq=False)
class _PriceList:
    """What each combination of answers costs, looked up once for a table."""

    worth: tuple[NDArray[Any], ...]
    bottom: int
    most: int

    def of(self, crowd: Profiles, rows: slice) -> _Sums:
        """The costs of some of the crowd, added up."""
        first, *others = zip(crowd.priced, self.worth, strict=True)
        top = first[1].take(first[0].codes[rows])
        for some, worth in others:
            top += worth.take(some.codes[rows])
        return _Sums(top, self.bottom, self.most)


def _price_list(crowd: Profiles, table: AllocationTable) -> _PriceList:
    parts, pack = crowd.parts, crowd.pack
    units = lcm(*(each.denominator for *_, each in table.prices))
    costs = {key: [0] * prices_of(pack, key) for some in crowd.priced for key in some.keys}
    for key, option, pence, each in table.prices:
        first = place_of(pack.question(key), option) * (parts + 1)
        for share in range(parts + 1):
            costs[key][first + share] += pence * int(each * units) * (parts - share)
    most = sum(max(worth) for worth in costs.values())
    worths = []
    for some in crowd.priced:
        worth = _numbers([0], most)
        for key in some.keys:
            worth = np.add.outer(worth, _numbers(costs[key], most)).ravel()
        worths.append(worth)
    return _PriceList(tuple(worths), units * parts, most)


@dataclass(frozen=True, eq=False)
class _Changes:
    """All adjustments in order, as one multiplication and one addition for each combination of answers.

    A sum becomes ``(sum * times + plus) / bottom``.
    """

    times: NDArray[Any]
    plus: NDArray[Any]
    bottom: int

    def on(self, sums: _Sums, combination: NDArray[Any]) -> _Sums:
        """The sums after the adjustments that each person's answers call for."""
        most = max(sums.most, 1) * max(self.times, default=1)
        most += sums.bottom * max(self.plus, default=0)
        kind = np.int64 if most <= LARGEST else object
        times, plus = self.times.astype(kind), (self.plus * sums.bottom).astype(kind)
        top = sums.ready_for(most) * times.take(combination) + plus.take(combination)
        return _Sums(top, sums.bottom * self.bottom, most)


def _changes(crowd: Profiles, table: AllocationTable, local: Sequence[LocalAdjustment]) -> _Changes:
    size = len(next(iter(crowd.chose.values()), [None]))
    times, plus, bottom = np.ones(size, object), np.zeros(size, object), 1
    everybody = np.ones(size, np.bool_)
    every: list[Adjustment | LocalAdjustment] = [*table.adjustments, *local]
    for change in every:
        who = (
            crowd.chose[change.question, change.option]
            if isinstance(change, Adjustment)
            else everybody
        )
        factor = 1 + change.percent / Fraction(100)
        bottom *= factor.denominator
        grows = np.array([factor.denominator, factor.numerator], object)[who.astype(np.intp)]
        times, plus = times * grows, plus * grows
        plus = plus + np.array([0, change.pence * bottom], object)[who.astype(np.intp)]
    return _Changes(times, plus, bottom)


def _rounded(sums: _Sums, table: AllocationTable) -> NDArray[np.int64]:
    """Halves up to the table's unit, then kept between minimum and maximum."""
    unit = table.round_to_pence
    whole = unit * sums.bottom
    top = sums.ready_for(2 * sums.most + 2 * whole)
    if whole % 2 == 0:
        rounded = (top + whole // 2) // whole
    else:
        rounded = (2 * top + whole) // (2 * whole)
    annual = rounded * unit if unit > 1 else rounded
    if table.minimum_pence:
        annual = np.maximum(annual, table.minimum_pence)
    if table.maximum_pence is not None:
        annual = np.minimum(annual, table.maximum_pence)
    return annual.astype(np.int64, copy=False)
