"""Who speaks for a provider, how its checks stand, and the prices that people see."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from providers.forms.registering import RateForm
from providers.selectors import check_standings, current_rates
from providers.services import add_rate

from .provider_common import speaking


@needs("payments.view_provider_desk")
def people(request: HttpRequest) -> HttpResponse:
    """People, checks and prices of each provider the user speaks for."""
    who = speaking(request)
    return render(
        request,
        "payments/provider/people.html",
        {
            "speaking": who,
            "level": 2 if who.one else 3,
            "parts": [
                {
                    "provider": one,
                    "members": [m for m in one.members.all() if m.ended_at is None],
                    "standings": check_standings(one),
                    "rates": current_rates(one),
                }
                for one in who.shown
            ],
        },
    )


@needs("payments.view_provider_desk")
def price_new(request: HttpRequest) -> HttpResponse:
    """Publish a price. ``?provider=`` says whose, when the user speaks for several."""
    who = speaking(request)
    if who.one is None:
        return redirect("payments:provider_people")
    if not signed_in(request).has_perm("providers.member", who.one):
        raise Http404
    form = RateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            add_rate(provider=who.one, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(
                request, "The price is published. People see it when they choose, from now on."
            )
            return redirect(reverse("payments:provider_people") + who.query + "#prices")
    return render(
        request,
        "payments/provider/price.html",
        {"speaking": who, "provider": who.one, "form": form},
    )
