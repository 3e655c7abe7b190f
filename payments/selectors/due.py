"""Which approved invoices may be paid now. What else may be is in ``obligations``."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..models import OVER, Invoice, InvoiceState, Payment, PaymentState

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
