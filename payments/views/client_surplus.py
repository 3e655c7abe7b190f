"""Money that may be given back, as the person reads it: the notice, the working, the answer, the decision."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget import clock
from carebudget.notify.permissions import may_view
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from carebudget.people.models import User
from payments.forms.surplus import AnswerSurplusForm
from payments.models import SurplusRecovery, SurplusState
from payments.selectors.surplus import surplus_by_reference, surplus_of_case
from payments.services import answer_surplus

from .client_reading import about


@may_view("surplus")
def sees_surplus(user: User, reference: str) -> bool:
    """The notice: whoever may see the person's money, once it was sent."""
    found = SurplusRecovery.objects.filter(reference=reference, told_at__isnull=False).first()
    if found is None:
        return False
    return user.has_perm("payments.see_money", surplus_by_reference(reference))


@needs("payments.see_money", load=surplus_of_case)
def giving_back(request: HttpRequest, found: SurplusRecovery) -> HttpResponse:
    """How much may be given back and why, until when to answer; then what was decided and how to pay."""
    user = signed_in(request)
    may_answer = user.has_perm("payments.answer_surplus", found)
    if request.method == "POST" and not may_answer:
        raise Http404
    form = AnswerSurplusForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with refusals_on(form) as attempt:
            answer_surplus(recovery=found, answer=form.cleaned_data["answer"], by=user)
        if attempt.accepted:
            messages.success(
                request,
                "We have your answer. Somebody who did not send the notice reads it, and you get a message.",
            )
            return redirect("payments:client_surplus", found.case.reference, found.reference)
        found = surplus_of_case(found.case.reference, found.reference)
    return render(
        request,
        "payments/client/giving_back.html",
        about(request, found.case)
        | {
            "recovery": found,
            "form": form,
            "may_answer": may_answer and found.state == SurplusState.TOLD,
            "answer_is_late": found.answer_by is not None and clock.today() > found.answer_by,
            "still_owed": max(0, found.still_owed_pence),
            "pay_to": settings.CONTRIBUTIONS["pay_to"],
        },
    )
