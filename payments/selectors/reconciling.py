"""What is open between us and the bank: lines nobody has explained, and money of ours not yet seen there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum

from carebudget import clock

from ..models import (
    LineState,
    MatchItem,
    Payment,
    PaymentState,
    Statement,
    StatementAccount,
    StatementLine,
    StatementState,
    SubmissionItem,
    TopUp,
    TopUpState,
)
from ..rails import rails_shown_on
from ..rails.protocol import returned
from ..rules.matching import OpenItem, OpenLine, Suggestion, match

OPEN = (LineState.OPEN, LineState.SUGGESTED)
UNEXPLAINED = (*OPEN, LineState.EXCEPTION)
MOVED = (PaymentState.SENT, PaymentState.SETTLED, PaymentState.RETURNED)
TOPUP_DAYS = timedelta(days=10)
"""How long a bank may take to show a top-up as a debit."""


@dataclass(frozen=True)
class Side:
    """How many things are open on one side, and their sum in pence."""

    count: int
    pence: int


def open_lines(account: StatementAccount) -> list[OpenLine]:
    """Lines of an account that the passes may still explain."""
    rows = account.lines.filter(state__in=OPEN).order_by("id")
    return [as_open_line(row) for row in rows.iterator(chunk_size=5000)]


def as_open_line(row: StatementLine) -> OpenLine:
    """A line as the matching rules know it."""
    return OpenLine(
        id=row.pk,
        booked_on=row.booked_on,
        amount_pence=row.amount_pence,
        words=" ".join(part for part in (row.reference, row.text, row.counterparty) if part),
        source_id=row.source_id,
        group=row.group,
    )


def open_items(account: StatementAccount) -> list[OpenItem]:
    """Money of ours that this account's statements should show and have not yet."""
    return [
        *_payments_out(account),
        *_payments_back(account),
        *_topups(account),
    ]


def _live(account: StatementAccount) -> QuerySet[MatchItem]:
    return MatchItem.objects.filter(match__undone_at=None, match__line__account=account)


def _day(moment: object) -> date:
    return moment.astimezone(clock.LONDON).date()  # type: ignore[attr-defined, no-any-return]


def _payments_out(account: StatementAccount) -> Iterable[OpenItem]:
    matched = _live(account).filter(payment=OuterRef("pk"), amount_pence__lt=0)
    rows = (
        Payment.objects.filter(
            ~Exists(matched), state__in=MOVED, rail__in=rails_shown_on(account.code)
        )
        .annotate(file=_file_of())
        .select_related("run", "provider", "invoice")
        .order_by("id")
    )
    for payment in rows:
        yield OpenItem(
            id=f"payment:{payment.reference}",
            reference=payment.reference,
            amount_pence=-payment.amount_pence,
            day=_day(payment.sent_at),
            external_id=payment.external_id,
            group=payment.file or payment.run.reference,
            payee=payment.provider.name if payment.provider else "",
        )


def _file_of() -> Subquery:
    """The file a payment left in: its reference stands on the bank's line for the whole file."""
    items = SubmissionItem.objects.filter(payment=OuterRef("pk"), living=True)
    return Subquery(items.values("submission__reference")[:1])


def _payments_back(account: StatementAccount) -> Iterable[OpenItem]:
    matched = _live(account).filter(payment=OuterRef("pk"), amount_pence__gt=0)
    rows = Payment.objects.filter(
        ~Exists(matched), state=PaymentState.RETURNED, rail__in=rails_shown_on(account.code)
    ).select_related("provider")
    for payment in rows.order_by("id"):
        yield OpenItem(
            id=f"returned:{payment.reference}",
            reference="",
            amount_pence=payment.amount_pence,
            day=_day(payment.returned_at),
            external_id=returned(payment.external_id),
            payee=payment.provider.name if payment.provider else "",
        )


def _topups(account: StatementAccount) -> Iterable[OpenItem]:
    """A top-up leaves the bank and arrives at the rail: each account shows it once."""
    matched = _live(account).filter(topup=OuterRef("pk"))
    at_the_rail = account.code != "bank"
    rows = TopUp.objects.filter(~Exists(matched), state=TopUpState.SUCCEEDED)
    if at_the_rail:
        rows = rows.filter(rail=account.code)
    for topup in rows.order_by("id"):
        day = _day(topup.arrived_at or topup.asked_at)
        yield OpenItem(
            id=f"topup:{topup.reference}",
            reference=topup.reference,
            amount_pence=topup.amount_pence if at_the_rail else -topup.amount_pence,
            day=day,
            external_id=topup.external_id if at_the_rail else "",
            earliest=_day(topup.asked_at) - TOPUP_DAYS,
            latest=day + TOPUP_DAYS,
        )


def suggestions_for(line: StatementLine) -> list[tuple[OpenItem, Suggestion]]:
    """What might fit one line, best first, with the reason in words."""
    items = {item.id: item for item in open_items(line.account)}
    found = match([as_open_line(line)], items.values())
    certain = [
        Suggestion(line.pk, item, 100, one.why) for one in found.matches for item in one.items
    ]
    return [(items[one.item], one) for one in [*certain, *found.suggestions]]


def unexplained_lines(account: StatementAccount) -> QuerySet[StatementLine]:
    """Lines that nobody has explained, oldest first."""
    return account.lines.filter(state__in=UNEXPLAINED).order_by("booked_on", "id")


def lines_side(account: StatementAccount) -> Side:
    """Everything on the statements that is not explained."""
    found = unexplained_lines(account).aggregate(n=Count("id"), total=Sum("amount_pence"))
    return Side(found["n"], found["total"] or 0)


def items_side(items: Iterable[OpenItem]) -> Side:
    """Everything of ours that the statements have not shown."""
    amounts = [item.amount_pence for item in items]
    return Side(len(amounts), sum(amounts))


def held_statements() -> QuerySet[Statement]:
    """Statements that do not add up and wait for a person."""
    return Statement.objects.filter(state=StatementState.HELD).select_related("account", "file")


def statement_accounts() -> QuerySet[StatementAccount]:
    """Every account whose statements are read, with how much of it is not explained."""
    unexplained = Q(lines__state__in=UNEXPLAINED)
    return StatementAccount.objects.annotate(
        open_count=Count("lines", filter=unexplained),
        open_pence=Sum("lines__amount_pence", filter=unexplained, default=0),
    ).order_by("id")
