"""Payments as finance sees them: found by reference or by what is wrong with them, and one with its parts."""

from django.db.models import Count, Q, QuerySet

from carebudget.people.models import User

from ..models import Payment, PaymentState
from .due import TO_MEND
from .stakes import without_own

TABS: dict[str, tuple[str, Q]] = {
    "mend": ("To mend", Q(state__in=TO_MEND, mended_at=None)),
    "unknown": ("No answer yet", Q(state=PaymentState.SENDING, unknown_since__isnull=False)),
    "going": (
        "On the way",
        Q(state__in=[PaymentState.RELEASED, PaymentState.SENT, PaymentState.HELD])
        | Q(state=PaymentState.SENDING, unknown_since=None),
    ),
    "settled": ("Arrived", Q(state=PaymentState.SETTLED)),
    "all": ("All", Q()),
}
"""What the list can show: words, and which payments."""


def payment_tabs(user: User) -> list[tuple[str, str, int]]:
    """Key, words and count of every way to look at the list, in one query."""
    counts = {
        key: Count("pk", filter=condition) if condition else Count("pk")
        for key, (_, condition) in TABS.items()
    }
    found = without_own(Payment.objects.all(), user).aggregate(**counts)
    return [(key, title, found[key]) for key, (title, _) in TABS.items()]


def finance_payments(user: User, *, tab: str = "mend", search: str = "") -> QuerySet[Payment]:
    """Payments that finance may see, newest first. ``search``: a reference, a payee, an invoice, a rail's id."""
    rows = without_own(Payment.objects.filter(TABS.get(tab, TABS["all"])[1]), user)
    words = search.strip()
    if words:
        rows = rows.filter(
            Q(reference__iexact=words)
            | Q(external_id=words)
            | Q(invoice__reference__iexact=words)
            | Q(invoice__number__iexact=words)
            | Q(run__reference__iexact=words)
            | Q(provider__name__icontains=words)
            | Q(case__person__full_name__icontains=words)
        )
    return rows.select_related("provider", "person", "invoice", "case__person", "run").order_by(
        "-pk"
    )


def payment_for_finance(reference: str) -> Payment:
    """The payment with all that its page and its permission ask about. May raise ``DoesNotExist``."""
    return (
        Payment.objects.select_related(
            "provider", "person", "invoice", "case__person", "run", "plan", "entry", "payable"
        )
        .prefetch_related(
            "case__person__representations", "case__person__family_ties", "provider__members"
        )
        .get(reference=reference)
    )


def attempts_at(payment: Payment) -> list[Payment]:
    """Every attempt to pay the same thing, first one first."""
    return list(
        Payment.objects.filter(obligation=payment.obligation)
        .select_related("run")
        .order_by("attempt")
    )
