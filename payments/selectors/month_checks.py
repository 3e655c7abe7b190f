"""What must hold before a month closes: each check with its figure, its words, what to do and where.

Reads only. ``services.checking_months`` adds the two proofs, of ledger and record, and keeps the answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Sum

from carebudget import clock
from carebudget.money import Pence, format_pence
from carebudget.text import plural
from carebudget.workdays import add_working_days, is_working_day

from ..models import (
    MOVING,
    SHUT,
    AccountKind,
    Entry,
    Invoice,
    InvoiceState,
    Leg,
    Payment,
    PaymentRun,
    PaymentState,
    Period,
    RunState,
    Statement,
    StatementAccount,
    StatementLine,
    StatementState,
)
from .reconciling import UNEXPLAINED

ITEMS_LIMIT = 100
"""How many single things a check lists; the figure counts them all."""

WORKING_DAYS_ON_THE_WAY = 5
"""How long money may be on its way before somebody must ask where it is."""

TAKEN = (StatementState.ACCEPTED, StatementState.ACCEPTED_ANYWAY)
UNSENT = (RunState.DRAFT, RunState.SUBMITTED, RunState.APPROVED, RunState.SENDING)


@dataclass(frozen=True)
class Item:
    """One thing behind a check's figure."""

    words: str
    href: str = ""
    pence: Pence | None = None
    late: bool = False

    def as_data(self) -> dict[str, Any]:
        """For keeping."""
        return {"words": self.words, "href": self.href, "pence": self.pence, "late": self.late}


@dataclass(frozen=True)
class Check:
    """One answer. ``to_do`` says what to do when it does not hold, and ``href`` where."""

    key: str
    title: str
    holds: bool
    figure: str
    words: str
    to_do: str = ""
    href: str = ""
    items: list[Item] = field(default_factory=list)


def earlier_months(period: Period) -> Check:
    """Every month before it that has entries is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', effective_on)::date FROM payments_entry"
            " WHERE effective_on < %s ORDER BY 1",
            [period.first_on],
        )
        months = [row[0] for row in cursor.fetchall()]
    shut = set(
        Period.objects.filter(first_on__in=months, state__in=SHUT).values_list(
            "first_on", flat=True
        )
    )
    still = [month for month in months if month not in shut]
    return Check(
        "earlier",
        "Months before it are closed",
        not still,
        plural(len(still), "month") + " open",
        "Every month before is closed." if not still else "Months before this one can still change its opening balances.",
        "Close the months before first.",
        "/payments/months/",
        [Item(f"{one:%B %Y}", f"/payments/months/{one:%Y-%m}/") for one in still[:ITEMS_LIMIT]],
    )  # fmt: skip


def statements(period: Period) -> Check:
    """Statements reach the month's last day, none is missing between, and none is held."""
    found: list[Item] = []
    count = 0
    for account in StatementAccount.objects.order_by("id"):
        rows = list(
            account.statements.filter(to_date__gte=period.first_on, from_date__lte=period.last_on)
            .defer("parsed_lines")
            .order_by("from_date", "id")
        )
        taken = [one for one in rows if one.state in TAKEN]
        count += len(taken)
        if account.code != "bank" and not account.statements.exists():
            continue  # a rail's own lines are fetched one by one, without balances
        found += _held(rows) + _gaps(account, taken) + _end_missing(account, period)
    if not StatementAccount.objects.filter(code="bank").exists():
        found.append(Item("No statement of the council’s bank was brought in yet."))
    return Check(
        "statements",
        "Statements are in and continuous",
        not found,
        plural(count, "statement"),
        "The bank’s statements cover the whole month, each beginning where the one before ended."
        if not found
        else "Something is missing in the statements of this month.",
        "Bring in what is missing, and decide about what is held.",
        "/payments/reconciling/statements/",
        found[:ITEMS_LIMIT],
    )


def _held(rows: list[Statement]) -> list[Item]:
    return [
        Item(
            f"{one.account.name}: statement {one.statement_id or one.to_date} does not add up and is held.",
            f"/payments/reconciling/statements/{one.public_id}/",
        )
        for one in rows
        if one.state == StatementState.HELD
    ]


def _gaps(account: StatementAccount, taken: list[Statement]) -> list[Item]:
    """Statements whose opening balance is no closing balance that we have."""
    every = account.statements.filter(state__in=TAKEN)
    closings = set(every.values_list("closing_pence", flat=True))
    first = every.order_by("from_date", "id").values_list("from_date", flat=True).first()
    return [
        Item(
            f"{account.name}: one before {one.from_date:%-d %B} is missing. It would end with "
            f"{format_pence(one.opening_pence)}.",
            f"/payments/reconciling/statements/{one.public_id}/",
        )
        for one in taken
        if one.opening_pence is not None
        and one.from_date is not None
        and one.from_date != first
        and one.opening_pence not in closings
    ]


