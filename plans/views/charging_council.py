"""What they pay: the council's pages. Answers beside papers, corrections, the decision, a light touch."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget import clock
from carebudget.errors import Refused
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on, step_of
from plans.forms.charging import MoneyForm
from plans.forms.charging_deciding import (
    Corrections,
    DecideChargeForm,
    LightTouchForm,
    VerifyForm,
)
from plans.forms.deciding import HandBackForm
from plans.models import Case, FinancialAssessment, FinancialState
from plans.rules.charging_result import Contribution
from plans.selectors import case_by_reference, open_finances, standing_charge, weekly_cost
from plans.selectors.charging import by_section, evidence_of, money_answers, money_values
from plans.services import (
    Terms,
    decide_charge,
    decide_lightly,
    hand_back_finances,
    propose_charge,
    start_finances,
    verify_finances,
)

from .charging_paying import figures_to_ask_by
from .charging_shown import Page, pages_of, picture_of


@needs("plans.work_charge", load=case_by_reference)
def case_paying(request: HttpRequest, case: Case) -> HttpResponse:
    """Every answer beside its papers and what the rules make of it; correct, check or ask for more."""
    act = request.POST.get("act") if request.method == "POST" else None
    verify = VerifyForm(request.POST if act == "verify" else None)
    back = HandBackForm(request.POST if act == "hand_back" else None)
    opened = open_finances(case.person)
    if opened is None:
        return _nothing_open(request, case)
    opened.case, opened.person = case, case.person
    values = money_values(opened)
    limits = figures_to_ask_by().table.capital
    correcting = Corrections(
        request.POST if act == "verify" else None, values=values, limits=limits
    )
    if opened.state == FinancialState.SUBMITTED and act:
        done = (
            _hand_back(request, opened, back)
            if act == "hand_back"
            else _verify(request, opened, correcting, verify)
        )
        if done:
            name = "plans:case_paying_decide" if act == "verify" else "plans:case_paying"
            return redirect(name, case.reference)
    proposal, refusal = _proposal(opened, case)
    papers = by_section(evidence_of(opened))
    pages = pages_of(values, limits, answers=money_answers(opened), evidence=papers)
    return render(
        request,
        "plans/charging/case_paying.html",
        {
            "case": case,
            "opened": opened,
            "open_now": opened.state == FinancialState.SUBMITTED,
            "parts": _beside(pages, correcting),
            "other_evidence": papers.get("other", []),
            "correcting_forms": list(correcting.forms.values()),
            "verify_form": verify,
            "back_form": back,
            "proposal": proposal,
            "refusal": refusal,
        },
    )


def _beside(pages: list[Page], correcting: Corrections) -> list[tuple[Page, list[MoneyForm]]]:
    """Each page with the forms that correct it; a form whose page was not asked goes with its neighbour."""
    shown = [page for page in pages if page.section.key != "income-amounts"]
    keys = [page.section.key for page in shown]
    order = list(correcting.forms)
    found: dict[str, list[MoneyForm]] = {key: [] for key in keys}
    for n, key in enumerate(order):
        home = next(one for one in [*reversed(order[: n + 1]), *keys] if one in found)
        found[home].append(correcting.forms[key])
    return [(page, found[page.section.key]) for page in shown]


def _nothing_open(request: HttpRequest, case: Case) -> HttpResponse:
    """What stands, and the ways to begin: ask the person, or decide with a light touch."""
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            start_finances(case=case, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:case_paying", case.reference)
    standing = standing_charge(case.person)
    result = Contribution.from_data(standing.working or {}) if standing else None
    return render(
        request,
        "plans/charging/case_paying_none.html",
        {
            "case": case,
            "form": form,
            "standing": standing,
            "result": result,
            "picture": picture_of(result, standing.contribution_pence)
            if standing and result
            else [],
            "charged": case.pack.rules.charged,
        },
    )


def _verify(
    request: HttpRequest,
    opened: FinancialAssessment,
    correcting: Corrections,
    form: VerifyForm,
) -> bool:
    if not (correcting.is_valid() & form.is_valid()):
        return False
    with refusals_on(form) as attempt:
        verify_finances(
            assessment=opened,
            corrections=correcting.changes(),
            note=form.cleaned_data["note"],
            by=signed_in(request),
        )
    return attempt.accepted


def _hand_back(request: HttpRequest, opened: FinancialAssessment, form: HandBackForm) -> bool:
    if not form.is_valid():
        return False
    with refusals_on(form) as attempt:
        hand_back_finances(
            assessment=opened, comment=form.cleaned_data["comment"], by=signed_in(request)
        )
    return attempt.accepted


def _proposal(
    opened: FinancialAssessment, case: Case
) -> tuple[Contribution | None, Refused | None]:
    """What the rules say of the answers so far, or why they cannot say it yet."""
    cost = weekly_cost(case.person)
    return _worked_out(opened, Terms(clock.today(), cost.pence if cost else None))


@needs("plans.work_charge", load=case_by_reference)
def case_paying_decide(request: HttpRequest, case: Case) -> HttpResponse:
    """The working for a day and a cost; look at it, change the terms, decide."""
    opened = open_finances(case.person)
    if opened is None or opened.state != FinancialState.VERIFIED:
        return redirect("plans:case_paying", case.reference)
    opened.case, opened.person = case, case.person
    cost = weekly_cost(case.person)
    initial: dict[str, Any] = {
        "effective_on": clock.today(),
        "cost_pence": cost.pence if cost else None,
    }
    form = DecideChargeForm(request.POST if request.method == "POST" else None, initial=initial)
    terms = Terms(clock.today(), cost.pence if cost else None)
    valid = request.method == "POST" and form.is_valid()
    if valid:
        terms = Terms(
            form.cleaned_data["effective_on"], form.cleaned_data["cost_pence"], form.free()
        )
        if step_of(request) == "send":
            with refusals_on(form) as attempt:
                decide_charge(
                    assessment=opened,
                    terms=terms,
                    contribution_pence=form.cleaned_data["contribution_pence"],
                    reason=form.cleaned_data["reason"],
                    by=signed_in(request),
                )
            if attempt.accepted:
                return redirect("plans:case_paying_done", case.reference)
    proposal, refusal = _worked_out(opened, terms)
    if request.method != "POST" and proposal is not None:
        form.initial["reason"] = proposal.sentence
    return render(
        request,
        "plans/charging/case_paying_decide.html",
        {
            "case": case,
            "opened": opened,
            "form": form,
            "cost": cost,
            "result": proposal,
            "picture": picture_of(proposal) if proposal else [],
            "refusal": refusal,
        },
    )


def _worked_out(
    opened: FinancialAssessment, terms: Terms
) -> tuple[Contribution | None, Refused | None]:
    """What the rules say, or why they cannot say it."""
    try:
        return propose_charge(opened, terms), None
    except Refused as refusal:
        return None, refusal


@needs("plans.work_charge", load=case_by_reference)
def case_paying_done(request: HttpRequest, case: Case) -> HttpResponse:
    """What was decided just now, and what happens next."""
    standing = standing_charge(case.person)
    if standing is None:
        return redirect("plans:case_paying", case.reference)
    result = Contribution.from_data(standing.working or {})
    return render(
        request,
        "plans/charging/case_paying_done.html",
        {
            "case": case,
            "standing": standing,
            "result": result,
            "picture": picture_of(result, standing.contribution_pence),
        },
    )


@needs("plans.work_charge", load=case_by_reference)
def case_paying_light(request: HttpRequest, case: Case) -> HttpResponse:
    """Decide without a full assessment, with the reason of the regulations and what it rests on."""
    cost = weekly_cost(case.person)
    initial: dict[str, Any] = {
        "effective_on": clock.today(),
        "cost_pence": cost.pence if cost else None,
    }
    form = LightTouchForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        with refusals_on(form) as attempt:
            decide_lightly(
                case=case,
                ground=found["ground"],
                cost_pence=found["cost_pence"],
                contribution_pence=found["contribution_pence"] or 0,
                effective_on=found["effective_on"],
                agreed=found["agreed"],
                reason=found["reason"],
                by=signed_in(request),
            )
        if attempt.accepted:
            return redirect("plans:case_paying_done", case.reference)
    return render(
        request,
        "plans/charging/case_paying_light.html",
        {"case": case, "form": form, "cost": cost},
    )
