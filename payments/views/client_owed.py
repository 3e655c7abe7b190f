"""What the person owes: everything on one page with how to pay and how to answer, and each bill with its working."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.notify.permissions import may_view
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import refusals_on
from carebudget.people.models import User
from payments.forms.contributions import TellUsForm
from payments.models import ContributionAccount, ContributionCharge, QueryState
from payments.selectors.contributions import (
    account_by_reference,
    account_of_person,
    challenged,
    charge_of_case,
    open_query,
    parts_of,
    receipts_of,
    received_pence,
    repayment_plan,
    standings_of,
    written_off_pence,
)
from payments.services import ask_about_contribution
from plans.models import Case
from plans.selectors import case_by_reference

from .client_reading import about

PAGE_SIZE = 13
"""A year of bills on a page."""
RECEIPTS_SHOWN = 13


@may_view("contribution")
def sees_contribution(user: User, reference: str) -> bool:
    """Bills and reminders: whoever may see the person's money."""
    found = ContributionAccount.objects.filter(reference=reference).first()
    if found is None:
        return False
    return user.has_perm("payments.see_money", account_by_reference(reference))


@needs("payments.see_money", load=case_by_reference)
def owed(request: HttpRequest, case: Case) -> HttpResponse:
    """What is to be paid now, how, every bill and payment, and telling us that something is wrong."""
    account = account_of_person(case.person)
    if account is None:
        if request.method == "POST":
            raise Http404
        return render(request, "payments/client/owed.html", about(request, case))
    account.case = case
    standings = list(reversed(standings_of(account)))
    may_answer = signed_in(request).has_perm("payments.answer_contribution", case)
    if request.method == "POST" and not may_answer:
        raise Http404
    form = TellUsForm(
        request.POST if request.method == "POST" else None,
        bills=standings,
        initial={"charge": request.GET.get("bill", ""), "kind": _kind(request)},
    )
    if form.is_bound and form.is_valid():
        with refusals_on(form) as attempt:
            _tell(account, form, signed_in(request))
        if attempt.accepted:
            messages.success(
                request,
                "We have what you told us. No reminders are sent until we have answered, and you get a message then.",
            )
            return redirect("payments:client_owed", case.reference)
    return render(
        request,
        "payments/client/owed.html",
        about(request, case)
        | standing_of(account, standings)
        | {
            "form": form,
            "may_answer": may_answer,
            "challenge": challenged().filter(case__person=case.person).exists(),
            "page": Paginator(standings, PAGE_SIZE).get_page(request.GET.get("page")),
        },
    )


def _kind(request: HttpRequest) -> str:
    return "wrong" if request.GET.get("bill") else ""


def _tell(account: ContributionAccount, form: TellUsForm, by: User) -> None:
    reference = form.cleaned_data["charge"]
    ask_about_contribution(
        account=account,
        kind=form.cleaned_data["kind"],
        words=form.cleaned_data["words"],
        charge=account.charges.filter(reference=reference).first() if reference else None,
        by=by,
    )


def standing_of(account: ContributionAccount, standings: list[Any]) -> dict[str, Any]:
    """What is owed and what came in, as both sides see it."""
    plan = repayment_plan(account)
    waiting = [one for one in standings if not one.is_paid]
    return {
        "account": account,
        "owed": max(0, account.owed_pence),
        "credit": max(0, -account.owed_pence),
        "oldest": waiting[-1] if waiting and account.owed_pence > 0 else None,
        "query": open_query(account),
        "answered": list(
            account.queries.filter(state=QueryState.ANSWERED)
            .select_related("asked_by", "answered_by")
            .order_by("-answered_at")[:3]
        ),
        "plan": plan,
        "parts": parts_of(plan, received_pence(account)) if plan else [],
        "receipts": [
            (leg.entry.effective_on, abs(leg.amount_pence), leg.amount_pence > 0)
            for leg in receipts_of(account.ledger_account)[:RECEIPTS_SHOWN]
        ],
        "written_off": written_off_pence(account),
        "pay_to": settings.CONTRIBUTIONS["pay_to"],
    }


@require_safe
@needs("payments.see_money", load=charge_of_case)
def bill(request: HttpRequest, charge: ContributionCharge) -> HttpResponse:
    """One bill: its working week by week, what was corrected, and what is left to pay."""
    case: Case = charge.case  # type: ignore[attr-defined]
    standing = next(
        one for one in standings_of(charge.account) if one.charge.reference == charge.reference
    )
    return render(
        request,
        "payments/client/bill.html",
        about(request, case)
        | {
            "charge": charge,
            "standing": standing,
            "may_answer": signed_in(request).has_perm("payments.answer_contribution", case),
        },
    )