def _end_missing(account: StatementAccount, period: Period) -> list[Item]:
    last = period.last_on
    while not is_working_day(last):
        last -= timedelta(days=1)
    reached = (
        account.statements.filter(state__in=TAKEN, from_date__lte=period.last_on)
        .order_by("-to_date")
        .values_list("to_date", flat=True)
        .first()
    )
    if reached is None:
        return [Item(f"{account.name}: no statement of this month was brought in.")]
    if reached < last:
        return [Item(f"{account.name}: the statements end on {reached:%-d %B}.")]
    return []


def bank(period: Period) -> Check:
    """Every line up to the month's end is explained, and the ledger's bank agrees with the statements."""
    open_lines = StatementLine.objects.filter(booked_on__lte=period.last_on, state__in=UNEXPLAINED)
    count = open_lines.count()
    items = [
        Item(
            f"{line.account.name}, {line.booked_on:%-d %B}: {line.counterparty or line.reference or line.text}"[:160],
            f"/payments/reconciling/lines/{line.public_id}/",
            line.amount_pence,
        )
        for line in open_lines.select_related("account").order_by("booked_on", "id")[:ITEMS_LIMIT]
    ]  # fmt: skip
    apart = 0
    for account in StatementAccount.objects.select_related("ledger_account").order_by("id"):
        lines = account.lines.filter(booked_on__lte=period.last_on).aggregate(
            t=Sum("amount_pence", default=0)
        )["t"]
        ledger = balance_on(period.last_on, account=account.ledger_account_id)
        apart += abs(lines - ledger)
        if lines != ledger and not count:
            items.append(
                Item(
                    f"{account.name}: the statements make {format_pence(lines)}, the ledger {format_pence(ledger)}.",
                    f"/payments/accounts/{account.ledger_account.code}/",
                    lines - ledger,
                )
            )
    return Check(
        "bank",
        "The bank agrees with the ledger to the penny",
        not count and not apart,
        f"{format_pence(apart)} apart",
        "Every line is explained, and statements and ledger have the same balance."
        if not count and not apart
        else f"{plural(count, 'line')} up to the month’s end {'is' if count == 1 else 'are'} not explained."
        if count
        else "Lines of this month were entered in a later one.",
        "Explain each line.",
        "/payments/reconciling/",
        items,
    )


def balance_on(day: date, **of: Any) -> Pence:
    """The balance at the end of a day of the legs of some accounts, in pence; debits are positive."""
    moved = Leg.objects.filter(entry__kind__in=MOVING, entry__effective_on__lte=day, **of)
    return moved.aggregate(t=Sum("amount_pence", default=0))["t"]  # type: ignore[no-any-return]


ON_THE_WAY = """
    WITH moved AS (
        SELECT a.code AS account, e.subject AS item, l.amount_pence AS pence, e.effective_on AS day
        FROM payments_leg l
        JOIN payments_account a ON a.id = l.account_id AND a.kind = 'clearing'
        JOIN payments_entry e ON e.id = l.entry_id
        WHERE e.effective_on <= %(day)s AND e.kind IN ('posted', 'post') AND e.subject LIKE 'payment:%%'
        UNION ALL
        SELECT 'clearing:' || coalesce(p.rail, 'topup'), coalesce('payment:' || p.reference, 'topup:' || t.reference),
               CASE WHEN e.id = m.entry_id THEN -i.amount_pence ELSE i.amount_pence END, e.effective_on
        FROM payments_matchitem i
        JOIN payments_match m ON m.id = i.match_id
        JOIN payments_entry e ON e.id IN (m.entry_id, m.undo_entry_id) AND e.effective_on <= %(day)s
        LEFT JOIN payments_payment p ON p.id = i.payment_id
        LEFT JOIN payments_topup t ON t.id = i.topup_id
        WHERE i.account_id IS NULL
    )
    SELECT account, item, sum(pence)::bigint, min(day) FROM moved
    GROUP BY account, item HAVING sum(pence) <> 0 ORDER BY min(day), item
"""


@dataclass(frozen=True)
class OnTheWay:
    """Money that a clearing account holds for one payment or top-up at the end of a day."""

    account: str
    item: str
    pence: Pence
    since: date

    def late_on(self, day: date) -> bool:
        """It should have arrived by then."""
        return add_working_days(self.since, WORKING_DAYS_ON_THE_WAY) < day


