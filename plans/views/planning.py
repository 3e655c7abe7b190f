"""The plan in the making, for the person and those who help: task list, questions, details, sending."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget import clock
from carebudget.money import format_pence
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from plans.forms.planning import CommentForm, CriterionForm, DetailsForm
from plans.models import Case, PlanComment, PlanState, SupportPlan
from plans.rules.criteria import FEWEST_WORDS, missing_from_plan
from plans.rules.pack import Criterion, Pack
from plans.selectors import PlanCosts, case_by_reference, how_much, plan_costs, stage_progress
from plans.services import (
    comment_on_plan,
    draft_of,
    save_criterion,
    save_plan_details,
    start_plan,
    submit_plan,
)

from .loading import case_of, from_url, is_client_side, pack_of_plan, plan_or_404, plan_with_parts

USUAL_LENGTH = timedelta(days=364)


@dataclass(frozen=True)
class CriterionTask:
    """One of the questions on the task list, with what was said about it."""

    criterion: Criterion
    text: str
    done: bool
    comments: list[PlanComment]


def tasks_of(pack: Pack, plan: SupportPlan) -> list[CriterionTask]:
    """The seven questions with the person's words and what was said about each."""
    comments = list(plan.comments.all())
    return [
        CriterionTask(
            criterion=criterion,
            text=plan.criteria.get(criterion.key, ""),
            done=len(plan.criteria.get(criterion.key, "").split()) >= FEWEST_WORDS,
            comments=[one for one in comments if one.criterion == criterion.key],
        )
        for criterion in pack.criteria
    ]


def return_comment(plan: SupportPlan) -> Any:
    """The decision that sent the plan back last, while it is back with the person."""
    if plan.state != PlanState.RETURNED:
        return None
    returned = [one for one in plan.decisions.all() if one.state in ("returned", "declined")]
    return returned[-1] if returned else None


def about_plan(case: Case, plan: SupportPlan, *, mine: bool) -> dict[str, Any]:
    """What every page of a plan shows."""
    pack = pack_of_plan(plan)
    costs = plan_costs(plan)
    comments = list(plan.comments.all())
    missing = missing_from_plan(pack, draft_of(plan))
    return {
        "case": case,
        "plan": plan,
        "pack": pack,
        "costs": costs,
        "tasks": tasks_of(pack, plan),
        "outcomes": _with_need_titles(pack, plan),
        "supports": [(support, how_much(support)) for support in costs.lines],
        "cost_words": costs.sentence if mine else cost_for_staff(costs),
        "missing": missing,
        "missing_parts": {one.part for one in missing},
        "dialogue": [(one, _criterion_title(pack, one.criterion)) for one in comments],
        "returned": return_comment(plan),
        "details_done": not any(one.part == "details" for one in missing),
    }


def cost_for_staff(costs: PlanCosts) -> str:
    """The plan's cost beside the indicative budget, as the council's pages say it."""
    if costs.over:
        return f"The plan costs {format_pence(-costs.left_pence)} a year more than the indicative budget."
    return f"The plan leaves {format_pence(costs.left_pence)} a year of the indicative budget."


def _with_need_titles(pack: Pack, plan: SupportPlan) -> list[tuple[Any, list[str]]]:
    titles = {outcome.key: outcome.title for outcome in pack.outcomes}
    return [
        (outcome, [titles.get(need, need) for need in outcome.needs])
        for outcome in plan.outcomes.all()
    ]


def _criterion_title(pack: Pack, key: str) -> str:
    return next((one.question for one in pack.criteria if one.key == key), "")


