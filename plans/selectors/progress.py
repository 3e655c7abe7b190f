"""Where a case stands on its way, and what is to be done next, by whom."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from carebudget.people.models import User

from ..models import Case, DecisionState, PlanState, Stage, SupportPlan
from ..rules.stages import held_by, usual_days

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
HOLDERS = {
    "client": "You",
    "worker": "Your social worker",
    "manager": "A team manager",
    "provider": "Your providers",
    "": "",
}


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
    way = list(WAY)
    if case.stage == Stage.NOT_ELIGIBLE:
        way = [Stage.REFERRED, Stage.ASSESSING, Stage.NOT_ELIGIBLE]
    elif case.stage in (Stage.REVIEWING, Stage.CLOSED):
        way = [*way, Stage(case.stage)]
    here = way.index(Stage(case.stage))
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
                held_by=_holder(case, stage) if status == "current" else "",
                usual_days=usual_days(pack, stage.value),
            )
        )
    return steps


def _holder(case: Case, stage: Stage) -> str:
    who = held_by(case.pack.rules, stage.value)
    assessment = case.assessments.order_by("-id").first() if stage == Stage.ASSESSING else None
    if assessment is not None and assessment.state != "draft":
        who = "worker"
    if who == "worker" and case.worker:
        return case.worker.full_name
    if who == "client":
        return case.person.full_name
    return HOLDERS.get(who, "")


@dataclass(frozen=True)
class NextAction:
    """What is to be done next, in words, and the page to do it on."""

    title: str
    words: str
    href: str
    due_on: date | None = None
    who: str = ""


def current_plan(case: Case) -> SupportPlan | None:
    """The plan in the making, else the one in force."""
    return (
        case.plans.exclude(state__in=[PlanState.SUPERSEDED, PlanState.ENDED])
        .order_by("-version")
        .first()
    )


def next_action(case: Case, user: User) -> NextAction | None:
    """The next thing this user can do in this case; ``None`` when it is somebody else's turn."""
    visit = next((v for v in case.visits.all() if v.left_at is None), None)
    due = visit.due_on if visit else None
    client = user.has_perm("plans.view_case_as_client", case)
    found = _for_client(case) if client else _for_staff(case, user)
    return NextAction(*found, due_on=due, who=user.full_name) if found else None


def _page(name: str, case: Case) -> str:
    return reverse(f"plans:{name}", kwargs={"reference": case.reference})


def _for_client(case: Case) -> tuple[str, str, str] | None:
    name = case.person.called
    match case.stage:
        case Stage.ASSESSING:
            assessment = case.assessments.order_by("-id").first()
            if assessment is None or assessment.state == "draft":
                return (
                    "Answer the questions",
                    f"Tell us about {name}’s life, in your own words. You can stop and come back.",
                    _page("questionnaire", case),
                )
            return None
        case Stage.NOT_ELIGIBLE:
            return (
                "Read why",
                "See the reasons, what else can help, and how to ask us to look again.",
                _page("decision", case),
            )
        case Stage.BUDGETED:
            return (
                "See the budget and start planning",
                "You know how much there is. Now say how you want to use it.",
                _page("budget", case),
            )
        case Stage.PLANNING:
            plan = current_plan(case)
            if plan and plan.state == PlanState.RETURNED:
                return (
                    "Change your plan",
                    "Your social worker has written a comment. Change the plan and send it again.",
                    _page("plan", case),
                )
            return (
                "Go on with your plan",
                "Say what you want to change, and who will support you.",
                _page("plan", case),
            )
        case Stage.AGREED:
            return (
                "Set up your support",
                "Your plan is agreed. Offer the work to the providers you chose.",
                f"/my-budget/{case.reference}/support/",
            )
    return None


def _for_staff(case: Case, user: User) -> tuple[str, str, str] | None:
    if case.worker_id is None and user.has_perm("plans.take_case", case):
        return (
            "Take this case",
            f"{case.person.full_name} has no worker yet.",
            _page("take", case),
        )
    works = user.has_perm("plans.work_case", case)
    match case.stage:
        case Stage.REFERRED if works:
            return (
                "Start the assessment",
                f"Open the questions for {case.person.called}, and invite them.",
                f"/cases/{case.reference}/",
            )
        case Stage.ASSESSING if works:
            assessment = case.assessments.order_by("-id").first()
            if assessment and assessment.state == "submitted":
                return (
                    "Check the answers",
                    "Talk them through with the person, then verify them.",
                    _page("assessment", case),
                )
            if assessment and assessment.state == "verified":
                return (
                    "Decide eligibility",
                    "Decide for each outcome, with a reason.",
                    _page("decide", case),
                )
        case Stage.ELIGIBLE if works:
            return (
                "Confirm the budget",
                "Look at the working, change it with a reason if you must, and tell the person.",
                _page("budget_confirm", case),
            )
        case Stage.AWAITING_AGREEMENT if user.has_perm("plans.review_plan", case):
            plan = current_plan(case)
            decision = plan.decisions.filter(state=DecisionState.PENDING).first() if plan else None
            if decision and (
                decision.level in user.roles or (decision.level == "worker" and works)
            ):
                return (
                    "Look at the plan",
                    "Agree it, return it with a comment, or pass it up.",
                    _page("plan_review", case),
                )
    return None
