"""Reconciling: both sides of each account by age, fetching, matching, and what is matched."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from carebudget.money import format_pence
from carebudget.people.access import needs, signed_in
from carebudget.people.forms_handling import ActForm, refusals_on
from carebudget.text import plural
from payments.forms.finance import LineFilterForm, MatchedFilterForm
from payments.models import StatementAccount
from payments.selectors.open_amounts import (
    items_by_age,
    lines_by_age,
    lines_to_explain,
    open_item_rows,
)
from payments.selectors.reconciling import held_statements, statement_accounts
from payments.selectors.statements import PASSES, accounts_of_statements, matches_of
from payments.services import Reconciled, fetch_rail_lines_now, reconcile

from .lists import page_of


def chosen_account(accounts: list[Any], code: str) -> Any:
    """The account with this code, or the one with most to explain, or none when there are none."""
    by_code = {account.code: account for account in accounts}
    if code in by_code:
        return by_code[code]
    return max(accounts, key=lambda one: getattr(one, "open_count", 0), default=None)


@needs("payments.view_reconciling")
def reconciling(request: HttpRequest) -> HttpResponse:
    """What is not explained on either side of an account; fetch, match, or go to one line."""
    acts = signed_in(request).has_perm("payments.reconcile")
    act = request.POST.get("act", "") if request.method == "POST" else ""
    acting = ActForm(request.POST if act else None)
    if act and (not acts or act not in ("fetch", "match")):
        raise Http404
    if act:
        with refusals_on(acting) as attempt:
            done = _fetch(request) if act == "fetch" else _match()
        if attempt.accepted:
            messages.success(request, done)
            return redirect(request.get_full_path())
    accounts = list(statement_accounts())
    form = LineFilterForm(request.GET)
    account = chosen_account(accounts, form.value("account") or "")
    side = form.value("side") or "lines"
    return render(
        request,
        "payments/finance/reconciling.html",
        {
            "accounts": accounts,
            "account": account,
            "form": form,
            "side": side,
            "acts": acts,
            "acting": acting,
            "held": held_statements().count(),
        }
        | (_sides(request, account, form, side) if account else {}),
    )


def _sides(
    request: HttpRequest, account: StatementAccount, form: LineFilterForm, side: str
) -> dict[str, Any]:
    narrowed = {
        "pence": form.value("amount"),
        "words": form.value("q") or "",
        "age": form.value("age") or "",
    }
    rows = (
        lines_to_explain(account, **narrowed)
        if side == "lines"
        else open_item_rows(account, **narrowed)
    )
    lines, items = lines_by_age(account), items_by_age(account)
    return {
        "sides": [
            ("lines", "On the statements, and not explained", lines, *_sum(lines)),
            ("items", "Ours, and not seen on a statement", items, *_sum(items)),
        ],
        "page": page_of(request, rows),
        "narrowed": any(value not in (None, "") for value in narrowed.values()),
    }


def _sum(ages: list[Any]) -> tuple[int, int]:
    return sum(one.count for one in ages), sum(one.pence for one in ages)


def _fetch(request: HttpRequest) -> str:
    new = fetch_rail_lines_now(by=signed_in(request))
    if not new:
        return "Stripe has nothing that we did not know."
    return f"{plural(new, 'new line')} from Stripe. Now run the matching."


def _match() -> str:
    return " ".join(_said_of(one) for one in reconcile()) or "There are no statements to match yet."


def _said_of(one: Reconciled) -> str:
    return (
        f"{one.account.name}: {plural(one.matched, 'line')} explained"
        f"{f' ({format_pence(one.matched_pence)})' if one.matched else ''}, "
        f"{plural(one.lines.count, 'line')} not explained, "
        f"{plural(one.items.count, 'amount')} of ours not seen."
    )


@require_safe
@needs("payments.view_reconciling")
def matched(request: HttpRequest) -> HttpResponse:
    """What is explained, why, and by which pass or person."""
    accounts = accounts_of_statements()
    form = MatchedFilterForm(request.GET)
    account = chosen_account(accounts, form.value("account") or "")
    how, words = form.value("how") or "", form.value("q") or ""
    context: dict[str, Any] = {"accounts": accounts, "account": account, "form": form}
    if account is not None:
        page = page_of(request, matches_of(account, pass_name=how, words=words))
        for match in page.object_list:
            match.how = PASSES.get(match.pass_name, match.pass_name)
        context |= {"page": page, "narrowed": bool(how or words)}
    return render(request, "payments/finance/matched.html", context)
