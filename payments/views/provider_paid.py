"""How a provider is paid: the account at the payment service, opened here and completed on its own pages.

We never see bank details. The link to the payment service leads to another origin and back.
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from payments.models import PayoutAccount, PayoutState
from payments.rails.protocol import RailDown
from payments.selectors.provider_words import missing_in_words
from payments.services import look_at_payout_account, onboarding_link
from providers.models import Provider

from .provider_common import speaking


@needs("payments.view_provider_desk")
def being_paid(request: HttpRequest) -> HttpResponse:
    """How each provider's account stands; the button leads to the payment service's own page."""
    who = speaking(request)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        provider = _asked(who.providers, request.POST.get("account", ""))
        link = ""
        with refusals_on(form) as attempt:
            link = onboarding_link(
                provider=provider,
                by=signed_in(request),
                return_url=_address("payments:provider_paid_back", provider),
                refresh_url=_address("payments:provider_being_paid", provider, link="used"),
            )
        if attempt.accepted:
            return redirect(link)
    return render(
        request,
        "payments/provider/being_paid.html",
        {
            "speaking": who,
            "form": form,
            "accounts": [account_of(provider) for provider in who.shown],
            "link_was_used": request.GET.get("link") == "used" and request.method != "POST",
        },
    )


def account_of(provider: Provider) -> dict[str, Any]:
    """A provider's account as the page shows it."""
    account: PayoutAccount | None = getattr(provider, "payout_account", None)
    return {
        "provider": provider,
        "account": account,
        "state": account.state if account else "none",
        "missing": missing_in_words(account.missing) if account else [],
    }


def _asked(providers: list[Provider], reference: str) -> Provider:
    """The provider that is meant: the one that is named, or the only one there is."""
    for provider in providers:
        if provider.reference == reference or (not reference and len(providers) == 1):
            return provider
    raise Http404


def _address(name: str, provider: Provider, **more: str) -> str:
    """An address that the payment service sends the browser back to."""
    query = urlencode({"provider": provider.reference, **more})
    return f"{settings.SITE_URL}{reverse(name)}?{query}"


@require_safe
@needs("payments.view_provider_desk")
def paid_back(request: HttpRequest) -> HttpResponse:
    """Back from the payment service: look at the account afresh, and say how it stands."""
    who = speaking(request)
    provider = who.one
    account: PayoutAccount | None = getattr(provider, "payout_account", None)
    if provider is None or account is None:
        return redirect("payments:provider_being_paid")
    answered = True
    try:
        account = look_at_payout_account(account=account)
    except RailDown:
        answered = False
    return render(
        request,
        "payments/provider/paid_back.html",
        {
            "speaking": who,
            "provider": provider,
            "account": account,
            "answered": answered,
            "ready": account.state == PayoutState.READY,
            "missing": missing_in_words(account.missing),
        },
    )
