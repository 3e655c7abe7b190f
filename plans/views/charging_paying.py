"""What you pay: the person's pages. Answer, attach papers, send; then the result with its working."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.errors import Refused
from carebudget.notify.models import Document
from carebudget.notify.permissions import may_view
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.people.models import User
from plans.forms.charging import FORMS
from plans.forms.charging_deciding import EvidenceForm
from plans.models import Case, FinancialAssessment, FinancialEvidence, FinancialState, Holding
from plans.rules.charging import Figures
from plans.rules.charging_questions import MoneySection, sections_for, unfinished
from plans.rules.charging_result import Contribution
from plans.selectors import (
    case_by_reference,
    charge_on,
    current_plan,
    open_finances,
    standing_charge,
)
from plans.selectors.charging import (
    by_section,
    evidence_by_id,
    evidence_of,
    money_answers,
    money_values,
)
from plans.services import (
    attach_evidence,
    remove_evidence,
    save_finances,
    start_finances,
    submit_finances,
)
from plans.services.charging_deciding import pays_net
from plans.services.charging_files import all_tables, figures_on

from .charging_shown import pages_of, picture_of
from .loading import case_of, from_url, is_client_side


@may_view("charge")
def sees_charge(user: User, reference: str) -> bool:
    """Letters about what somebody pays: whoever may see what they pay."""
    found = FinancialAssessment.objects.filter(reference=reference).select_related("case").first()
    if found is None:
        return False
    return user.has_perm("plans.view_charge", case_by_reference(found.case.reference))


def figures_to_ask_by() -> Figures:
    """The figures by which questions are worded; today's, or else the newest there are."""
    try:
        return figures_on(clock.today())
    except Refused:
        return figures_on(clock.today(), table=all_tables()[-1].key)


@needs("plans.view_charge", load=case_by_reference)
def paying(request: HttpRequest, case: Case) -> HttpResponse:
    """Where it stands: to be answered, with the council, or decided, with every step of the working."""
    user = signed_in(request)
    form = ActForm(request.POST if request.method == "POST" else None)
    may_answer = user.has_perm("plans.answer_finances", case)
    if request.method == "POST":
        if not may_answer:
            raise Http404
        with refusals_on(form) as attempt:
            assessment = start_finances(case=case, by=user)
        if attempt.accepted:
            waiting = unfinished(money_values(assessment))
            if waiting:
                return redirect("plans:paying_section", case.reference, waiting[0].key)
            return redirect("plans:paying", case.reference)
    opened = open_finances(case.person)
    context: dict[str, Any] = {
        "case": case,
        "form": form,
        "mine": is_client_side(user, case),
        "may_answer": may_answer,
        "may_challenge": user.has_perm("plans.challenge", case),
        "opened": opened,
        "challenges": list(case.challenges.filter(about="charge")),
    }
    if opened is not None and opened.state == FinancialState.DRAFT:
        context |= _answering(opened)
    return render(request, "plans/charging/paying.html", context | _standing(case))


def _answering(assessment: FinancialAssessment) -> dict[str, Any]:
    values = money_values(assessment)
    pages = pages_of(values, figures_to_ask_by().table.capital)
    return {
        "pages": pages,
        "done": sum(page.done for page in pages),
        "ready": all(page.done for page in pages),
        "evidence": evidence_of(assessment),
    }


def _standing(case: Case) -> dict[str, Any]:
    """The decision that holds today, and the one that begins later if there is one."""
    standing = standing_charge(case.person)
    if standing is None:
        return {"standing": None}
    now = charge_on(case.person, clock.today())
    plan = current_plan(case)
    result = Contribution.from_data(standing.working or {})
    return {
        "standing": standing,
        "begins_later": standing.effective_on is not None and standing.effective_on > clock.today(),
        "until_then": now if now and now.pk != standing.pk else None,
        "result": result,
        "picture": picture_of(result, standing.contribution_pence),
        "lowered": standing.calculated_pence not in (None, standing.contribution_pence),
        "net": pays_net(standing),
        "letter": _letter_of(standing),
        "direct": plan is not None and plan.holding in (Holding.DIRECT_PAYMENT, Holding.NOMINEE),
    }


def _letter_of(assessment: FinancialAssessment) -> Document | None:
    key = f"charge-letter:{assessment.reference}"
    return Document.objects.filter(key=key).defer("content").first()


def draft_or_404(case: Case) -> FinancialAssessment:
    """The questions that are open; their pages do not exist before they are begun."""
    found = open_finances(case.person)
    if found is None:
        raise Http404
    found.case = case
    found.person = case.person
    return found


