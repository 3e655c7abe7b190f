"""Wishes and supports of a plan: add, change, take away; and what a support would cost, live."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from plans.forms.planning import OutcomeForm, SupportForm, outcome_as_typed, support_as_typed
from plans.models import Case, PlanOutcome, PlanSupport, SupportPlan
from plans.rules.costing import SupportCost, compare
from plans.selectors import case_by_reference, plan_costs
from plans.services import (
    add_outcome,
    add_support,
    change_outcome,
    change_support,
    remove_outcome,
    remove_support,
)

from .loading import case_of, current_decision, from_url, pack_of_plan
from .planning import editable_plan


def _outcome_form(
    request: HttpRequest, case: Case, plan: SupportPlan, **kwargs: Any
) -> OutcomeForm:
    decision = current_decision(case)
    eligible = [one.outcome for one in decision.outcomes.all() if one.unmet] if decision else []
    return OutcomeForm(
        request.POST if request.method == "POST" else None,
        pack=pack_of_plan(plan),
        eligible=eligible,
        **kwargs,
    )


@needs("plans.edit_plan", load=case_by_reference)
def plan_outcome_add(request: HttpRequest, case: Case) -> HttpResponse:
    """Add something the person wants to change or achieve."""
    plan = editable_plan(request, case)
    if plan is None:
        return redirect("plans:plan", case.reference)
    form = _outcome_form(request, case, plan)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            add_outcome(plan=plan, by=signed_in(request), **form.values())
        if attempt.accepted:
            return _onwards(request, case, "plans:plan_outcome_add", "Your wish is in the plan.")
    return render(request, "plans/plan_outcome.html", {"case": case, "plan": plan, "form": form})


@needs("plans.edit_plan", load=case_of)
def plan_outcome(request: HttpRequest, case: Case) -> HttpResponse:
    """Change one wish."""
    plan = editable_plan(request, case)
    if plan is None:
        return redirect("plans:plan", case.reference)
    outcome = _outcome(request, plan)
    if outcome is None:
        return _moved(request, case)
    form = _outcome_form(request, case, plan, initial=outcome_as_typed(outcome))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            change_outcome(outcome=outcome, by=signed_in(request), **form.values())
        if attempt.accepted:
            return _onwards(request, case, "plans:plan_outcome_add", "Your wish is changed.")
    return render(
        request,
        "plans/plan_outcome.html",
        {"case": case, "plan": plan, "form": form, "outcome": outcome},
    )


@needs("plans.edit_plan", load=case_of)
def plan_outcome_remove(request: HttpRequest, case: Case) -> HttpResponse:
    """Take one wish out of the plan, after asking once."""
    plan = editable_plan(request, case)
    if plan is None:
        return redirect("plans:plan", case.reference)
    outcome = _outcome(request, plan)
    if outcome is None:
        return _moved(request, case)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            remove_outcome(outcome=outcome, by=signed_in(request))
        if attempt.accepted:
            messages.success(request, "The wish is taken out.")
            return redirect("plans:plan", case.reference)
    return render(
        request,
        "plans/plan_remove.html",
        {"case": case, "plan": plan, "form": form, "words": outcome.wish, "what": "wish"},
    )


@needs("plans.edit_plan", load=case_by_reference)
def plan_support_add(request: HttpRequest, case: Case) -> HttpResponse:
    """Add a kind of support."""
    plan = editable_plan(request, case)
    if plan is None:
        return redirect("plans:plan", case.reference)
    form = SupportForm(request.POST if request.method == "POST" else None, plan=plan)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            add_support(plan=plan, by=signed_in(request), **form.values())
        if attempt.accepted:
            return _onwards(request, case, "plans:plan_support_add", "The support is in the plan.")
    return _support_page(request, case, plan, form, None)


@needs("plans.edit_plan", load=case_of)
def plan_support(request: HttpRequest, case: Case) -> HttpResponse:
    """Change one kind of support."""
    plan = editable_plan(request, case)
    if plan is None:
        return redirect("plans:plan", case.reference)
    support = _support(request, plan)
    if support is None:
        return _moved(request, case)
    form = SupportForm(
        request.POST if request.method == "POST" else None,
        plan=plan,
        initial=support_as_typed(plan, support),
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            change_support(support=support, by=signed_in(request), **form.values())
        if attempt.accepted:
            return _onwards(request, case, "plans:plan_support_add", "The support is changed.")
    return _support_page(request, case, plan, form, support)


@needs("plans.edit_plan", load=case_of)
def plan_support_remove(request: HttpRequest, case: Case) -> HttpResponse:
    """Take one kind of support out of the plan, after asking once."""
    plan = editable_plan(request, case)
    if plan is None:
        return redirect("plans:plan", case.reference)
    support = _support(request, plan)
    if support is None:
        return _moved(request, case)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            remove_support(support=support, by=signed_in(request))
        if attempt.accepted:
            messages.success(request, "The support is taken out.")
            return redirect("plans:plan", case.reference)
    return render(
        request,
        "plans/plan_remove.html",
        {"case": case, "plan": plan, "form": form, "words": support.description, "what": "support"},
    )


@needs("plans.edit_plan", load=case_by_reference)
def plan_cost(request: HttpRequest, case: Case) -> HttpResponse:
    """What the support being typed would cost, and what that leaves of the budget (a live fragment)."""
    plan = editable_plan(request, case)
    if plan is None:
        return HttpResponse(status=204)
    instead_of = request.GET.get("instead_of", "")
    support = next(
        (one for n, one in enumerate(plan.supports.all(), 1) if str(n) == instead_of), None
    )
    form = SupportForm(request.GET, plan=plan)
    return render(request, "plans/cost.html", preview_of(plan, form, support))


def preview_of(
    plan: SupportPlan, form: SupportForm, instead_of: PlanSupport | None
) -> dict[str, Any]:
    """The plan's cost with what is typed in ``form``, as far as it makes sense already."""
    costs = plan_costs(plan)
    others = costs.total_pence - (instead_of.annual_pence if instead_of else 0)
    cost = _typed_cost(form) if form.is_bound else _stored_cost(instead_of)
    total = others + (cost.annual_pence if cost else 0)
    beside = compare(total, costs.budget_pence)
    return {
        "cost": cost,
        "comparison": beside,
        "total_pence": total,
        "budget_pence": costs.budget_pence,
        "left_pence": beside.left_pence,
    }


