"""Reading for the policy workbench: programmes, versions, proposals, and everybody assessed so far.

What cannot change (the answers behind a decision) is encoded once and kept in memory. What can change
(where a case stands, what a plan costs) is read again as soon as it has changed.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import numpy as np
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from numpy.typing import NDArray

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.people.models import FamilyTie, Representation, User

from ..models import (
    OPEN_STAGES,
    Answer,
    Case,
    EligibilityDecision,
    IndicativeBudget,
    IndicativeBudgetState,
    PolicyProposal,
    ProgrammePack,
    ProposalState,
    SupportPlan,
)
from ..rules.pack import Pack
from ..rules.policy_answers import Encoded, counted_questions, encode, fits
from ..rules.policy_effect import Grouping, need_groups
from .timeline import TimelineItem, as_item

EVERYBODY = "everybody"
OPEN_CASES = "open"
KEPT_SECONDS = 60
"""A corrected date of birth shows after so long at most; decisions, cases and plans at once."""

AGES = (
    (18, "Under 18"),
    (25, "18 to 24"),
    (45, "25 to 44"),
    (65, "45 to 64"),
    (75, "65 to 74"),
    (85, "75 to 84"),
    (999, "85 and over"),
)
"""Age bands: the age that the band stays below, and its name."""


def pack_by_version(key: str, version: str) -> ProgrammePack:
    """One version of a programme. Raises ``ProgrammePack.DoesNotExist``."""
    return ProgrammePack.objects.get(key=key, version=version)


def versions_of(key: str) -> list[ProgrammePack]:
    """All versions of a programme, newest first, without their content."""
    rows = ProgrammePack.objects.filter(key=key).defer("content", "source_yaml")
    return sorted(rows, key=lambda pack: (pack.starts_at or pack.loaded_at, pack.pk), reverse=True)


def proposal_by_reference(reference: str) -> PolicyProposal:
    """One proposal, with its people and packs. Raises ``PolicyProposal.DoesNotExist``."""
    return PolicyProposal.objects.select_related(
        "base_pack", "author", "decided_by", "adopted_pack"
    ).get(reference=reference)


def proposal_story(proposal: PolicyProposal) -> list[TimelineItem]:
    """What happened to a proposal, from the record, newest first."""
    events = AuditEvent.objects.filter(
        chain__key=proposal.chain, subject=f"policy:{proposal.reference}"
    )
    events = events.select_related("chain", "words").order_by("-at", "-id")
    return [as_item(event) for event in events]


def proposals(key: str = "") -> QuerySet[PolicyProposal]:
    """Proposals of one programme or of all: those that wait for a decision first, then the newest."""
    rows = PolicyProposal.objects.select_related(
        "base_pack", "author", "decided_by", "adopted_pack"
    )
    rows = rows.defer("base_pack__content", "base_pack__source_yaml", "table")
    rows = rows.defer("adopted_pack__content", "adopted_pack__source_yaml")
    if key:
        rows = rows.filter(base_pack__key=key)
    waiting = Q(state=ProposalState.SUBMITTED)
    return rows.annotate(waits=waiting).order_by("-waits", "-written_at", "-id")


@dataclass(frozen=True)
class ProgrammeLine:
    """One programme on the list: its version in force, the next one, and how many have a budget."""

    pack: ProgrammePack
    coming: ProgrammePack | None
    people: int
    waiting: int


def programmes_overview() -> list[ProgrammeLine]:
    """Every programme, with the version that new cases use now."""
    now = clock.now()
    in_force: dict[str, ProgrammePack] = {}
    for pack in ProgrammePack.objects.in_force().defer("content", "source_yaml"):
        in_force.setdefault(pack.key, pack)
    coming = {
        pack.key: pack
        for pack in ProgrammePack.objects.filter(starts_at__gt=now)
        .defer("content", "source_yaml")
        .order_by("-starts_at")
    }
    people = {key: count for key, count, _ in _standing_budgets()}
    waiting = dict(
        PolicyProposal.objects.filter(state=ProposalState.SUBMITTED)
        .values_list("base_pack__key")
        .annotate(Count("id"))
    )
    return [
        ProgrammeLine(pack, coming.get(key), people.get(key, 0), waiting.get(key, 0))
        for key, pack in sorted(in_force.items(), key=lambda item: item[1].title)
    ]


def _standing_budgets() -> list[tuple[str, int, int]]:
    """Programme, how many have an indicative budget that stands, and what it comes to a year."""
    return list(
        IndicativeBudget.objects.exclude(state=IndicativeBudgetState.SUPERSEDED)
        .values_list("case__pack__key")
        .annotate(Count("id"), Sum("calculated_pence"))
    )


@dataclass(frozen=True)
class OtherProgramme:
    """A programme whose table is not being changed."""

    title: str
    people: int
    pence: int


def other_programmes(key: str) -> list[OtherProgramme]:
    """The other programmes, with what their indicative budgets come to a year."""
    titles = {pack.key: pack.title for pack in ProgrammePack.objects.only("key", "title")}
    return [
        OtherProgramme(titles.get(other, other), count, pence)
        for other, count, pence in sorted(_standing_budgets())
        if other != key
    ]


@dataclass(frozen=True, eq=False)
class Population:
    """Everybody whose newest decision gives them a budget, encoded for one version of the programme.

    ``left_out`` counts those whose answers were to other questions. ``plan_rows`` and ``plan_costs``
    are those with an agreed plan and what it costs a year.
    """

    pack: Pack
    encoded: Encoded
    cases: tuple[int, ...]
    references: tuple[str, ...]
    left_out: int
    groupings: tuple[Grouping, ...]
    plan_rows: NDArray[np.int64]
    plan_costs: tuple[int, ...]
    looked_at: dict[Any, Any] = field(default_factory=dict, repr=False)
    """What was counted for tables before, so that the next change of a figure is quick."""

    def __len__(self) -> int:
        return len(self.cases)


@dataclass(frozen=True)
class _Decided:
    """A case's newest decision, and what the workbench divides people by."""

    decision: int
    assessment: int
    case: int
    reference: str
    stage: str
    born: date
    communication: str
    decided_at: datetime


