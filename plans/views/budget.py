"""The decision and the indicative budget, as the person reads them and as the worker confirms them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from plans.forms.budget import AdjustForm
from plans.models import Case, IndicativeBudget, IndicativeBudgetState
from plans.rules.allocation import Allocation
from plans.selectors import case_by_reference, stage_progress
from plans.services import adjust_budget, confirm_budget

from .loading import budget_or_404, current_decision, plan_with_parts

CONFIRMED = (IndicativeBudgetState.CONFIRMED, IndicativeBudgetState.CHALLENGED)


@needs("plans.view_timeline", load=case_by_reference)
def decision(request: HttpRequest, case: Case) -> HttpResponse:
    """The decision with its reasons; and if it is no, what else can help and how to answer it."""
    found = current_decision(case)
    if found is None:
        raise Http404
    pack = found.assessment.pack.rules
    return render(
        request,
        "plans/decision.html",
        {
            "case": case,
            "decision": found,
            "pack": pack,
            "outcomes": [(pack.outcome(one.outcome), one) for one in found.outcomes.all()],
            "challenges": list(case.challenges.filter(about="eligibility")),
            "may_challenge": request.user.has_perm("plans.challenge", case),
        },
    )


@needs("plans.view_budget", load=case_by_reference)
def budget(request: HttpRequest, case: Case) -> HttpResponse:
    """The sum for a year and a week, every step of the working, and how to answer it."""
    found = budget_or_404(case)
    return render(
        request,
        "plans/budget.html",
        _shown(case, found)
        | {
            "confirmed": found.state in CONFIRMED,
            "plan": plan_with_parts(case),
            "steps": stage_progress(case),
            "challenges": list(case.challenges.filter(about="budget")),
            "may_challenge": request.user.has_perm("plans.challenge", case),
            "may_plan": request.user.has_perm("plans.edit_plan", case),
        },
    )


@needs("plans.adjust_budget", load=case_by_reference)
def budget_confirm(request: HttpRequest, case: Case) -> HttpResponse:
    """The worker confirms the sum, or changes it first and says why."""
    found = budget_or_404(case)
    act = request.POST.get("act") if request.method == "POST" else None
    adjusting = AdjustForm(
        request.POST if act == "adjust" else None, initial={"annual_pence": found.annual_pence}
    )
    confirming = ActForm(request.POST if act == "confirm" else None)
    if act == "adjust" and adjusting.is_valid():
        with refusals_on(adjusting) as attempt:
            adjust_budget(budget=found, by=signed_in(request), **adjusting.cleaned_data)
        if attempt.accepted:
            messages.success(request, "The sum is changed, and your reason is kept with it.")
            return redirect("plans:budget_confirm", case.reference)
    if act == "confirm":
        with refusals_on(confirming) as attempt:
            confirm_budget(budget=found, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:budget_confirm", case.reference)
    return render(
        request,
        "plans/budget_confirm.html",
        _shown(case, found)
        | {
            "adjusting": adjusting,
            "confirming": confirming,
            "confirmed": found.state == IndicativeBudgetState.CONFIRMED,
        },
    )


def _shown(case: Case, found: IndicativeBudget) -> dict[str, Any]:
    allocation = Allocation.from_data(found.working)
    return {
        "case": case,
        "budget": found,
        "pack": found.pack.rules,
        "allocation": allocation,
        "adjusted": found.annual_pence != found.calculated_pence,
    }
