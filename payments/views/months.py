"""Month end: the months, and one month with its checks, its figures, and what two people do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.errors import NotAllowed
from carebudget.notify.models import Document
from carebudget.notify.permissions import may_view
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, ReasonForm, refusals_on
from carebudget.people.models import User
from payments.forms.months import AskToCloseForm, WordsForm
from payments.models import Period, PeriodCheck, PeriodState
from payments.selectors.finance_story import story_of_month
from payments.selectors.month_checks import to_accrue
from payments.selectors.month_reports import (
    kinds_on,
    month_by_name,
    month_to_close,
    months,
    movement,
)
from payments.services import (
    ask_to_close,
    ask_to_reopen,
    check_month,
    close_month,
    keep_closed,
    month_pack,
    post_accruals,
    reopen_month,
    send_back,
)

from .lists import page_of
from .month_reports import entries_at

MONTHS_A_PAGE = 24


@require_safe
@needs("payments.view_months")
def month_list(request: HttpRequest) -> HttpResponse:
    """Every month from the first entry on, and which to close next."""
    return render(
        request,
        "payments/finance/months.html",
        {
            "page": page_of(request, months(), MONTHS_A_PAGE),
            "next": month_to_close(),
            "today": clock.today(),
            "acts": signed_in(request).has_perm("payments.check_month"),
        },
    )


ACTS: dict[str, tuple[Callable[..., Any], str]] = {
    "check": (check_month, "Every check was run. What does not hold stands first."),
    "accrue": (post_accruals, "The accruals are entered, and taken back in the next month."),
    "ask": (ask_to_close, "A finance manager has been told. They look at it and close the month."),
    "send_back": (send_back, "The month is open again. Whoever asked has been told why."),
    "close": (close_month, "The month is closed. Its journal is ready for the general ledger."),
    "ask_reopen": (ask_to_reopen, "A second person has been told. Until then the month stays closed."),
    "reopen": (reopen_month, "The month takes entries again, until it is closed once more."),
    "keep_closed": (keep_closed, "The month stays closed."),
    "pack": (month_pack, "The pack is made. It stands below, as a PDF."),
}  # fmt: skip
"""Each button of the page: the service, and what the page says when it is done."""

OPEN_ACTS = {"check", "accrue", "ask"}
ACTS_BY_STATE = {
    PeriodState.OPEN: OPEN_ACTS,
    PeriodState.REOPENED: OPEN_ACTS,
    PeriodState.CLOSING: {"check", "close", "send_back"},
    PeriodState.CLOSED: {"ask_reopen", "pack"},
    PeriodState.REOPENING: {"reopen", "keep_closed", "pack"},
}
MANAGERS = {"close", "ask_reopen"}


@needs("payments.view_months", load=month_by_name)
def month(request: HttpRequest, period: Period) -> HttpResponse:
    """One month: what holds, what does not and why, and closing or reopening it with a second person."""
    user = signed_in(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act and (act not in ACTS or not _may(user, act)):
        raise Http404
    checks = list(period.checks.select_related("reason_by")) if period.pk else []
    bound = _forms(request, act, checks)
    if act:
        form = bound[act]
        if form.is_valid() and _done(period, user, act, form):
            messages.success(request, ACTS[act][1])
            return redirect("payments:month", period.month)
        period = month_by_name(period.month)
        checks = list(period.checks.select_related("reason_by")) if period.pk else []
    return render(
        request,
        "payments/finance/month.html",
        _about(period, checks, user) | {"forms": bound, "acted": bound.get(act), "act": act},
    )


def _may(user: User, act: str) -> bool:
    if act in MANAGERS:
        return user.has_perm("payments.close_month")
    return user.has_perm("payments.check_month")


def _forms(request: HttpRequest, act: str, checks: list[PeriodCheck]) -> dict[str, forms.Form]:
    def data(name: str) -> Any:
        return request.POST if act == name else None

    def reason(name: str, label: str, hint: str) -> ReasonForm:
        return ReasonForm(data(name), auto_id=f"id_{name}_%s", label=label, hint=hint)

    kept = "It is kept in the record, with your name."
    still = [one for one in checks if not one.holds]
    return {
        "check": ActForm(data("check")),
        "accrue": ActForm(data("accrue")),
        "pack": ActForm(data("pack")),
        "ask": AskToCloseForm(data("ask"), checks=still),
        "close": WordsForm(data("close")),
        "send_back": reason("send_back", "What is still to do?", "Whoever asked reads this."),
        "ask_reopen": reason("ask_reopen", "Why must it be opened again?", kept),
        "reopen": reason("reopen", "Why do you agree?", kept),
        "keep_closed": reason("keep_closed", "Why does it stay closed?", kept),
    }


def _done(period: Period, user: User, act: str, form: forms.Form) -> bool:
    """Do it; say on the form why not. That a second person must is a sentence, not a missing page."""
    details = (
        {"reasons": form.reasons} if isinstance(form, AskToCloseForm) else dict(form.cleaned_data)
    )
    try:
        with refusals_on(form) as attempt:
            ACTS[act][0](period=period, by=user, **details)
    except NotAllowed as refusal:
        if refusal.code != "month_four_eyes":
            raise
        form.add_error(None, refusal.sentence)
        return False
    return attempt.accepted


def _about(period: Period, checks: list[PeriodCheck], user: User) -> dict[str, Any]:
    asker = period.asked_by_id if period.state == PeriodState.CLOSING else period.reopen_asked_by_id
    moved = movement(period)
    missing = [] if period.shut else to_accrue(period)
    return {
        "period": period,
        "over": period.last_on < clock.today(),
        "acts": {act for act in ACTS_BY_STATE[PeriodState(period.state)] if _may(user, act)},
        "is_asker": asker == user.pk,
        "open_checks": [one for one in checks if not one.holds],
        "held_checks": [one for one in checks if one.holds],
        "checks": checks,
        "to_accrue": len(missing),
        "to_accrue_pence": sum(one.total_pence for one in missing),
        "kinds": [
            (
                one,
                moved.get(one.kind, 0),
                entries_at(kind=one.kind, first=period.first_on, last=period.last_on),
                f"{reverse('payments:month_trial')}?on={period.last_on}&kind={one.kind}",
            )
            for one in kinds_on(period.last_on)
        ],
        "batches": list(period.batches.order_by("number")) if period.pk else [],
        "packs": list(
            Document.objects.filter(subject=f"month:{period.month}")
            .defer("content")
            .order_by("-created_at")
        ),
        "story": story_of_month(period),
    }


@may_view("month")
def sees_pack(user: User, month: str) -> bool:
    """The pack of a month: finance and the auditor."""
    return user.has_perm("payments.view_months")
