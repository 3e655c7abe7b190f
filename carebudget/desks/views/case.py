"""The case as staff see it, and closing it with a reason."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ReasonForm, refusals_on, step_of, typed
from payments.selectors import invoices_to_answer, money_of_case, promises
from plans.models import Case, Stage
from plans.selectors import case_by_reference
from plans.services import close_case

from ..selectors.case import case_desk


@require_safe
@needs("plans.view_case", load=case_by_reference)
def case(request: HttpRequest, found: Case) -> HttpResponse:
    """What to do next, the person, each part of the case with its state, and its story with reasons."""
    user = signed_in(request)
    comes_from_caseload = user.has_perm("plans.view_caseload")
    return render(
        request,
        "desks/case.html",
        {
            "back_href": "/caseload/" if comes_from_caseload else "/audit/",
            "back_text": "Back to the caseload" if comes_from_caseload else "Back to the record",
            "case": found,
            "desk": case_desk(found, user),
            "may_assign": user.has_perm("plans.assign_case", found),
            "may_invite": user.has_perm("people.invite", found.person),
            "may_close": user.has_perm("plans.work_case", found) and found.stage != Stage.CLOSED,
        },
    )


@needs("plans.work_case", load=case_by_reference)
def case_close(request: HttpRequest, found: Case) -> HttpResponse:
    """Close the case: the reason, then what it does to the plan and the money, then it is closed."""
    if found.stage == Stage.CLOSED:
        messages.info(request, "This case is closed already.")
        return redirect("desks:case", found.reference)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="Why is the case closed?",
        hint=f"{found.person.called} and those who help are told this, in your words.",
    )
    form.fields["reason"].error_messages["required"] = "Say why the case is closed."
    step = step_of(request)
    if request.method == "POST" and form.is_valid() and step == "send":
        with refusals_on(form) as attempt:
            close_case(case=found, reason=form.cleaned_data["reason"], by=signed_in(request))
        if attempt.accepted:
            messages.success(
                request, f"The case is closed. {found.person.called} has been told why."
            )
            return redirect("desks:case", found.reference)
    context = {"case": found, "form": form}
    if request.method == "POST" and form.is_valid() and step == "check":
        context |= {
            "typed": typed(form),
            "reason": form.cleaned_data["reason"],
            "promises": promises(found),
            "waiting_count": invoices_to_answer(found).count(),
            "money": money_of_case(found),
        }
        return render(request, "desks/case_close_check.html", context)
    return render(request, "desks/case_close.html", context)