def _typed_cost(form: SupportForm) -> SupportCost | None:
    form.is_valid()
    typed = form.cleaned_data
    if (
        typed.get("rate_pence") is None
        or typed.get("quantity") is None
        or not typed.get("frequency")
    ):
        return None
    return SupportCost(typed["rate_pence"], typed["quantity"], typed["frequency"])


def _stored_cost(support: PlanSupport | None) -> SupportCost | None:
    return SupportCost(support.rate_pence, support.quantity, support.frequency) if support else None


def _support_page(
    request: HttpRequest,
    case: Case,
    plan: SupportPlan,
    form: SupportForm,
    support: PlanSupport | None,
) -> HttpResponse:
    return render(
        request,
        "plans/plan_support.html",
        {
            "case": case,
            "plan": plan,
            "form": form,
            "support": support,
            **preview_of(plan, form, support),
        },
    )


def _onwards(request: HttpRequest, case: Case, another: str, words: str) -> HttpResponse:
    """Back to the plan, or straight on to another one of the same."""
    if request.POST.get("go") == "another":
        messages.success(request, words)
        return redirect(another, case.reference)
    return redirect("plans:plan", case.reference)


def _outcome(request: HttpRequest, plan: SupportPlan) -> PlanOutcome | None:
    return _numbered(request, list(plan.outcomes.all()))


def _support(request: HttpRequest, plan: SupportPlan) -> PlanSupport | None:
    return _numbered(request, list(plan.supports.all()))


def _numbered(request: HttpRequest, things: list[Any]) -> Any:
    """The wish or support at the place in the address.

    Somebody else may have taken one out meanwhile: the page says which one it showed (``was``), and
    when that is no longer at this place the answer is ``None``, so that nothing is done to another one.
    """
    number = int(from_url(request, "number"))
    sent = request.method == "POST"
    if not 1 <= number <= len(things):
        if sent and "was" in request.POST:
            return None
        raise Http404
    thing = things[number - 1]
    return None if sent and request.POST.get("was", str(thing)) != str(thing) else thing


def _moved(request: HttpRequest, case: Case) -> HttpResponse:
    messages.warning(
        request, "The list has changed since you opened that page. Please choose again."
    )
    return redirect("plans:plan", case.reference)
