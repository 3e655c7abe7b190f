"""The figures of a month and of any day: trial balance, aged debts, and which months there are.

Every figure is a sum of legs by the day they count for, never a balance kept elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet, Sum

from carebudget import clock
from carebudget.money import Pence
from carebudget.people.models import Role, User

from ..models import (
    MOVING,
    Account,
    AccountKind,
    Entry,
    Leg,
    Period,
    PeriodState,
    month_of,
    next_month,
)
from .stakes import own_interest

MONTHS_LIMIT = 600


# -- months ---------------------------------------------------------------------------------------


def months() -> list[Period]:
    """Every month from the first entry to today, the newest first; one nobody has touched is not kept."""
    first = Entry.objects.aggregate(first=Min("effective_on"))["first"]
    if first is None:
        return []
    kept = {one.first_on: one for one in Period.objects.select_related("asked_by", "closed_by")}
    found: list[Period] = []
    month, last = month_of(first), month_of(clock.today())
    while month <= last and len(found) < MONTHS_LIMIT:
        found.append(kept.get(month) or Period(first_on=month))
        month = next_month(month)
    return found[::-1]


def month_by_name(month: str) -> Period:
    """The month called ``2026-10``. Raises ``ValueError`` or ``DoesNotExist`` when there is none."""
    if len(month) != 7:
        raise ValueError(month)
    first_on = date.fromisoformat(f"{month}-01")
    people = ("asked_by", "closed_by", "reopen_asked_by", "reopened_by")
    found = Period.objects.select_related(*people).filter(first_on=first_on).first()
    if found is not None:
        return found
    first = Entry.objects.aggregate(first=Min("effective_on"))["first"]
    if first is None or not month_of(first) <= first_on <= month_of(clock.today()):
        raise Period.DoesNotExist(month)
    return Period(first_on=first_on)


def month_to_close() -> Period | None:
    """The oldest month that is over and not closed: what finance should look at next."""
    over = [one for one in months() if one.last_on < clock.today() and not one.shut]
    return over[-1] if over else None


# -- trial balance --------------------------------------------------------------------------------


@dataclass(frozen=True)
class KindBalance:
    """All accounts of one kind at the end of a day, in pence; debits are positive."""

    kind: str
    label: str
    accounts: int
    pence: Pence

    @property
    def debit_pence(self) -> Pence:
        """The balance when it is a debit."""
        return max(self.pence, 0)

    @property
    def credit_pence(self) -> Pence:
        """The balance when it is a credit, as a positive amount."""
        return max(-self.pence, 0)


def moved_by(day: date) -> QuerySet[Leg]:
    """Every leg that is part of a balance at the end of a day."""
    return Leg.objects.filter(entry__kind__in=MOVING, entry__effective_on__lte=day)


def kinds_on(day: date) -> list[KindBalance]:
    """The trial balance by kind of account."""
    rows = (
        moved_by(day)
        .values_list("account__kind")
        .annotate(n=Count("account", distinct=True), t=Sum("amount_pence"))
        .order_by()
    )
    found = {kind: (n, total) for kind, n, total in rows}
    return [
        KindBalance(kind.value, str(kind.label), *found[kind.value])
        for kind in AccountKind
        if kind.value in found
    ]


def own_accounts(user: User) -> QuerySet[Account]:
    """Accounts that are kept from this user, because they concern them or somebody close to them."""
    if Role.AUDITOR in user.roles:
        return Account.objects.none()
    return Account.objects.filter(own_interest(user))


def trial_balance(day: date, user: User, *, kind: str = "") -> QuerySet[Leg, dict[str, Any]]:
    """Each account with a balance at the end of a day, as rows of code, name, kind and pence."""
    rows = moved_by(day).exclude(account__in=own_accounts(user))
    if kind in AccountKind.values:
        rows = rows.filter(account__kind=kind)
    return (
        rows.values(code=F("account__code"), name=F("account__name"), of_kind=F("account__kind"))
        .annotate(pence=Sum("amount_pence"))
        .exclude(pence=0)
        .order_by("account__kind", "account__code")
    )


def kept_from(user: User, day: date, *, kind: str = "") -> Pence:
    """The sum of the accounts that the trial balance does not show this user."""
    rows = moved_by(day).filter(account__in=own_accounts(user))
    if kind in AccountKind.values:
        rows = rows.filter(account__kind=kind)
    return rows.aggregate(t=Sum("amount_pence", default=0))["t"]  # type: ignore[no-any-return]


# -- aged debts -----------------------------------------------------------------------------------

AGED = """
    WITH moved AS (
        SELECT l.id, l.account_id, e.effective_on AS day, l.amount_pence * %(sign)s AS pence
        FROM payments_leg l
        JOIN payments_account a ON a.id = l.account_id AND a.kind = %(kind)s
        JOIN payments_entry e ON e.id = l.entry_id
        WHERE e.kind IN ('posted', 'post') AND e.effective_on <= %(day)s
    ), settled AS (
        SELECT account_id, sum(pence) AS total, -coalesce(sum(pence) FILTER (WHERE pence < 0), 0) AS paid
        FROM moved GROUP BY account_id HAVING sum(pence) <> 0
    ), debts AS (
        SELECT m.account_id, %(day)s - m.day AS age,
               greatest(0, least(m.pence, sum(m.pence) OVER (PARTITION BY m.account_id ORDER BY m.day, m.id)
                                          - s.paid)) AS unpaid
        FROM moved m JOIN settled s ON s.account_id = m.account_id WHERE m.pence > 0
    ), aged AS (
        SELECT account_id,
               sum(unpaid) FILTER (WHERE age <= 30) AS a, sum(unpaid) FILTER (WHERE age BETWEEN 31 AND 60) AS b,
               sum(unpaid) FILTER (WHERE age BETWEEN 61 AND 90) AS c, sum(unpaid) FILTER (WHERE age > 90) AS d
        FROM debts GROUP BY account_id
    )
    SELECT a.id, a.code, coalesce(p.name, a.name), s.total::bigint, coalesce(g.a, 0)::bigint,
           coalesce(g.b, 0)::bigint, coalesce(g.c, 0)::bigint, coalesce(g.d, 0)::bigint
    FROM settled s
    JOIN payments_account a ON a.id = s.account_id
    LEFT JOIN providers_provider p ON p.id = a.provider_id
    LEFT JOIN aged g ON g.account_id = a.id
    ORDER BY g.d DESC NULLS LAST, g.c DESC NULLS LAST, s.total DESC, a.code
