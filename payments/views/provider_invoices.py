"""The provider's invoices: the list, one with its story, answering a question, and taking one back."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from payments.forms.provider import AnswerForm, TakeBackForm
from payments.models import Invoice, InvoiceState, PaymentState
from payments.selectors.provider import (
    invoice_for_provider,
    invoice_story,
    invoices_of,
    remittances_of,
)
from payments.selectors.provider_words import (
    can_be_paid,
    counted,
    invoice_standing,
    payment_in_words,
    payment_label,
    unit_in_words,
)
from payments.services import answer_query, withdraw_invoice
from payments.services.withdrawing import WITHDRAWABLE

from .provider_common import speaking

PAGE_SIZE = 25


@require_safe
@needs("payments.view_provider_desk")
def invoices(request: HttpRequest) -> HttpResponse:
    """Every invoice that was sent, newest first; by state."""
    who = speaking(request)
    state = request.GET.get("state", "")
    state = state if state in InvoiceState.values else ""
    page = Paginator(invoices_of(who.shown, state=state), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "payments/provider/invoices.html",
        {
            "speaking": who,
            "page": page,
            "states": InvoiceState.choices,
            "state": state,
            "state_words": dict(InvoiceState.choices).get(state, ""),
        },
    )


@needs("payments.act_for_provider", load=invoice_for_provider)
def invoice(request: HttpRequest, found: Invoice) -> HttpResponse:
    """One invoice: its lines, who has it since when, its story, and the answer to a question."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            answer_query(invoice=found, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            person = found.case.person.full_name
            messages.success(request, f"Your answer is with {person}, who says yes or no next.")
            return redirect("payments:provider_invoice", found.reference)
    return render(request, "payments/provider/invoice.html", about_invoice(found) | {"form": form})


@require_safe
@needs("payments.act_for_provider", load=invoice_for_provider)
def invoice_sent(request: HttpRequest, found: Invoice) -> HttpResponse:
    """The invoice with the confirmation that it was sent, and what happens next."""
    if found.state != InvoiceState.RECEIVED:
        return redirect("payments:provider_invoice", found.reference)
    return render(
        request,
        "payments/provider/invoice.html",
        about_invoice(found) | {"form": AnswerForm(), "just_sent": True},
    )


def about_invoice(found: Invoice) -> dict[str, Any]:
    """What the page of an invoice shows."""
    payments = [one for one in found.payments.all() if one.state != PaymentState.CANCELLED]
    story = invoice_story(found)
    unit = unit_in_words(found.agreement.unit)
    advice = {
        one.run_id: one.document
        for one in remittances_of([found.provider]).filter(run__in=[p.run_id for p in payments])
    }
    return {
        "invoice": found,
        "standing": invoice_standing(found, story, payments),
        "story": story,
        "lines": [
            (line, counted(line.quantity, unit), line.amount_pence) for line in found.lines.all()
        ],
        "payments": [
            (one, payment_label(one), payment_in_words(one), advice.get(one.run_id))
            for one in payments
        ],
        "may_take_back": found.state in WITHDRAWABLE,
        "can_be_paid": can_be_paid(found.provider),
        "correct": reverse("payments:provider_invoice_new", args=[found.agreement.reference])
        + f"?correct={found.reference}",
    }


@needs("payments.act_for_provider", load=invoice_for_provider)
def invoice_take_back(request: HttpRequest, found: Invoice) -> HttpResponse:
    """Take an invoice back before the person has said yes, to send a corrected one."""
    form = TakeBackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form) as attempt:
            withdraw_invoice(invoice=found, by=signed_in(request), **form.cleaned_data)
        if attempt.accepted:
            messages.success(
                request,
                f"Invoice {found.number} is taken back, and {found.case.person.full_name} has been told. "
                "You can send a corrected one with the same number.",
            )
            return redirect("payments:provider_invoice", found.reference)
    return render(
        request,
        "payments/provider/invoice_take_back.html",
        {"invoice": found, "form": form, "may_take_back": found.state in WITHDRAWABLE},
    )
