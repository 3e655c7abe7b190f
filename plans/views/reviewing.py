"""The submitted plan, for the worker, the manager and the panel: read, comment, return, pass up, agree."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from carebudget.people.models import User
from plans.forms.planning import AgreeForm, CommentForm, DeclineForm, EscalateForm, ReturnForm
from plans.models import AgreementDecision, Case, DecisionState, SupportPlan
from plans.rules.delegation import Authority, may_agree
from plans.selectors import care_managers, case_by_reference
from plans.services import agree_plan, authority_needed, decline_plan, escalate_plan, return_plan
from plans.services.agreeing import level_of

from .loading import plan_or_404
from .planning import about_plan


@dataclass(frozen=True)
class Standing:
    """What this member of staff may do with the plan now, and why not more."""

    pending: AgreementDecision | None
    authority: Authority
    may_decide: bool
    may_agree: bool
    may_pass_up: bool
    wrote_it: bool


def standing_of(plan: SupportPlan, user: User) -> Standing:
    """Whether the plan waits for this user, and how far their authority goes."""
    pending = next(
        (one for one in plan.decisions.all() if one.state == DecisionState.PENDING), None
    )
    authority = authority_needed(plan)
    wrote_it = user.pk in (plan.submitted_by_id, plan.created_by_id)
    if pending is None or wrote_it:
        return Standing(pending, authority, False, False, False, wrote_it)
    mine = pending.level == "worker" or pending.level in user.roles
    agrees = mine and may_agree(level_of(user, pending), authority.level)
    return Standing(pending, authority, mine, agrees, mine and pending.level != "panel", wrote_it)


ACTS: dict[str, tuple[type[forms.Form], Callable[..., Any]]] = {
    "agree": (AgreeForm, agree_plan),
    "return": (ReturnForm, return_plan),
    "escalate": (EscalateForm, escalate_plan),
    "decline": (DeclineForm, decline_plan),
}
"""Each button of the page: its form, and the service that takes the form's fields."""


@needs("plans.review_plan", load=case_by_reference)
def plan_review(request: HttpRequest, case: Case) -> HttpResponse:
    """The plan beside what it is measured by, its cost beside the budget, and what you may decide."""
    plan = plan_or_404(case)
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    acts = {
        name: form(request.POST if act == name else None, auto_id=f"id_{name}_%s")
        for name, (form, _) in ACTS.items()
    }
    standing = standing_of(plan, user)
    if act == "agree" and standing.may_decide and not standing.may_agree:
        acts[act].add_error(
            None, f"You cannot agree this plan yourself. {standing.authority.reason}"
        )
    if act in acts and acts[act].is_valid():
        with refusals_on(acts[act]) as attempt:
            ACTS[act][1](plan=plan, by=user, **acts[act].cleaned_data)
        if attempt.accepted:
            return redirect("plans:plan_reviewed", case.reference)
    return render(
        request,
        "plans/plan_review.html",
        about_plan(case, plan, mine=False)
        | {
            "standing": standing,
            "acts": acts,
            "act": act,
            "acted": acts.get(act),
            "comment_form": CommentForm(),
            "deciders": _deciders(case, plan),
        },
    )


def _deciders(case: Case, plan: SupportPlan) -> str:
    """Names of those who can decide at the level the plan needs, for "who has it"."""
    if authority_needed(plan).level != "manager":
        return ""
    return " or ".join(manager.full_name for manager in care_managers(case)[:3])


@needs("plans.review_plan", load=case_by_reference)
def plan_reviewed(request: HttpRequest, case: Case) -> HttpResponse:
    """What was decided just now, and what happens next."""
    plan = plan_or_404(case)
    decided = [one for one in plan.decisions.all() if one.state != DecisionState.PENDING]
    if not decided:
        return redirect("plans:plan_review", case.reference)
    pending = next(
        (one for one in plan.decisions.all() if one.state == DecisionState.PENDING), None
    )
    last = max(decided, key=lambda one: one.decided_at or one.asked_at)
    return render(
        request,
        "plans/plan_reviewed.html",
        {
            "case": case,
            "plan": plan,
            "last": last,
            "pending": pending,
            "deciders": _deciders(case, plan),
        },
    )
