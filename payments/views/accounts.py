"""The ledger to read: every balance, and every entry that made it. Nothing here writes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from payments.forms.finance import SearchForm
from payments.models import Account, EntryKind
from payments.selectors.finance_ledger import (
    KINDS,
    account_by_code,
    ledger_accounts,
    legs_of,
    totals_by_kind,
)

from .lists import page_of
from .subjects import links_of


@require_safe
@needs("payments.view_desk")
def accounts(request: HttpRequest) -> HttpResponse:
    """Balances of every account, by kind; all of them together make nothing."""
    form = SearchForm(request.GET, label="Code, person or provider")
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    search = form.value("q") or ""
    totals = totals_by_kind()
    rows = ledger_accounts(signed_in(request), kind=kind, search=search)
    return render(
        request,
        "payments/finance/accounts.html",
        {
            "form": form,
            "kind": kind,
            "totals": totals,
            "in_all_pence": sum(one.pence for one in totals),
            "page": page_of(request, rows),
            "narrowed": bool(search or kind),
        },
    )


@require_safe
@needs("payments.view_account", load=account_by_code)
def account(request: HttpRequest, found: Account) -> HttpResponse:
    """One account: its balance, and every entry that touched it with the balance after it."""
    page = page_of(request, legs_of(found))
    links = links_of(leg.entry.subject for leg in page.object_list)
    rows = [
        {
            "leg": leg,
            "entry": leg.entry,
            "link": links.get(leg.entry.subject),
            "holds": leg.entry.kind == EntryKind.PENDING,
            "resolved": getattr(leg.entry, "resolved_by", None),
            "others": [other for other in leg.entry.legs.all() if other.account_id != found.pk],
        }
        for leg in page.object_list
    ]
    return render(
        request, "payments/finance/account.html", {"account": found, "page": page, "rows": rows}
    )
