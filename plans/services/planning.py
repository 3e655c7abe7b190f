"""Writing the plan: the person's own, changed freely until it is sent."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import PENCE_LIMIT, Pence
from carebudget.people.access import require
from carebudget.people.models import User
from providers.models import Provider, RateUnit

from ..models import (
    AgreementDecision,
    Case,
    Frequency,
    Holding,
    IndicativeBudgetState,
    PlanComment,
    PlanOutcome,
    PlanState,
    PlanSupport,
    Stage,
    SupportPlan,
)
from ..rules.costing import SupportCost
from ..rules.criteria import PlanDraft, missing_from_plan
from ..selectors.plans import plan_costs
from .agreeing import first_decision_reason
from .common import needs_words, record_on, tell_person, tell_worker
from .stages import move_case

OUTCOMES_LIMIT = 30
SUPPORTS_LIMIT = 60


@transaction.atomic
def start_plan(*, case: Case, by: User) -> SupportPlan:
    """Begin the plan; asking twice gives the one that is being written."""
    require(by, "plans.edit_plan", case)
    row = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    standing = row.plans.filter(
        state__in=[PlanState.DRAFT, PlanState.RETURNED, PlanState.SUBMITTED]
    ).first()
    if standing:
        return standing
    budget = row.budgets.filter(state=IndicativeBudgetState.CONFIRMED).first()
    if budget is None:
        raise Conflict(
            "no_budget", "The budget is not ready yet.", "You can plan as soon as it is."
        )
    if row.stage in (Stage.BUDGETED, Stage.LIVE, Stage.REVIEWING):
        move_case(row, "start_planning", by=by)
    last = row.plans.aggregate(last=Max("version"))["last"] or 0
    plan = SupportPlan.objects.create(
        case=row, indicative_budget=budget, version=last + 1, created_by=by, created_at=clock.now()
    )
    record_on(case, "plan.started", f"plan:{plan.reference}", by, changes={"version": plan.version})
    case.refresh_from_db(fields=["stage"])
    return plan


def _open(plan: SupportPlan, by: User) -> SupportPlan:
    """The plan, locked, if this person may change it now."""
    require(by, "plans.edit_plan", plan)
    row = (
        SupportPlan.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "case__worker", "case__pack", "indicative_budget")
        .prefetch_related("case__person__representations")
        .get(pk=plan.pk)
    )
    if not row.is_editable:
        raise Conflict(
            "plan_not_open",
            f"This plan is “{row.get_state_display()}”, so it cannot be changed.",
            "If something in it must change, write a comment.",
        )
    return row


def _changed(plan: SupportPlan, by: User, **what: object) -> None:
    record_on(plan.case, "plan.changed", f"plan:{plan.reference}", by, changes=dict(what))


@transaction.atomic
def save_criterion(*, plan: SupportPlan, criterion: str, text: str, by: User) -> None:
    """Keep the answer to one of the plan's questions."""
    row = _open(plan, by)
    if criterion not in {c.key for c in row.case.pack.rules.criteria}:
        raise Refused("criterion_unknown", "There is no such question.")
    if row.criteria.get(criterion, "") == text.strip():
        return
    row.criteria[criterion] = text.strip()
    row.save(update_fields=["criteria"])
    _changed(row, by, criterion=criterion)


@transaction.atomic
def save_plan_details(
    *,
    plan: SupportPlan,
    risks: str,
    contingency: str,
    contingency_pence: Pence,
    holding: str,
    starts_on: date | None,
    ends_on: date | None,
    by: User,
) -> None:
    """Keep dates, risks, what happens if support falls through, and who holds the money."""
    row = _open(plan, by)
    if holding not in Holding.values:
        raise Refused("holding_unknown", "Say who holds the money.", field="holding")
    if contingency_pence < 0:
        raise Refused(
            "amount_negative", "Enter an amount of zero or more.", field="contingency_pence"
        )
    if starts_on and ends_on and ends_on < starts_on:
        raise Refused("ends_before_start", "The plan must end after it starts.", field="ends_on")
    if starts_on and ends_on and (ends_on - starts_on).days > 366:
        raise Refused(
            "plan_too_long",
            "A plan lasts a year at most, because it is looked at again each year.",
            field="ends_on",
        )
    row.risks, row.contingency, row.contingency_pence = (
        risks.strip(),
        contingency.strip(),
        contingency_pence,
    )
    row.holding, row.starts_on, row.ends_on = holding, starts_on, ends_on
    row.save()
    _changed(row, by, details=True, contingency_pence=contingency_pence)


