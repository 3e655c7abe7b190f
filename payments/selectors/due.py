"""What may be paid now, to whom, and who cannot be paid yet."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from providers.models import Provider

from ..models import OVER, Invoice, InvoiceState, Payment, PaymentState
from .payees import ways_to_pay

TO_MEND = (PaymentState.FAILED, PaymentState.RETURNED)
"""States in which a person finds out why before the obligation is paid again."""


def due_invoices() -> QuerySet[Invoice]:
    """Approved invoices with no payment on its way, and none refused that a person has yet to mend."""
    in_the_way = Payment.objects.filter(
        ~Q(state__in=OVER) | Q(state__in=TO_MEND, mended_at=None), invoice=OuterRef("pk")
    )
    return Invoice.objects.filter(~Exists(in_the_way), state=InvoiceState.APPROVED).order_by(
        "approved_at", "id"
    )


@dataclass(frozen=True)
class DueToProvider:
    """What is due to one provider, in pence; ``why_not`` says in words why it cannot be paid now."""

    provider: Provider
    count: int
    pence: int
    oldest: datetime
    why_not: str


def due_by_provider(rail: str = "stripe") -> list[DueToProvider]:
    """What is due, largest sum first, and who cannot be paid on ``rail``: a few queries, however much is due."""
    rows = (
        due_invoices()
        .values("provider")
        .annotate(n=Count("pk"), total=Sum("total_pence"), oldest=Min("approved_at"))
        .order_by("-total", "provider")
    )
    sums = list(rows)
    providers = Provider.objects.select_related("payout_account").in_bulk(
        [row["provider"] for row in sums]
    )
    ways = ways_to_pay(rail, providers.values())
    return [
        DueToProvider(
            provider := providers[row["provider"]],
            row["n"],
            row["total"],
            row["oldest"],
            ways[provider.pk].why_not,
        )
        for row in sums
    ]
