"""A programme pack as frozen values: the rules of one programme as data. Pure; reads no files."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any


class PackError(ValueError):
    """A pack that cannot be used. ``path`` says where, ``message`` what is wrong."""

    def __init__(self, path: str, message: str) -> None:
        self.path = path
        self.message = message
        super().__init__(f"{path}: {message}")


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen: its need points, the share of the need that unpaid help meets,
    and whether choosing it says that the outcome cannot be achieved (or that a condition is met)."""

    key: str
    label: str
    hint: str = ""
    points: int = 0
    share: Fraction = Fraction(0)
    means_unable: bool = False


@dataclass(frozen=True)
class Question:
    """One question in plain words, with an easy-read variant."""

    key: str
    kind: str
    text: str
    easy_read: str
    hint: str = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    role: str = ""
    outcome: str = ""

    @cached_property
    def _by_key(self) -> dict[str, Option]:
        return {option.key: option for option in self.options}

    def option(self, key: str) -> Option | None:
        """The option with this key."""
        return self._by_key.get(key)


@dataclass(frozen=True)
class Section:
    """One page of the questionnaire."""

    key: str
    title: str
    intro: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Outcome:
    """One outcome of the eligibility regulations."""

    key: str
    title: str
    source: str
    words: str


@dataclass(frozen=True)
class Way:
    """One way in which somebody can be unable to achieve an outcome."""

    key: str
    title: str
    words: str


@dataclass(frozen=True)
class Condition:
    """Something that must be so before needs count at all: the gateway to a programme.

    ``words_unmet`` says what is lacking, so that it can stand after “The reason: ”.
    """

    key: str
    title: str
    question: str
    words_unmet: str


@dataclass(frozen=True)
class EligibilityTest:
    """Threshold and conditions of the test; all of them must hold.

    Where a pack asks about health, health at risk stands in for the threshold. Cause, health and
    wellbeing are no part of the test of a pack that has no question for them.
    """

    outcomes_needed: int
    cause_question: str
    wellbeing_question: str
    health_question: str
    source: str
    words_eligible: str
    words_not_eligible: str
    what_else_helps: tuple[str, ...]
    how_to_challenge: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Adjustment:
    """A named addition in the allocation: fixed pence a year, or a percentage of the sum so far."""

    key: str
    label: str
    question: str
    option: str
    pence: int = 0
    percent: Fraction = Fraction(0)


@dataclass(frozen=True)
class AllocationTable:
    """How points become pence a year."""

    method: str
    knots: tuple[tuple[int, int], ...] = ()
    pence_per_point: int = 0
    bands: tuple[tuple[int, int], ...] = ()
    prices: tuple[tuple[str, str, int, Fraction], ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    round_to_pence: int = 1
    minimum_pence: int = 0
    maximum_pence: int | None = None


@dataclass(frozen=True)
class Criterion:
    """One of the questions that a plan answers, and when it is returned."""

    key: str
    number: int
    question: str
    help: str
    easy_read: str
    returned_if: str
    needs: str = "words"


@dataclass(frozen=True)
class DelegatedLimit:
    """The most that one level may agree, in pence a year; ``None`` has no limit."""

    level: str
    pence: int | None
    above_indicative: bool


@dataclass(frozen=True)
class StageTime:
    """How many working days a stage usually takes, how many we aim for, and who has it."""

    stage: str
    usual_days: int
    held_by: str
    target_days: int = 0


@dataclass(frozen=True)
class ReviewTimetable:
    """When reviews fall due, in weeks after the plan (or the first direct payment) starts.

    Source: Care and Support Statutory Guidance, chapter 13 (the plan); Care and Support (Direct
    Payments) Regulations 2014, regulation 7 (a direct payment: within six months, then yearly).
    """

    first_from_weeks: int
    first_to_weeks: int
    then_every_weeks: int
    direct_payment_first_weeks: int = 26
    direct_payment_then_weeks: int = 52


@dataclass(frozen=True)
class Pack:
    """Everything a programme needs, checked for sense when it is built."""

    key: str
    version: str
    title: str
    legal_basis: str
    charged: bool
    outcomes: tuple[Outcome, ...]
    ways: tuple[Way, ...]
    wellbeing: tuple[tuple[str, str], ...]
    eligibility: EligibilityTest
    sections: tuple[Section, ...]
    allocation: AllocationTable
    criteria: tuple[Criterion, ...]
    limits: tuple[DelegatedLimit, ...]
    stages: tuple[StageTime, ...]
    reviews: ReviewTimetable

    def __hash__(self) -> int:
        """Packs that are equal share key and version: enough to find what was worked out for a pack."""
        return hash((self.key, self.version))

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions in order."""
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def asked_about(self) -> dict[tuple[str, str], Question]:
        """The question with a role about an outcome, by outcome and role; the first where two share them."""
        return {(q.outcome, q.role): q for q in reversed(self.questions)}

    def question(self, key: str) -> Question:
        """The question with this key. Raises ``KeyError``."""
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)

    def section(self, key: str) -> Section:
        """The section with this key. Raises ``KeyError``."""
        for section in self.sections:
            if section.key == key:
                return section
        raise KeyError(key)

    def outcome(self, key: str) -> Outcome:
        """The outcome with this key. Raises ``KeyError``."""
        for outcome in self.outcomes:
            if outcome.key == key:
                return outcome
        raise KeyError(key)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Pack":
        """Build and check a pack from the data of its YAML file. Raises ``PackError``."""
        from .reading import read_pack

        return read_pack(mapping)

    def as_mapping(self) -> dict[str, Any]:
        """The pack as plain data, in the shape of its file: ``from_mapping`` gives the same pack back."""
        from .writing import write_pack

        return write_pack(self)