@transaction.atomic
def add_outcome(
    *, plan: SupportPlan, wish: str, sign: str, needs: Sequence[str], by: User
) -> PlanOutcome:
    """Add something the person wants to change or achieve."""
    row = _open(plan, by)
    if row.outcomes.count() >= OUTCOMES_LIMIT:
        raise Refused("too_many_outcomes", f"A plan can have at most {OUTCOMES_LIMIT} of these.")
    outcome = PlanOutcome.objects.create(
        plan=row,
        position=row.outcomes.count(),
        wish=needs_words(wish, "wish", "Say what you want to change or achieve."),
        sign=sign.strip(),
        needs=_known_needs(row, needs),
    )
    _changed(row, by, outcome="added")
    return outcome


def _known_needs(plan: SupportPlan, needs: Sequence[str]) -> list[str]:
    known = {outcome.key for outcome in plan.case.pack.rules.outcomes}
    return [need for need in needs if need in known]


@transaction.atomic
def change_outcome(
    *, outcome: PlanOutcome, wish: str, sign: str, needs: Sequence[str], by: User
) -> PlanOutcome:
    """Change what the person wants to achieve."""
    row = _open(outcome.plan, by)
    outcome.wish = needs_words(wish, "wish", "Say what you want to change or achieve.")
    outcome.sign = sign.strip()
    outcome.needs = _known_needs(row, needs)
    outcome.save()
    _changed(row, by, outcome="changed")
    return outcome


@transaction.atomic
def remove_outcome(*, outcome: PlanOutcome, by: User) -> None:
    """Take an outcome out; supports for it stay, without it."""
    row = _open(outcome.plan, by)
    outcome.delete()
    _changed(row, by, outcome="removed")


@transaction.atomic
def add_support(
    *,
    plan: SupportPlan,
    description: str,
    provider: Provider | None,
    rate_pence: Pence,
    unit: str,
    quantity: Decimal,
    frequency: str,
    by: User,
    outcome: PlanOutcome | None = None,
) -> PlanSupport:
    """Add one kind of support, costed for the year."""
    row = _open(plan, by)
    if row.supports.count() >= SUPPORTS_LIMIT:
        raise Refused(
            "too_many_supports", f"A plan can have at most {SUPPORTS_LIMIT} kinds of support."
        )
    support = PlanSupport(plan=row, position=row.supports.count())
    _fill(support, description, provider, rate_pence, unit, quantity, frequency, outcome)
    _changed(row, by, support="added", annual_pence=support.annual_pence)
    return support


@transaction.atomic
def change_support(
    *,
    support: PlanSupport,
    description: str,
    provider: Provider | None,
    rate_pence: Pence,
    unit: str,
    quantity: Decimal,
    frequency: str,
    by: User,
    outcome: PlanOutcome | None = None,
) -> PlanSupport:
    """Change one kind of support; the cost is worked out again."""
    row = _open(support.plan, by)
    _fill(support, description, provider, rate_pence, unit, quantity, frequency, outcome)
    _changed(row, by, support="changed", annual_pence=support.annual_pence)
    return support


@transaction.atomic
def remove_support(*, support: PlanSupport, by: User) -> None:
    """Take one kind of support out."""
    row = _open(support.plan, by)
    support.delete()
    _changed(row, by, support="removed")


