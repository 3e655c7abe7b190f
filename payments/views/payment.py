"""Payments as finance sees them: the list, and one payment with what the rail says and what can be done."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on
from carebudget.people.models import User
from payments.forms.files import HoldForm
from payments.forms.finance import SearchForm
from payments.models import Payment, PaymentState, RunState
from payments.rails import get_any_rail
from payments.selectors.due import TO_MEND
from payments.selectors.finance_payments import (
    TABS,
    attempts_at,
    finance_payments,
    payment_for_finance,
    payment_tabs,
)
from payments.selectors.finance_story import story_of_payment
from payments.selectors.stops import hold_on
from payments.selectors.submissions import file_with
from payments.services import (
    give_up_from,
    give_up_unknown,
    hold_obligation,
    leave_out,
    look_now,
    resend_failed,
)

from .lists import page_of

HOLDABLE = (PaymentState.PLANNED, PaymentState.RELEASED)


@require_safe
@needs("payments.view_desk")
def payments(request: HttpRequest) -> HttpResponse:
    """Payments by what is wrong with them, or found by a reference."""
    user = signed_in(request)
    form = SearchForm(request.GET, label="Reference, payee, person or invoice")
    search = form.value("q") or ""
    tab = request.GET.get("tab", "all" if search else "mend")
    tab = tab if tab in TABS else "all"
    return render(
        request,
        "payments/finance/payments.html",
        {
            "form": form,
            "tab": tab,
            "tabs": payment_tabs(user),
            "page": page_of(request, finance_payments(user, tab=tab, search=search)),
            "narrowed": bool(search),
        },
    )


def _mended(payment: Payment) -> str:
    return f"{payment.reference} is mended. The invoice is due again, and can go into a new run."


def _looked(payment: Payment) -> str:
    if payment.state == PaymentState.SENDING:
        return "We asked. There is still no answer about this payment."
    return f"We asked. This payment is “{payment.get_state_display()}” now."


def _given_up(payment: Payment) -> str:
    return f"{payment.reference} counts as never sent. Mend it to make the invoice due again."


def _held(payment: Payment) -> str:
    return f"{payment.reference} is held. Nothing of it is sent until somebody lets it go."


def _left_out(payment: Payment) -> str:
    return f"{payment.reference} is left out. What it pays is due again, for another run."


def _hold(*, payment: Payment, by: User, reason: str) -> Payment:
    hold_obligation(about=payment, reason=reason, by=by)
    return payment


ACTS: dict[str, tuple[str, Callable[..., Payment], Callable[[Payment], str]]] = {
    "mend": ("payments.mend_payment", resend_failed, _mended),
    "look": ("payments.mend_payment", look_now, _looked),
    "give_up": ("payments.give_up_payment", give_up_unknown, _given_up),
    "hold": ("payments.hold_payment", _hold, _held),
    "leave_out": ("payments.leave_out_payment", leave_out, _left_out),
}
"""Each button of the page: who may press it, the service, and what the page says when it is done."""


@needs("payments.check_payment", load=payment_for_finance)
def payment(request: HttpRequest, found: Payment) -> HttpResponse:
    """One payment: how much, to whom, for what, how it stands; mend it, look again, or give it up."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and (act not in ACTS or not user.has_perm(ACTS[act][0], found)):
        raise Http404
    bound = {
        "mend": ActForm(request.POST if act == "mend" else None),
        "look": ActForm(request.POST if act == "look" else None),
        "give_up": ReasonForm(
            request.POST if act == "give_up" else None,
            label="How do you know that nothing was sent?",
            hint="Look at the payment service itself first. It is kept in the record, with your name.",
        ),
        "hold": HoldForm(request.POST if act == "hold" else None),
        "leave_out": ReasonForm(
            request.POST if act == "leave_out" else None,
            auto_id="id_leave_out_%s",
            label="Why is it left out?",
            hint="The run keeps it, with your name.",
        ),
    }
    if act and bound[act].is_valid():
        with refusals_on(bound[act]) as attempt:
            after = ACTS[act][1](payment=found, by=user, **bound[act].cleaned_data)
        if attempt.accepted:
            messages.success(request, ACTS[act][2](after))
            if act == "leave_out":
                return redirect("payments:run", found.run.reference)
            return redirect("payments:finance_payment", found.reference)
    if act:
        found = payment_for_finance(found.reference)
    return render(
        request,
        "payments/finance/payment.html",
        _about(found, user, bound) | {"acted": bound.get(act), "act": act},
    )


def _about(found: Payment, user: User, bound: dict[str, forms.Form]) -> dict[str, Any]:
    unknown = found.state == PaymentState.SENDING and found.unknown_since is not None
    from_when = give_up_from(found) if unknown else None
    return {
        "payment": found,
        "forms": bound,
        "unknown": unknown,
        "may_mend": found.state in TO_MEND
        and found.mended_at is None
        and user.has_perm("payments.mend_payment", found),
        "may_look": found.state == PaymentState.SENDING
        and user.has_perm("payments.mend_payment", found),
        "may_give_up": unknown and user.has_perm("payments.give_up_payment", found),
        "give_up_from": from_when,
        "window_over": from_when is not None and from_when <= clock.now(),
        "hold": hold_on(found.obligation),
        "may_hold": found.state in HOLDABLE and user.has_perm("payments.hold_payment", found),
        "may_leave_out": found.state == PaymentState.PLANNED
        and found.run.state in (RunState.DRAFT, RunState.SUBMITTED)
        and user.has_perm("payments.leave_out_payment", found),
        "attempts": attempts_at(found),
        "matches": list(
            found.match_items.filter(match__undone_at=None)
            .select_related("match__line__account")
            .order_by("pk")
        ),
        "account": getattr(found.provider, "payout_account", None),
        "file": file_with(found),
        "rail": get_any_rail(found.rail).title,
        "story": story_of_payment(found),
    }
