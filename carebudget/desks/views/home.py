"""The front door, and how a person signs in. Signed in, the front door leads to their desk."""

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.people.access import PUBLIC, SIGNED_IN, needs, signed_in
from carebudget.people.models import Role
from carebudget.text import join_words

from ..navigation import desk_for

STEPS = (
    ("Find out how much", "You answer questions about your life. We tell you how much money there is, and show how we worked it out."),
    ("Make a plan", "You say what should change, and who should help. Do it alone, or with somebody you trust."),
    ("Get it agreed", "A social worker reads your plan. If something is missing, they say what, and you answer."),
    ("Organise the money", "You choose who holds it: you, somebody for you, or the council."),
    ("Organise the support", "You choose the people and the care firms. They say yes to the work and the price."),
    ("Live your life", "Support comes. You say yes to each invoice before it is paid, and see what is left."),
    ("See how it worked", "After six to eight weeks, and then every year, we look together at what is better and what is not."),
)  # fmt: skip
"""The seven steps of self-directed support, as In Control describes them, in our words."""


@needs(PUBLIC)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for whom, the two ways in, and how it works."""
    if request.user.is_authenticated:
        return redirect(desk_for(request.user))
    return render(request, "desks/home.html", {"steps": STEPS})


@needs(SIGNED_IN)
@require_safe
def your_sign_in(request: HttpRequest) -> HttpResponse:
    """Name, e-mail address, password and second step, each with where to change it."""
    user = signed_in(request)
    second = is_mfa_enabled(user)
    has_password = user.has_usable_password()
    password_page = "account_change_password" if has_password else "account_set_password"
    rows = [
        {"key": "Name", "value": user.full_name},
        {"key": "E-mail address", "value": user.email},
        {"key": "You are here as", "value": join_words(_roles(user.roles)) or "Nobody in particular yet"},
        {
            "key": "Password",
            "value": "Set. Only you know it." if has_password else "None yet.",
            "href": reverse(password_page),
        },
        {
            "key": "Second step",
            "value": "On. You type a code from your app after your password." if second else "Off. Your password alone lets you in.",
            "href": reverse("mfa_index"),
        },
    ]  # fmt: skip
    return render(request, "account/your_sign_in.html", {"rows": rows})


def _roles(held: frozenset[str]) -> list[str]:
    return [str(role.label) for role in Role if role in held]
