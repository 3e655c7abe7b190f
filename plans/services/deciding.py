"""Deciding eligibility: the rules propose, a worker decides, with a reason for each outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import Assessment, AssessmentState, EligibilityDecision, OutcomeDecision
from ..rules.eligibility import propose_eligibility
from .assessing import _locked, answers_of
from .budgeting import calculate_budget
from .common import needs_words, record_on, tell_person
from .stages import move_case


@dataclass(frozen=True)
class OutcomeJudgement:
    """What the worker decided about one outcome, in which ways, and why."""

    outcome: str
    unmet: bool
    ways: tuple[str, ...]
    reason: str


@transaction.atomic
def decide_eligibility(
    *,
    assessment: Assessment,
    outcomes: Sequence[OutcomeJudgement],
    eligible: bool,
    reason: str,
    by: User,
) -> EligibilityDecision:
    """Decide, keeping the rules' proposal beside it; when eligible, the budget is worked out at once.

    Every outcome needs a reason; a decision that the outcomes do not carry is refused with the rule.
    Source: Care Act 2014 s.13; SI 2015/313.
    """
    require(by, "plans.decide", assessment)
    row = _locked(assessment)
    if row.state != AssessmentState.VERIFIED:
        raise Conflict(
            "assessment_not_verified",
            f"This assessment is “{row.get_state_display()}”.",
            "Check the answers first.",
        )
    pack = row.pack.rules
    words = needs_words(
        reason, "reason", "Give the reason for your decision, so that the person can read it."
    )
    judged = {judgement.outcome: judgement for judgement in outcomes}
    for outcome in pack.outcomes:
        if outcome.key not in judged or not judged[outcome.key].reason.strip():
            raise Refused(
                "outcome_reason_missing",
                f"Give a reason for “{outcome.title}”.",
                field=f"{outcome.key}_reason",
            )
        if judged[outcome.key].unmet and not judged[outcome.key].ways:
            raise Refused(
                "outcome_way_missing",
                f"Say in which way “{outcome.title}” is hard.",
                field=f"{outcome.key}_ways",
            )
    proposal = propose_eligibility(pack, answers_of(row, verified=True))
    _refuse_what_does_not_follow(
        eligible,
        [j for j in judged.values() if j.unmet],
        pack.eligibility.outcomes_needed,
        proposal.health_at_risk,
    )
    decision = EligibilityDecision.objects.create(
        assessment=row,
        eligible=eligible,
        proposed_eligible=proposal.eligible,
        working=proposal.as_data(),
        reason=words,
        decided_by=by,
        decided_at=clock.now(),
    )
    proposed = {o.outcome: o.unmet for o in proposal.outcomes}
    OutcomeDecision.objects.bulk_create(
        OutcomeDecision(
            decision=decision,
            outcome=outcome.key,
            unmet=judged[outcome.key].unmet,
            proposed_unmet=proposed[outcome.key],
            ways=list(judged[outcome.key].ways) if judged[outcome.key].unmet else [],
            reason=judged[outcome.key].reason.strip(),
        )
        for outcome in pack.outcomes
    )
    move(row, "decide")
    record_on(
        row.case,
        "eligibility.decided",
        f"assessment:{row.public_id}",
        by,
        reason=words,
        changes={
            "eligible": eligible,
            "proposed": proposal.eligible,
            "unmet": sorted(j.outcome for j in judged.values() if j.unmet),
            "pack": f"{pack.key} {pack.version}",
        },
    )
    if eligible:
        move_case(row.case, "find_eligible", by=by)
        calculate_budget(case=row.case, assessment=row, by=by)
    else:
        move_case(row.case, "find_not_eligible", by=by)
    _tell(row, eligible)
    return decision


def _refuse_what_does_not_follow(
    eligible: bool, unmet: list[OutcomeJudgement], needed: int, health: bool
) -> None:
    if eligible and len(unmet) < needed and not health:
        raise Refused(
            "threshold_not_met",
            f"The rules need {needed} outcome{'s' if needed > 1 else ''} that cannot be achieved. You marked {len(unmet)}.",
            "Change an outcome with your reason, or decide “not eligible”.",
            field="eligible",
        )


def _tell(assessment: Assessment, eligible: bool) -> None:
    case = assessment.case
    tell_person(
        case,
        key=f"eligibility.decided:{assessment.public_id}",
        title="You can have support" if eligible else "We have decided about your request",
        body="Next, we work out your budget and tell you how much it is."
        if eligible
        else "We cannot give you a budget at the moment. Read why, what else can help, and how to ask us to look again.",
        href=f"/my-budget/{case.reference}/decision/",
    )
