"""Moving a case from stage to stage: the only place that does. Every visit to a stage is kept."""

from typing import Any

from carebudget import clock
from carebudget.audit.services import record
from carebudget.machine import move
from carebudget.people.models import User

from ..models import Case, StageVisit
from ..rules.stages import due_date


def move_case(
    case: Case, transition: str, *, by: User | None, why: str = "", **details: Any
) -> Case:
    """Call the case's transition, close the visit to the old stage and open one to the new.

    Must run inside the caller's transaction; locks the case. Raises ``Conflict`` or ``Refused``.
    """
    row = Case.objects.select_for_update(of=("self",)).select_related("pack").get(pk=case.pk)
    before = row.stage
    move(row, transition, **details)
    StageVisit.objects.filter(case=row, left_at=None).update(left_at=clock.now())
    enter_stage(row)
    record(
        chain=row.chain,
        verb=f"case.{row.stage}",
        subject=f"case:{row.reference}",
        by=by,
        reason=why,
        changes={"from": before, "to": row.stage},
    )
    case.refresh_from_db(fields=["stage", "closed_at", "closing_reason"])
    return row


def enter_stage(case: Case) -> StageVisit:
    """Open the visit to the case's present stage, with the day by which it should be left."""
    return StageVisit.objects.create(
        case=case,
        stage=case.stage,
        entered_at=clock.now(),
        due_on=due_date(case.pack.rules, case.stage, clock.today()),
    )
