"""What a table does to everybody assessed so far, beside what there is: as the pages and exports show it.

Counts are published with small ones left out. Single cases are named only on the page, to those who may
open them, and never in an export.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from carebudget.money import Pence, format_pence
from carebudget.people.models import User

from ..models import ProgrammePack
from ..rules.allocation import decimal_words
from ..rules.pack import AllocationTable
from ..rules.policy_answers import Whole
from ..rules.policy_effect import (
    NOTHING,
    OUTCOMES,
    SAME,
    Standing,
    cells_of,
    effect_of,
    furthest,
    outcomes,
    standing_of,
)
from ..rules.policy_publishing import LEFT_OUT, Shown, publish, signed
from ..rules.policy_suppression import is_small
from ..rules.policy_tables import Beside, beside
from ..rules.vectorised import Profiles, allocate_all, each_alone, profiles_of
from .policy import OtherProgramme, Population, family_cases, other_programmes, population

NAMED = 10
"""So many cases are named at each end."""

LOOKED_AT = 8


@dataclass(frozen=True)
class NamedChange:
    """One case, with what it would get before and after."""

    reference: str
    points: str
    before_pence: Pence
    after_pence: Pence

    @property
    def change_words(self) -> str:
        """By how much it rises or falls."""
        return signed(self.after_pence - self.before_pence)


@dataclass(frozen=True)
class Envelope:
    """A total beside the money there is, less what is kept back."""

    envelope_pence: Pence
    contingency_percent: Decimal
    total_pence: Pence

    @property
    def target_pence(self) -> Pence:
        """What may be given out."""
        return target_of(self.envelope_pence, self.contingency_percent)

    @property
    def kept_back_pence(self) -> Pence:
        """What is kept for what cannot be foreseen."""
        return self.envelope_pence - self.target_pence

    @property
    def left_pence(self) -> Pence:
        """What is left of it; negative when the total is more."""
        return self.target_pence - self.total_pence

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        if self.left_pence < 0:
            return f"The total is {format_pence(-self.left_pence)} a year more than there is."
        if self.left_pence == 0:
            return "The total is exactly what there is."
        return f"The total leaves {format_pence(self.left_pence)} a year."


def target_of(envelope_pence: Pence, contingency_percent: Decimal) -> Pence:
    """The envelope less the contingency, pennies cut off."""
    given = Fraction(envelope_pence) * (100 - Fraction(contingency_percent)) / 100
    return given.numerator // given.denominator


@dataclass(frozen=True)
class ProgrammeEffect:
    """A programme on the list of all: only one of them changes."""

    title: str
    people: int | None
    counts: tuple[int | None, ...]
    before_pence: Pence | None
    after_pence: Pence | None
    changes: bool

    @property
    def change_words(self) -> str:
        """By how much its budgets rise or fall in all."""
        if self.before_pence is None or self.after_pence is None:
            return LEFT_OUT
        return signed(self.after_pence - self.before_pence)


@dataclass(frozen=True)
class Report:
    """Everything the workbench says about one table beside another."""

    shown: Shown
    programmes: tuple[ProgrammeEffect, ...]
    lines: tuple[Beside, ...]
    gains: tuple[NamedChange, ...]
    losses: tuple[NamedChange, ...]
    to_nothing: tuple[NamedChange, ...]
    left_out: int
    envelope: Envelope | None = None

    @property
    def changed_lines(self) -> tuple[Beside, ...]:
        """The figures of the table that differ."""
        return tuple(line for line in self.lines if line.differs)

    def as_data(self) -> dict[str, Any]:
        """JSON data of what may be shown to others: no case is in it."""
        found: dict[str, Any] = {
            "table": [{"figure": b.label, "before": b.one, "after": b.other} for b in self.lines],
            "effect": self.shown.as_data(),
            "programmes": [
                {
                    "programme": p.title,
                    "people": p.people,
                    "before_pence": p.before_pence,
                    "after_pence": p.after_pence,
                }
                for p in self.programmes
            ],
        }
        if self.envelope:
            found["envelope"] = {
                "envelope_pence": self.envelope.envelope_pence,
                "contingency_percent": str(self.envelope.contingency_percent),
                "target_pence": self.envelope.target_pence,
                "left_pence": self.envelope.left_pence,
            }
        return found


def report_on(
    pack: ProgrammePack,
    people: Population,
    before: AllocationTable,
    after: AllocationTable,
    *,
    user: User,
    envelope_pence: Pence | None = None,
    contingency_percent: Decimal = Decimal(0),
) -> Report:
    """What ``after`` does where ``before`` stands, for people encoded for this version."""
    profiles, standing = _counted(people, before, after)
    lines = beside(people.pack, before, people.pack, after)
    return _report(
        pack,
        people,
        profiles,
        standing,
        profiles.amounts(after),
        lines=lines,
        user=user,
        envelope_pence=envelope_pence,
        contingency_percent=contingency_percent,
    )


def _counted(
    people: Population, before: AllocationTable, after: AllocationTable
) -> tuple[Profiles, Standing]:
    """Everybody counted for these tables; the same again for another change of the same figures."""
    looks_at = frozenset((a.question, a.option) for a in after.adjustments)
    key = (before, looks_at, frozenset(key for key, *_ in after.prices))
    if key not in people.looked_at:
        if len(people.looked_at) >= LOOKED_AT:
            people.looked_at.clear()
        profiles = profiles_of(people.encoded, before, after)
        cells = cells_of(profiles, people.groupings)
        people.looked_at[key] = (profiles, standing_of(cells, profiles.amounts(before)))
    found: tuple[Profiles, Standing] = people.looked_at[key]
    return found


def report_between(
    one: ProgrammePack,
    table: AllocationTable,
    other: ProgrammePack,
    other_table: AllocationTable,
    *,
    whose: str,
    user: User,
) -> Report:
    """Two versions side by side, for people whose answers fit both."""
    people, theirs = population(one, whose), population(other, whose)
    place = {case: n for n, case in enumerate(theirs.cases)}
    rows = [n for n, case in enumerate(people.cases) if case in place]
    both = _some_of(people, rows)
    again = theirs.encoded.only([place[case] for case in both.cases])
    alone = each_alone(both.encoded)
    before = allocate_all(both.encoded, table)
    return _report(
        one,
        both,
        alone,
        standing_of(cells_of(alone, both.groupings), before),
        allocate_all(again, other_table),
        lines=beside(one.rules, table, other.rules, other_table),
        user=user,
    )


def _some_of(people: Population, rows: Sequence[int]) -> Population:
    if len(rows) == len(people):
        return people
    return replace(
        people,
        encoded=people.encoded.only(rows),
        cases=tuple(people.cases[n] for n in rows),
        references=tuple(people.references[n] for n in rows),
        left_out=people.left_out + len(people) - len(rows),
        groupings=tuple(replace(g, group=g.group[rows]) for g in people.groupings),
        plan_rows=np.zeros(0, np.int64),
        plan_costs=(),
        looked_at={},
    )


def _report(
    pack: ProgrammePack,
    people: Population,
    profiles: Profiles,
    standing: Standing,
    after: Whole,
    *,
    lines: tuple[Beside, ...],
    user: User,
    envelope_pence: Pence | None = None,
    contingency_percent: Decimal = Decimal(0),
) -> Report:
    before, effect = standing.before, effect_of(standing, after)
    shown = publish(effect)
    family = family_cases(user)
    fallen = np.where(outcomes(before, after) == NOTHING, before, 0)

    def named(change: Whole) -> tuple[NamedChange, ...]:
        return _named(people, profiles, before, after, change, family)

    return Report(
        shown=shown,
        programmes=_programmes(pack, shown, other_programmes(pack.key)),
        lines=lines,
        gains=named(after - before),
        losses=named(before - after),
        to_nothing=named(fallen),
        left_out=people.left_out,
        envelope=None
        if envelope_pence is None
        else Envelope(envelope_pence, contingency_percent, effect.after_pence),
    )


def _named(
    people: Population,
    profiles: Profiles,
    before: Whole,
    after: Whole,
    change: Whole,
    family: set[int],
) -> tuple[NamedChange, ...]:
    rows = furthest(profiles, change, NAMED + len(family))
    found: list[NamedChange] = []
    for row in rows.tolist():
        if people.cases[row] in family or len(found) == NAMED:
            continue
        of = row if profiles.of is None else int(profiles.of[row])
        points = Fraction(int(people.encoded.points[row]), people.encoded.parts)
        found.append(
            NamedChange(
                people.references[row], decimal_words(points), int(before[of]), int(after[of])
            )
        )
    return tuple(found)


def _programmes(
    pack: ProgrammePack, shown: Shown, others: Sequence[OtherProgramme]
) -> tuple[ProgrammeEffect, ...]:
    mine = ProgrammeEffect(
        pack.title, shown.people, shown.counts, shown.before_pence, shown.after_pence, True
    )
    return (mine, *(_unchanged(other) for other in others))


def _unchanged(other: OtherProgramme) -> ProgrammeEffect:
    if is_small(other.people):
        return ProgrammeEffect(other.title, None, (None,) * len(OUTCOMES), None, None, False)
    counts = tuple(other.people if n == SAME else 0 for n in range(len(OUTCOMES)))
    return ProgrammeEffect(other.title, other.people, counts, other.pence, other.pence, False)
