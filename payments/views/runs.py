"""Payment runs: what is due, making a run, and the run that one person made and another approves."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.errors import NotAllowed
from carebudget.money import format_pence
from carebudget.notify.permissions import may_view
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on
from carebudget.people.models import Role, User
from carebudget.text import plural
from payments.forms.finance import MakeRunForm
from payments.models import PaymentRun, PaymentState, RunState
from payments.selectors.desk import GOING
from payments.selectors.desk import runs as all_runs
from payments.selectors.due import due_by_provider, due_invoices
from payments.selectors.finance_story import story_of_run
from payments.selectors.runs import (
    NOT_ANSWERED,
    RunSummary,
    payments_of_run,
    run_before,
    run_by_reference,
    run_checks,
    run_summary,
    totals_by_provider,
)
from payments.services import approve_run, make_run, reject_run, submit_run
from providers.models import Provider

from .lists import page_of

TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("All", tuple(RunState.values)),
    "waiting": ("Being made or checked", (RunState.DRAFT, RunState.SUBMITTED)),
    "going": ("Being sent", GOING),
    "sent": ("Sent", (RunState.SENT, RunState.CLOSED)),
    "rejected": ("Not sent", (RunState.REJECTED,)),
}
ORDERS = {
    "largest": "Largest first",
    "payees": "New payees first",
    "oldest": "Oldest invoices first",
}
SINGLE_LIMIT = 500
"""How many single invoices of one provider a page offers to choose from."""

PROVIDERS_SHOWN = 20
LEFT_OUT_SHOWN = 50

Form = forms.Form


@require_safe
@needs("payments.view_run")
def runs(request: HttpRequest) -> HttpResponse:
    """Every run, newest first."""
    tab = request.GET.get("tab", "all")
    tab = tab if tab in TABS else "all"
    return render(
        request,
        "payments/finance/runs.html",
        {
            "page": page_of(request, all_runs().filter(state__in=TABS[tab][1])),
            "tab": tab,
            "tabs": [(key, title) for key, (title, _) in TABS.items()],
            "may_make": signed_in(request).has_perm("payments.make_run"),
        },
    )


@needs("payments.make_run")
def run_new(request: HttpRequest) -> HttpResponse:
    """What is due, to whom, and what cannot be paid yet; make a run of all or some of it."""
    user = signed_in(request)
    due = due_by_provider()
    form = MakeRunForm(request.POST if request.method == "POST" else None, due=due)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["providers"] if form.cleaned_data["which"] == "some" else None
        invoices = due_invoices()
        with refusals_on(form) as attempt:
            run = make_run(
                by=user,
                invoices=None
                if chosen is None
                else invoices.filter(provider__reference__in=chosen),
            )
        if attempt.accepted:
            return _made(request, run)
    payable = [one for one in due if not one.why_not]
    return render(
        request,
        "payments/finance/run_new.html",
        {
            "form": form,
            "payable": payable,
            "left_out": [one for one in due if one.why_not],
            "count": sum(one.count for one in payable),
            "total_pence": sum(one.pence for one in payable),
            "chosen": form["providers"].value() or [],
        },
    )


def provider_by_reference(reference: str) -> Provider:
    """The provider with this reference. May raise ``DoesNotExist``."""
    return Provider.objects.select_related("payout_account").get(reference=reference)


def provider_of_run(reference: str) -> Provider:
    """The provider whose single invoices are chosen; the permission asks nothing about them."""
    return provider_by_reference(reference)


@needs("payments.make_run", load=provider_of_run)
def run_new_for(request: HttpRequest, provider: Provider) -> HttpResponse:
    """Single invoices of one provider: make a run of some of them and leave the others for later."""
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
                run = make_run(by=signed_in(request), invoices=invoices)
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
    left = f" {plural(len(run.exceptions), 'invoice')} left out." if run.exceptions else ""
    messages.success(
        request,
        f"Run {run.reference} is made: {plural(run.payment_count, 'payment')}, "
        f"{format_pence(run.total_pence)}.{left} Check it, then send it to a second person.",
    )
    return redirect("payments:run", run.reference)


def _approve(*, run: PaymentRun, by: User, reason: str) -> None:
    approve_run(run=run, reason=reason, by=by)


ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "submit": (submit_run, "The run waits for a second person now. They have been told."),
    "approve": (_approve, "The run is approved, and is being sent now."),
    "reject": (reject_run, "The run is not sent. Its invoices are due again."),
}
"""Each button of the page: the service, and what the page says when it is done."""


@needs("payments.view_run", load=run_by_reference)
def run(request: HttpRequest, found: PaymentRun) -> HttpResponse:
    """One run: what it pays, what is new or odd about it, who made it; submit, approve, reject, watch."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    acts = _acts_of(found, user)
    if act and act not in acts:
        raise Http404
    bound = _bound_forms(request, act)
    if act:
        form = bound[act]
        if form.is_valid() and _done(found, user, act, form):
            messages.success(request, ACTS[act][1])
            return redirect("payments:run", found.reference)
        found = run_by_reference(found.reference)
    return render(
        request,
        "payments/finance/run.html",
        _about(request, found, user)
        | {"acts": _acts_of(found, user), "forms": bound, "acted": bound.get(act), "act": act},
    )


