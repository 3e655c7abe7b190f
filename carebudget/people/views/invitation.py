"""Coming in: the page behind the link of an invitation."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from carebudget.errors import Refused

from ..access import PUBLIC, needs
from ..adapters import come_in
from ..forms.invitation import ChoosePasswordForm
from ..forms_handling import refusals_on
from ..models import User
from ..services import accept_invitation, open_invitation


@sensitive_post_parameters("password")
@never_cache
@needs(PUBLIC)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password and come in. The link works once, for a limited time."""
    try:
        invited = open_invitation(token)
    except Refused as refusal:
        return render(request, "people/invitation_closed.html", {"refusal": refusal}, status=410)
    form = ChoosePasswordForm(request.POST or None, user=invited.user)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            user = accept_invitation(token=token, password=form.cleaned_data["password"])
        if attempt.accepted:
            return _come_in(request, user)
    return render(
        request,
        "people/invitation.html",
        {
            "form": form,
            "invitation": invited,
            "signed_in_as_other": _is_other(request, invited.user),
        },
    )


def _come_in(request: HttpRequest, user: User) -> HttpResponse:
    """Sign the user in, unless a second factor is asked of them: then the sign-in page does it."""
    if request.user.is_authenticated and request.user != user:
        logout(request)
    if is_mfa_enabled(user):
        return redirect("account_login")
    come_in(request, user, "password")
    messages.success(request, f"Welcome, {user.full_name}. Your password is set.")
    return redirect("/")


def _is_other(request: HttpRequest, invited: User) -> bool:
    return request.user.is_authenticated and request.user != invited
