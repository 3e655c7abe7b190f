"""The council's directory of providers: find one, and everything that is known about it."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from providers.forms.registering import FindForm
from providers.models import Provider, ProviderRate
from providers.selectors import (
    CheckStanding,
    check_standings,
    checks_to_do,
    current_rates,
    people_supported,
    provider_by_reference,
    provider_story,
    providers_matching,
)
from providers.services import approve_provider

PAGE_SIZE = 25
RATES_SHOWN = 3


@dataclass(frozen=True)
class DirectoryRow:
    """A provider as one line of the list."""

    provider: Provider
    to_do: list[CheckStanding]
    rates: list[ProviderRate]


@require_safe
@needs("providers.view")
def directory(request: HttpRequest) -> HttpResponse:
    """Every provider, found by name, kind, place, state or open checks."""
    form = FindForm(request.GET or None)
    wanted = form.wanted() if form.is_bound else {}
    page = Paginator(providers_matching(**wanted), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "providers/directory.html",
        {
            "form": form,
            "page": page,
            "rows": [
                DirectoryRow(one, checks_to_do(one), current_rates(one)[:RATES_SHOWN])
                for one in page.object_list
            ],
            "searched": any(wanted.values()),
            "may_register": signed_in(request).has_perm("providers.register"),
        },
    )


@needs("providers.view", load=provider_by_reference)
def provider(request: HttpRequest, found: Provider) -> HttpResponse:
    """Facts, checks, prices, people and story of one provider; approving it is a button here."""
    user = signed_in(request)
    may_approve = user.has_perm("providers.approve", found)
    form = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not may_approve:
            raise Http404
        with refusals_on(form) as attempt:
            approve_provider(provider=found, by=user)
        if attempt.accepted:
            return redirect("providers:approved", found.reference)
    standings = check_standings(found)
    return render(
        request,
        "providers/provider.html",
        {
            "provider": found,
            "form": form,
            "facts": _facts(found),
            "standings": standings,
            "open": [
                one for one in standings if one.required and one.state not in ("passed", "soon")
            ],
            "rates": current_rates(found),
            "members": [one for one in found.members.all() if one.ended_at is None],
            "payout": getattr(found, "payout_account", None),
            "people_supported": people_supported(found),
            "story": provider_story(found),
            "may_check": user.has_perm("providers.check", found),
            "may_approve": may_approve,
            "speaks_for_it": user.has_perm("providers.member", found),
        },
    )


def _facts(found: Provider) -> list[dict[str, str]]:
    facts = [
        {"key": "Kind", "value": str(found.get_kind_display())},
        {"key": "E-mail", "value": found.email},
        {"key": "Phone", "value": found.phone},
        {"key": "Postcode", "value": found.postcode},
        {"key": "CQC location", "value": found.cqc_location_id},
        {"key": "Reference", "value": found.reference},
    ]
    return [fact for fact in facts if fact["value"]]


@require_safe
@needs("providers.approve", load=provider_by_reference)
def approved(request: HttpRequest, found: Provider) -> HttpResponse:
    """It is approved, and what happens next."""
    if not found.is_approved:
        return redirect("providers:provider", found.reference)
    payout = getattr(found, "payout_account", None)
    return render(
        request,
        "providers/approved.html",
        {
            "provider": found,
            "can_be_paid": payout is not None and payout.state == "ready",
            "has_members": any(one.ended_at is None for one in found.members.all()),
            "invite": reverse("providers:invite", args=[found.reference]),
        },
    )