def population(pack: ProgrammePack, whose: str = EVERYBODY) -> Population:
    """Everybody assessed for the programme, under whatever version, as this version sees them.

    The one of a moment ago is given again while no decision, no case and no plan has changed since.
    """
    key, mark = (pack.pk, pack.digest, whose), _mark(pack.key)
    known = _populations.take(key)
    if known and known[0] == mark and time.monotonic() - known[1] < KEPT_SECONDS:
        return known[2]
    people = _population(pack, whose)
    _populations.keep(key, (mark, time.monotonic(), people))
    return people


def _mark(key: str) -> tuple[Any, ...]:
    """Figures that are others as soon as somebody is decided, a case closes or opens, or a plan is agreed."""
    decisions = EligibilityDecision.objects.filter(assessment__case__pack__key=key)
    plans = SupportPlan.objects.filter(case__pack__key=key, personal_budget_pence__isnull=False)
    still_open = Count("id", filter=Q(assessment__case__stage__in=OPEN_STAGES))
    return (
        *decisions.aggregate(Count("id"), Max("id"), still_open=still_open).values(),
        *plans.aggregate(Count("id"), Max("id"), Sum("personal_budget_pence")).values(),
    )


def _population(pack: ProgrammePack, whose: str) -> Population:
    decided = _newest_decisions(pack.key, whose)
    encoded, fitting = _remembered(pack, [(one.decision, one.assessment) for one in decided])
    found = [one for one, fit in zip(decided, fitting, strict=True) if fit]
    plans = dict(
        SupportPlan.objects.filter(case__pack__key=pack.key, personal_budget_pence__isnull=False)
        .order_by("case_id", "-version")
        .distinct("case_id")
        .values_list("case_id", "personal_budget_pence")
    )
    with_plan = [n for n, one in enumerate(found) if one.case in plans]
    return Population(
        pack=pack.rules,
        encoded=encoded,
        cases=tuple(one.case for one in found),
        references=tuple(one.reference for one in found),
        left_out=len(decided) - len(found),
        groupings=(need_groups(encoded.points, encoded.parts), _by_age(found), _by_talk(found)),
        plan_rows=np.array(with_plan, np.int64),
        plan_costs=tuple(int(plans[found[n].case] or 0) for n in with_plan),
    )


def _newest_decisions(key: str, whose: str) -> list[_Decided]:
    rows = EligibilityDecision.objects.filter(assessment__case__pack__key=key)
    if whose == OPEN_CASES:
        rows = rows.filter(assessment__case__stage__in=OPEN_STAGES)
    newest = (
        rows.order_by("assessment__case_id", "-decided_at", "-id")
        .distinct("assessment__case_id")
        .values_list(
            "eligible",
            "id",
            "assessment_id",
            "assessment__case_id",
            "assessment__case__reference",
            "assessment__case__stage",
            "assessment__case__person__date_of_birth",
            "assessment__case__person__needs_in_communication",
            "decided_at",
        )
    )
    rows_found: list[tuple[Any, ...]] = list(newest)
    return sorted(
        (_Decided(*rest) for eligible, *rest in rows_found if eligible),
        key=lambda one: one.decision,
    )


