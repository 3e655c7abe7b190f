"""The provider's desk: what needs doing now, what runs, and where the money is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.money import format_pence
from carebudget.people.access import needs
from payments.models import Invoice, InvoiceState, PayoutState, ServiceAgreement
from payments.selectors.provider import ProviderWork, provider_money, provider_work
from payments.selectors.provider_words import (
    can_be_paid,
    much_in_words,
    payment_in_words,
    price_in_words,
)
from providers.models import Provider, ProviderState
from providers.selectors import checks_to_do

from .provider_common import Speaking, speaking


@require_safe
@needs("payments.view_provider_desk")
def desk(request: HttpRequest) -> HttpResponse:
    """Everything that waits for the provider, then agreements, invoices and money."""
    who = speaking(request)
    work = provider_work(who.shown)
    items = to_do(who, work)
    return render(
        request,
        "payments/provider/desk.html",
        {
            "speaking": who,
            "work": work,
            "to_do": items,
            "waiting": len(items) + work.not_shown,
            "running": [(row, much_in_words(row.agreement)) for row in work.running],
            "money": provider_money(who.shown),
            "not_chosen": [one for one in who.shown if not one.is_approved],
        },
    )


def to_do(who: Speaking, work: ProviderWork) -> list[dict[str, Any]]:
    """What waits for the provider, most urgent first, as items of the work list."""
    items = [_offer(one) for one in work.offered]
    items += [_question(one) for one in work.questions]
    items += [
        {
            "title": f"A payment of {format_pence(one.amount_pence)} did not reach you",
            "href": reverse("payments:provider_invoice", args=[one.invoice.reference])
            if one.invoice
            else reverse("payments:provider_payments"),
            "words": payment_in_words(one),
            "state": one.state,
            "label": "Look at this",
            "provider": one.provider,
        }
        for one in work.stuck
    ]
    for provider in who.shown:
        if provider.state != ProviderState.CLOSED:
            items += _payout(provider)
            items += _checks(provider)
    if who.several:
        for item in items:
            item["words"] = f"{item['provider'].name}: {item['words']}"
    return items


def _page_of(name: str, provider: Provider, part: str = "") -> str:
    """A page of this provider, also for somebody who speaks for several."""
    return f"{reverse(name)}?provider={provider.reference}{part}"


def _offer(agreement: ServiceAgreement) -> dict[str, Any]:
    return {
        "title": f"Say yes or no to {agreement.case.person.full_name}",
        "href": reverse("payments:provider_agreement", args=[agreement.reference]),
        "words": f"{agreement.description}, {much_in_words(agreement)}, {price_in_words(agreement)}.",
        "state": "open",
        "label": "New",
        "provider": agreement.provider,
    }


def _question(invoice: Invoice) -> dict[str, Any]:
    person = invoice.case.person.full_name
    disputed = invoice.state == InvoiceState.DISPUTED
    words = invoice.refusal_reason if disputed else invoice.question
    return {
        "title": f"{person} does not agree with an invoice" if disputed else f"Answer {person}",
        "href": reverse("payments:provider_invoice", args=[invoice.reference]),
        "words": f"Invoice {invoice.number}: “{words}”",
        "amount": invoice.total_pence,
        "state": invoice.state,
        "label": "Not agreed" if disputed else "Question",
        "provider": invoice.provider,
    }


def _payout(provider: Provider) -> list[dict[str, Any]]:
    account = getattr(provider, "payout_account", None)
    if can_be_paid(provider):
        return []
    restricted = account is not None and account.state == PayoutState.RESTRICTED
    title = "The payment service needs something more" if restricted else "Set up how you are paid"
    if account is not None and account.state == PayoutState.CLOSED:
        title = "Your payment account is closed"
    return [
        {
            "title": title,
            "href": _page_of("payments:provider_being_paid", provider),
            "words": "Nothing can be paid to you before this is done. It takes about five minutes.",
            "state": "failed",
            "label": account.get_state_display() if account else "Not set up",
            "provider": provider,
        }
    ]


def _checks(provider: Provider) -> list[dict[str, Any]]:
    words = {
        "missing": ("Still to be checked", "The council has not seen this yet. Send it to us."),
        "failed": ("Did not pass", "Read why, and send us what is missing."),
        "expired": ("Has run out", "Send us the new one."),
        "soon": ("Renew in time", "Send us the new one before this runs out."),
    }
    return [
        {
            "title": f"{words[one.state][0]}: {one.title}",
            "href": _page_of("payments:provider_people", provider, "#checks"),
            "words": words[one.state][1],
            "state": one.colour,
            "label": one.label,
            "due_on": one.expires_on,
            "provider": provider,
        }
        for one in checks_to_do(provider)
    ]
