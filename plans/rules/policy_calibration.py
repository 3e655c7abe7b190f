"""Proposing a table: to fit an envelope, or to follow what agreed plans really cost. Pure; decides nothing.

Both give a table like any other, to be looked at, changed and proposed by people. More need never gives
less in what is proposed. Source of the methods: the calibration of a resource allocation system against
past assessments and the plans that were agreed (see the domain note on resource allocation).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

import numpy as np

from carebudget.money import Pence, format_pounds, round_half_up

from .allocation import linear
from .pack import AllocationTable, Pack
from .policy_answers import Whole
from .policy_effect import SMALLEST_GROUP
from .vectorised import Profiles, before_adjustments, total

MOST_TIMES = 20
"""A table is not raised above twenty times what it was."""


_Ordered = TypeVar("_Ordered", int, Fraction)


class CannotFit(ValueError):
    """No table of this shape can do what was asked; the message says why, in a plain sentence."""


def fit_to_envelope(
    pack: Pack, profiles: Profiles, table: AllocationTable, target: Pence
) -> AllocationTable:
    """The table raised or lowered evenly until the total just fits into ``target`` pence a year.

    Its figures and the fixed sums of its adjustments rise together; rounding, minimum, maximum and
    percentages stay. One penny more on every figure would not fit. Raises ``CannotFit``.
    """
    largest = max(_figures(table), default=0)
    if largest == 0:
        raise CannotFit("Every figure of the table is nothing, so raising it changes nothing.")

    def cost(step: int) -> int:
        amounts = profiles.amounts(_scaled(pack, table, step, largest))
        return total(amounts, profiles.people)

    least = cost(0)
    if least > target:
        raise CannotFit(
            f"Even with nothing but the minimum the total is {format_pounds(least)} a year."
        )
    low, high = 0, largest * MOST_TIMES
    if cost(high) <= target:
        raise CannotFit(
            f"Even {MOST_TIMES} times the table does not reach {format_pounds(target)}."
        )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost(middle) <= target else (low, middle)
    return _scaled(pack, table, low, largest)


def _figures(table: AllocationTable) -> list[int]:
    figures = [pence for _, pence in table.knots] + [pence for _, pence in table.bands]
    figures += [table.pence_per_point, *(pence for _, _, pence, _ in table.prices)]
    return figures + [adjustment.pence for adjustment in table.adjustments]


def _scaled(pack: Pack, table: AllocationTable, times: int, divided_by: int) -> AllocationTable:
    """Every figure times a fraction, pennies cut off: what rose before still rises."""

    def scale(pence: Pence) -> Pence:
        return pence * times // divided_by

    return replace(
        table,
        knots=tuple((points, scale(pence)) for points, pence in table.knots),
        bands=tuple((start, scale(pence)) for start, pence in table.bands),
        pence_per_point=scale(table.pence_per_point),
        prices=_in_order(pack, [(k, o, scale(pence), u) for k, o, pence, u in table.prices]),
        adjustments=tuple(replace(a, pence=scale(a.pence)) for a in table.adjustments),
    )


def _in_order(
    pack: Pack, prices: Sequence[tuple[str, str, Pence, Fraction]]
) -> tuple[tuple[str, str, Pence, Fraction], ...]:
    """Cutting pennies off a price can make more need cheaper by a few pounds a year: put that right."""
    points = {key: {o.key: o.points for o in pack.question(key).options} for key, *_ in prices}
    found: dict[tuple[str, str], tuple[str, str, Pence, Fraction]] = {}
    for key, option, pence, units in sorted(prices, key=lambda p: points[p[0]][p[1]]):
        lesser = [
            other[2] * other[3]
            for other in found.values()
            if other[0] == key and points[key][other[1]] < points[key][option]
        ]
        needed = max(lesser, default=Fraction(0))
        if units and pence * units < needed:
            pence = -(
                -needed.numerator * units.denominator // (needed.denominator * units.numerator)
            )
        found[key, option] = (key, option, pence, units)
    return tuple(found[key, option] for key, option, *_ in prices)


@dataclass(frozen=True)
class Step:
    """What plans cost for people from one score to another (in points), at the percentile asked for.

    ``middle`` is the score in the middle of those people.
    """

    from_points: Fraction
    to_points: Fraction
    middle: Fraction
    plans: int
    pence: Pence


def fit_to_plans(
    pack: Pack,
    profiles: Profiles,
    table: AllocationTable,
    *,
    rows: Whole,
    costs: Sequence[Pence],
    percentile: int,
) -> AllocationTable:
    """The table that follows what agreed plans cost at ``percentile`` for each score.

    ``rows`` are the people whose plans cost ``costs`` pence a year. Adjustments stay, so they are taken
    off each cost first. Where no plan was agreed the table keeps its shape. Each figure rests on ten
    plans or more. Raises ``CannotFit``.
    """
    if len(costs) < SMALLEST_GROUP:
        raise CannotFit(
            f"There are fewer than {SMALLEST_GROUP} agreed plans to learn from, which is too few."
        )
    base = before_adjustments(profiles, table, rows, costs)
    points = profiles.spread(profiles.points)[rows]
    match table.method:
        case "linear":
            steps = rising_percentile(_by_score(points, base, profiles.parts), percentile)
            return replace(table, knots=_knots_along(table, steps))
        case "bands":
            return replace(
                table, bands=_bands_along(table, points, base, profiles.parts, percentile)
            )
        case "per_point":
            each = [
                Fraction(cost * profiles.parts, int(p))
                for p, cost in zip(points, base, strict=True)
                if p
            ]
            return replace(
                table, pence_per_point=round_half_up(at_percentile(sorted(each), percentile))
            )
        case _:
            return _prices_along(pack, profiles, table, rows, base, percentile)


def _by_score(
    points: Whole, base: Sequence[Pence], parts: int
) -> list[tuple[Fraction, list[Pence]]]:
    found: dict[int, list[Pence]] = {}
    for score, cost in zip(points.tolist(), base, strict=True):
        found.setdefault(score, []).append(cost)
    return [(Fraction(score, parts), sorted(found[score])) for score in sorted(found)]


def rising_percentile(
    scores: Sequence[tuple[Fraction, Sequence[Pence]]], percentile: int
) -> list[Step]:
    """A percentile of the costs at each score, as close to each as never falling allows.

    Neighbours are pooled while a group has fewer than ten plans, or a later one would cost less
    (pool adjacent violators, with the percentile of the pooled plans).
    """
    large: list[_Block] = []
    for score, costs in scores:
        large.append(_Block([score] * len(costs), sorted(costs)))
        if len(large) > 1 and len(large[-2].costs) < SMALLEST_GROUP:
            _pool_last(large)
    if len(large) > 1 and len(large[-1].costs) < SMALLEST_GROUP:
        _pool_last(large)
    rising: list[_Block] = []
    for block in large:
        rising.append(block)
        while len(rising) > 1 and rising[-2].worth(percentile) > rising[-1].worth(percentile):
            _pool_last(rising)
    return [block.step(percentile) for block in rising]


@dataclass(frozen=True)
class _Block:
    """Neighbouring scores that are looked at together: the score of each plan, and the costs in order."""

    scores: list[Fraction]
    costs: list[Pence]

    def worth(self, percentile: int) -> Pence:
        """The percentile of the costs."""
        return at_percentile(self.costs, percentile)

    def step(self, percentile: int) -> Step:
        """The block as a step."""
        middle = self.scores[len(self.scores) // 2]
        worth = self.worth(percentile)
        return Step(self.scores[0], self.scores[-1], middle, len(self.costs), worth)


def _pool_last(blocks: list[_Block]) -> None:
    later, before = blocks.pop(), blocks.pop()
    costs = sorted([*before.costs, *later.costs])
    blocks.append(_Block([*before.scores, *later.scores], costs))


def at_percentile(ordered: Sequence[_Ordered], percentile: int) -> _Ordered:
    """The value that so many per cent do not pass (nearest rank), of values in order."""
    rank = -(-percentile * len(ordered) // 100)
    return ordered[max(rank, 1) - 1]


def _knots_along(table: AllocationTable, steps: Sequence[Step]) -> tuple[tuple[int, Pence], ...]:
    """The knots where they are, at what plans cost there; beyond the plans the table keeps its shape."""
    known = [(step.middle, step.pence) for step in steps]
    return tuple(
        (points, _along(table, known, Fraction(points), pence)) for points, pence in table.knots
    )


def _along(
    table: AllocationTable, known: Sequence[tuple[Fraction, Pence]], points: Fraction, pence: Pence
) -> Pence:
    (lowest, least), (highest, most) = known[0], known[-1]
    if points < lowest:
        return min(_in_shape(table, lowest, least, pence), least)
    if points > highest:
        return max(_in_shape(table, highest, most, pence), most)
    for (low, less), (high, more) in pairwise(known):
        if low <= points < high:
            return round_half_up(less + (more - less) * (points - low) / (high - low))
    return most


def _in_shape(table: AllocationTable, at: Fraction, cost: Pence, pence: Pence) -> Pence:
    """A figure raised or lowered like the table's own where the plans end."""
    was = linear(table.knots, at)[0]
    return round_half_up(pence * cost / was) if was else pence


