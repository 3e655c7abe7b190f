"""Whose turn it is in a case, and what they do next: for one case, or a list in a few queries.

The same rule twice: ``next_actions`` in Python, with words and a page to do it on, and ``turn_of`` in
SQL, so that a list can put what waits for the reader first. The tests hold them against each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.urls import reverse

from carebudget.people.models import User

from ..models import (
    OPEN_STAGES,
    AgreementDecision,
    Assessment,
    AssessmentState,
    Case,
    DecisionState,
    PlanState,
    Stage,
    StageVisit,
    SupportPlan,
)
from .speaking import Voice, voice_for

OVER = (PlanState.SUPERSEDED, PlanState.ENDED)
DONE = (AssessmentState.DECIDED, AssessmentState.WITHDRAWN)
ALWAYS, NEVER = ~Q(pk__in=[]), Q(pk__in=[])
Words = tuple[str, str, str]


@dataclass(frozen=True)
class Standing:
    """What decides whose turn it is: where the parts of a case stand."""

    entered_at: datetime | None = None
    due_on: date | None = None
    assessment: str = ""
    plan: str = ""
    pending_level: str = ""


@dataclass(frozen=True)
class NextAction:
    """What is to be done next, in words, and the page to do it on."""

    title: str
    words: str
    href: str
    due_on: date | None = None
    who: str = ""


def standings(cases: Iterable[Case]) -> dict[int, Standing]:
    """Where the parts of many cases stand, by the case's id, in four queries."""
    ids = [case.pk for case in cases]
    here = StageVisit.objects.filter(case__in=ids, left_at=None)
    visits = {
        case: (since, due)
        for case, since, due in here.values_list("case_id", "entered_at", "due_on")
    }
    newest = Assessment.objects.filter(case__in=ids).order_by("case_id", "-id").distinct("case_id")
    assessments = dict(newest.values_list("case_id", "state"))
    current = (
        SupportPlan.objects.filter(case__in=ids)
        .exclude(state__in=OVER)
        .order_by("case_id", "-version")
        .distinct("case_id")
    )
    plans = {case: (pk, state) for case, pk, state in current.values_list("case_id", "pk", "state")}
    pending = dict(
        AgreementDecision.objects.filter(
            plan__in=[pk for pk, _ in plans.values()], state=DecisionState.PENDING
        ).values_list("plan_id", "level")
    )
    return {
        pk: Standing(
            entered_at=visits[pk][0] if pk in visits else None,
            due_on=visits[pk][1] if pk in visits else None,
            assessment=assessments.get(pk, ""),
            plan=plans[pk][1] if pk in plans else "",
            pending_level=pending.get(plans[pk][0], "") if pk in plans else "",
        )
        for pk in ids
    }


def standing_of(case: Case) -> Standing:
    """Where the parts of one case stand."""
    return standings([case])[case.pk]


def next_action(case: Case, user: User) -> NextAction | None:
    """The next thing this user can do in this case; ``None`` when it is somebody else's turn."""
    return next_actions([case], user)[case.pk]


def next_actions(cases: Iterable[Case], user: User) -> dict[int, NextAction | None]:
    """The next thing this user can do in each case, by its id, in five queries however many they are.

    Cases come from ``case_by_reference``, ``caseload`` or ``cases_of_client``, with their people.
    """
    rows = list(cases)
    prefetch_related_objects([user], "role_holdings")
    standing = standings(rows)
    found = {}
    for case in rows:
        here = standing[case.pk]
        client = user.has_perm("plans.view_case_as_client", case)
        words = (
            _for_client(case, here, voice_for(case, user))
            if client
            else _for_staff(case, here, user)
        )
        found[case.pk] = (
            NextAction(*words, due_on=here.due_on, who=user.full_name) if words else None
        )
    return found


def _page(name: str, case: Case) -> str:
    return reverse(f"plans:{name}", kwargs={"reference": case.reference})


