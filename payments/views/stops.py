"""What is not paid because somebody said so, and what a run left out: looked into, and let go with a reason."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.errors import NotAllowed
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ReasonForm, refusals_on
from payments.models import LeftOut, LeftOutKind, Stop, StopKind, Waiver
from payments.selectors.stakes import without_own
from payments.selectors.stops import left_out_by_id, stop_by_id, stops_standing
from payments.services import let_obligation_go, lift_flag, waive_suspicion

from .lists import page_of

SUSPICIONS = (LeftOutKind.DUPLICATE, LeftOutKind.BUDGET)

TABS = {"": "All", StopKind.HELD.value: "Held", StopKind.SANCTION.value: "Flagged providers"}


@require_safe
@needs("payments.view_stops")
def stops(request: HttpRequest) -> HttpResponse:
    """Everything that is held, and every provider who is flagged."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in TABS else ""
    rows = without_own(stops_standing(kind), signed_in(request))
    return render(
        request,
        "payments/finance/stops.html",
        {"page": page_of(request, rows), "kind": kind, "tabs": list(TABS.items())},
    )


@needs("payments.view_stop", load=stop_by_id)
def stop(request: HttpRequest, found: Stop) -> HttpResponse:
    """One hold or flag: who set it and why, and letting it go."""
    user = signed_in(request)
    held = found.kind == StopKind.HELD
    permission = "payments.hold_payment" if held else "payments.lift_flag"
    may = user.has_perm(permission, found)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="Why may it be paid now?" if held else "How do you know that they may be paid?",
        hint="It is kept in the record, with your name.",
    )
    if request.method == "POST":
        if not may:
            raise Http404
        if form.is_valid() and _let_go(found, form, user):
            messages.success(
                request,
                f"{found.words} is let go. What a run was approved for is sent; anything else is due again.",
            )
            return redirect("payments:stops")
        found = stop_by_id(str(found.public_id))
    return render(
        request,
        "payments/finance/stop.html",
        {
            "stop": found,
            "form": form,
            "held": held,
            "may": may and not found.lifted_at and (held or found.set_by_id != user.pk),
            "own_flag": not held and found.set_by_id == user.pk,
        },
    )


def _let_go(found: Stop, form: ReasonForm, user: Any) -> bool:
    act = let_obligation_go if found.kind == StopKind.HELD else lift_flag
    try:
        with refusals_on(form) as attempt:
            act(stop=found, by=user, reason=form.cleaned_data["reason"])
    except NotAllowed as refusal:
        if refusal.code != "flag_four_eyes":
            raise
        form.add_error(None, refusal.sentence)
        return False
    return attempt.accepted


@needs("payments.check_payment", load=left_out_by_id)
def left_out(request: HttpRequest, found: LeftOut) -> HttpResponse:
    """One obligation that a run left out: why, and what can be done about it."""
    user = signed_in(request)
    waiver = Waiver.objects.filter(obligation=found.obligation, kind=found.kind).first()
    may = found.kind in SUSPICIONS and user.has_perm("payments.hold_payment", found)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="What did you compare, and why is it right to pay?",
        hint="It is kept in the record, with your name.",
    )
    if request.method == "POST":
        if not may:
            raise Http404
        if form.is_valid():
            with refusals_on(form) as attempt:
                waive_suspicion(left_out=found, by=user, reason=form.cleaned_data["reason"])
            if attempt.accepted:
                messages.success(request, f"{found.words} can be paid: it goes into the next run.")
                return redirect("payments:run_left_out", found.run.reference)
    return render(
        request,
        "payments/finance/left_out.html",
        {
            "one": found,
            "form": form,
            "waiver": waiver,
            "may": may and waiver is None,
            "next": _next_of(found),
        },
    )


def _next_of(found: LeftOut) -> tuple[str, str, str]:
    """What to do about it, and where: words, a link's text and its address."""
    payee = ""
    if found.provider:
        payee = f"?q={found.provider.reference}"
    elif found.person:
        payee = f"?q={found.person.reference}"
    payees = reverse("payments:finance_payees") + payee
    invoice = (
        reverse("payments:finance_invoice", args=[found.invoice.reference]) if found.invoice else ""
    )
    again = reverse("payments:run_new")
    return {
        LeftOutKind.ACCOUNT: ("Ask them for their account, or how they want to be paid.", "See their account", payees),
        LeftOutKind.CHANGED: ("A second person must ring them on a number known before, and confirm.", "See what waits", payees),
        LeftOutKind.PROVIDER: ("The provider’s checks must be in order first.", "See their account", payees),
        LeftOutKind.HELD: ("It stays out until somebody lets it go.", "See what is held", reverse("payments:stops")),
        LeftOutKind.BUDGET: ("Compare the invoices under the agreement with what was agreed.", "Open the invoice", invoice),
        LeftOutKind.DIED: ("Find out who settles their affairs. Nothing is sent to the old account.", "See their account", payees),
        LeftOutKind.SANCTION: ("It stays out until somebody else has lifted the flag.", "See who is flagged", reverse("payments:stops") + "?kind=sanction"),
        LeftOutKind.DUPLICATE: ("Open both invoices and compare them. If it is the same support, reject this one.", "Open the invoice", invoice),
        LeftOutKind.OWN: ("Ask a colleague to make a run of it.", "See what is due", again),
        LeftOutKind.LIMIT: ("Choose a way of paying that carries more at once.", "Make another run", again),
        LeftOutKind.ELSEWHERE: ("Nothing: it is paid by the other run.", "See the runs", reverse("payments:runs")),
        LeftOutKind.LINE: ("It is due again, and goes into the next run unless it is held.", "See what is due", again),
    }[LeftOutKind(found.kind)]  # fmt: skip
