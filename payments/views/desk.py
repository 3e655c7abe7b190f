"""Finance's desk: what waits, the most urgent first; runs on their way; the last runs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget.people.access import needs, signed_in
from carebudget.text import plural
from payments.forms.finance import SearchForm
from payments.models import Invoice, PayeeAccount, Payment, PaymentRun, Submission
from payments.selectors.desk import Waiting, last_runs, runs_going, waiting_for

PLACES: dict[str, tuple[str, QuerySet[Any]]] = {
    "INV": ("payments:finance_invoice", Invoice.objects.all()),
    "PAY": ("payments:finance_payment", Payment.objects.all()),
    "RUN": ("payments:run", PaymentRun.objects.all()),
    "SUB": ("payments:file", Submission.objects.all()),
    "PYE": ("payments:payee_account", PayeeAccount.objects.all()),
}
"""Where a reference that somebody reads out leads."""


@dataclass(frozen=True)
class DeskItem:
    """One thing that waits, as the page shows it."""

    title: str
    words: str
    href: str
    amount: int | None = None
    since: object = None
    due_on: None = None
    state: str = ""
    label: str = ""


@require_safe
@needs("payments.view_desk")
def desk(request: HttpRequest) -> HttpResponse:
    """What needs doing now first. An officer's and a manager's first thing differ."""
    user = signed_in(request)
    find = SearchForm(request.GET, label="Find")
    if words := find.value("q"):
        return redirect(_place_of(words))
    waiting = waiting_for(user)
    mine = [as_item(one) for one in waiting if one.for_you]
    return render(
        request,
        "payments/finance/desk.html",
        {
            "acts": user.has_perm("payments.make_run"),
            "first": mine[0] if mine else None,
            "rest": mine[1:],
            "others": [as_item(one) for one in waiting if not one.for_you],
            "going": [(run, percent_of(run)) for run in runs_going()],
            "last": list(last_runs()),
        },
    )


def _place_of(find: str) -> str:
    """The page of the thing with this reference; the list of invoices for any other words."""
    reference = find.upper()
    if reference[:3] in PLACES:
        name, rows = PLACES[reference[:3]]
        if rows.filter(reference=reference).exists():
            return reverse(name, args=[reference])
    return f"{reverse('payments:finance_invoices')}?{urlencode({'q': find, 'tab': 'all'})}"


def percent_of(run: PaymentRun) -> int:
    """How much of a run is answered, in whole percent; 100 only when it is over."""
    answered = getattr(run, "answered", 0)
    return min(99, 100 * answered // run.payment_count) if run.payment_count else 99


def as_item(one: Waiting) -> DeskItem:
    """What waits, in words: what to do when it is this user's, or else how it stands."""
    n, many = one.count, one.count != 1
    to_do, standing, words = {
        "approve": (
            f"Approve {plural(n, 'invoice')}",
            f"{plural(n, 'invoice')} {'wait' if many else 'waits'} for approval",
            "Confirmed by the people they are for."
            if many
            else "Confirmed by the person it is for.",
        ),
        "mend": (
            f"Mend {plural(n, 'payment')}",
            f"{plural(n, 'payment')} {'wait' if many else 'waits'} to be mended",
            "Refused, or sent back. Find out why, then pay again.",
        ),
        "unknown": (
            f"Look at {plural(n, 'payment')} without an answer",
            f"{plural(n, 'payment')} without an answer",
            "We do not know yet whether the money was sent. It is never sent twice meanwhile.",
        ),
        "check": (
            f"Check {plural(n, 'run')}",
            f"{plural(n, 'run')} {'wait' if many else 'waits'} for a second person",
            "Nothing is sent before you approve it."
            if one.for_you
            else "A finance manager who did not make it must approve it.",
        ),
        "draft": (
            f"Finish {plural(n, 'run')}",
            f"{plural(n, 'run')} being made",
            "Made, but not sent to a second person yet.",
        ),
        "due": (
            f"Make a run of {plural(n, 'invoice')}",
            f"{plural(n, 'invoice')} {'are' if many else 'is'} due for a run",
            "Approved, and not in a run yet.",
        ),
        "held": (
            f"Decide about {plural(n, 'statement')}",
            f"{plural(n, 'statement')} held",
            "They do not add up." if many else "It does not add up.",
        ),
        "lines": (
            f"Explain {plural(n, 'statement line')}",
            f"{plural(n, 'statement line')} not explained",
            "On a statement, and not matched to anything of ours.",
        ),
    }[one.key]
    return DeskItem(
        title=to_do if one.for_you else standing,
        words=words,
        href=_href(one),
        amount=None if one.key == "held" else one.pence,
        since=one.oldest,
    )


def _href(one: Waiting) -> str:
    """The thing itself when there is only one, else the list of them."""
    single = {
        "approve": "payments:finance_invoice",
        "mend": "payments:finance_payment",
        "unknown": "payments:finance_payment",
        "check": "payments:run",
        "draft": "payments:run",
        "held": "payments:statement",
    }.get(one.key)
    if one.only and single:
        return reverse(single, args=[one.only])
    return {
        "approve": reverse("payments:finance_invoices"),
        "mend": reverse("payments:finance_payments") + "?tab=mend",
        "unknown": reverse("payments:finance_payments") + "?tab=unknown",
        "check": reverse("payments:runs") + "?tab=waiting",
        "draft": reverse("payments:runs") + "?tab=waiting",
        "due": reverse("payments:run_new") if one.for_you else reverse("payments:finance_invoices") + "?tab=due",
        "held": reverse("payments:statements") + "?state=held",
        "lines": reverse("payments:reconciling"),
    }[one.key]  # fmt: skip
