"""Payment runs: the list, and the run that one person made and another approves, watches or stops."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.errors import NotAllowed
from carebudget.notify.permissions import may_view
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on
from carebudget.people.models import Person, User
from carebudget.text import join_words, plural
from payments.models import LeftOutKind, PaymentRun, PaymentState, RunState
from payments.rails import get_any_rail, kind_of
from payments.rails.protocol import RailKind
from payments.selectors.desk import GOING
from payments.selectors.desk import runs as all_runs
from payments.selectors.finance_story import story_of_run
from payments.selectors.limits import checkers_for, checkers_of
from payments.selectors.run_checks import changes_since, run_before, run_checks
from payments.selectors.run_words import narrowed_to
from payments.selectors.runs import (
    NOT_ANSWERED,
    RunSummary,
    left_out_of_run,
    payments_of_run,
    run_by_reference,
    run_summary,
    totals_by_payee,
    totals_by_programme,
    totals_by_team,
)
from payments.selectors.submissions import submissions_of_run, waiting_for_a_file
from payments.services import approve_run, reject_run, stop_run, submit_run
from providers.models import Provider

from .lists import page_of

TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("All", tuple(RunState.values)),
    "waiting": ("Being made or checked", (RunState.DRAFT, RunState.SUBMITTED)),
    "going": ("Being sent", GOING),
    "sent": ("Sent", (RunState.SENT, RunState.CLOSED)),
    "rejected": ("Not sent", (RunState.REJECTED, RunState.CANCELLED)),
}
ORDERS = {
    "largest": "Largest first",
    "payees": "New payees first",
    "oldest": "Oldest invoices first",
}
PAYEES_SHOWN = 20
LEFT_OUT_SHOWN = 10
CHANGES_SHOWN = 5
REMITTANCES_SHOWN = 50
STOPPABLE = (PaymentState.RELEASED, PaymentState.HELD)

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


def _approve(*, run: PaymentRun, by: User, reason: str) -> None:
    approve_run(run=run, reason=reason, by=by)


ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "submit": (submit_run, "The run waits for a second person now. They have been told."),
    "approve": (_approve, "The run is approved, and is being sent now."),
    "reject": (reject_run, "The run is not sent. Its invoices are due again."),
    "stop": (
        stop_run,
        "The run is stopped. What was not on its way yet is due again; what was goes on.",
    ),
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
        acts |= {"approve", "reject", "stop"}
    if found.made_by_id == user.pk:
        acts |= {"reject", "stop"}
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
        "stop": ReasonForm(
            data("stop"),
            auto_id="id_stop_%s",
            label="Why is it stopped?",
            hint="It is kept in the record, with your name.",
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
    summary = run_summary(found)
    payees = totals_by_payee(found)
    remittances = found.remittances.select_related("provider", "person", "document")
    return {
        "run": found,
        "rail": get_any_rail(found.rail).title,
        "narrowed_to": narrowed_to(found),
        "summary": summary,
        "progress": _progress(found, summary),
        "programmes": totals_by_programme(found),
        "teams": totals_by_team(found),
        "payees": payees[:PAYEES_SHOWN],
        "other_payees": len(payees[PAYEES_SHOWN:]),
        "other_payees_pence": sum(one.total_pence for one in payees[PAYEES_SHOWN:]),
        "page": page_of(request, payments_of_run(found, user=user, state=state, order=order)),
        "state": state,
        "order": order,
        "orders": list(ORDERS.items()),
        "topups": list(found.topups.order_by("asked_at")),
        "remittances": list(
            remittances.defer("document__content").order_by("pk")[:REMITTANCES_SHOWN]
        ),
        "remittance_count": remittances.count(),
        "story": story_of_run(found),
        "may_hold": user.has_perm("payments.leave_out_payment"),
        "stoppable": found.state in GOING
        and any(one.state in STOPPABLE for one in summary.by_state),
        **_for_the_checker(found, user),
        **_left_out(found, user),
        **_files(found, user),
    }


def _for_the_checker(found: PaymentRun, user: User) -> dict[str, Any]:
    """What is new or odd, and who may approve it: only while somebody still has to."""
    before = run_before(found)
    if found.state not in (RunState.DRAFT, RunState.SUBMITTED):
        return {"checking": False, "before": before, "more_than_before": _more(found, before)}
    checkers = checkers_of(found)
    may = [one.user.full_name for one in checkers if one.may]
    [own] = checkers_for([user], found.total_pence)
    return {
        "checking": True,
        "before": before,
        "more_than_before": _more(found, before),
        "checks": run_checks(found, user=user),
        "changes": changes_since(found, before),
        "changes_shown": CHANGES_SHOWN,
        "is_maker": found.made_by_id == user.pk,
        "too_much": own.refusal,
        "limit": own.limit,
        "approved_today_pence": own.approved_today_pence,
        "checkers": join_words(may[:3], "or"),
        "somebody_checks": bool(checkers),
    }


def _more(found: PaymentRun, before: PaymentRun | None) -> int:
    return found.total_pence - before.total_pence if before else 0


def _left_out(found: PaymentRun, user: User) -> dict[str, Any]:
    rows = left_out_of_run(found, user=user)
    return {"left_out": list(rows[:LEFT_OUT_SHOWN]), "left_out_count": rows.count()}


def _files(found: PaymentRun, user: User) -> dict[str, Any]:
    """The bank files of a run whose way of paying sends them, and what waits for one."""
    if kind_of(found.rail) != RailKind.FILE:
        return {"by_file": False}
    return {
        "by_file": True,
        "submissions": list(submissions_of_run(found)),
        "waiting_for_a_file": waiting_for_a_file(found).count() if found.state in GOING else 0,
        "may_make_file": user.has_perm("payments.make_submission"),
    }


def _progress(found: PaymentRun, summary: RunSummary) -> dict[str, Any] | None:
    """How far a run that is being sent has come, or nothing. It is at 100 only when it is over."""
    if found.state not in GOING:
        return None
    over = (*NOT_ANSWERED, PaymentState.CANCELLED)
    answered = sum(one.count for one in summary.by_state if one.state not in over)
    words = f"{answered:,} of {plural(found.payment_count, 'payment')} answered."
    return {"percent": min(summary.answered_percent, 99), "words": words}


@require_safe
@needs("payments.view_run", load=run_by_reference)
def run_left_out(request: HttpRequest, found: PaymentRun) -> HttpResponse:
    """Everything that a run left out, with the reason of each and what can be done about it."""
    user = signed_in(request)
    kind = request.GET.get("kind", "")
    rows = left_out_of_run(found, user=user)
    counts = dict.fromkeys(LeftOutKind.values, 0)
    for one in rows.values_list("kind", flat=True):
        counts[one] += 1
    chosen = rows.filter(kind=kind) if kind in LeftOutKind.values else rows
    return render(
        request,
        "payments/finance/run_left_out.html",
        {
            "run": found,
            "page": page_of(request, chosen),
            "kind": kind,
            "kinds": [(k, str(LeftOutKind(k).label), n) for k, n in counts.items() if n],
            "count": sum(counts.values()),
        },
    )


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
    provider = Provider.objects.filter(reference=reference).first()
    return provider is not None and user.has_perm("payments.view_remittance", provider)


@may_view("person")
def sees_own_remittance(user: User, reference: str) -> bool:
    """Documents about a person who is paid: they and who helps them, finance and the auditor."""
    people = Person.objects.prefetch_related("representations", "family_ties")
    person = people.filter(reference=reference).first()
    return person is not None and user.has_perm("payments.view_payee", person)
