"""Agreements on the provider's side: the list, the terms in plain words, and saying yes or no."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from payments.forms.provider import DeclineForm
from payments.models import AgreementState, ServiceAgreement
from payments.selectors.provider import (
    agreement_for_provider,
    agreements_of,
    invoices_of,
    with_sums,
)
from payments.selectors.provider_words import can_be_paid, much_in_words, price_in_words
from payments.services import accept_agreement, decline_agreement

from .provider_common import speaking

PAGE_SIZE = 20
INVOICES_SHOWN = 12
ANSWERED = (AgreementState.ACCEPTED, AgreementState.LIVE, AgreementState.DECLINED)


@require_safe
@needs("payments.view_provider_desk")
def agreements(request: HttpRequest) -> HttpResponse:
    """Everybody the provider has an agreement with; found by name or state."""
    who = speaking(request)
    state = request.GET.get("state", "")
    state = state if state in AgreementState.values else ""
    words = request.GET.get("words", "")[:80]
    rows = agreements_of(who.shown, states=[state] if state else [], words=words)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "payments/provider/agreements.html",
        {
            "speaking": who,
            "page": page,
            "rows": [
                (row, much_in_words(row.agreement)) for row in with_sums(list(page.object_list))
            ],
            "states": AgreementState.choices,
            "state": state,
            "words": words,
        },
    )


@needs("payments.act_for_provider", load=agreement_for_provider)
def agreement(request: HttpRequest, found: ServiceAgreement) -> HttpResponse:
    """The terms in plain words; yes or no while it is offered; invoices once it runs."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    accepting = ActForm(request.POST if act == "accept" else None)
    declining = DeclineForm(request.POST if act == "decline" else None)
    if act == "accept":
        with refusals_on(accepting) as attempt:
            accept_agreement(agreement=found, by=user)
        if attempt.accepted:
            return redirect("payments:provider_agreement_answered", found.reference)
    if act == "decline" and declining.is_valid():
        with refusals_on(declining) as attempt:
            decline_agreement(agreement=found, by=user, **declining.cleaned_data)
        if attempt.accepted:
            return redirect("payments:provider_agreement_answered", found.reference)
    (row,) = with_sums([found])
    return render(
        request,
        "payments/provider/agreement.html",
        {
            "agreement": found,
            "row": row,
            "much": much_in_words(found),
            "price": price_in_words(found),
            "accepting": accepting,
            "declining": declining,
            "invoices": invoices_of([found.provider]).filter(agreement=found)[:INVOICES_SHOWN],
        },
    )


@require_safe
@needs("payments.act_for_provider", load=agreement_for_provider)
def agreement_answered(request: HttpRequest, found: ServiceAgreement) -> HttpResponse:
    """What was answered just now, and what happens next."""
    if found.state not in ANSWERED:
        return redirect("payments:provider_agreement", found.reference)
    return render(
        request,
        "payments/provider/agreement_answered.html",
        {
            "agreement": found,
            "much": much_in_words(found),
            "can_be_paid": can_be_paid(found.provider),
        },
    )
