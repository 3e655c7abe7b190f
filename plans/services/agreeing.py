"""Agreeing a plan: within delegated limits, never by the person's own side, sealed for good."""

import hashlib
import json
from typing import Any

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.machine import move
from carebudget.money import format_pence
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import AgreementDecision, AuthorityLevel, DecisionState, PlanState, SupportPlan
from ..rules.delegation import LEVELS, Authority, authority_for, may_agree
from ..selectors.cases import care_managers
from ..selectors.plans import plan_costs
from ..signals import plan_agreed
from .common import needs_words, record_on, tell_person, tell_worker
from .stages import move_case


def authority_needed(plan: SupportPlan) -> Authority:
    """The lowest level that may agree this plan, and why."""
    return authority_for(
        plan.case.pack.rules,
        cost_pence=plan_costs(plan).total_pence,
        indicative_pence=plan.indicative_budget.annual_pence,
    )


def first_decision_reason(plan: SupportPlan) -> str:
    """What the worker is told about who decides."""
    return authority_needed(plan).reason[:300]


def _pending(plan: SupportPlan, by: User) -> tuple[SupportPlan, AgreementDecision]:
    row = (
        SupportPlan.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "case__worker", "case__pack", "indicative_budget")
        .prefetch_related("case__person__representations", "case__person__family_ties")
        .get(pk=plan.pk)
    )
    decision = row.decisions.select_for_update().filter(state=DecisionState.PENDING).first()
    if row.state != PlanState.SUBMITTED or decision is None:
        raise Conflict(
            "plan_not_waiting", f"This plan is “{row.get_state_display()}”.", "Look at it again."
        )
    if by.pk in (row.submitted_by_id, row.created_by_id):
        raise NotAllowed("plan_four_eyes", "You wrote or sent this plan, so somebody else decides.")
    if decision.level != AuthorityLevel.WORKER and decision.level not in by.roles:
        raise NotAllowed(
            "plan_wrong_level", f"This plan is with the {decision.get_level_display().lower()} now."
        )
    return row, decision


def level_of(user: User, decision: AgreementDecision) -> str:
    """At which level somebody decides: the highest they hold that the decision has reached or passed."""
    held = [level for level in LEVELS if level in user.roles]
    reached = LEVELS.index(decision.level)
    usable = [level for level in held if LEVELS.index(level) >= reached]
    return max(usable, key=LEVELS.index, default="worker")


@transaction.atomic
def return_plan(*, plan: SupportPlan, comment: str, by: User) -> SupportPlan:
    """Back to the person with a comment that says what would make it agreeable."""
    from .planning import write_comment

    require(by, "plans.return_plan", plan)
    words = needs_words(
        comment, "comment", "Say what should change, so that the person knows what to do."
    )
    row, decision = _pending(plan, by)
    move(decision, "hand_back", by=by, reason=words)
    move(row, "hand_back")
    move_case(row.case, "return_plan", by=by)
    write_comment(plan=row, text=words, by=by)
    record_on(
        row.case,
        "plan.returned",
        f"plan:{row.reference}",
        by,
        reason=words,
        changes={"level": decision.level},
    )
    tell_person(
        row.case,
        key=f"plan.returned:{decision.public_id}",
        title="Your plan is back with you",
        body=f"{by.full_name} wrote: “{words}” Change the plan and send it again, or answer with a comment.",
        href=f"/my-budget/{row.case.reference}/plan/",
    )
    return row


@transaction.atomic
def escalate_plan(*, plan: SupportPlan, reason: str, by: User) -> AgreementDecision:
    """Recommend the plan to the next level that may agree it."""
    require(by, "plans.review_plan", plan)
    words = needs_words(reason, "reason", "Say what you recommend, and why.")
    row, decision = _pending(plan, by)
    authority = authority_needed(row)
    level = level_of(by, decision)
    above = LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)]
    target = authority.level if may_agree(authority.level, above) else above
    if target == decision.level:
        raise Refused("highest_level", "There is no higher level.", "Agree the plan or return it.")
    move(decision, "escalate", by=by, reason=words)
    upper = AgreementDecision.objects.create(
        plan=row, level=target, level_reason=authority.reason[:300], asked_at=clock.now()
    )
    record_on(
        row.case,
        "plan.escalated",
        f"plan:{row.reference}",
        by,
        reason=words,
        changes={"from": decision.level, "to": target},
    )
    people = (
        care_managers(row.case)
        if target == "manager"
        else list(User.objects.filter(role_holdings__role="panel"))
    )
    send_to_all(
        to=people,
        key=f"plan.escalated:{upper.public_id}",
        title=f"A plan waits for your decision: {row.case.person.full_name}",
        body=f"{by.full_name} recommends it: “{words}” {authority.reason}",
        href=f"/cases/{row.case.reference}/plan/",
    )
    return upper