def on_the_way(day: date) -> list[OnTheWay]:
    """What every clearing account is made of at the end of a day, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(ON_THE_WAY, {"day": day})
        return [OnTheWay(*row) for row in cursor.fetchall()]


def clearing(period: Period) -> Check:
    """Each clearing account is the sum of what is still on its way, and none of that is late."""
    found = on_the_way(period.last_on)
    sums: dict[str, Pence] = {}
    for one in found:
        sums[one.account] = sums.get(one.account, 0) + one.pence
    balances = dict(
        Leg.objects.filter(
            account__kind=AccountKind.CLEARING,
            entry__kind__in=MOVING,
            entry__effective_on__lte=period.last_on,
        )
        .values_list("account__code")
        .annotate(t=Sum("amount_pence"))
        .order_by()
    )
    apart = {
        code: pence - sums.get(code, 0)
        for code, pence in balances.items()
        if pence != sums.get(code, 0)
    }
    late = [one for one in found if one.late_on(period.last_on)]
    items = [
        Item(f"{code}: entries that name no payment", f"/payments/accounts/{code}/", pence, True)
        for code, pence in sorted(apart.items())
    ] + [_on_its_way(one, period) for one in sorted(found, key=lambda one: one not in late)]
    if apart:
        words = "Some of it is not explained by any payment."
    elif late:
        words = f"{plural(len(late), 'amount')} should have arrived by the end of the month."
    else:
        words = f"{plural(len(found), 'amount')} on the way, all of them recent."
    return Check(
        "clearing",
        "Every clearing account is explained",
        not apart and not late,
        format_pence(sum(balances.values())),
        words,
        "Find out where each late amount is: ask the bank or the payment service.",
        "/payments/reconciling/",
        items[:ITEMS_LIMIT],
    )


def _on_its_way(one: OnTheWay, period: Period) -> Item:
    kind, _, reference = one.item.partition(":")
    late = one.late_on(period.last_on)
    return Item(
        f"{reference}, on its way since {one.since:%-d %B}{': late' if late else ''}",
        f"/payments/payment/{reference}/" if kind == "payment" else "",
        one.pence,
        late,
    )


def suspense(period: Period) -> Check:
    """Nothing stands on an account for what is not explained."""
    rows = (
        Leg.objects.filter(
            account__kind=AccountKind.SUSPENSE,
            entry__kind__in=MOVING,
            entry__effective_on__lte=period.last_on,
        )
        .values_list("account__code")
        .annotate(t=Sum("amount_pence"))
        .exclude(t=0)
        .order_by("account__code")
    )
    items = [Item(code, f"/payments/accounts/{code}/", pence) for code, pence in rows]
    return Check(
        "suspense",
        "Nothing is left in suspense",
        not items,
        format_pence(sum(one.pence or 0 for one in items)),
        "Everything has found its account."
        if not items
        else "Some money has not found its account.",
        "Move each amount to where it belongs, or say why it stays.",
        items[0].href if items else "/payments/accounts/?kind=suspense",
        items,
    )


def runs(period: Period) -> Check:
    """No run of the month waits to be checked or sent."""
    ends = clock.midnight(period.last_on + timedelta(days=1))
    unanswered = Payment.objects.filter(
        run=OuterRef("pk"), state__in=[PaymentState.RELEASED, PaymentState.SENDING]
    )
    rows = list(
        PaymentRun.objects.filter(made_at__lt=ends)
        .filter(Q(state__in=UNSENT) | Q(Exists(unanswered), state=RunState.SENT))
        .order_by("made_at")
    )
    return Check(
        "runs",
        "Payment runs are finished",
        not rows,
        plural(len(rows), "run") + " not finished",
        "Every run of the month was sent or turned down."
        if not rows
        else "Runs made by the month’s end still wait.",
        "Approve, send or turn down each run.",
        "/payments/runs/",
        [
            Item(
                f"{one.reference}: {one.get_state_display()}",
                f"/payments/runs/{one.reference}/",
                one.total_pence,
            )
            for one in rows[:ITEMS_LIMIT]
        ],
    )


def to_accrue(period: Period) -> list[Invoice]:
    """Invoices for support up to the month's end that were confirmed and not entered by then, not accrued yet."""
    posted = set(
        Entry.objects.filter(key__startswith=f"accrual:{period.month}:").values_list(
            "subject", flat=True
        )
    )
    rows = (
        Invoice.objects.filter(period_to__lte=period.last_on)
        .filter(Q(state=InvoiceState.CONFIRMED) | Q(entry__effective_on__gt=period.last_on))
        .exclude(state__in=[InvoiceState.REJECTED, InvoiceState.CREDITED])
        .select_related("case", "provider")
        .order_by("id")
    )
    return [one for one in rows if f"invoice:{one.reference}" not in posted]


def accruals(period: Period) -> Check:
    """Support that was confirmed and not entered by the month's end is accrued."""
    missing = to_accrue(period)
    posted = Leg.objects.filter(
        entry__key__startswith=f"accrual:{period.month}:", amount_pence__gt=0
    ).aggregate(t=Sum("amount_pence", default=0))["t"]
    return Check(
        "accruals",
        "Support given and not approved yet is accrued",
        not missing,
        f"{format_pence(sum(one.total_pence for one in missing))} to accrue",
        f"{format_pence(posted)} is accrued. It is taken back on the first day of the next month."
        if not missing
        else f"{plural(len(missing), 'invoice')} confirmed by the person, entered by nobody in this month.",
        "Enter the accruals on this page.",
        f"/payments/months/{period.month}/#accruals",
        [
            Item(one.reference, f"/payments/invoices/{one.reference}/", one.total_pence)
            for one in missing[:ITEMS_LIMIT]
        ],
    )


CHECKS: tuple[Callable[[Period], Check], ...] = (
    earlier_months,
    statements,
    bank,
    clearing,
    suspense,
    runs,
    accruals,
)
"""Every check by itself, in the order of the page. A part of the system with more to check adds its own."""
