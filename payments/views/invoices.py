"""Finance's invoices: the list, approving several at once, and one invoice beside what it is held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.errors import CareBudgetError, NotAllowed
from carebudget.money import format_pence
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.people.models import User
from payments.forms.files import HoldForm
from payments.forms.finance import InvoiceFilterForm, RejectInvoiceForm
from payments.models import Invoice, InvoiceState
from payments.selectors.finance_invoices import (
    beside_invoice,
    finance_invoices,
    invoice_for_finance,
    invoice_tabs,
    next_to_approve,
    providers_with_invoices,
    sum_of,
)
from payments.selectors.finance_story import story_of_invoice
from payments.selectors.obligations import invoice_key
from payments.selectors.stops import hold_on
from payments.services import approve_invoice, hold_obligation, reject_invoice
from plans.models import Frequency

from .lists import address_with, page_of

SEVERAL_LIMIT = 100
HOLDABLE = (InvoiceState.CONFIRMED, InvoiceState.APPROVED)
REJECTABLE = (
    InvoiceState.RECEIVED,
    InvoiceState.QUERIED,
    InvoiceState.CONFIRMED,
    InvoiceState.DISPUTED,
)


@dataclass(frozen=True)
class Outcome:
    """What became of one invoice when several were approved at once."""

    reference: str
    approved: bool
    sentence: str
    invoice: Invoice | None = None


@needs("payments.view_desk")
def invoices(request: HttpRequest) -> HttpResponse:
    """The list, with what to approve first; several can be approved at once."""
    user = signed_in(request)
    acts = user.has_perm("payments.make_run")
    outcomes: list[Outcome] = []
    acting = ActForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not acts:
            raise Http404
        chosen = list(dict.fromkeys(request.POST.getlist("invoices")))
        if not chosen:
            acting.add_error(None, "Choose at least one invoice to approve.")
        elif len(chosen) > SEVERAL_LIMIT:
            acting.add_error(None, f"Choose at most {SEVERAL_LIMIT} invoices at a time.")
        else:
            outcomes = _approve_each(chosen, user)
    form = InvoiceFilterForm(request.GET, providers=providers_with_invoices())
    tab = form.chosen_tab
    rows = finance_invoices(
        user,
        tab=tab,
        search=form.value("q") or "",
        provider=form.value("provider") or "",
        order=form.value("order") or "oldest",
    )
    approved = [one for one in outcomes if one.approved]
    return render(
        request,
        "payments/finance/invoices.html",
        {
            "form": form,
            "acting": acting,
            "tab": tab,
            "tabs": invoice_tabs(user),
            "page": page_of(request, rows),
            "total_pence": sum_of(rows),
            "acts": acts,
            "ticking": acts and tab == "confirmed",
            "ticked": {one.reference for one in outcomes if not one.approved},
            "tick_all": request.GET.get("tick") == "all",
            "tick_href": address_with(request, tick="all"),
            "untick_href": address_with(request, tick=""),
            "outcomes": outcomes,
            "approved": approved,
            "approved_pence": sum(one.invoice.total_pence for one in approved if one.invoice),
            "narrowed": bool(form.value("q") or form.value("provider")),
        },
    )


def _approve_each(references: Sequence[str], by: User) -> list[Outcome]:
    """Each on its own: one that cannot be approved holds up none of the others."""
    return [_approve_one(reference, by) for reference in references]


def _approve_one(reference: str, by: User) -> Outcome:
    reference = reference.replace("\x00", "")
    try:
        invoice = invoice_for_finance(reference)
        if not by.has_perm("payments.check_invoice", invoice):
            raise Invoice.DoesNotExist
    except Invoice.DoesNotExist:
        return Outcome(reference[:12], False, "There is no such invoice.")
    if invoice.state == InvoiceState.APPROVED and invoice.approved_by is not None:
        who = "you" if invoice.approved_by_id == by.pk else invoice.approved_by.full_name
        return Outcome(reference, False, f"It was approved already, by {who}.", invoice)
    try:
        approve_invoice(invoice=invoice, by=by)
    except NotAllowed:
        return Outcome(reference, False, "You may not approve this one.", invoice)
    except CareBudgetError as refusal:
        sentence = f"{refusal.sentence} {refusal.next_step}".strip()
        return Outcome(reference, False, sentence, invoice)
    return Outcome(reference, True, "Approved.", invoice)


@needs("payments.check_invoice", load=invoice_for_finance)
def invoice(request: HttpRequest, found: Invoice) -> HttpResponse:
    """One invoice: what it asks for, what was agreed, what is left, who confirmed it; approve or reject."""
    user = signed_in(request)
    acts = user.has_perm("payments.approve_invoice", found)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and not acts:
        raise Http404
    approving = ActForm(request.POST if act == "approve" else None)
    rejecting = RejectInvoiceForm(request.POST if act == "reject" else None)
    holding = HoldForm(request.POST if act == "hold" else None)
    if act == "hold" and holding.is_valid():
        with refusals_on(holding) as attempt:
            hold_obligation(about=found, by=user, **holding.cleaned_data)
        if attempt.accepted:
            messages.success(
                request, f"{found.reference} is held. It goes into no run until it is let go."
            )
            return redirect("payments:finance_invoice", found.reference)
    if act == "approve":
        with refusals_on(approving) as attempt:
            approve_invoice(invoice=found, by=user)
        if attempt.accepted:
            messages.success(
                request,
                f"{found.reference} is approved. {format_pence(found.total_pence)} goes into the next run.",
            )
            return redirect("payments:finance_invoice", found.reference)
    if act == "reject" and rejecting.is_valid():
        with refusals_on(rejecting) as attempt:
            reject_invoice(invoice=found, by=user, **rejecting.cleaned_data)
        if attempt.accepted:
            messages.success(
                request,
                f"{found.reference} is rejected. {found.provider.name} has been told why, and the money is free again.",
            )
            return redirect("payments:finance_invoice", found.reference)
    return render(
        request, "payments/finance/invoice.html", _about(found, user, approving, rejecting)
        | {"acts": acts, "holding": holding}
    )  # fmt: skip


def _about(
    found: Invoice, user: User, approving: ActForm, rejecting: RejectInvoiceForm
) -> dict[str, Any]:
    if approving.errors or rejecting.errors:
        found = invoice_for_finance(found.reference)
    return {
        "invoice": found,
        "beside": beside_invoice(found),
        "how_often": dict(Frequency.choices).get(found.agreement.frequency, ""),
        "approving": approving,
        "rejecting": rejecting,
        "may_approve": found.state == InvoiceState.CONFIRMED,
        "may_reject": found.state in REJECTABLE,
        "may_hold": found.state in HOLDABLE,
        "hold": hold_on(invoice_key(found)),
        "payments": list(found.payments.select_related("run").order_by("-attempt")),
        "story": story_of_invoice(found),
        "next_one": next_to_approve(user, found),
        "budget_code": f"budget:{found.case.reference}",
    }
