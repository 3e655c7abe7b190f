"""Payments to a provider, and the remittance advice that says which invoices each one paid."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carebudget.notify.permissions import may_view
from carebudget.people.access import needs
from carebudget.people.models import User
from payments.selectors.provider import provider_money, provider_payments, remittances_of
from payments.selectors.provider_words import (
    payment_in_words,
    payment_label,
    was_sent_long_ago,
)
from providers.models import Provider
from providers.selectors import provider_by_reference

from .provider_common import speaking

PAGE_SIZE = 25
ADVICE_PAGE_SIZE = 10


@may_view("provider")
def sees_provider_documents(user: User, reference: str) -> bool:
    """Remittance advice: whoever speaks for the provider, finance and auditors."""
    try:
        return user.has_perm("payments.view_remittance", provider_by_reference(reference))
    except Provider.DoesNotExist:
        return False


@require_safe
@needs("payments.view_provider_desk")
def payments(request: HttpRequest) -> HttpResponse:
    """What was sent, when, and for which invoice."""
    who = speaking(request)
    page = Paginator(provider_payments(who.shown), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "payments/provider/payments.html",
        {
            "speaking": who,
            "page": page,
            "rows": [
                (
                    one,
                    payment_label(one),
                    "" if was_sent_long_ago(one) else payment_in_words(one),
                )
                for one in page.object_list
            ],
            "money": provider_money(who.shown),
            "advice": remittances_of(who.shown)[:ADVICE_PAGE_SIZE],
        },
    )


@require_safe
@needs("payments.view_provider_desk")
def remittances(request: HttpRequest) -> HttpResponse:
    """Every remittance advice, newest first."""
    who = speaking(request)
    page = Paginator(remittances_of(who.shown), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "payments/provider/remittances.html", {"speaking": who, "page": page})
