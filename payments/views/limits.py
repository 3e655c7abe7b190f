"""How much each finance manager may approve, in one run and in one day: seen by finance, set by a manager."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.errors import NotAllowed
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from payments.forms.runs import ApprovalLimitForm
from payments.selectors.limits import checkers_for, managers
from payments.services import set_approval_limit


@needs("payments.view_limits")
def limits(request: HttpRequest) -> HttpResponse:
    """Everybody's limits and what they approved today; another manager's can be set."""
    user = signed_in(request)
    may = user.has_perm("payments.set_approval_limit")
    everybody = managers()
    others = [one for one in everybody if one.pk != user.pk]
    form = ApprovalLimitForm(request.POST if request.method == "POST" else None, managers=others)
    if request.method == "POST":
        if not may:
            raise Http404
        if form.is_valid():
            whose = next(one for one in others if one.email == form.cleaned_data.pop("whose"))
            try:
                with refusals_on(form) as attempt:
                    set_approval_limit(user=whose, by=user, **form.cleaned_data)
            except NotAllowed as refusal:
                form.add_error(None, refusal.sentence)
            else:
                if attempt.accepted:
                    messages.success(request, f"The limits of {whose.full_name} are set.")
                    return redirect("payments:approval_limits")
    return render(
        request,
        "payments/finance/limits.html",
        {"form": form, "checkers": checkers_for(everybody), "may": may and bool(others)},
    )
