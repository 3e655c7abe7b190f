"""Sending an invoice: typing it with or without JavaScript, checking it, and sending it once."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on, step_of, typed
from payments.forms.invoice import InvoiceForm, TypedInvoice
from payments.models import AgreementState, InvoiceState, ServiceAgreement
from payments.selectors.provider import (
    MAY_BE_INVOICED,
    AgreementRow,
    agreement_for_provider,
    earlier_invoice,
    last_number,
    with_sums,
)
from payments.selectors.provider_words import (
    can_be_paid,
    counted,
    much_in_words,
    price_in_words,
    unit_in_words,
)
from payments.services import send_invoice

TAKE_OUT = re.compile(r"^remove-(\d{1,4})$")


@needs("payments.send_invoice", load=agreement_for_provider)
def invoice_new(request: HttpRequest, agreement: ServiceAgreement) -> HttpResponse:
    """Write an invoice under an agreement, check it and send it. ``?correct=`` starts from a refused one."""
    if agreement.state not in MAY_BE_INVOICED:
        messages.warning(request, _why_not(agreement))
        return redirect("payments:provider_agreement", agreement.reference)
    (row,) = with_sums([agreement])
    if request.method != "POST":
        return _page(request, row, _first(request, agreement).form(row, quiet=True))
    invoice = TypedInvoice.from_post(request.POST)
    form = _after_button(request.POST.get("step", ""), invoice, row)
    if form is not None:
        return _page(request, row, form)
    invoice.tidy(agreement)
    form, step = invoice.form(row), step_of(request)
    if form.is_valid() and step == "send":
        with refusals_on(form) as attempt:
            sent = send_invoice(agreement=agreement, by=signed_in(request), **form.values())
        if attempt.accepted:
            return redirect("payments:provider_invoice_sent", sent.reference)
        form.earlier = earlier_invoice(agreement.provider, invoice.head.get("number", ""))
    if form.is_valid() and step == "check":
        return _check_page(request, row, form)
    return _page(request, row, form)


def _why_not(agreement: ServiceAgreement) -> str:
    if agreement.state == AgreementState.ACCEPTED:
        return (
            f"This agreement starts on {agreement.starts_on:%-d %B %Y}. "
            "You can send an invoice once you have given support."
        )
    return "This agreement is not running, so it cannot be invoiced."


def _first(request: HttpRequest, agreement: ServiceAgreement) -> TypedInvoice:
    """What the page shows before anything is typed."""
    wrong = agreement.invoices.filter(
        reference=request.GET.get("correct", ""), state=InvoiceState.REJECTED
    ).first()
    return TypedInvoice.corrected(wrong) if wrong else TypedInvoice.fresh(agreement)


def _after_button(step: str, invoice: TypedInvoice, row: AgreementRow) -> InvoiceForm | None:
    """The form after a button that changes its lines; ``None`` for the buttons that go on."""
    taken = TAKE_OUT.match(step)
    if taken:
        invoice.take_out(int(taken[1]))
    elif step == "add":
        invoice.add_line(row.agreement)
    elif step == "fill":
        return _filled(invoice, row)
    elif step != "total":
        return None
    return invoice.form(row, quiet=True)


def _filled(invoice: TypedInvoice, row: AgreementRow) -> InvoiceForm:
    """A line for each time in the period; or, beside the dates, why that cannot be done."""
    strict = invoice.form(row)
    wrong = strict.wrong_with_period()
    if not wrong:
        invoice.fill(row.agreement, *strict.period())
    form = invoice.form(row, quiet=True)
    for name, sentence in wrong:
        form.add_error(name, sentence)
    return form


@require_POST
@needs("payments.send_invoice", load=agreement_for_provider)
def invoice_total(request: HttpRequest, agreement: ServiceAgreement) -> HttpResponse:
    """What the lines being typed come to (a live fragment)."""
    (row,) = with_sums([agreement])
    form = TypedInvoice.from_post(request.POST).form(row, quiet=True)
    return render(request, "payments/provider/bits/invoice_total.html", {"sums": form.sums()})


def _about(row: AgreementRow) -> dict[str, Any]:
    agreement = row.agreement
    return {
        "agreement": agreement,
        "much": much_in_words(agreement),
        "price": price_in_words(agreement),
        "can_be_paid": can_be_paid(agreement.provider),
    }


def _check_page(request: HttpRequest, row: AgreementRow, form: InvoiceForm) -> HttpResponse:
    """Everything as the person will read it, before it is sent."""
    values, unit = form.values(), unit_in_words(row.agreement.unit)
    first, last = values["period_from"], values["period_to"]
    context = {
        "rows": [
            {"key": "For", "value": row.agreement.case.person.full_name},
            {"key": "From", "value": row.agreement.provider.name},
            {"key": "Your invoice number", "value": values["number"]},
            {"key": "First and last day", "value": f"{first:%-d %B %Y} to {last:%-d %B %Y}"},
            {"key": "Your note", "value": values["note"] or "None"},
        ],
        "lines": [(line, counted(line.quantity, unit), amount) for line, amount in form.amounts()],
        "sums": form.sums(),
        "typed": typed(form),
    }
    return render(request, "payments/provider/invoice_check.html", _about(row) | context)


def _page(request: HttpRequest, row: AgreementRow, form: InvoiceForm) -> HttpResponse:
    context = {
        "row": row,
        "form": form,
        "sums": form.sums(),
        "last_number": last_number(row.agreement.provider),
    }
    return render(request, "payments/provider/invoice_new.html", _about(row) | context)