@needs("plans.answer_finances", load=case_of)
def paying_section(request: HttpRequest, case: Case) -> HttpResponse:
    """One page of questions, saved on its button."""
    assessment = draft_or_404(case)
    if assessment.state != FinancialState.DRAFT:
        return redirect("plans:paying", case.reference)
    values = money_values(assessment)
    key = from_url(request, "section")
    here = _section(key, values)
    figures = figures_to_ask_by()
    form = FORMS[key](
        request.POST if request.method == "POST" else None,
        values=values,
        limits=figures.table.capital,
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            save_finances(assessment=assessment, values=form.answers(), by=signed_in(request))
        if attempt.accepted:
            return _onwards(request, case, here, money_values(assessment))
    pages = sections_for(values)
    at = [one.key for one in pages].index(key)
    return render(
        request,
        "plans/charging/paying_section.html",
        {
            "case": case,
            "section": here,
            "form": form,
            "number": at + 1,
            "of": len(pages),
            "previous": pages[at - 1] if at else None,
            "policy": figures.policy,
        },
    )


def _section(key: str, values: dict[str, Any]) -> MoneySection:
    for one in sections_for(values):
        if one.key == key:
            return one
    raise Http404


def _onwards(
    request: HttpRequest, case: Case, here: MoneySection, values: dict[str, Any]
) -> HttpResponse:
    if request.POST.get("go") == "later":
        messages.success(request, "Saved. You can come back at any time.")
        return redirect("plans:paying", case.reference)
    keys = [one.key for one in sections_for(values)]
    after = keys[keys.index(here.key) + 1 :] if here.key in keys else []
    waiting = [one.key for one in unfinished(values)]
    following = next((key for key in after if key in waiting), None)
    if request.GET.get("then") != "check" and after:
        following = after[0]
    if following is None:
        return redirect("plans:paying_check", case.reference)
    return redirect("plans:paying_section", case.reference, following)


@needs("plans.answer_finances", load=case_by_reference)
def paying_check(request: HttpRequest, case: Case) -> HttpResponse:
    """Everything that was said, and the papers; then send it."""
    assessment = draft_or_404(case)
    if assessment.state != FinancialState.DRAFT:
        return redirect("plans:paying", case.reference)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            submit_finances(assessment=assessment, by=signed_in(request))
        if attempt.accepted:
            return redirect("plans:paying", case.reference)
    values = money_values(assessment)
    attached = evidence_of(assessment)
    pages = pages_of(
        values,
        figures_to_ask_by().table.capital,
        answers=money_answers(assessment),
        evidence=by_section(attached),
    )
    return render(
        request,
        "plans/charging/paying_check.html",
        {
            "case": case,
            "form": form,
            "pages": pages,
            "waiting": [page.section for page in pages if not page.done],
            "evidence": attached,
            "without": [
                page.section for page in pages if page.section.evidence and not page.evidence
            ],
        },
    )


@needs("plans.answer_finances", load=case_by_reference)
def paying_evidence(request: HttpRequest, case: Case) -> HttpResponse:
    """The papers: what is attached, and attaching another."""
    assessment = draft_or_404(case)
    sending = request.method == "POST"
    form = EvidenceForm(
        request.POST if sending else None,
        request.FILES if sending else None,
        initial={"about": request.GET.get("about", "")},
    )
    if sending and form.is_valid():
        file = form.cleaned_data["file"]
        with refusals_on(form) as attempt:
            attach_evidence(
                assessment=assessment,
                about=form.cleaned_data["about"],
                file=file,
                name=file.name or "",
                by=signed_in(request),
            )
        if attempt.accepted:
            messages.success(
                request, "The paper is attached. Only you and those who work on this can see it."
            )
            return redirect("plans:paying_evidence", case.reference)
    wanted = [one for one in sections_for(money_values(assessment)) if one.evidence]
    return render(
        request,
        "plans/charging/paying_evidence.html",
        {
            "case": case,
            "form": form,
            "evidence": evidence_of(assessment),
            "wanted": wanted,
            "draft": assessment.state == FinancialState.DRAFT,
            "mine": is_client_side(signed_in(request), case),
        },
    )


def evidence_loader(reference: str, public_id: UUID) -> FinancialEvidence:
    """The evidence in the address, which must belong to the person of the case there."""
    return evidence_by_id(reference, public_id)


@require_safe
@needs("plans.view_evidence", load=evidence_loader)
def evidence_file(request: HttpRequest, evidence: FinancialEvidence) -> HttpResponse:
    """The bytes, as an attachment that no browser runs, whatever is in them."""
    response = HttpResponse(bytes(evidence.content.data), content_type=evidence.content_type)
    name = evidence.name.encode("ascii", "ignore").decode().replace('"', "") or "document"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@needs("plans.answer_finances", load=evidence_loader)
def evidence_remove(request: HttpRequest, evidence: FinancialEvidence) -> HttpResponse:
    """Take a paper away, after asking once."""
    case = evidence.assessment.case
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        with refusals_on(form) as attempt:
            remove_evidence(evidence=evidence, by=signed_in(request))
        if attempt.accepted:
            messages.success(request, "The paper is gone.")
            return redirect("plans:paying_evidence", case.reference)
    return render(
        request,
        "plans/charging/evidence_remove.html",
        {"case": case, "evidence": evidence, "form": form},
    )
