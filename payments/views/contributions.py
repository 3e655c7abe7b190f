"""What people owe, for finance: the list by age, and one person's account with everything that can be done."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from carebudget.people.models import User
from payments.forms.contributions import (
    AnswerQueryForm,
    ContributionFilterForm,
    DecideWriteOffForm,
    RepaymentPlanForm,
    WriteOffForm,
)
from payments.models import ContributionAccount, WriteOffState
from payments.selectors.contributions import (
    account_by_reference,
    by_age,
    challenged,
    contribution_list,
    open_query,
    standings_of,
    tabs_of,
)
from payments.services import (
    agree_repayment_plan,
    answer_contribution_query,
    decide_write_off,
    propose_write_off,
)

from .client_owed import standing_of
from .lists import page_of

FORMS: dict[str, type[forms.Form]] = {
    "answer": AnswerQueryForm,
    "parts": RepaymentPlanForm,
    "write_off": WriteOffForm,
    "decide": DecideWriteOffForm,
}

SAID = {
    "answer": "Your answer is sent. Reminders begin again in a week at the earliest.",
    "parts": "The agreement is written down, and the person has been told. No reminders are sent while it is kept.",
    "write_off": "Proposed. A finance manager other than you decides, and no reminders are sent until then.",
    "decide": "Your decision is kept, with your reason.",
}


@require_safe
@needs("payments.view_contributions")
def contributions(request: HttpRequest) -> HttpResponse:
    """Who owes what and since when, narrowed by what waits, by age and by words."""
    user = signed_in(request)
    form = ContributionFilterForm(request.GET)
    tab = form.value("tab") or ("all" if form.value("q") else "owing")
    rows = contribution_list(
        user,
        tab=tab,
        age=form.value("age") or "",
        search=form.value("q") or "",
        order=form.value("order") or "oldest",
    )
    return render(
        request,
        "payments/finance/contributions.html",
        {
            "form": form,
            "tab": tab,
            "tabs": tabs_of(user),
            "ages": by_age(user),
            "page": page_of(request, rows),
            "narrowed": bool(form.value("q") or form.value("age")),
        },
    )


@needs("payments.check_contributions", load=account_by_reference)
def contribution(request: HttpRequest, account: ContributionAccount) -> HttpResponse:
    """One person's account: bills, payments, what they said; answer, agree on parts, write off."""
    user = signed_in(request)
    acts = user.has_perm("payments.work_contributions", account)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST" and (not acts or act not in FORMS):
        raise Http404
    bound = {
        name: form(request.POST if name == act else None, auto_id=f"id_{name}_%s")
        for name, form in FORMS.items()
    }
    if act and bound[act].is_valid():
        with refusals_on(bound[act]) as attempt:
            DO[act](account, user, bound[act].cleaned_data)
        if attempt.accepted:
            messages.success(request, SAID[act])
            return redirect("payments:contribution", account.reference)
        account = account_by_reference(account.reference)
    proposal = (
        account.write_offs.filter(state=WriteOffState.PROPOSED)
        .select_related("proposed_by")
        .first()
    )
    if proposal:
        proposal.account = account
    return render(
        request,
        "payments/finance/contribution.html",
        standing_of(account, list(reversed(standings_of(account))))
        | {
            "case": account.case,
            "standings": list(reversed(standings_of(account))),
            "forms": bound,
            "all_forms": list(bound.values()),
            "acts": acts,
            "challenge": challenged().filter(case__person=account.person_id).first(),
            "proposal": proposal,
            "may_decide": bool(proposal) and user.has_perm("payments.decide_write_off", proposal),
            "write_offs": list(
                account.write_offs.exclude(state=WriteOffState.PROPOSED).select_related(
                    "proposed_by", "decided_by"
                )
            ),
            "earlier_plans": list(
                account.repayment_plans.exclude(state="agreed").select_related("agreed_by")
            ),
        },
    )


def _answer(account: ContributionAccount, by: User, typed: dict[str, Any]) -> None:
    query = open_query(account)
    if query is None:
        raise Http404
    query.account = account
    answer_contribution_query(
        query=query, answer=typed["answer"], less_pence=typed["less_pence"] or 0, by=by
    )


def _parts(account: ContributionAccount, by: User, typed: dict[str, Any]) -> None:
    agree_repayment_plan(account=account, by=by, **typed)


def _write_off(account: ContributionAccount, by: User, typed: dict[str, Any]) -> None:
    propose_write_off(account=account, by=by, **typed)


def _decide(account: ContributionAccount, by: User, typed: dict[str, Any]) -> None:
    proposal = account.write_offs.filter(state=WriteOffState.PROPOSED).first()
    if proposal is None or not by.has_perm("payments.decide_write_off", _about(proposal, account)):
        raise Http404
    decide_write_off(write_off=proposal, by=by, **typed)


def _about(proposal: Any, account: ContributionAccount) -> Any:
    proposal.account = account
    return proposal


DO: dict[str, Callable[[ContributionAccount, User, dict[str, Any]], None]] = {
    "answer": _answer,
    "parts": _parts,
    "write_off": _write_off,
    "decide": _decide,
}