"""

AGES = ("Up to 30 days", "31 to 60 days", "61 to 90 days", "Over 90 days")


@dataclass(frozen=True)
class Aged:
    """What is owed on one account at the end of a day, by how long, in pence.

    What was paid settles the oldest first. ``ahead_pence`` was paid beyond what is owed.
    """

    code: str
    name: str
    total_pence: Pence
    ages: tuple[Pence, Pence, Pence, Pence]

    @property
    def ahead_pence(self) -> Pence:
        """Paid and not owed."""
        return sum(self.ages) - self.total_pence


def aged(kind: AccountKind, day: date, user: User) -> tuple[list[Aged], Pence]:
    """What is owed by (payable) or to (receivable) the council, the oldest first; and what is not shown.

    Accounts that are kept from this user are not listed; their sum is the second figure.
    """
    hidden = set(own_accounts(user).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        sign = 1 if kind == AccountKind.RECEIVABLE else -1
        cursor.execute(AGED, {"kind": kind.value, "sign": sign, "day": day})
        rows = cursor.fetchall()
    shown = [Aged(row[1], row[2], row[3], row[4:8]) for row in rows if row[0] not in hidden]
    return shown, sum(row[3] for row in rows if row[0] in hidden)


def sum_of(rows: Sequence[Aged]) -> Aged:
    """All rows together."""
    ages = tuple(sum(row.ages[n] for row in rows) for n in range(4))
    return Aged("", "In all", sum(row.total_pence for row in rows), ages)  # type: ignore[arg-type]


# -- what a closing keeps -------------------------------------------------------------------------


def movement(period: Period) -> dict[str, Pence]:
    """What each kind of account moved by within the month."""
    rows = (
        Leg.objects.filter(
            entry__kind__in=MOVING,
            entry__effective_on__range=(period.first_on, period.last_on),
        )
        .values_list("account__kind")
        .annotate(t=Sum("amount_pence"))
        .order_by()
    )
    return dict(rows)


def figures_of(period: Period) -> dict[str, Any]:
    """What the month looked like when it was closed: balances and movements by kind, and how many entries."""
    entries = Entry.objects.filter(effective_on__range=(period.first_on, period.last_on))
    return {
        "entries": entries.filter(kind__in=MOVING).count(),
        "balances": {one.kind: one.pence for one in kinds_on(period.last_on)},
        "movements": movement(period),
    }


def closed_before(period: Period) -> Period | None:
    """The last month before it that is closed."""
    return Period.objects.filter(
        first_on__lt=period.first_on, state__in=[PeriodState.CLOSED, PeriodState.REOPENING]
    ).first()


def legs_like(
    *,
    account: str = "",
    kind: str = "",
    first: date | None = None,
    last: date | None = None,
    programme: str = "",
    team: str = "",
    events: str = "",
) -> QuerySet[Leg]:
    """Legs of balances that fit, for a figure to be opened by. ``events``: ``budget`` or ``spent``."""
    found = Q(entry__kind__in=MOVING)
    if account:
        found &= Q(account__code=account)
    if kind:
        found &= Q(account__kind__in=kind.split(","))
    if first:
        found &= Q(entry__effective_on__gte=first)
    if last:
        found &= Q(entry__effective_on__lte=last)
    if programme:
        found &= Q(account__case__pack__key=programme)
    if team == "-":
        found &= Q(account__case__team=None)
    elif team:
        found &= Q(account__case__team__name=team)
    if events == "budget":
        found &= Q(entry__event__startswith="budget.")
    elif events == "spent":
        found &= ~Q(entry__event__startswith="budget.")
    return Leg.objects.filter(found)
