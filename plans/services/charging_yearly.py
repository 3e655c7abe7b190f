"""Each April: everybody worked out again with the new figures, in bulk, and told by letter.

Deciding and telling are two passes. Each goes on where it stopped, may run in several processes at once,
and finds nothing to do the second time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet

from carebudget import clock
from carebudget.errors import Refused
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import (
    FinancialAssessment,
    FinancialOrigin,
    FinancialState,
    Reassessment,
    ReassessmentLine,
    ReassessmentOutcome,
)
from ..models.charging import financial_reference
from ..rules.charging import Figures
from ..rules.charging_result import Contribution
from .charging_deciding import keep_figures, tell_charge, worked_out
from .charging_files import figures_on, table_file
from .common import record_on

CHUNK = 500
LIGHTLY = "It was decided without a full assessment, so somebody looks at it again."
LOWERED = "Somebody had asked for less than the rules say, so somebody decides it again."
Report = Callable[[int, int], None]


@dataclass
class Tally:
    """What came of a reassessment. Sums are pence a week."""

    looked_at: int = 0
    more: int = 0
    less: int = 0
    same: int = 0
    before_pence: int = 0
    after_pence: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def done(self) -> int:
        """How many were worked out again."""
        return self.more + self.less + self.same

    def add(self, before: int, after: int) -> None:
        """One person whose contribution was worked out again."""
        self.before_pence += before
        self.after_pence += after
        if after > before:
            self.more += 1
        elif after < before:
            self.less += 1
        else:
            self.same += 1


@dataclass(frozen=True)
class Again:
    """One person's line: the new contribution, or why there is none."""

    before: FinancialAssessment
    result: Contribution | None
    refusal: str = ""


def reassess_all(
    *,
    effective_on: date,
    from_table: str = "",
    table: str = "",
    by: User | None = None,
    dry_run: bool = False,
    report: Report | None = None,
) -> tuple[Tally, Reassessment | None]:
    """Work out what everybody pays from a day on, with that day's figures (or those of ``table``).

    With ``from_table`` only decisions that stand on that table are looked at. Who cannot be worked out
    keeps the decision that stands, and is counted by reason. ``dry_run`` writes nothing. Raises
    ``Refused`` when a table is unknown or there is none for the day.
    """
    if by is not None:
        require(by, "plans.reassess")
    if from_table:
        table_file(from_table)
    figures = figures_on(effective_on, table=table)
    tally = Tally()
    if dry_run:
        standing = _standing(figures, from_table)
        total = standing.count()
        for chunk in _chunks(standing):
            for again in _worked_out_again(chunk, figures):
                _count(tally, again)
            _tell(report, tally.looked_at, total)
        return tally, None
    run = _run(figures, from_table, by)
    standing = _standing(figures, from_table, run)
    total = standing.count()
    last = 0
    while True:
        with transaction.atomic():
            chunk = list(
                standing.filter(pk__gt=last)
                .select_for_update(of=("self",), skip_locked=True)
                .order_by("pk")[:CHUNK]
            )
            if not chunk:
                return tally, run
            _keep(run, _worked_out_again(chunk, figures), tally, by)
        last = chunk[-1].pk
        _tell(report, tally.looked_at, total)


def _tell(report: Report | None, done: int, total: int) -> None:
    if report is not None:
        report(done, total)


@transaction.atomic
def _run(figures: Figures, from_table: str, by: User | None) -> Reassessment:
    kept_table, kept_policy = keep_figures(figures)
    run, _ = Reassessment.objects.get_or_create(
        from_table=from_table,
        table=kept_table,
        policy=kept_policy,
        effective_on=figures.on,
        defaults={"started_by": by, "started_at": clock.now()},
    )
    return run


def _standing(
    figures: Figures, from_table: str, run: Reassessment | None = None
) -> QuerySet[FinancialAssessment]:
    """Decisions that stand and began before the day, without those that this run has been through."""
    found = (
        FinancialAssessment.objects.filter(
            state=FinancialState.DECIDED, effective_on__lt=figures.on
        )
        .select_related("case")
        .defer("working", "reason", "verifying_note")
    )
    if from_table:
        found = found.filter(table__key=from_table)
    else:
        newest = Q(table__key=figures.table.key, table__version=figures.table.version)
        found = found.exclude(newest & Q(policy_version=figures.policy.version))
    if run is not None:
        seen = ReassessmentLine.objects.filter(reassessment=run).values("before")
        found = found.exclude(pk__in=seen)
    return found


