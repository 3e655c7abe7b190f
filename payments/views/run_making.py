"""Making a run: what is due, narrowed to what is wanted, and single invoices of one provider."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from carebudget.money import format_pence
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.text import plural
from payments.forms.runs import MakeRunForm, WantedForm
from payments.models import PaymentRun
from payments.selectors.due import due_invoices
from payments.selectors.due_payees import due_by_payee
from payments.selectors.run_words import programmes, teams
from payments.services import make_run
from providers.models import Provider

SINGLE_LIMIT = 500
"""How many single invoices of one provider a page offers to choose from."""

PAYEES_SHOWN = 200
"""How many payees a page offers to choose from; the others are reached by narrowing."""


@needs("payments.make_run")
def run_new(request: HttpRequest) -> HttpResponse:
    """What is due, to whom, and what cannot be paid yet; make a run of all or some of it."""
    wanted = WantedForm(request.GET, packs=programmes(), teams=teams())
    due = due_by_payee(wanted.wanted, rail=wanted.rail_name)
    form = MakeRunForm(request.POST if request.method == "POST" else None, due=due)
    if request.method == "POST" and not wanted.is_valid():
        form.add_error(None, "Put right what the list is narrowed to, then make the run.")
    elif request.method == "POST" and form.is_valid():
        some = form.cleaned_data["which"] == "some"
        payees = frozenset(form.cleaned_data["payees"]) if some else None
        with refusals_on(form) as attempt:
            run = make_run(
                by=signed_in(request),
                wanted=replace(wanted.wanted, payees=payees),
                rail=wanted.rail_name,
            )
        if attempt.accepted:
            return _made(request, run)
    return render(request, "payments/finance/run_new.html", _about(wanted, form, due))


def _about(wanted: WantedForm, form: MakeRunForm, due: list[Any]) -> dict[str, Any]:
    payable = [one for one in due if not one.why_not]
    return {
        "wanted": wanted,
        "form": form,
        "payable": payable[:PAYEES_SHOWN],
        "payable_more": max(0, len(payable) - PAYEES_SHOWN),
        "payees": len(payable),
        "left_out": [one for one in due if one.why_not],
        "count": sum(one.count for one in payable),
        "total_pence": sum(one.pence for one in payable),
        "chosen": form["payees"].value() or [],
    }


def provider_of_run(reference: str) -> Provider:
    """The provider whose single invoices are chosen; the permission asks nothing about them."""
    return Provider.objects.select_related("payout_account").get(reference=reference)


@needs("payments.make_run", load=provider_of_run)
def run_new_for(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Single invoices of one provider: make a run of some of them and leave the others for later."""
    wanted = WantedForm(request.GET, packs=programmes(), teams=teams())
    due = due_invoices().filter(provider=provider).select_related("case__person")
    shown = list(due[:SINGLE_LIMIT])
    form = ActForm(request.POST if request.method == "POST" else None)
    chosen = request.POST.getlist("invoices") if request.method == "POST" else None
    if chosen is not None:
        invoices = [one for one in shown if one.reference in set(chosen)]
        if not invoices:
            form.add_error(None, "Choose at least one invoice.")
        else:
            with refusals_on(form) as attempt:
                run = make_run(by=signed_in(request), invoices=invoices, rail=wanted.rail_name)
            if attempt.accepted:
                return _made(request, run)
    return render(
        request,
        "payments/finance/run_new_for.html",
        {
            "provider": provider,
            "form": form,
            "invoices": shown,
            "ticked": {one.reference for one in shown} if chosen is None else set(chosen),
            "total_pence": sum(one.total_pence for one in shown),
            "limit": SINGLE_LIMIT if len(shown) == SINGLE_LIMIT else 0,
        },
    )


def _made(request: HttpRequest, run: PaymentRun) -> HttpResponse:
    count = run.left_out.count()
    left = f" {plural(count, 'payment')} left out." if count else ""
    messages.success(
        request,
        f"Run {run.reference} is made: {plural(run.payment_count, 'payment')}, "
        f"{format_pence(run.total_pence)}.{left} Check it, then send it to a second person.",
    )
    return redirect("payments:run", run.reference)