def _by_age(found: Sequence[_Decided]) -> Grouping:
    ages = [_age(one.born, one.decided_at.astimezone(clock.LONDON).date()) for one in found]
    ends = [end for end, _ in AGES]
    group = np.searchsorted(np.array(ends), np.array(ages, np.int64), side="right")
    return Grouping("age", "By age when it was decided", tuple(name for _, name in AGES), group)


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _by_talk(found: Sequence[_Decided]) -> Grouping:
    group = np.array([bool(one.communication.strip()) for one in found], np.int64)
    labels = ("Nothing recorded", "Needs help to communicate")
    return Grouping("communication", "By needs in communication", labels, group)


def family_cases(user: User) -> set[int]:
    """Cases of the user's own family: never named to them, like everywhere else."""
    ties = FamilyTie.objects.filter(user=user, person=OuterRef("person"))
    helped = Representation.objects.filter(user=user, ended_at=None, person=OuterRef("person"))
    own = Case.objects.filter(Q(person__user=user) | Exists(ties) | Exists(helped))
    return set(own.values_list("id", flat=True))


_Kept = TypeVar("_Kept")


class _Memory(Generic[_Kept]):
    """A few things kept in this process; what was not used for longest is forgotten first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.lock = threading.Lock()
        self.known: OrderedDict[Any, _Kept] = OrderedDict()

    def take(self, key: Any) -> _Kept | None:
        """What is kept under this key."""
        with self.lock:
            if key in self.known:
                self.known.move_to_end(key)
            return self.known.get(key)

    def keep(self, key: Any, thing: _Kept) -> None:
        """Keep it under this key."""
        with self.lock:
            self.known[key] = thing
            self.known.move_to_end(key)
            while len(self.known) > self.most:
                self.known.popitem(last=False)


_populations: _Memory[tuple[tuple[Any, ...], float, Population]] = _Memory(most=24)
_answered: _Memory[tuple[dict[int, int], Encoded]] = _Memory(most=24)
"""By pack: the row of each decision (-1: its answers do not fit), and the rows. Decisions and the answers
behind them never change, so what is known stays true and only new decisions are read."""


def _remembered(
    pack: ProgrammePack, decisions: Sequence[tuple[int, int]]
) -> tuple[Encoded, list[bool]]:
    """The encoded answers of these decisions in order, and which of them fit this version."""
    rules = pack.rules
    key = (pack.pk, pack.digest)
    rows, encoded = _answered.take(key) or ({}, encode(rules, []))
    new = [(decision, assessment) for decision, assessment in decisions if decision not in rows]
    if new:
        answers = _answers(rules, [assessment for _, assessment in new])
        fitting = [(d, answers[a]) for d, a in new if fits(rules, answers[a])]
        rows = {**rows, **dict.fromkeys((decision for decision, _ in new), -1)}
        for place, (decision, _) in enumerate(fitting, start=len(encoded)):
            rows[decision] = place
        encoded = encoded.joined(encode(rules, [given for _, given in fitting]))
        _answered.keep(key, (rows, encoded))
    places = [rows[decision] for decision, _ in decisions]
    return encoded.only([place for place in places if place >= 0]), [p >= 0 for p in places]


def _answers(rules: Pack, assessments: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The verified answers to the questions that count, by assessment."""
    found: dict[int, dict[str, Any]] = {assessment: {} for assessment in assessments}
    rows = Answer.objects.filter(
        assessment_id__in=assessments, question__in=[q.key for q in counted_questions(rules)]
    ).values_list("assessment_id", "question", "value", "verified_value")
    for assessment, question, value, verified in rows.iterator(chunk_size=20_000):
        found[assessment][question] = value if verified is None else verified
    return found


__all__ = [
    "EVERYBODY",
    "OPEN_CASES",
    "OtherProgramme",
    "Population",
    "ProgrammeLine",
    "family_cases",
    "other_programmes",
    "pack_by_version",
    "population",
    "programmes_overview",
    "proposal_by_reference",
    "proposal_story",
    "proposals",
    "versions_of",
]