def _fill(
    support: PlanSupport,
    description: str,
    provider: Provider | None,
    rate_pence: Pence,
    unit: str,
    quantity: Decimal,
    frequency: str,
    outcome: PlanOutcome | None,
) -> None:
    support.description = needs_words(description, "description", "Say what the support is.")
    if provider is not None and not provider.is_approved:
        raise Refused(
            "provider_not_checked",
            f"{provider.name} has not been checked yet.",
            "Choose another one.",
            field="provider",
        )
    if unit not in RateUnit.values:
        raise Refused("unit_unknown", "Say what the price is for.", field="unit")
    if frequency not in Frequency.values:
        raise Refused("frequency_unknown", "Say how often.", field="frequency")
    if rate_pence < 0 or (provider is not None and rate_pence == 0):
        raise Refused("rate_missing", "Enter what one costs.", field="rate_pence")
    if quantity <= 0:
        raise Refused("quantity_missing", "Enter how many, more than 0.", field="quantity")
    annual = SupportCost(rate_pence, quantity, frequency).annual_pence
    if annual >= PENCE_LIMIT:
        raise Refused(
            "too_much", "Check the figures: this is more than a plan can cost.", field="rate_pence"
        )
    support.provider, support.rate_pence, support.unit = provider, rate_pence, unit
    support.quantity, support.frequency, support.outcome = quantity, frequency, outcome
    support.annual_pence = annual
    support.save()


@transaction.atomic
def comment_on_plan(*, plan: SupportPlan, text: str, by: User, criterion: str = "") -> PlanComment:
    """Say something about the plan, at any time; the other side is told."""
    require(by, "plans.comment_plan", plan)
    row = SupportPlan.objects.select_related("case__person__user", "case__worker").get(pk=plan.pk)
    comment = write_comment(plan=row, text=text, by=by, criterion=criterion)
    key = f"plan.commented:{comment.pk}"
    title = f"{by.full_name} wrote about the plan"
    if by.has_perm("plans.edit_plan", row):
        tell_worker(
            row.case,
            key=key,
            title=title,
            body=comment.text,
            href=f"/cases/{row.case.reference}/plan/",
        )
    else:
        tell_person(
            row.case,
            key=key,
            title=title,
            body=comment.text,
            href=f"/my-budget/{row.case.reference}/plan/",
        )
    return comment


def write_comment(*, plan: SupportPlan, text: str, by: User, criterion: str = "") -> PlanComment:
    """Keep a comment and record it; tells nobody."""
    comment = PlanComment.objects.create(
        plan=plan,
        author=by,
        criterion=criterion,
        text=needs_words(text, "text", "Write your comment."),
        written_at=clock.now(),
    )
    record_on(plan.case, "plan.commented", f"plan:{plan.reference}", by, reason=comment.text)
    return comment


def draft_of(plan: SupportPlan) -> PlanDraft:
    """The plan as the pack's check takes it."""
    supports = list(plan.supports.all())
    return PlanDraft(
        criteria=plan.criteria,
        outcomes=plan.outcomes.count(),
        supports=len(supports),
        supports_without_cost=sum(1 for s in supports if s.provider_id and not s.annual_pence),
        has_dates=bool(plan.starts_on and plan.ends_on),
        holding=plan.holding,
        contingency=plan.contingency,
        risks=plan.risks,
    )


@transaction.atomic
def submit_plan(*, plan: SupportPlan, by: User) -> SupportPlan:
    """Send the plan to the council. Raises ``Refused`` with the first thing that is missing."""
    require(by, "plans.submit_plan", plan)
    if SupportPlan.objects.filter(pk=plan.pk, state=PlanState.SUBMITTED).exists():
        return SupportPlan.objects.get(pk=plan.pk)
    row = _open(plan, by)
    missing = missing_from_plan(row.case.pack.rules, draft_of(row))
    if missing:
        raise Refused(
            "plan_incomplete", missing[0].sentence, "Then send the plan.", field=missing[0].part
        )
    move(row, "submit", by=by)
    move_case(row.case, "submit_plan", by=by)
    AgreementDecision.objects.create(
        plan=row, level="worker", level_reason=first_decision_reason(row), asked_at=clock.now()
    )
    record_on(
        row.case,
        "plan.submitted",
        f"plan:{row.reference}",
        by,
        changes={"version": row.version, "annual_pence": plan_costs(row).total_pence},
    )
    tell_worker(
        row.case,
        key=f"plan.submitted:{row.reference}:{row.submitted_at:%Y%m%d%H%M%S}",
        title=f"{row.case.person.full_name} has sent a plan",
        body="Look at it, and agree it, return it with a comment, or pass it up.",
        href=f"/cases/{row.case.reference}/plan/",
    )
    return row
