"""What waits on finance's desk: counted for one user, in the order in which that user should take it."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from carebudget.people.models import Role, User

from ..models import (
    Invoice,
    InvoiceState,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
    Statement,
    StatementLine,
    StatementState,
)
from .due import TO_MEND, due_invoices
from .reconciling import UNEXPLAINED
from .runs import NOT_ANSWERED
from .stakes import without_own

GOING = (RunState.APPROVED, RunState.SENDING)
LAST = (RunState.SENT, RunState.CLOSED, RunState.REJECTED, RunState.CANCELLED)
LAST_RUNS = 5

OFFICERS_ORDER = ("approve", "mend", "due", "draft", "unknown", "held", "lines", "check")
MANAGERS_ORDER = ("check", "unknown", "mend", "held", "lines", "approve", "due", "draft")


@dataclass(frozen=True)
class Waiting:
    """Things of one kind that wait: how many, their sum in pence, since when.

    ``only`` is the reference when there is just one. ``for_you`` is whether this user may act.
    """

    key: str
    count: int
    pence: int = 0
    oldest: datetime | None = None
    only: str = ""
    for_you: bool = True


def waiting_for(user: User) -> list[Waiting]:
    """Everything that waits and is not nothing, most urgent for this user first."""
    found = [
        _invoices(user),
        _to_mend(user),
        _unknown(user),
        _held_statements(),
        _open_lines(),
        _due(),
        _drafts(user),
        *_submitted(user),
    ]
    manages = Role.FINANCE_MANAGER in user.roles
    order = MANAGERS_ORDER if manages else OFFICERS_ORDER
    acts = bool(user.roles & {Role.FINANCE_OFFICER, Role.FINANCE_MANAGER})
    kept = [one if acts else replace(one, for_you=False) for one in found if one.count]
    return sorted(kept, key=lambda one: order.index(one.key))


def _counted(key: str, rows: QuerySet, pence: str, since: str, name: str) -> Waiting:
    found = rows.aggregate(
        n=Count("pk"), total=Coalesce(Sum(pence), 0), oldest=Min(since), first=Min(name)
    )
    only = found["first"] if found["n"] == 1 else ""
    return Waiting(key, found["n"], found["total"], found["oldest"], only)


def _invoices(user: User) -> Waiting:
    rows = without_own(Invoice.objects.filter(state=InvoiceState.CONFIRMED), user)
    return _counted("approve", rows, "total_pence", "confirmed_at", "reference")


def _to_mend(user: User) -> Waiting:
    rows = without_own(Payment.objects.filter(state__in=TO_MEND, mended_at=None), user)
    return _counted("mend", rows, "amount_pence", "first_claimed_at", "reference")


def _unknown(user: User) -> Waiting:
    rows = without_own(unknown_payments(), user)
    return _counted("unknown", rows, "amount_pence", "unknown_since", "reference")


def unknown_payments() -> QuerySet[Payment]:
    """Payments that were sent off and for which the rail has not answered."""
    return Payment.objects.filter(state=PaymentState.SENDING, unknown_since__isnull=False)


def _held_statements() -> Waiting:
    rows = Statement.objects.filter(state=StatementState.HELD)
    found = rows.aggregate(n=Count("pk"), oldest=Min("file__brought_at"))
    only = str(rows.values_list("public_id", flat=True)[0]) if found["n"] == 1 else ""
    return Waiting("held", found["n"], 0, found["oldest"], only)


def _open_lines() -> Waiting:
    found = StatementLine.objects.filter(state__in=UNEXPLAINED).aggregate(
        n=Count("pk"), total=Coalesce(Sum("amount_pence"), 0), oldest=Min("imported_at")
    )
    return Waiting("lines", found["n"], found["total"], found["oldest"])


def _due() -> Waiting:
    return replace(
        _counted("due", due_invoices(), "total_pence", "approved_at", "reference"), only=""
    )


def _drafts(user: User) -> Waiting:
    rows = PaymentRun.objects.filter(state=RunState.DRAFT)
    return _counted("draft", rows, "total_pence", "made_at", "reference")


def _submitted(user: User) -> list[Waiting]:
    """Runs that wait for a second person: this user's to check, or somebody else's."""
    rows = PaymentRun.objects.filter(state=RunState.SUBMITTED)
    mine = rows.exclude(made_by=user) if Role.FINANCE_MANAGER in user.roles else rows.none()
    other = rows.exclude(pk__in=mine.values("pk"))
    return [
        _counted("check", mine, "total_pence", "submitted_at", "reference"),
        replace(
            _counted("check", other, "total_pence", "submitted_at", "reference"), for_you=False
        ),
    ]


def runs() -> QuerySet[PaymentRun]:
    """Every run, newest first, with who made and who approved it."""
    return PaymentRun.objects.select_related("made_by", "approved_by").order_by("-made_at", "-pk")


def runs_going() -> QuerySet[PaymentRun]:
    """Runs that are being sent now, with ``answered``: how many payments the rail has answered for."""
    over = [*NOT_ANSWERED, PaymentState.CANCELLED]
    answered = Count("payments", filter=~Q(payments__state__in=over))
    return runs().filter(state__in=GOING).annotate(answered=answered).order_by("approved_at", "pk")


def last_runs() -> QuerySet[PaymentRun]:
    """The last runs that are over."""
    return runs().filter(state__in=LAST)[:LAST_RUNS]
