"""Reports of the ledger by day: trial balance, aged debts, budgets, and the entries behind any figure."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.money import format_pence
from carebudget.people.access import needs, signed_in
from payments.forms.months import DayForm
from payments.models import Account, AccountKind, JournalBatch, JournalProfile, Leg
from payments.selectors.journals import legs_behind
from payments.selectors.month_budgets import BudgetLine, budget_lines, year_of
from payments.selectors.month_reports import (
    AGES,
    Aged,
    aged,
    kept_from,
    kinds_on,
    legs_like,
    own_accounts,
    sum_of,
    trial_balance,
)

from .reports import Report, Row, Shown, answer, money
from .subjects import links_of

KINDS = dict(AccountKind.choices)


def _day(request: HttpRequest) -> tuple[DayForm, date]:
    form = DayForm(request.GET if "on" in request.GET else {"on": clock.today().isoformat()})
    return form, form.value("on") or clock.today()


def entries_at(**query: Any) -> str:
    """The address of the entries that fit."""
    kept = {name: value for name, value in query.items() if value}
    return f"{reverse('payments:month_entries')}?{urlencode(kept)}"


@require_safe
@needs("payments.view_months")
def trial(request: HttpRequest) -> HttpResponse:
    """Every balance at the end of a day; all of them together make nothing."""
    form, day = _day(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    user = signed_in(request)
    kinds = kinds_on(day)
    hidden = kept_from(user, day, kind=kind)
    shown = [one for one in kinds if not kind or one.kind == kind]
    debits = sum(one.debit_pence for one in shown)
    credits = sum(one.credit_pence for one in shown)

    def row(one: Any) -> Row:
        opened = entries_at(account=one["code"], last=day)
        pence = one["pence"]
        return [
            Shown(one["code"], reverse("payments:ledger_account", args=[one["code"]])),
            Shown(one["name"]),
            Shown(KINDS[one["of_kind"]]),
            money(pence, opened) if pence > 0 else Shown(None),
            money(-pence, opened) if pence < 0 else Shown(None),
        ]

    notes = []
    if hidden:
        notes.append(
            f"Accounts that concern you or somebody close to you are not listed: {format_pence(hidden)}."
        )
    return answer(
        request,
        Report(
            title=f"Trial balance at {day:%-d %B %Y}",
            name=f"trial-balance-{day}",
            lead="What every account holds at the end of a day. Debits and credits are equal.",
            headings=["Account", "What it is", "Kind", "Debit", "Credit"],
            numeric=frozenset({3, 4}),
            source=trial_balance(day, user, kind=kind),
            row=row,
            here="trial",
            context={
                "kinds": kinds,
                "kind": kind,
                "day": day,
                "debits_pence": debits,
                "credits_pence": credits,
                "difference_pence": sum(one.pence for one in kinds),
                "notes": notes,
            },
        ),
        form,
    )


@require_safe
@needs("payments.view_months")
def payables(request: HttpRequest) -> HttpResponse:
    """What the council owes, to whom and for how long."""
    return _aged(
        request,
        AccountKind.PAYABLE,
        "What we owe",
        "Approved and not paid yet, by how long. A payment settles the oldest first.",
        "payables",
    )


@require_safe
@needs("payments.view_months")
def receivables(request: HttpRequest) -> HttpResponse:
    """What is owed to the council, by whom and for how long."""
    return _aged(
        request,
        AccountKind.RECEIVABLE,
        "What is owed to us",
        "Asked for and not received yet, by how long. What comes in settles the oldest first.",
        "receivables",
    )


def _aged(
    request: HttpRequest, kind: AccountKind, title: str, lead: str, name: str
) -> HttpResponse:
    form, day = _day(request)
    rows, hidden = aged(kind, day, signed_in(request))

    def row(one: Aged) -> Row:
        opened = entries_at(account=one.code, last=day) if one.code else ""
        return [
            Shown(one.name, opened),
            *(money(pence) for pence in one.ages),
            money(-one.ahead_pence),
            money(one.total_pence, opened),
        ]

    notes = []
    if hidden:
        notes.append(
            f"Accounts that concern you or somebody close to you are not listed: {format_pence(hidden)}."
        )
    return answer(
        request,
        Report(
            title=f"{title} at {day:%-d %B %Y}",
            name=f"{name}-{day}",
            lead=lead,
            headings=["Who", *AGES, "Paid ahead", "In all"],
            numeric=frozenset(range(1, 7)),
            source=rows,
            row=row,
            total=row(sum_of(rows)) if rows else None,
            empty="Nothing was owed at the end of this day.",
            here=name,
            context={"notes": notes},
        ),
        form,
    )


@require_safe
@needs("payments.view_months")
def budgets(request: HttpRequest) -> HttpResponse:
    """Budget, spending and forecast of each programme and team in a financial year."""
    form, day = _day(request)
    year = year_of(day)

    def row(one: BudgetLine) -> Row:
        of = {"programme": one.programme, "team": one.team or "-", "first": year, "last": day}
        return [
            Shown(one.title),
            Shown(one.team or "No team"),
            money(one.budget_pence, entries_at(kind="budget", events="budget", **of)),
            money(one.actual_pence, entries_at(kind="budget,accrual", events="spent", **of)),
            money(one.promised_pence),
            money(one.forecast_pence),
            money(one.left_pence),
        ]

    rows = budget_lines(day)
    total = [
        Shown("In all"),
        Shown(None),
        *(
            money(sum(getattr(one, name) for one in rows))
            for name in (
                "budget_pence",
                "actual_pence",
                "promised_pence",
                "forecast_pence",
                "left_pence",
            )
        ),
    ]
    return answer(
        request,
        Report(
            title=f"Budgets from {year:%-d %B %Y} to {day:%-d %B %Y}",
            name=f"budgets-{day}",
            lead="What was given to people, what they have spent, and what their running agreements still promise. The forecast is spent and promised together.",
            headings=["Programme", "Team", "Budget", "Spent", "Promised", "Forecast", "Left"],
            numeric=frozenset(range(2, 7)),
            source=rows,
            row=row,
            total=total if rows else None,
            empty="No budget was given or spent in this year up to this day.",
            here="budgets",
        ),
        form,
    )


@require_safe
@needs("payments.view_months")
def entries(request: HttpRequest) -> HttpResponse:
    """The sides of entries behind a figure, as its link says; nothing that is kept from this person."""
    found = _asked_for(request)
    user = signed_in(request)
    rows = found.exclude(account__in=own_accounts(user)).select_related("entry", "account")
    rows = rows.order_by("entry__effective_on", "id")

    def row(one: Leg) -> Row:
        subject = one.entry.subject
        named = subject and not subject.startswith(
            "plan:"
        )  # a plan's address would cost a query a row
        link = links_of([subject]).get(subject) if named else None
        return [
            Shown(one.entry.effective_on),
            Shown(one.account.code, reverse("payments:ledger_account", args=[one.account.code])),
            Shown(one.entry.description, link.href if link else ""),
            money(one.amount_pence) if one.amount_pence > 0 else Shown(None),
            money(-one.amount_pence) if one.amount_pence < 0 else Shown(None),
        ]

    debits, credits = _sums(found)
    shown_debits, shown_credits = _sums(rows)
    hidden = (debits - shown_debits) - (credits - shown_credits)
    notes = (
        [f"Entries that concern you or somebody close to you are not listed: {format_pence(hidden)}."]
        if (debits, credits) != (shown_debits, shown_credits)
        else []
    )  # fmt: skip
    return answer(
        request,
        Report(
            title="Entries behind a figure",
            name="entries",
            lead=f"{_words(request)}: {format_pence(debits)} debit, {format_pence(credits)} credit, "
            f"{format_pence(debits - credits)} together.",
            headings=["Day", "Account", "What happened", "Debit", "Credit"],
            numeric=frozenset({3, 4}),
            source=rows,
            row=row,
            total=[Shown("In all"), Shown(None), Shown(None), money(shown_debits), money(shown_credits)],
            empty="No entry fits.",
            context={"notes": notes},
        ),
    )  # fmt: skip


def _sums(rows: Any) -> tuple[int, int]:
    found = rows.order_by().aggregate(
        debit=Sum("amount_pence", filter=Q(amount_pence__gt=0), default=0),
        credit=Sum("amount_pence", filter=Q(amount_pence__lt=0), default=0),
    )
    return found["debit"], -found["credit"]


def _asked_for(request: HttpRequest) -> Any:
    query = request.GET
    batch = JournalBatch.objects.filter(reference=query.get("journal", "")).first()
    profile = JournalProfile.objects.filter(reference=query.get("profile", "")).first()
    if batch is not None and profile is not None:
        return legs_behind(
            batch, profile, query.get("cost_centre", ""), query.get("subjective", "")
        )
    return legs_like(
        account=query.get("account", "")[:60],
        kind=query.get("kind", "")[:120],
        first=_iso(query.get("first", "")),
        last=_iso(query.get("last", "")),
        programme=query.get("programme", "")[:60],
        team=query.get("team", "")[:80],
        events=query.get("events", ""),
    )


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _words(request: HttpRequest) -> str:
    """What the figure was, in words."""
    query = request.GET
    parts = []
    if query.get("journal"):
        codes = f"{query.get('cost_centre', '')} {query.get('subjective', '')}".strip()
        parts.append(f"journal {query['journal']}, {codes}")
    if query.get("account"):
        named = Account.objects.filter(code=query["account"]).first()
        parts.append(named.name if named else query["account"])
    parts += [str(KINDS[kind]) for kind in query.get("kind", "").split(",") if kind in KINDS]
    parts += [query[name] for name in ("programme", "team") if query.get(name, "-") != "-"]
    first, last = _iso(query.get("first", "")), _iso(query.get("last", ""))
    if first:
        parts.append(f"from {first:%-d %B %Y}")
    if last:
        parts.append(f"up to {last:%-d %B %Y}")
    words = ", ".join(parts) or "everything"
    return words[0].upper() + words[1:]
