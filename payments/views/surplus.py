"""Surplus on held budgets, for finance and workers: the list, a balance seen, the notice, the decision."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.people.models import User
from payments.forms.surplus import AskForm, BalanceForm, DropForm, LowerForm
from payments.models import OPEN_SURPLUS, SurplusRecovery, SurplusState
from payments.selectors.contributions import receipts_of
from payments.selectors.surplus import TABS, surplus_by_reference, surplus_list, surplus_tabs
from payments.services import (
    ask_for_surplus,
    drop_surplus,
    held_plan,
    lower_surplus,
    record_balance,
    send_surplus_notice,
)
from plans.models import Case
from plans.selectors import case_by_reference

from .lists import page_of

FORMS: dict[str, type[forms.Form]] = {
    "tell": ActForm,
    "ask": AskForm,
    "lower": LowerForm,
    "drop": DropForm,
}

SAID = {
    "tell": "The notice is sent. The person has time to answer, and somebody else decides.",
    "ask": "Decided. The person has been told, with your reasons.",
    "lower": "Less is asked for. The person has been told.",
    "drop": "It is not asked for.",
}

DO: dict[str, Callable[..., Any]] = {
    "tell": send_surplus_notice,
    "ask": ask_for_surplus,
    "lower": lower_surplus,
    "drop": drop_surplus,
}


@require_safe
@needs("payments.view_surpluses")
def surpluses(request: HttpRequest) -> HttpResponse:
    """Balances looked at, by what waits."""
    user = signed_in(request)
    asked, words = request.GET.get("tab", ""), request.GET.get("q", "").replace("\x00", "")[:120]
    usual = "all" if words else "decide"
    tab = asked if asked in dict(TABS) else usual
    return render(
        request,
        "payments/finance/surpluses.html",
        {
            "tab": tab,
            "tabs": surplus_tabs(user),
            "q": words,
            "page": page_of(request, surplus_list(user, tab=tab, search=words)),
        },
    )


@needs("payments.record_balance", load=case_by_reference)
def balance(request: HttpRequest, case: Case) -> HttpResponse:
    """Write down the balance on a held budget's account; the working follows at once."""
    form = BalanceForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        with refusals_on(form) as attempt:
            found = record_balance(
                case=case,
                balance_pence=typed["balance_pence"],
                balance_on=typed["balance_on"],
                committed_pence=typed["committed_pence"] or 0,
                committed_words=typed["committed_words"],
                by=signed_in(request),
            )
        if attempt.accepted:
            return redirect("payments:surplus", found.reference)
    before = SurplusRecovery.objects.filter(case=case)
    return render(
        request,
        "payments/finance/balance.html",
        {
            "case": case,
            "form": form,
            "plan": held_plan(case),
            "open_one": before.filter(state__in=OPEN_SURPLUS).first(),
            "earlier": list(before[:5]),
            "from_case": signed_in(request).has_perm("plans.view_case", case),
        },
    )


@needs("payments.check_surplus", load=surplus_by_reference)
def surplus(request: HttpRequest, found: SurplusRecovery) -> HttpResponse:
    """One balance: its working, the notice, the answer, and what can be done next by whom."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST" and not may(user, act, found):
        raise Http404
    bound = {
        name: form(request.POST if name == act else None, auto_id=f"id_{name}_%s")
        for name, form in FORMS.items()
    }
    if act and bound[act].is_valid():
        with refusals_on(bound[act]) as attempt:
            DO[act](recovery=found, by=user, **bound[act].cleaned_data)
        if attempt.accepted:
            messages.success(request, SAID[act])
            return redirect("payments:surplus", found.reference)
        found = surplus_by_reference(found.reference)
    return render(
        request,
        "payments/finance/surplus.html",
        {
            "recovery": found,
            "case": found.case,
            "forms": bound,
            "all_forms": list(bound.values()),
            "can": {name: may(user, name, found) and _fits(name, found) for name in FORMS},
            "told_it": found.told_by_id == user.pk,
            "receipts": _receipts(found),
            "is_finance": user.has_perm("payments.view_surpluses"),
        },
    )


def may(user: User, act: str, found: SurplusRecovery) -> bool:
    """Whether this user may do this at all, whatever its state."""
    if act == "tell" or (act == "drop" and found.state == SurplusState.FOUND):
        return user.has_perm("payments.notify_surplus", found)
    return act in FORMS and user.has_perm("payments.decide_surplus", found)


def _fits(act: str, found: SurplusRecovery) -> bool:
    """Whether it is its time."""
    match act:
        case "tell":
            return found.state == SurplusState.FOUND
        case "ask":
            return found.state in (SurplusState.TOLD, SurplusState.ANSWERED)
        case "lower":
            return found.state == SurplusState.OWED and found.still_owed_pence > 0
    return found.state in OPEN_SURPLUS


def _receipts(found: SurplusRecovery) -> list[tuple[Any, int, bool]]:
    if found.ledger_account is None:
        return []
    return [
        (leg.entry.effective_on, abs(leg.amount_pence), leg.amount_pence > 0)
        for leg in receipts_of(found.ledger_account)[:20]
    ]
