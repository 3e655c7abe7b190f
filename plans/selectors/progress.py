"""Where a case stands on its way: each stage, who has it, since when, and how long it usually takes."""

from dataclasses import dataclass
from datetime import date, datetime

from ..models import Case, PlanState, Stage, SupportPlan
from ..rules.stages import held_by, usual_days
from .turns import Standing, standing_of

WAY = (
    Stage.REFERRED,
    Stage.ASSESSING,
    Stage.ELIGIBLE,
    Stage.BUDGETED,
    Stage.PLANNING,
    Stage.AWAITING_AGREEMENT,
    Stage.AGREED,
    Stage.LIVE,
)
SAID_TO_OTHERS = {
    Stage.ASSESSING: "Finding out what is needed",
    Stage.ELIGIBLE: "Working out the budget",
    Stage.PLANNING: "Making the plan",
    Stage.AWAITING_AGREEMENT: "Getting the plan agreed",
    Stage.AGREED: "Setting up support",
    Stage.LIVE: "Living the plan",
}
"""Stages whose own words say “you”, for somebody who reads about the person."""


@dataclass(frozen=True)
class StageStep:
    """One stage on the way: whether it is done, and who has it since when."""

    stage: str
    label: str
    status: str
    entered_at: datetime | None
    left_at: datetime | None
    due_on: date | None
    held_by: str
    usual_days: int | None


def stage_progress(case: Case) -> list[StageStep]:
    """The way from asking for help to living the plan, with where this case is on it."""
    visits = {visit.stage: visit for visit in case.visits.all()}
    pack = case.pack.rules
    way = _way(case, set(visits))
    here = way.index(Stage(case.stage))
    standing = standing_of(case)
    steps = []
    for n, stage in enumerate(way):
        visit = visits.get(stage.value)
        status = "done" if n < here else "current" if n == here else "to_come"
        steps.append(
            StageStep(
                stage=stage.value,
                label=str(stage.label),
                status=status,
                entered_at=visit.entered_at if visit and status != "to_come" else None,
                left_at=visit.left_at if visit and status == "done" else None,
                due_on=visit.due_on if visit and status == "current" else None,
                held_by=holder(case, standing) if status == "current" else "",
                usual_days=usual_days(pack, stage.value),
            )
        )
    return steps


def _way(case: Case, visited: set[str]) -> list[Stage]:
    """The stages to show: what lies ahead too, but for a case that is over only where it has been."""
    if case.stage == Stage.NOT_ELIGIBLE:
        return [Stage.REFERRED, Stage.ASSESSING, Stage.NOT_ELIGIBLE]
    if case.stage == Stage.CLOSED:
        been = (*WAY[:2], Stage.NOT_ELIGIBLE, *WAY[2:], Stage.REVIEWING)
        return [*(stage for stage in been if stage.value in visited), Stage.CLOSED]
    return [*WAY, Stage.REVIEWING] if case.stage == Stage.REVIEWING else list(WAY)


def holder(case: Case, standing: Standing) -> str:
    """Who has the case now, by name where there is one; nobody while the plan is lived."""
    if case.stage == Stage.LIVE:
        return ""
    who = held_by(case.pack.rules, case.stage)
    if case.stage == Stage.ASSESSING and standing.assessment not in ("", "draft"):
        who = "worker"
    if case.stage == Stage.AWAITING_AGREEMENT:
        who = standing.pending_level or who
    return {
        "client": case.person.full_name,
        "worker": case.worker.full_name if case.worker else "The council",
        "manager": "A team manager",
        "panel": "The panel",
        "provider": "The providers",
    }.get(who, "")


def stage_label(stage: str) -> str:
    """A stage in words for somebody who is not the person."""
    return SAID_TO_OTHERS.get(Stage(stage), str(Stage(stage).label))


def current_plan(case: Case) -> SupportPlan | None:
    """The plan in the making, else the one in force."""
    return (
        case.plans.exclude(state__in=[PlanState.SUPERSEDED, PlanState.ENDED])
        .order_by("-version")
        .first()
    )
