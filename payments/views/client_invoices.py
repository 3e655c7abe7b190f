"""Invoices as the person reads them: the list, one invoice, and the three ways to answer it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from payments.forms.client import ConfirmForm, DisputeForm, QuestionForm
from payments.models import Invoice, InvoiceState
from payments.selectors import (
    invoice_of_case,
    invoices_of_case,
    invoices_to_answer,
    money_of_case,
    said_about,
)
from payments.services import (
    confirm_invoice,
    dispute_invoice,
    invoiced_pence,
    query_invoice,
)
from plans.models import Case
from plans.selectors import case_by_reference, how_much

from .client_reading import about
from .client_words import invoice_label, payment_words, said_words, what_happens_next

PAGE_SIZE = 20

ACTS: dict[str, tuple[type[forms.Form], Callable[..., Any], str]] = {
    "confirm": (ConfirmForm, confirm_invoice, "You said that this invoice is right."),
    "query": (QuestionForm, query_invoice, "Your question is with {provider}."),
    "dispute": (DisputeForm, dispute_invoice, "You said that this invoice is wrong."),
}
"""Each way to answer: its form, the service that takes the form's fields, and what is said after."""

ANSWERS: dict[str, tuple[str, ...]] = {
    InvoiceState.RECEIVED: ("confirm", "query", "dispute"),
    InvoiceState.QUERIED: ("confirm", "dispute"),
    InvoiceState.DISPUTED: ("confirm",),
}
"""Which ways are open in which state; in every other state the answer has been given."""


@needs("payments.see_money", load=case_by_reference)
def invoices(request: HttpRequest, case: Case) -> HttpResponse:
    """Every invoice about this person, or only those that wait for a yes."""
    waiting_only = request.GET.get("show") == "waiting"
    waiting = invoices_to_answer(case)
    rows = waiting if waiting_only else invoices_of_case(case)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    around = about(request, case)
    return render(
        request,
        "payments/client/invoices.html",
        around
        | {
            "page": page,
            "waiting_only": waiting_only,
            "waiting_count": page.paginator.count if waiting_only else waiting.count(),
            "items": [as_work(case, one, mine=around["mine"]) for one in page.object_list],
        },
    )


def as_work(case: Case, one: Invoice, *, mine: bool) -> dict[str, Any]:
    """An invoice as an item of ``parts/work_list.html``."""
    return {
        "title": f"{one.provider.name}, {one.period_from:%-d %B} to {one.period_to:%-d %B %Y}",
        "href": f"/my-budget/{case.reference}/invoices/{one.reference}/",
        "words": f"{one.agreement.description} · their number {one.number}",
        "state": one.state,
        "label": invoice_label(one, mine=mine),
        "amount": one.total_pence,
    }


@needs("payments.see_money", load=invoice_of_case)
def invoice(request: HttpRequest, found: Invoice) -> HttpResponse:
    """One invoice: who, what for, how much, what is left after it; then yes, a question, or no."""
    case = found.case
    around = about(request, case)
    may_answer = signed_in(request).has_perm("payments.confirm_invoice", found)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST" and not may_answer:
        raise Http404
    acts = {
        name: form(request.POST if act == name else None, auto_id=f"id_{name}_%s")
        for name, (form, _, _) in ACTS.items()
    }
    if act in acts and acts[act].is_valid():
        with refusals_on(acts[act]) as attempt:
            ACTS[act][1](invoice=found, by=signed_in(request), **acts[act].cleaned_data)
        if attempt.accepted:
            messages.success(request, ACTS[act][2].format(provider=found.provider.name))
            return redirect("payments:client_invoice", case.reference, found.reference)
        found = invoice_of_case(case.reference, found.reference)
        if said_already(found, act, acts[act]):
            messages.info(request, "You have said this already.")
            return redirect("payments:client_invoice", case.reference, found.reference)
    return render(
        request,
        "payments/client/invoice.html",
        around
        | _shown(found, mine=around["mine"])
        | {
            "acts": acts,
            "act": act,
            "acted": acts.get(act),
            "ways": ANSWERS.get(found.state, ()) if may_answer else (),
        },
    )


def said_already(found: Invoice, act: str, form: forms.Form) -> bool:
    """Whether a second click says what the first one said, which is then not a mistake."""
    said = form.cleaned_data
    match act, found.state:
        case "confirm", InvoiceState.CONFIRMED:
            return True
        case "query", InvoiceState.QUERIED:
            return bool(found.question == said.get("question"))
        case "dispute", InvoiceState.DISPUTED:
            return bool(found.refusal_reason == said.get("reason"))
    return False


def _shown(found: Invoice, *, mine: bool) -> dict[str, Any]:
    money = money_of_case(found.case)
    return {
        "invoice": found,
        "label": invoice_label(found, mine=mine),
        "next_words": what_happens_next(found, mine=mine),
        "agreed": how_much(found.agreement),
        "agreement_left": found.agreement.limit_pence - invoiced_pence(found.agreement),
        "budget_left": money.left_pence,
        "said": [(one, said_words(one)) for one in said_about(found)],
        "payments": [
            (one, payment_words(one, found.provider.name)) for one in found.payments.all()
        ],
    }