@needs("plans.view_plan", load=case_by_reference)
def plan(request: HttpRequest, case: Case) -> HttpResponse:
    """The plan: a task list while it is written, what happens next when it is sent, itself when agreed."""
    found = plan_with_parts(case)
    mine = is_client_side(signed_in(request), case)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            start_plan(case=case, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:plan", case.reference)
    if found is None:
        if not mine:
            raise Http404
        return render(request, "plans/plan_start.html", {"case": case, "form": form})
    context = about_plan(case, found, mine=mine) | {
        "mine": mine,
        "may_comment": request.user.has_perm("plans.comment_plan", case),
        "form": form,
        "comment_form": CommentForm(),
        "steps": stage_progress(case),
    }
    if found.is_editable and mine:
        return render(request, "plans/plan.html", context)
    return render(request, "plans/plan_read.html", context)


def editable_plan(request: HttpRequest, case: Case) -> SupportPlan | None:
    """The plan if it can be changed now; ``None`` (with a message) when it is with the council or agreed."""
    found = plan_or_404(case)
    if found.is_editable:
        return found
    messages.warning(
        request, f"The plan is now “{found.get_state_display()}”. It cannot be changed."
    )  # type: ignore[attr-defined]
    return None


@needs("plans.edit_plan", load=case_of)
def plan_criterion(request: HttpRequest, case: Case) -> HttpResponse:
    """One of the seven questions, in the person's own words, with what was said about it."""
    found = editable_plan(request, case)
    if found is None:
        return redirect("plans:plan", case.reference)
    tasks = tasks_of(pack_of_plan(found), found)
    here = next(
        (n for n, task in enumerate(tasks) if task.criterion.key == from_url(request, "criterion")),
        None,
    )
    if here is None:
        raise Http404
    task = tasks[here]
    form = CriterionForm(
        request.POST if request.method == "POST" else None,
        criterion=task.criterion,
        initial={"text": task.text},
    )
    quietly = "save" in request.GET
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            save_criterion(
                plan=found,
                criterion=task.criterion.key,
                text=form.cleaned_data["text"],
                by=signed_in(request),
            )
        if attempt.accepted and not quietly:
            following = tasks[here + 1].criterion.key if here + 1 < len(tasks) else None
            if following is None or request.POST.get("go") == "list":
                return redirect("plans:plan", case.reference)
            return redirect("plans:plan_criterion", case.reference, following)
    if quietly and request.method == "POST":
        return saved_quietly(request, form)
    return render(
        request,
        "plans/plan_criterion.html",
        {
            "case": case,
            "plan": found,
            "task": task,
            "form": form,
            "of": len(tasks),
            "returned": return_comment(found),
            "outcomes": list(found.outcomes.all()),
            "supports": list(found.supports.all()),
        },
    )


def saved_quietly(request: HttpRequest, form: Any) -> HttpResponse:
    """A few quiet words for beside a field that saved itself."""
    words = ""
    if form.errors:
        words = str(next(iter(next(iter(form.errors.values())))))
    return render(request, "plans/saved.html", {"saved": not form.errors, "words": words})


@needs("plans.edit_plan", load=case_by_reference)
def plan_details(request: HttpRequest, case: Case) -> HttpResponse:
    """When, who holds the money, what could go wrong, and what happens then."""
    found = editable_plan(request, case)
    if found is None:
        return redirect("plans:plan", case.reference)
    form = DetailsForm(
        request.POST if request.method == "POST" else None, initial=_details_as_typed(found)
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            save_plan_details(plan=found, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            return redirect("plans:plan", case.reference)
    return render(request, "plans/plan_details.html", {"case": case, "plan": found, "form": form})


def _details_as_typed(found: SupportPlan) -> dict[str, Any]:
    first_of_next_month = (clock.today().replace(day=1) + timedelta(days=32)).replace(day=1)
    starts = found.starts_on or first_of_next_month
    return {
        "starts_on": starts,
        "ends_on": found.ends_on or starts + USUAL_LENGTH,
        "holding": found.holding,
        "risks": found.risks,
        "contingency": found.contingency,
        "contingency_pence": found.contingency_pence,
    }


@needs("plans.edit_plan", load=case_by_reference)
def plan_check(request: HttpRequest, case: Case) -> HttpResponse:
    """The whole plan on one page, what is still missing, and the button that sends it."""
    found = editable_plan(request, case)
    if found is None:
        return redirect("plans:plan", case.reference)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            submit_plan(plan=found, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:plan", case.reference)
    return render(
        request, "plans/plan_check.html", about_plan(case, found, mine=True) | {"form": form}
    )


@needs("plans.comment_plan", load=case_by_reference)
def plan_comment(request: HttpRequest, case: Case) -> HttpResponse:
    """Say something about the plan; it joins the thread both sides see."""
    found = plan_or_404(case)
    back = "plans:plan" if is_client_side(signed_in(request), case) else "plans:plan_review"
    if request.method != "POST":
        return redirect(back, case.reference)
    form = CommentForm(request.POST)
    if form.is_valid():
        with refusals_on(form) as attempt:
            comment_on_plan(
                plan=found,
                text=form.cleaned_data["text"],
                criterion=known_criterion(found, request.POST.get("criterion", "")),
                by=signed_in(request),
            )
        if attempt.accepted:
            messages.success(request, "Your comment is there for everyone who works on this plan.")
            return redirect(back, case.reference)
    return render(
        request,
        "plans/plan_comment.html",
        {"case": case, "plan": found, "form": form, "back": back},
    )


def known_criterion(found: SupportPlan, key: str) -> str:
    """The key, if the pack has such a question; else no question at all."""
    keys = {criterion.key for criterion in pack_of_plan(found).criteria}
    return key if key in keys else ""
