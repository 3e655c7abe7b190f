"""What may be paid now, to whom, and who cannot be paid yet."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from providers.models import Provider

from ..models import OVER, Invoice, InvoiceState, Payment, PaymentState, PayoutState

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


def due_by_provider() -> list[DueToProvider]:
    """What is due, largest sum first, in two queries."""
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
    return [
        DueToProvider(
            provider := providers[row["provider"]],
            row["n"],
            row["total"],
            row["oldest"],
            why_not_payable(provider),
        )
        for row in sums
    ]


def why_not_payable(provider: Provider) -> str:
    """Why a provider cannot be paid now, in words; empty when they can."""
    if not provider.is_approved:
        return f"{provider.name} is “{provider.get_state_display().lower()}”."
    account = getattr(provider, "payout_account", None)
    if account is None:
        return f"{provider.name} has not set up how they are paid."
    if account.state != PayoutState.READY:
        return f"{provider.name}’s payment account is “{account.get_state_display().lower()}”."
    return ""