def _acts_of(found: PaymentRun, user: User) -> set[str]:
    """What this user may press on this run's page; whether the run is still there is the service's word."""
    if not user.has_perm("payments.make_run"):
        return set()
    acts = {"submit"}
    if user.has_perm("payments.approve_run"):
        acts |= {"approve", "reject"}
    if found.made_by_id == user.pk:
        acts.add("reject")
    return acts


def _bound_forms(request: HttpRequest, act: str) -> dict[str, Form]:
    def data(name: str) -> Any:
        return request.POST if act == name else None

    return {
        "submit": ActForm(data("submit")),
        "approve": ReasonForm(
            data("approve"),
            auto_id="id_approve_%s",
            label="What did you check?",
            hint="It is kept in the record, with your name.",
        ),
        "reject": ReasonForm(
            data("reject"),
            auto_id="id_reject_%s",
            label="Why is it not sent?",
            hint="Whoever made the run reads this. Its invoices are due again.",
        ),
    }


def _done(found: PaymentRun, user: User, act: str, form: Form) -> bool:
    """Do it; say on the form why not. That somebody else must approve is a sentence, not a missing page."""
    try:
        with refusals_on(form) as attempt:
            ACTS[act][0](run=found, by=user, **form.cleaned_data)
    except NotAllowed as refusal:
        if refusal.code not in ("run_four_eyes", "run_own_interest"):
            raise
        form.add_error(None, refusal.sentence)
        return False
    return attempt.accepted


def _about(request: HttpRequest, found: PaymentRun, user: User) -> dict[str, Any]:
    state, order = request.GET.get("state", ""), request.GET.get("order", "largest")
    state = state if state in PaymentState.values else ""
    order = order if order in ORDERS else "largest"
    checking = found.state in (RunState.DRAFT, RunState.SUBMITTED)
    summary = run_summary(found)
    providers = totals_by_provider(found)
    before = run_before(found)
    return {
        "run": found,
        "summary": summary,
        "progress": _progress(found, summary),
        "checks": run_checks(found, user=user),
        "checking": checking,
        "before": before,
        "more_than_before": found.total_pence - before.total_pence if before else 0,
        "providers": providers[:PROVIDERS_SHOWN],
        "other_providers": providers[PROVIDERS_SHOWN:],
        "other_providers_pence": sum(one.total_pence for one in providers[PROVIDERS_SHOWN:]),
        "left_out": summary.exceptions[:LEFT_OUT_SHOWN],
        "left_out_more": max(0, len(summary.exceptions) - LEFT_OUT_SHOWN),
        "page": page_of(request, payments_of_run(found, user=user, state=state, order=order)),
        "state": state,
        "order": order,
        "orders": list(ORDERS.items()),
        "checkers": _checkers(found) if found.state == RunState.SUBMITTED else "",
        "is_maker": found.made_by_id == user.pk,
        "topups": list(found.topups.order_by("asked_at")),
        "remittances": list(
            found.remittances.select_related("provider", "document")
            .defer("document__content")
            .order_by("provider__name")
        ),
        "story": story_of_run(found),
    }


def _progress(found: PaymentRun, summary: RunSummary) -> dict[str, Any] | None:
    """How far a run that is being sent has come, or nothing. It is at 100 only when it is over."""
    if found.state not in GOING:
        return None
    answered = sum(one.count for one in summary.by_state if one.state not in NOT_ANSWERED)
    words = f"{answered:,} of {plural(found.payment_count, 'payment')} answered."
    return {"percent": min(summary.answered_percent, 99), "words": words}


def _checkers(found: PaymentRun) -> str:
    """Names of those who can approve it."""
    managers = User.objects.filter(role_holdings__role=Role.FINANCE_MANAGER, is_active=True)
    names = managers.exclude(pk=found.made_by_id).order_by("full_name")[:3]
    return " or ".join(one.full_name for one in names)


@require_safe
@needs("payments.view_run", load=run_by_reference)
def run_progress(request: HttpRequest, found: PaymentRun) -> HttpResponse:
    """The bar alone for htmx, which loads the whole page when the run is over; else the run's page."""
    if not getattr(request, "htmx", False):
        return redirect("payments:run", found.reference)
    progress = _progress(found, run_summary(found))
    answer = render(
        request, "payments/finance/bits/progress.html", {"run": found, "progress": progress}
    )
    if progress is None:
        answer["HX-Refresh"] = "true"
    return answer


@may_view("provider")
def sees_remittance(user: User, reference: str) -> bool:
    """Documents about a provider: those who speak for it, finance and the auditor."""
    try:
        return user.has_perm("payments.view_remittance", provider_by_reference(reference))
    except Provider.DoesNotExist:
        return False
