"""How a case begins: the public page, a worker's referral, and who takes it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import PUBLIC, needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on, step_of, typed
from plans.forms.referral import AskForHelpForm, AssignForm, ReferForm
from plans.models import Case
from plans.rules.stages import usual_days
from plans.selectors import case_by_reference, stage_progress
from plans.services import ask_for_help as ask_for_help_service
from plans.services import assign_case, refer_person, start_assessment, take_case

ASKED = "asked_for_help"


@needs(PUBLIC)
def ask_for_help(request: HttpRequest) -> HttpResponse:
    """Ask the council for help, for oneself or somebody in the family. Nobody need sign in."""
    if request.method != "POST":
        return render(request, "plans/ask_for_help.html", {"form": AskForHelpForm()})
    form = AskForHelpForm(request.POST)
    step = step_of(request)
    if form.is_valid() and step == "send":
        with refusals_on(form) as attempt:
            case = ask_for_help_service(**form.values())
        if attempt.accepted:
            request.session[ASKED] = case.reference
            return redirect("plans:ask_for_help_sent")
    return _form_or_check(
        request, form, step, "plans/ask_for_help.html", "plans/ask_for_help_check.html"
    )


@needs(PUBLIC)
def ask_for_help_sent(request: HttpRequest) -> HttpResponse:
    """It has arrived: the number to quote, and what happens next."""
    reference = request.session.get(ASKED)
    if not reference:
        return redirect("plans:ask_for_help")
    case = case_by_reference(reference)
    return render(
        request,
        "plans/ask_for_help_sent.html",
        {"reference": reference, "usual_days": usual_days(case.pack.rules, "referred")},
    )


@needs("plans.refer")
def refer(request: HttpRequest) -> HttpResponse:
    """A worker refers a person, and has the case from then on."""
    if request.method != "POST":
        return render(request, "plans/refer.html", {"form": ReferForm()})
    form = ReferForm(request.POST)
    step = step_of(request)
    if form.is_valid() and step == "send":
        with refusals_on(form) as attempt:
            case = refer_person(by=signed_in(request), **form.values())
        if attempt.accepted:
            return redirect("plans:referred", case.reference)
    return _form_or_check(request, form, step, "plans/refer.html", "plans/refer_check.html")


def _form_or_check(
    request: HttpRequest, form: Any, step: str, form_page: str, check_page: str
) -> HttpResponse:
    """Check your answers when they make sense; else the form, with everything as it was typed."""
    if form.is_valid() and step == "check":
        return render(
            request, check_page, {"form": form, "rows": form.rows(), "typed": typed(form)}
        )
    return render(request, form_page, {"form": form})


@needs("plans.view_case", load=case_by_reference)
def referred(request: HttpRequest, case: Case) -> HttpResponse:
    """The case is open: what to do next."""
    return render(request, "plans/referred.html", {"case": case, "steps": stage_progress(case)})


@needs("plans.take_case", load=case_by_reference)
def take(request: HttpRequest, case: Case) -> HttpResponse:
    """A worker takes a case that nobody has."""
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            take_case(case=case, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:referred", case.reference)
    return render(request, "plans/take.html", {"case": case, "form": form})


@needs("plans.assign_case", load=case_by_reference)
def case_assign(request: HttpRequest, case: Case) -> HttpResponse:
    """A manager gives the case to a worker of the team."""
    initial = {"worker": str(case.worker.public_id)} if case.worker else {}
    form = AssignForm(
        request.POST if request.method == "POST" else None, case=case, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        worker = form.chosen()
        with refusals_on(form) as attempt:
            assign_case(case=case, worker=worker, by=signed_in(request))
        if attempt.accepted:
            messages.success(request, f"{worker.full_name} now has this case, and has been told.")
            return redirect(f"/cases/{case.reference}/")
    return render(request, "plans/assign.html", {"case": case, "form": form})


@needs("plans.start_assessment", load=case_by_reference)
def start(request: HttpRequest, case: Case) -> HttpResponse:
    """Open the questions for the person, who is told."""
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            start_assessment(case=case, by=signed_in(request))
        if attempt.accepted:
            messages.success(
                request, f"The questions are open, and {case.person.called} has been told."
            )
            return redirect("plans:referred", case.reference)
    return render(request, "plans/start.html", {"case": case, "form": form})