def _chunks(
    standing: QuerySet[FinancialAssessment],
) -> Iterator[list[FinancialAssessment]]:
    last = 0
    while chunk := list(standing.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _worked_out_again(standing: Iterable[FinancialAssessment], figures: Figures) -> Iterator[Again]:
    for one in standing:
        if one.light_touch or one.finances is None:
            yield Again(one, None, LIGHTLY)
        elif one.calculated_pence is not None and one.contribution_pence != one.calculated_pence:
            yield Again(one, None, LOWERED)
        else:
            try:
                yield Again(one, worked_out(one.finances, figures))
            except Refused as refusal:
                yield Again(one, None, refusal.sentence)


def _count(tally: Tally, again: Again) -> None:
    tally.looked_at += 1
    if again.result is None or again.result.pence_a_week is None:
        tally.refused[again.refusal] += 1
    else:
        tally.add(again.before.contribution_pence or 0, again.result.pence_a_week)


def _keep(run: Reassessment, lines: Iterable[Again], tally: Tally, by: User | None) -> None:
    """One chunk, set-based: old decisions replaced, new ones made, each with its event in the record."""
    lines = list(lines)
    decided = [(one, one.result) for one in lines if one.result is not None]
    FinancialAssessment.objects.filter(pk__in=[one.before.pk for one, _ in decided]).update(
        state=FinancialState.SUPERSEDED
    )
    references = _new_references(len(decided))
    made = FinancialAssessment.objects.bulk_create(
        _successor(run, one.before, result, reference, by)
        for (one, result), reference in zip(decided, references, strict=True)
    )
    after = {assessment.replaces_id: assessment for assessment in made}
    ReassessmentLine.objects.bulk_create(
        ReassessmentLine(
            reassessment=run,
            before=one.before,
            after=after.get(one.before.pk),
            outcome=ReassessmentOutcome.REFUSED if one.result is None else ReassessmentOutcome.DONE,
            reason=one.refusal[:300],
        )
        for one in lines
    )
    for one in lines:
        _count(tally, one)
        if one.result is not None:
            _record(run, one, after[one.before.pk], by)


def _new_references(count: int) -> list[str]:
    """So many references that nobody has: among tens of thousands two would meet by chance."""
    found: set[str] = set()
    while len(found) < count:
        found |= {financial_reference() for _ in range(count - len(found))}
        taken = FinancialAssessment.objects.filter(reference__in=found)
        found -= set(taken.values_list("reference", flat=True))
    return sorted(found)


def _successor(
    run: Reassessment,
    before: FinancialAssessment,
    result: Contribution,
    reference: str,
    by: User | None,
) -> FinancialAssessment:
    return FinancialAssessment(
        reference=reference,
        person_id=before.person_id,
        case=before.case,
        state=FinancialState.DECIDED,
        origin=FinancialOrigin.YEARLY,
        replaces=before,
        started_at=clock.now(),
        finances=before.finances,
        table=run.table,
        policy=run.policy,
        policy_version=result.policy_version,
        effective_on=run.effective_on,
        cost_pence=result.cost_pence,
        calculated_pence=result.pence_a_week,
        contribution_pence=result.pence_a_week,
        full_cost=result.full_cost,
        working=result.as_data(),
        reason=f"{run.table.title}: worked out again for everybody from {run.effective_on:%-d %B %Y}.",
        decided_by=by,
        decided_at=clock.now(),
    )


def _record(run: Reassessment, one: Again, after: FinancialAssessment, by: User | None) -> None:
    record_on(
        after.case,
        "charge.reassessed",
        f"charge:{after.reference}",
        by,
        reason=after.reason,
        changes={
            "from_pence": one.before.contribution_pence,
            "pence_a_week": after.contribution_pence,
            "effective_on": run.effective_on.isoformat(),
            "table": str(run.table),
            "replaces": one.before.reference,
        },
    )


def tell_reassessed(
    *, run: Reassessment, limit: int | None = None, report: Report | None = None
) -> int:
    """Send the letters that are still owed; several processes may do it at once. Returns how many left."""
    owed = ReassessmentLine.objects.filter(
        reassessment=run, outcome=ReassessmentOutcome.DONE, told_at=None
    )
    total = min(owed.count(), limit) if limit is not None else owed.count()
    sent = 0
    while limit is None or sent < limit:
        with transaction.atomic():
            line = (
                owed.select_for_update(of=("self",), skip_locked=True)
                .select_related(
                    "before",
                    "after__case__person__user",
                    "after__case__pack",
                    "after__policy",
                    "after__table",
                )
                .order_by("pk")
                .first()
            )
            if line is None or line.after is None:
                return sent
            tell_charge(line.after, before=line.before.contribution_pence)
            ReassessmentLine.objects.filter(pk=line.pk).update(told_at=clock.now())
        sent += 1
        if report is not None:
            report(sent, total)
    return sent
