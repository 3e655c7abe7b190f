"""What the pages of plans load before they show anything. Lookups only; writes nothing."""

from typing import Any

from django.http import Http404, HttpRequest

from carebudget.people.models import User
from plans.models import (
    Answer,
    Assessment,
    AssessmentState,
    Case,
    EligibilityDecision,
    IndicativeBudget,
    IndicativeBudgetState,
    SupportPlan,
)
from plans.rules.pack import Pack
from plans.selectors import case_by_reference


def case_of(reference: str, **within: Any) -> Case:
    """The case in the address of a page about something within it; ``from_url`` reads the rest."""
    return case_by_reference(reference)


def from_url(request: HttpRequest, name: str) -> str:
    """One part of the page's address."""
    match = request.resolver_match
    return str(match.kwargs.get(name, "")) if match else ""


def current_assessment(case: Case) -> Assessment | None:
    """The newest assessment that was not withdrawn."""
    return (
        case.assessments.exclude(state=AssessmentState.WITHDRAWN)
        .select_related("pack", "submitted_by", "verified_by")
        .order_by("-started_at", "-id")
        .first()
    )


def assessment_or_404(case: Case) -> Assessment:
    """The newest assessment; a page about it does not exist before there is one."""
    assessment = current_assessment(case)
    if assessment is None:
        raise Http404
    assessment.case = case
    return assessment


def answers_of(assessment: Assessment) -> dict[str, Answer]:
    """The answers by question, with who gave them."""
    return {
        answer.question: answer for answer in assessment.answers.select_related("answered_by").all()
    }


def values_of(answers: dict[str, Answer]) -> dict[str, Any]:
    """What the rules work with: the verified value where there is one."""
    return {
        key: answer.value if answer.verified_value is None else answer.verified_value
        for key, answer in answers.items()
    }


def current_decision(case: Case) -> EligibilityDecision | None:
    """The newest decision about eligibility, with its outcomes."""
    return (
        EligibilityDecision.objects.filter(assessment__case=case)
        .select_related("decided_by", "assessment__pack")
        .prefetch_related("outcomes")
        .order_by("-decided_at", "-id")
        .first()
    )


def current_budget(case: Case) -> IndicativeBudget | None:
    """The indicative budget that stands now."""
    return (
        case.budgets.exclude(state=IndicativeBudgetState.SUPERSEDED)
        .select_related("pack", "confirmed_by")
        .first()
    )


def budget_or_404(case: Case) -> IndicativeBudget:
    """The indicative budget; its page does not exist before it is worked out."""
    budget = current_budget(case)
    if budget is None:
        raise Http404
    budget.case = case
    return budget


def plan_with_parts(case: Case) -> SupportPlan | None:
    """The newest version of the plan, with everything its pages show."""
    plan = (
        case.plans.select_related("indicative_budget__pack", "document", "submitted_by")
        .defer("document__content")
        .prefetch_related(
            "outcomes",
            "supports__provider",
            "supports__outcome",
            "comments__author",
            "decisions__decided_by",
        )
        .order_by("-version")
        .first()
    )
    if plan is not None:
        plan.case = case
        plan.indicative_budget.case = case
    return plan


def plan_or_404(case: Case) -> SupportPlan:
    """The newest version of the plan."""
    plan = plan_with_parts(case)
    if plan is None:
        raise Http404
    return plan


def pack_of_plan(plan: SupportPlan) -> Pack:
    """The rules the plan is made under: those of its indicative budget."""
    return plan.indicative_budget.pack.rules


def is_client_side(user: User, case: Case) -> bool:
    """Whether the page speaks to the person and their helpers, rather than to staff."""
    return user.has_perm("plans.view_case_as_client", case)
