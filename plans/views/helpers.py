"""Who helps me: the people somebody trusts with their budget, and inviting another one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from plans.forms.referral import InviteHelperForm, InvitePersonForm
from plans.models import Case
from plans.selectors import case_by_reference
from plans.services.inviting import invite_client, invite_helper

from .loading import is_client_side


@needs("plans.view_timeline", load=case_by_reference)
def helpers(request: HttpRequest, case: Case) -> HttpResponse:
    """Who helps, since when; invite somebody else; staff also invite the person themselves."""
    user = signed_in(request)
    may_invite = user.has_perm("people.invite_helper", case.person)
    may_invite_person = user.has_perm("people.invite", case.person)
    act = request.POST.get("act") if request.method == "POST" else None
    form = InviteHelperForm(request.POST if act == "helper" else None)
    person_form = InvitePersonForm(
        request.POST if act == "person" else None, initial={"person_email": case.person.email}
    )
    if (act == "helper" and not may_invite) or (act == "person" and not may_invite_person):
        raise Http404
    if act == "helper" and form.is_valid():
        with refusals_on(form) as attempt:
            invite_helper(case=case, by=user, **form.cleaned_data)
        if attempt.accepted:
            messages.success(
                request, f"{form.cleaned_data['full_name']} is invited, and can help from now on."
            )
            return redirect("plans:helpers", case.reference)
    if act == "person" and person_form.is_valid():
        with refusals_on(person_form) as attempt:
            invite_client(case=case, email=person_form.cleaned_data["person_email"], by=user)
        if attempt.accepted:
            messages.success(request, f"An invitation is on its way to {case.person.full_name}.")
            return redirect("plans:helpers", case.reference)
    return render(
        request,
        "plans/helpers.html",
        {
            "case": case,
            "mine": is_client_side(user, case),
            "helping": [one for one in case.person.representations.all() if one.ended_at is None],
            "form": form,
            "person_form": person_form,
            "may_invite": may_invite,
            "may_invite_person": may_invite_person,
            "signs_in": bool(case.person.user and case.person.user.has_usable_password()),
        },
    )
