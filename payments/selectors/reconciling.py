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


def payments_out(account: StatementAccount) -> QuerySet[Payment]:
    """Payments that left, and that no line of this account has shown."""
    matched = _live(account).filter(payment=OuterRef("pk"), amount_pence__lt=0)
    return Payment.objects.filter(
        ~Exists(matched), state__in=MOVED, rail__in=rails_shown_on(account.code)
    )


def payments_back(account: StatementAccount) -> QuerySet[Payment]:
    """Payments that came back, and that no line of this account has shown coming back."""
    matched = _live(account).filter(payment=OuterRef("pk"), amount_pence__gt=0)
    return Payment.objects.filter(
        ~Exists(matched), state=PaymentState.RETURNED, rail__in=rails_shown_on(account.code)
    )


def topups_moved(account: StatementAccount) -> QuerySet[TopUp]:
    """Top-ups that arrived, and that no line of this account has shown.

    A top-up leaves the bank and arrives at the rail: each account shows it once.
    """
    matched = _live(account).filter(topup=OuterRef("pk"))
    rows = TopUp.objects.filter(~Exists(matched), state=TopUpState.SUCCEEDED)
    return rows.filter(rail=account.code) if at_the_rail(account) else rows


def at_the_rail(account: StatementAccount) -> bool:
    """Whether the account is our balance at a rail, rather than the council's bank."""
    return account.code != "bank"


def _payments_out(account: StatementAccount) -> Iterable[OpenItem]:
    """Columns, not objects: a council may have tens of thousands on their way."""
    rows = payments_out(account).annotate(file=_file_of()).order_by("id")
    columns = ("reference", "amount_pence", "sent_at", "external_id")
    for reference, pence, sent_at, external_id, file, run, payee in rows.values_list(
        *columns, "file", "run__reference", "provider__name"
    ):
        yield OpenItem(
            id=f"payment:{reference}",
            reference=reference,
            amount_pence=-pence,
            day=_day(sent_at),
            external_id=external_id,
            group=file or run,
            payee=payee or "",
        )


def _file_of() -> Subquery:
    """The file a payment left in: its reference stands on the bank's line for the whole file."""
    items = SubmissionItem.objects.filter(payment=OuterRef("pk"), living=True)
    return Subquery(items.values("submission__reference")[:1])


def _payments_back(account: StatementAccount) -> Iterable[OpenItem]:
    rows = payments_back(account).order_by("id")
    columns = ("reference", "amount_pence", "returned_at", "external_id", "provider__name")
    for reference, pence, returned_at, external_id, payee in rows.values_list(*columns):
        yield OpenItem(
            id=f"returned:{reference}",
            reference="",
            amount_pence=pence,
            day=_day(returned_at),
            external_id=returned(external_id),
            payee=payee or "",
        )


def _topups(account: StatementAccount) -> Iterable[OpenItem]:
    arrives = at_the_rail(account)
    for topup in topups_moved(account).order_by("id"):
        day = _day(topup.arrived_at or topup.asked_at)
        yield OpenItem(
            id=f"topup:{topup.reference}",
            reference=topup.reference,
            amount_pence=topup.amount_pence if arrives else -topup.amount_pence,
            day=day,
            external_id=topup.external_id if arrives else "",
            earliest=_day(topup.asked_at) - TOPUP_DAYS,
            latest=day + TOPUP_DAYS,
        )


def suggestions_for(line: StatementLine) -> list[tuple[OpenItem, Suggestion]]:
    """What might fit one line, best first, with the reason in words."""
    return suggest_among(line, open_items(line.account))


def suggest_among(
    line: StatementLine, items: Iterable[OpenItem]
) -> list[tuple[OpenItem, Suggestion]]:
    """What might fit one line among these items, best first, with the reason in words."""
    known = {item.id: item for item in items}
    found = match([as_open_line(line)], known.values())
    certain = [
        Suggestion(line.pk, item, 100, one.why) for one in found.matches for item in one.items
    ]
    return [(known[one.item], one) for one in [*certain, *found.suggestions]]


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
