"""Every figure of a budget, opened: what came in, was spent, waits, is promised, and what is free."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from payments.models import Invoice, Leg, Payment
from payments.selectors import (
    budget_entries,
    invoices_behind,
    invoices_holding,
    last_payment,
    money_of_case,
    plan_in_force,
    promises,
    spending,
)
from payments.selectors.contributions import owed_by_case
from payments.selectors.forecast import forecast_of_case
from payments.selectors.surplus import surpluses_told
from plans.models import Case, Holding
from plans.selectors import case_by_reference

from .client_reading import about
from .client_words import invoice_label, payment_words
from .forecast_chart import picture_of_forecast

PAGE_SIZE = 20
HOLDING_LIMIT = 100


@require_safe
@needs("payments.see_money", load=case_by_reference)
def money(request: HttpRequest, case: Case) -> HttpResponse:
    """Where each figure of the budget comes from, line by line, to the penny."""
    around = about(request, case)
    waiting = list(invoices_holding(case)[:HOLDING_LIMIT])
    page = Paginator(spending(case), PAGE_SIZE).get_page(request.GET.get("page"))
    plan = plan_in_force(case)
    found = forecast_of_case(case)
    return render(
        request,
        "payments/client/money.html",
        around
        | {
            "money": money_of_case(case),
            "plan": plan,
            "came_in": [(leg.entry, -leg.amount_pence) for leg in budget_entries(case)],
            "page": page,
            "spent": _with_payments(list(page.object_list)),
            "waiting": [(one, invoice_label(one, mine=around["mine"])) for one in waiting],
            "promises": promises(case),
            "owed": owed_by_case(case),
            "told": surpluses_told(case),
            "may_look": plan is not None
            and plan.holding != Holding.COUNCIL
            and signed_in(request).has_perm("payments.record_balance", case),
            "found": found,
            "picture": picture_of_forecast(found) if found else None,
        },
    )


def _with_payments(legs: list[Leg]) -> list[tuple[Leg, Invoice | None, Payment | None, str]]:
    """Each entry with its invoice, and how that was paid."""
    behind = invoices_behind(legs)
    found = []
    for leg in legs:
        invoice = behind.get(leg.entry_id)
        payment = last_payment(invoice) if invoice else None
        words = payment_words(payment, invoice.provider.name) if payment and invoice else ""
        found.append((leg, invoice, payment, words))
    return found