def _for_client(case: Case, here: Standing, voice: Voice) -> Words | None:
    match case.stage:
        case Stage.ASSESSING if here.assessment in ("", AssessmentState.DRAFT):
            return (
                "Answer the questions",
                f"Tell us about {voice.your} life, in {voice.your} own words. You can stop and come back.",
                _page("questionnaire", case),
            )
        case Stage.NOT_ELIGIBLE:
            return (
                "Read why",
                "See the reasons, what else can help, and how to ask us to look again.",
                _page("decision", case),
            )
        case Stage.BUDGETED:
            return (
                "See the budget and start planning",
                f"You know how much there is. Now say how {voice.you} would like to use it."
                if voice.own
                else f"You know how much there is. Now say how {voice.you} would like it used.",
                _page("budget", case),
            )
        case Stage.PLANNING if here.plan == PlanState.RETURNED:
            return (
                f"Change {voice.your} plan",
                "The plan came back with a comment. Change it and send it again.",
                _page("plan", case),
            )
        case Stage.PLANNING:
            return (
                f"Go on with {voice.your} plan",
                f"Say what {voice.you} would like to change, and who will give support.",
                _page("plan", case),
            )
        case Stage.AGREED:
            return (
                f"Set up {voice.your} support",
                f"{voice.begins} plan is agreed. Offer the work to the providers in it.",
                f"/my-budget/{case.reference}/support/",
            )
    return None


def _for_staff(case: Case, here: Standing, user: User) -> Words | None:
    nobody_has_it = case.worker_id is None and case.stage in OPEN_STAGES
    if nobody_has_it and user.has_perm("plans.take_case", case):
        return (
            "Take this case",
            f"{case.person.full_name} has no worker yet.",
            _page("take", case),
        )
    if nobody_has_it and user.has_perm("plans.assign_case", case):
        return (
            "Give this case to a worker",
            f"{case.person.full_name} has no worker yet.",
            _page("case_assign", case),
        )
    works = user.has_perm("plans.work_case", case)
    match case.stage:
        case Stage.REFERRED if works:
            return (
                "Start the assessment",
                f"Open the questions for {case.person.called}, and invite them.",
                _page("start", case),
            )
        case Stage.ASSESSING if works and here.assessment == AssessmentState.SUBMITTED:
            return (
                "Check the answers",
                "Talk them through with the person, then verify them.",
                _page("assessment", case),
            )
        case Stage.ASSESSING if works and here.assessment == AssessmentState.VERIFIED:
            return (
                "Decide eligibility",
                "Decide for each outcome, with a reason.",
                _page("decide", case),
            )
        case Stage.ASSESSING if works and here.assessment in DONE:
            return (
                "Open the questions again",
                "The case is to be assessed again, so the questions are asked afresh.",
                _page("start", case),
            )
        case Stage.ELIGIBLE if works:
            return (
                "Confirm the budget",
                "Look at the working, change it with a reason if you must, and tell the person.",
                _page("budget_confirm", case),
            )
        case Stage.AWAITING_AGREEMENT if user.has_perm("plans.review_plan", case):
            if here.pending_level in user.roles or (here.pending_level == "worker" and works):
                return (
                    "Look at the plan",
                    "Agree it, return it with a comment, or pass it up.",
                    _page("plan_review", case),
                )
    return None


def with_standing(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Each case with ``entered_at``, ``due_on``, ``assessment_state`` and ``pending_level``."""
    here = StageVisit.objects.filter(case=OuterRef("pk"), left_at=None)
    newest = Assessment.objects.filter(case=OuterRef("pk")).order_by("-id")
    pending = AgreementDecision.objects.filter(
        plan__case=OuterRef("pk"), state=DecisionState.PENDING
    )
    return rows.annotate(
        entered_at=Subquery(here.values("entered_at")[:1]),
        due_on=Subquery(here.values("due_on")[:1]),
        assessment_state=Subquery(newest.values("state")[:1]),
        pending_level=Subquery(pending.values("level")[:1]),
    )


def worked_by(user: User) -> Q:
    """True of cases the user works on: their own as a worker, those of their teams as a manager."""
    managed = [h.team_id for h in user.role_holdings.all() if h.role == "manager"]
    manages = Q(team=None) | Q(team__in=[pk for pk in managed if pk]) if managed else NEVER
    return (Q(worker=user) if "worker" in user.roles else NEVER) | manages


def turn_of(user: User) -> Q:
    """True of cases (``with_standing``, none of the user's own family) where the user is to act next."""
    works = worked_by(user)
    nobody_has_it = Q(worker=None, stage__in=OPEN_STAGES)
    if "worker" not in user.roles:
        nobody_has_it &= works
    levels = [level for level in ("manager", "panel") if level in user.roles]
    reviews = ALWAYS if "panel" in user.roles else works
    return (
        nobody_has_it
        | (works & Q(stage__in=[Stage.REFERRED, Stage.ELIGIBLE]))
        | (works & Q(stage=Stage.ASSESSING, assessment_state__in=["submitted", "verified", *DONE]))
        | (works & Q(stage=Stage.AWAITING_AGREEMENT, pending_level="worker"))
        | (reviews & Q(stage=Stage.AWAITING_AGREEMENT, pending_level__in=levels))
    )