@transaction.atomic
def agree_plan(*, plan: SupportPlan, reason: str, by: User, conditions: str = "") -> SupportPlan:
    """Agree the plan, within the level's limit, and seal it: the database lets nobody change it again.

    The budget goes into the ledger in the same transaction (``plan_agreed``). Raises ``NotAllowed``
    above the limit, for the person's own side, or for family. Source: Care Act 2014 ss.25-26.
    """
    require(by, "plans.agree_plan", plan)
    words = needs_words(reason, "reason", "Say why you agree.")
    row, decision = _pending(plan, by)
    authority = authority_needed(row)
    level = level_of(by, decision)
    if not may_agree(level, authority.level):
        raise NotAllowed("above_limit", authority.reason, "Pass it up with your recommendation.")
    if conditions.strip():
        move(decision, "agree_with_conditions", by=by, reason=words, conditions=conditions.strip())
    else:
        move(decision, "agree", by=by, reason=words)
    for older in row.case.plans.select_for_update().filter(
        state__in=[PlanState.AGREED, PlanState.ACTIVE]
    ):
        move(older, "supersede")
    total = plan_costs(row).total_pence
    snapshot = snapshot_of(row, decision, total)
    move(row, "agree", personal_budget_pence=total, snapshot=snapshot, digest=digest_of(snapshot))
    move_case(row.case, "agree_plan", by=by)
    record_on(
        row.case,
        "plan.agreed",
        f"plan:{row.reference}",
        by,
        reason=words,
        changes={
            "level": level,
            "annual_pence": total,
            "indicative_pence": row.indicative_budget.annual_pence,
            "digest": row.snapshot_digest,
        },
    )
    plan_agreed.send(sender=SupportPlan, plan=row, by=by)
    tell_person(
        row.case,
        key=f"plan.agreed:{row.reference}",
        title="Your plan is agreed",
        body=f"{by.full_name} agreed it. Your budget is {format_pence(total)} a year. Next, set up your support.",
        href=f"/my-budget/{row.case.reference}/plan/",
    )
    if row.case.worker_id != by.pk:
        tell_worker(
            row.case,
            key=f"plan.agreed:{row.reference}",
            title=f"The plan of {row.case.person.full_name} is agreed",
            body=f"{by.full_name} agreed it: “{words}”",
            href=f"/cases/{row.case.reference}/",
        )
    transaction.on_commit(lambda: _make_document(row.pk), robust=True)
    return row


def _make_document(plan_id: int) -> None:
    """A nudge only: when the queue is down, the page makes the document when it is asked for."""
    from ..tasks import make_plan_document

    make_plan_document.delay(plan_id)


@transaction.atomic
def decline_plan(*, plan: SupportPlan, reason: str, by: User) -> SupportPlan:
    """Not agreed, with reasons and a way to answer; the plan is open again."""
    from .planning import write_comment

    require(by, "plans.agree_plan", plan)
    words = needs_words(reason, "reason", "Say why the plan cannot be agreed.")
    row, decision = _pending(plan, by)
    move(decision, "decline", by=by, reason=words)
    move(row, "hand_back")
    move_case(row.case, "return_plan", by=by)
    write_comment(plan=row, text=words, by=by)
    record_on(
        row.case,
        "plan.declined",
        f"plan:{row.reference}",
        by,
        reason=words,
        changes={"level": decision.level},
    )
    tell_person(
        row.case,
        key=f"plan.declined:{decision.public_id}",
        title="Your plan was not agreed",
        body=f"{by.full_name} wrote: “{words}” You can change it and send it again, or ask us to look at the decision again.",
        href=f"/my-budget/{row.case.reference}/plan/",
    )
    return row


def snapshot_of(plan: SupportPlan, decision: AgreementDecision, total_pence: int) -> dict[str, Any]:
    """Everything the agreed plan says, as data: what the digest seals."""
    pack = plan.case.pack
    return {
        "plan": plan.reference,
        "version": plan.version,
        "case": plan.case.reference,
        "pack": f"{pack.key} {pack.version}",
        "criteria": plan.criteria,
        "outcomes": [
            {"wish": o.wish, "sign": o.sign, "needs": o.needs} for o in plan.outcomes.all()
        ],
        "supports": [
            {
                "description": s.description,
                "provider": s.provider.reference if s.provider else "",
                "provider_name": s.provider.name if s.provider else "",
                "outcome": s.outcome.wish if s.outcome else "",
                "rate_pence": s.rate_pence,
                "unit": s.unit,
                "quantity": str(s.quantity),
                "frequency": s.frequency,
                "annual_pence": s.annual_pence,
            }
            for s in plan.supports.select_related("provider", "outcome")
        ],
        "risks": plan.risks,
        "contingency": plan.contingency,
        "contingency_pence": plan.contingency_pence,
        "holding": plan.holding,
        "starts_on": plan.starts_on.isoformat() if plan.starts_on else "",
        "ends_on": plan.ends_on.isoformat() if plan.ends_on else "",
        "indicative_pence": plan.indicative_budget.annual_pence,
        "personal_budget_pence": total_pence,
        "decision": {
            "level": decision.level,
            "reason": decision.reason,
            "conditions": decision.conditions,
            "by": str(decision.decided_by.public_id) if decision.decided_by else "",
        },
    }


def digest_of(snapshot: dict[str, Any]) -> str:
    """SHA-256 of the snapshot's one right form."""
    return hashlib.sha256(
        json.dumps(snapshot, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
