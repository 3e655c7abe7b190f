"""Signing in as somebody of the demo with one button. Outside the demo these pages do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from carebudget.people.access import PUBLIC, needs
from carebudget.people.adapters import come_in

from ..navigation import desk_for
from ..seeding.people import PASSWORD
from ..selectors.demo import demo_sign_ins


def only_in_the_demo(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """404 for everybody and every method, unless this is the demo."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args)

    return guarded


@needs(PUBLIC)
@only_in_the_demo
@require_safe
def demo(request: HttpRequest) -> HttpResponse:
    """Who there is to be, what each can see, and how to sign in by hand."""
    people = demo_sign_ins()
    groups = [
        ("A family", [one for one in people if one.side == "family"]),
        ("The council", [one for one in people if one.side == "council"]),
        ("A care provider", [one for one in people if one.side == "provider"]),
    ]
    return render(
        request,
        "desks/demo.html",
        {
            "groups": groups,
            "people": people,
            "password": PASSWORD,
            "seeded": any(one.user for one in people),
        },
    )


@needs(PUBLIC)
@only_in_the_demo
@require_safe
def demo_codes(request: HttpRequest) -> HttpResponse:
    """The rows of the codes alone, for the page that asks again by itself."""
    return render(request, "desks/bits/demo_codes.html", {"people": demo_sign_ins()})


@needs(PUBLIC)
@only_in_the_demo
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's people; nobody else can be chosen."""
    wanted = request.POST.get("email", "")
    user = next((one.user for one in demo_sign_ins() if one.person.email == wanted), None)
    if user is None:
        messages.error(
            request, "This person is not here yet. The demo makes them when it is filled."
        )
        return redirect("desks:demo")
    logout(request)
    come_in(request, user, "password", "mfa")
    return redirect(desk_for(user))
