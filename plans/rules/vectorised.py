"""The allocation of many people at once: to the penny what ``allocation.allocate`` gives each. Pure.

Answers are encoded once for a pack, in whole numbers: net points in parts of a point, what was chosen in
small codes. A table over the same questions is then worked out in milliseconds, because people whose
answers count the same are one profile. Nothing is ever a float: where a step could pass 64 bits, the
same code runs on Python's own whole numbers. Encodes and works out; counts and compares nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import lcm, prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .allocation import LocalAdjustment, points_are_parts_of
from .answers import AnswerError, check_answer, is_answered
from .eligibility import asked
from .pack import Adjustment, AllocationTable, Pack, Question

Whole: TypeAlias = NDArray[np.int64]
Choice: TypeAlias = tuple[str, str]
"""A question and one of its options."""

LARGEST = 2**62
"""No step of the arithmetic may pass this in 64 bits; beyond it, exact Python numbers are used."""

MOST_PROFILES = 2**20
MOST_COMBINATIONS = 2**16
FEW_CHOICES = 12
MOST_CHOICES = 62
BLOCK = 2**15
NOT_COUNTED = ("words", "ways", "wellbeing")


@dataclass(frozen=True, eq=False)
class Encoded:
    """The answers of many people, encoded for one pack. One row each, in the order they came.

    ``points`` are net points in parts of a point. ``choices`` holds, for each question, 1 + the place
    of the option chosen, or 0. ``ticked`` holds the options ticked where several can be. ``shares`` is
    how much of each outcome unpaid help meets, in parts.
    """

    pack: Pack
    points: Whole
    choices: Mapping[str, NDArray[Any]]
    ticked: Mapping[Choice, NDArray[np.bool_]]
    shares: Mapping[str, NDArray[Any]]
    _priced: dict[tuple[str, ...], "tuple[Priced, ...]"] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def parts(self) -> int:
        """How many parts a point has."""
        return points_are_parts_of(self.pack)

    def chose(self, choice: Choice) -> NDArray[np.bool_]:
        """Who chose this option."""
        key, option = choice
        place = _place(self.pack.question(key), option)
        chosen: NDArray[np.bool_] = self.choices[key] == place
        return chosen | self.ticked[choice] if choice in self.ticked else chosen

    def priced(self, keys: tuple[str, ...]) -> "tuple[Priced, ...]":
        """For a price list: what was chosen, and the share that unpaid help meets, as few columns."""
        if keys not in self._priced:
            self._priced[keys] = tuple(self._together(some) for some in _in_groups(self.pack, keys))
        return self._priced[keys]

    def _together(self, keys: tuple[str, ...]) -> "Priced":
        codes = np.zeros(len(self), np.int64)
        for key in keys:
            codes *= _prices_of(self.pack, key)
            codes += self.choices[key].astype(np.int64) * (self.parts + 1)
            if (outcome := self.pack.question(key).outcome) in self.shares:
                codes += self.shares[outcome]
        most = prod(_prices_of(self.pack, key) for key in keys)
        return Priced(keys, codes.astype(np.min_scalar_type(most - 1)))

    def only(self, rows: Any) -> "Encoded":
        """Some of the rows: a mask, places or a slice."""
        return Encoded(
            pack=self.pack,
            points=self.points[rows],
            choices={key: column[rows] for key, column in self.choices.items()},
            ticked={key: column[rows] for key, column in self.ticked.items()},
            shares={key: column[rows] for key, column in self.shares.items()},
        )

    def joined(self, later: "Encoded") -> "Encoded":
        """These people, and then others encoded for the same pack."""

        def both(mine: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> dict[Any, Any]:
            return {key: np.concatenate([mine[key], theirs[key]]) for key in mine}

        return Encoded(
            pack=self.pack,
            points=np.concatenate([self.points, later.points]),
            choices=both(self.choices, later.choices),
            ticked=both(self.ticked, later.ticked),
            shares=both(self.shares, later.shares),
        )


def counted_questions(pack: Pack) -> tuple[Question, ...]:
    """The questions whose answers an allocation may look at: needs, unpaid help, and what can be named."""
    named = {a.question for a in pack.allocation.adjustments}
    named |= {key for key, *_ in pack.allocation.prices}
    return tuple(
        q for q in pack.questions if q.options and (q.role not in NOT_COUNTED or q.key in named)
    )


def fits(pack: Pack, answers: Mapping[str, Any]) -> bool:
    """Whether these answers, perhaps to an older version, can be worked out by this pack."""
    for question in counted_questions(pack):
        if not is_answered(question, answers):
            if question.required:
                return False
            continue
        try:
            check_answer(question, answers[question.key])
        except AnswerError:
            return False
    return True


def encode(pack: Pack, people: Sequence[Mapping[str, Any]]) -> Encoded:
    """The answers of many people as compact arrays. Answers that fit nothing count as no answer."""
    parts = points_are_parts_of(pack)
    counted = counted_questions(pack)
    choices = {q.key: _choices(q, people) for q in counted}
    ticked = {
        (q.key, option.key): np.fromiter(
            (_ticks(one.get(q.key), option.key) for one in people), np.bool_, len(people)
        )
        for q in counted
        if q.kind == "multi"
        for option in q.options
    }
    points = np.zeros(len(people), np.int64)
    shares: dict[str, NDArray[Any]] = {}
    for outcome in pack.outcomes:
        need, unpaid = asked(pack, outcome.key, "need"), asked(pack, outcome.key, "unpaid")
        share = np.zeros(len(people), np.int64)
        if unpaid is not None:
            worth = [0, *(int(option.share * parts) for option in unpaid.options)]
            share = np.array(worth, np.int64)[choices[unpaid.key]]
            shares[outcome.key] = share.astype(np.min_scalar_type(parts))
        if need is not None:
            worth = [0, *(option.points for option in need.options)]
            points += np.array(worth, np.int64)[choices[need.key]] * (parts - share)
    return Encoded(pack=pack, points=points, choices=choices, ticked=ticked, shares=shares)


def _choices(question: Question, people: Sequence[Mapping[str, Any]]) -> NDArray[Any]:
    places = {option.key: place for place, option in enumerate(question.options, start=1)}
    kind = np.min_scalar_type(len(places))

    def place(value: Any) -> int:
        return places.get(value, 0) if isinstance(value, str) else 0

    return np.fromiter((place(one.get(question.key)) for one in people), kind, len(people))


def _ticks(value: Any, option: str) -> bool:
    return isinstance(value, list) and option in value


def _place(question: Question, key: str) -> int:
    return 1 + next(n for n, option in enumerate(question.options) if option.key == key)


@dataclass(frozen=True, eq=False)
class Priced:
    """The answers to some questions of a price list in one column: each combination has a code."""

    keys: tuple[str, ...]
    codes: NDArray[Any]


def _prices_of(pack: Pack, key: str) -> int:
    """How many prices an answer can have: each option, or none, less each share of unpaid help."""
    return (len(pack.question(key).options) + 1) * (points_are_parts_of(pack) + 1)


def _in_groups(pack: Pack, keys: Iterable[str]) -> list[tuple[str, ...]]:
    groups: list[tuple[str, ...]] = []
    for key in keys:
        together = (*groups[-1], key) if groups else (key,)
        if groups and prod(_prices_of(pack, one) for one in together) <= MOST_COMBINATIONS:
            groups[-1] = together
        else:
            groups.append((key,))
    return groups


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
    priced: "tuple[Priced, ...]"
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
        return values if self.of is None else values[self.of]


def profiles_of(encoded: Encoded, *tables: AllocationTable) -> Profiles:
    """The profiles that these tables can tell apart. Any other table with the same adjustments and prices
    (or fewer) can be worked out on them too."""
    choices = tuple(dict.fromkeys((a.question, a.option) for t in tables for a in t.adjustments))
    priced = tuple(dict.fromkeys(key for t in tables for key, *_ in t.prices))
    combination, each = _combinations(encoded, choices)
    most = int(encoded.points.max(initial=0)) + 1
    size = most * max(len(each), 1)
    chose = {choice: (each >> bit & 1).astype(np.bool_) for bit, choice in enumerate(choices)}
    if priced or size > MOST_PROFILES:
        return Profiles(
            pack=encoded.pack,
            points=encoded.points,
            combination=combination,
            chose=chose,
            priced=encoded.priced(priced),
            of=None,
            people=np.ones(len(encoded), np.int64),
        )
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
        top = np.zeros(len(crowd.points[rows]), np.int64 if self.most <= LARGEST else object)
        for some, worth in zip(crowd.priced, self.worth, strict=True):
            top += worth[some.codes[rows]]
        return _Sums(top, self.bottom, self.most)


def _price_list(crowd: Profiles, table: AllocationTable) -> _PriceList:
    parts, pack = crowd.parts, crowd.pack
    units = lcm(*(each.denominator for *_, each in table.prices))
    costs = {key: [0] * _prices_of(pack, key) for some in crowd.priced for key in some.keys}
    for key, option, pence, each in table.prices:
        first = _place(pack.question(key), option) * (parts + 1)
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
        top = sums.ready_for(most) * times[combination] + plus[combination]
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
    unit = table.round_to_pence
    half = unit * sums.bottom
    top = sums.ready_for(2 * sums.most + 2 * half)
    rounded = (2 * top + half) // (2 * half) * unit
    annual = np.maximum(rounded, table.minimum_pence)
    if table.maximum_pence is not None:
        annual = np.minimum(annual, table.maximum_pence)
    return annual.astype(np.int64)
