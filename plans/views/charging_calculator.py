"""The public calculator: what might I pay? Nobody signs in; answers stay in the visitor's session alone."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget import clock
from carebudget.errors import Refused
from carebudget.people.access import PUBLIC, needs, signed_in
from carebudget.people.forms_handling import refusals_on
from plans.forms.charging import FORMS
from plans.forms.charging_keeping import KeepForm
from plans.models import OPEN_STAGES, Case
from plans.rules.charging import Figures
from plans.rules.charging_questions import (
    MoneySection,
    as_finances,
    sections_for,
    unfinished,
)
from plans.rules.charging_result import Contribution
from plans.selectors import cases_of_client
from plans.services import keep_calculation
from plans.services.charging_deciding import worked_out
from plans.services.charging_files import all_tables, figures_on

from .charging_shown import pages_of, picture_of

SESSION = "what_might_i_pay"


def values_in(request: HttpRequest) -> dict[str, Any]:
    """The visitor's answers so far."""
    found = request.session.get(SESSION)
    return dict(found) if isinstance(found, dict) else {}


def _newest() -> Figures:
    """The figures by which questions are worded (limits, standard sums): today's, else the newest."""
    today = clock.today()
    try:
        return figures_on(today)
    except Refused:
        return figures_on(today, table=all_tables()[-1].key)


@needs(PUBLIC)
def calculator(request: HttpRequest) -> HttpResponse:
    """What this is, what to have at hand, and the button to start."""
    values = values_in(request)
    if request.method == "POST":
        request.session.pop(SESSION, None)
        if request.POST.get("act") == "forget":
            messages.success(request, "Your answers are deleted.")
            return redirect("plans:calculator")
        return redirect("plans:calculator_section", "support")
    waiting = unfinished(values, calculator=True)
    return render(
        request,
        "plans/charging/calculator.html",
        {"begun": bool(values), "next": waiting[0] if values and waiting else None},
    )


@needs(PUBLIC)
def calculator_section(request: HttpRequest, section: str) -> HttpResponse:
    """One page of questions; on to the next that applies."""
    values = values_in(request)
    here = _section(section, values)
    figures = _newest()
    form = FORMS[section](
        request.POST if request.method == "POST" else None,
        values=values,
        limits=figures.table.capital,
    )
    if request.method == "POST" and form.is_valid():
        values |= form.answers()
        request.session[SESSION] = {key: one for key, one in values.items() if one is not None}
        if not request.user.is_authenticated:
            request.session.set_expiry(0)  # a visit ends when the browser is closed
        return _onwards(request, here, values_in(request))
    pages = sections_for(values, calculator=True)
    at = [one.key for one in pages].index(section)
    return render(
        request,
        "plans/charging/calculator_section.html",
        {
            "section": here,
            "form": form,
            "number": at + 1,
            "of": len(pages),
            "previous": pages[at - 1] if at else None,
            "policy": figures.policy,
        },
    )


def _section(key: str, values: dict[str, Any]) -> MoneySection:
    for one in sections_for(values, calculator=True):
        if one.key == key:
            return one
    raise Http404


def _onwards(request: HttpRequest, here: MoneySection, values: dict[str, Any]) -> HttpResponse:
    """To the next page that waits; from "change" back to the check, unless the change opened a page."""
    pages = sections_for(values, calculator=True)
    waiting = [one.key for one in unfinished(values, calculator=True)]
    keys = [one.key for one in pages]
    after = keys[keys.index(here.key) + 1 :]
    following = next((key for key in after if key in waiting), None)
    if request.GET.get("then") != "check" and after:
        following = after[0]
    if following is None and waiting:
        following = waiting[0]
    if following is None:
        return redirect("plans:calculator_check")
    return redirect("plans:calculator_section", following)


@needs(PUBLIC)
def calculator_check(request: HttpRequest) -> HttpResponse:
    """Everything that was said, to look over before the result."""
    values = values_in(request)
    waiting = unfinished(values, calculator=True)
    if not values or (waiting and waiting[0].key == "support"):
        return redirect("plans:calculator")
    return render(
        request,
        "plans/charging/calculator_check.html",
        {
            "pages": pages_of(values, _newest().table.capital, calculator=True),
            "waiting": waiting,
        },
    )