def _bands_along(
    table: AllocationTable, points: Whole, base: Sequence[Pence], parts: int, percentile: int
) -> tuple[tuple[int, Pence], ...]:
    starts = np.array([start * parts for start, _ in table.bands], np.int64)
    band = np.searchsorted(starts, points, side="right") - 1
    costs: dict[int, list[Pence]] = {}
    for number, cost in zip(band.tolist(), base, strict=True):
        if number >= 0:
            costs.setdefault(number, []).append(cost)
    if sum(len(some) for some in costs.values()) < SMALLEST_GROUP:
        raise CannotFit("Too few of those with an agreed plan reach the first band.")
    steps = rising_percentile([(Fraction(n), costs[n]) for n in sorted(costs)], percentile)
    return tuple(
        (start, _of_band(Fraction(n), pence, steps)) for n, (start, pence) in enumerate(table.bands)
    )


def _of_band(number: Fraction, pence: Pence, steps: Sequence[Step]) -> Pence:
    """What plans cost in the band; where there are none, what it was, kept between its neighbours."""
    inside = next((s for s in steps if s.from_points <= number <= s.to_points), None)
    if inside:
        return inside.pence
    below = max((s.pence for s in steps if s.to_points < number), default=0)
    above = min((s.pence for s in steps if s.from_points > number), default=None)
    return max(below, pence) if above is None else min(max(below, pence), above)


def _prices_along(
    pack: Pack,
    profiles: Profiles,
    table: AllocationTable,
    rows: Whole,
    base: Sequence[Pence],
    percentile: int,
) -> AllocationTable:
    bare = replace(table, adjustments=(), round_to_pence=1, minimum_pence=0, maximum_pence=None)
    priced = profiles.spread(profiles.amounts(bare))[rows].tolist()
    times = sorted(Fraction(cost, now) for cost, now in zip(base, priced, strict=True) if now)
    if len(times) < SMALLEST_GROUP:
        raise CannotFit("Too few of those with an agreed plan have needs that the list prices.")
    factor = at_percentile(times, percentile)
    scaled = _scaled(pack, bare, factor.numerator, factor.denominator)
    return replace(table, prices=scaled.prices)
