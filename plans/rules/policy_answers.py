"""The answers of many people to one pack, as compact columns of whole numbers. Pure.

Encoded once, they serve every table that is tried over the same questions. Nobody is named here: a row
is a person only to whoever gave the answers in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .allocation import points_are_parts_of
from .answers import AnswerError, check_answer, is_answered
from .eligibility import asked
from .pack import Pack, Question

Whole: TypeAlias = NDArray[np.int64]
Choice: TypeAlias = tuple[str, str]
"""A question and one of its options."""

MOST_COMBINATIONS = 2**16
"""A column of a price list holds at most so many combinations of answers."""

NOT_COUNTED = ("words", "ways", "wellbeing")


@dataclass(frozen=True, eq=False)
class Priced:
    """The answers to some questions of a price list in one column: each combination has a code."""

    keys: tuple[str, ...]
    codes: NDArray[Any]


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
    _priced: dict[tuple[str, ...], tuple[Priced, ...]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.points)

    @property
    def parts(self) -> int:
        """How many parts a point has."""
        return points_are_parts_of(self.pack)

    def chose(self, choice: Choice) -> NDArray[np.bool_]:
        """Who chose this option."""
        key, option = choice
        place = place_of(self.pack.question(key), option)
        chosen: NDArray[np.bool_] = self.choices[key] == place
        return chosen | self.ticked[choice] if choice in self.ticked else chosen

    def priced(self, keys: tuple[str, ...]) -> tuple[Priced, ...]:
        """For a price list: what was chosen, and the share that unpaid help meets, as few columns."""
        if keys not in self._priced:
            self._priced[keys] = tuple(self._together(some) for some in _in_groups(self.pack, keys))
        return self._priced[keys]

    def _together(self, keys: tuple[str, ...]) -> Priced:
        codes = np.zeros(len(self), np.int64)
        for key in keys:
            codes *= prices_of(self.pack, key)
            codes += self.choices[key].astype(np.int64) * (self.parts + 1)
            if (outcome := self.pack.question(key).outcome) in self.shares:
                codes += self.shares[outcome]
        most = prod(prices_of(self.pack, key) for key in keys)
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


def place_of(question: Question, key: str) -> int:
    """The code of an option: 1 + its place."""
    return 1 + next(n for n, option in enumerate(question.options) if option.key == key)


def prices_of(pack: Pack, key: str) -> int:
    """How many prices an answer can have: each option, or none, less each share of unpaid help."""
    return (len(pack.question(key).options) + 1) * (points_are_parts_of(pack) + 1)


def _in_groups(pack: Pack, keys: Iterable[str]) -> list[tuple[str, ...]]:
    groups: list[tuple[str, ...]] = []
    for key in keys:
        together = (*groups[-1], key) if groups else (key,)
        if groups and prod(prices_of(pack, one) for one in together) <= MOST_COMBINATIONS:
            groups[-1] = together
        else:
            groups.append((key,))
    return groups