@needs(PUBLIC)
def calculator_result(request: HttpRequest) -> HttpResponse:
    """What they might pay a week, with every step; or which figure is missing, and never a guess."""
    values = values_in(request)
    waiting = unfinished(values, calculator=True)
    if not values:
        return redirect("plans:calculator")
    if waiting:
        return redirect("plans:calculator_section", waiting[0].key)
    example = from_complete(request.GET.get("figures", ""))
    context: dict[str, Any] = {"values": values, "example": example, "pages": []}
    try:
        figures = figures_on(clock.today(), table=example)
        result = worked_out(_finances(values), figures)
    except Refused as refusal:
        context |= {"refusal": refusal, "complete": newest_complete()}
        return render(request, "plans/charging/calculator_refused.html", context)
    return render(
        request,
        "plans/charging/calculator_result.html",
        context | about(result, figures) | {"unsure": what_is_uncertain(values, result)},
    )


def _finances(values: dict[str, Any]) -> dict[str, Any]:
    """The answers as the rules take them; free support needs no birthday."""
    found = as_finances(values)
    found.setdefault("date_of_birth", "1950-01-01")
    return found


def about(result: Contribution, figures: Figures) -> dict[str, Any]:
    """What a page shows of a result and of the figures behind it."""
    return {
        "result": result,
        "picture": picture_of(result),
        "table": figures.table,
        "policy": figures.policy,
    }


def newest_complete() -> Any:
    """The newest table that has every line, to show how the working goes."""
    whole = [table for table in all_tables() if table.complete]
    return whole[-1] if whole else None


def from_complete(key: str) -> str:
    """The table asked for, if it is one that may be used for an example."""
    return key if any(table.key == key and table.complete for table in all_tables()) else ""


def what_is_uncertain(values: dict[str, Any], result: Contribution) -> list[str]:
    """What the sum depends on that a calculator cannot know, in plain words."""
    if result.nothing_charged:
        return []
    unsure = ["A person looks at your papers before anything is decided. Nobody pays by this page."]
    if result.full_cost:
        return [
            *unsure,
            "When your savings come down to the limit, tell us: then you pay less.",
            "You can still ask us to arrange your support.",
        ]
    if result.cost_pence is None:
        unsure.append(
            "We do not know yet what your support will cost. You never pay more than that."
        )
    if values.get("household") == "couple":
        unsure.append(
            "Only your own money counts, not your partner’s. Half of what you share is yours."
        )
    unsure.append("If you gave away money to pay less, we may count it as if you had it still.")
    unsure.append("New figures come every April.")
    return unsure


@needs(PUBLIC)
def calculator_send(request: HttpRequest) -> HttpResponse:
    """Keep the answers and carry them into the full assessment; or how to come in first."""
    values = values_in(request)
    if not values or unfinished(values, calculator=True):
        return redirect("plans:calculator")
    if not request.user.is_authenticated:
        return render(request, "plans/charging/calculator_sign_in.html", {})
    user = signed_in(request)
    cases = [
        case
        for case in cases_of_client(user)
        if case.stage in OPEN_STAGES
        and case.pack.rules.charged
        and user.has_perm("plans.answer_finances", case)
    ]
    if not cases:
        return render(request, "plans/charging/calculator_no_case.html", {})
    form = KeepForm(request.POST if request.method == "POST" else None, cases=cases)
    if request.method == "POST" and form.is_valid():
        case: Case = form.chosen()
        with refusals_on(form) as attempt:
            keep_calculation(case=case, values=values, by=user)
        if attempt.accepted:
            request.session.pop(SESSION, None)
            messages.success(
                request,
                "Your answers are kept. Add your papers, check everything, and send it to us.",
            )
            return redirect("plans:paying", case.reference)
    return render(request, "plans/charging/calculator_send.html", {"form": form, "cases": cases})
