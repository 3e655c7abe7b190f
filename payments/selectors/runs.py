"""What a checker needs to know of a run before approving it."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from providers.models import Provider

from ..models import Payment, PaymentRun, PaymentState

SHOWN = 5


@dataclass(frozen=True)
class StateTotal:
    """How many payments of a run are in one state, and their sum in pence."""

    state: str
    label: str
    count: int
    total_pence: int


@dataclass(frozen=True)
class RunSummary:
    """The figures of a run, and the payments worth a second look."""

    count: int
    total_pence: int
    by_state: tuple[StateTotal, ...]
    exceptions: tuple[dict[str, str], ...]
    largest: tuple[Payment, ...]
    new_payees: tuple[Payment, ...]
    answered_percent: int


def run_summary(run: PaymentRun) -> RunSummary:
    """Totals by state, the largest payments, and payees who were never paid before."""
    rows = (
        run.payments.values("state")
        .annotate(count=Count("id"), total=Sum("amount_pence"))
        .order_by("state")
    )
    labels = dict(PaymentState.choices)
    states = tuple(
        StateTotal(r["state"], str(labels[r["state"]]), r["count"], r["total"]) for r in rows
    )
    paid_before = Payment.objects.filter(
        provider=OuterRef("provider"), state__in=[PaymentState.SENT, PaymentState.SETTLED]
    ).exclude(run=run)
    payments = run.payments.select_related("provider", "invoice", "case__person")
    waiting = {PaymentState.PLANNED, PaymentState.RELEASED, PaymentState.SENDING, PaymentState.HELD}
    total = sum(s.count for s in states)
    answered = sum(s.count for s in states if s.state not in waiting)
    return RunSummary(
        count=run.payment_count,
        total_pence=run.total_pence,
        by_state=states,
        exceptions=tuple(run.exceptions),
        largest=tuple(payments.order_by("-amount_pence", "id")[:SHOWN]),
        new_payees=tuple(payments.filter(~Exists(paid_before)).order_by("id")[:SHOWN]),
        answered_percent=100 * answered // total if total else 0,
    )


def payments_of_provider(provider: Provider) -> QuerySet[Payment]:
    """A provider's payments, newest first."""
    return provider.payments.select_related("invoice", "run", "case__person").order_by("-id")
