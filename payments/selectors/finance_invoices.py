"""Invoices as finance sees them: lists that are filtered, and everything beside one invoice."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from carebudget.money import Pence
from carebudget.people.models import User
from providers.models import Provider

from ..models import Invoice, InvoiceLine, InvoiceState
from .due import due_invoices
from .money import CaseMoney, money_of_case
from .stakes import without_own

DUE = "due"
ALL = "all"

TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("confirmed", "To approve", (InvoiceState.CONFIRMED,)),
    ("person", "With the person", (InvoiceState.RECEIVED, InvoiceState.QUERIED)),
    ("disputed", "Not agreed", (InvoiceState.DISPUTED,)),
    ("approved", "Approved", (InvoiceState.APPROVED,)),
    ("paid", "Paid", (InvoiceState.PAID, InvoiceState.CREDITED)),
    ("rejected", "Rejected", (InvoiceState.REJECTED,)),
    (ALL, "All", tuple(InvoiceState.values)),
)
"""What the list can show: key, words, states. ``due`` narrows ``approved`` to what may be paid now."""

ORDERS = {
    "oldest": ("sent_at", "pk"),
    "newest": ("-sent_at", "-pk"),
    "largest": ("-total_pence", "pk"),
}


@dataclass(frozen=True)
class Tab:
    """One way to look at the list, with how many invoices it holds."""

    key: str
    title: str
    count: int


def invoice_tabs(user: User) -> list[Tab]:
    """The ways to look at the list, in one query."""
    rows = without_own(Invoice.objects.all(), user).values_list("state").annotate(n=Count("pk"))
    counted = dict(rows.order_by())
    return [
        Tab(key, title, sum(counted.get(state, 0) for state in states))
        for key, title, states in TABS
    ]


def finance_invoices(
    user: User,
    *,
    tab: str = "confirmed",
    search: str = "",
    provider: str = "",
    order: str = "oldest",
) -> QuerySet[Invoice]:
    """Invoices that finance may see, narrowed. ``search``: a person, a reference or the provider's number."""
    states = next((states for key, _, states in TABS if key == tab), ())
    rows = due_invoices() if tab == DUE else Invoice.objects.filter(state__in=states)
    rows = without_own(rows, user)
    words = search.strip()
    if words:
        rows = rows.filter(
            Q(reference__iexact=words)
            | Q(number__icontains=words)
            | Q(case__reference__iexact=words)
            | Q(case__person__full_name__icontains=words)
            | Q(provider__name__icontains=words)
        )
    if provider:
        rows = rows.filter(provider__reference=provider)
    return rows.select_related("provider", "case__person", "confirmed_by").order_by(
        *ORDERS.get(order, ORDERS["oldest"])
    )


def sum_of(invoices: QuerySet[Invoice]) -> Pence:
    """What invoices come to, in pence."""
    return invoices.order_by().aggregate(total=Sum("total_pence"))["total"] or 0


def providers_with_invoices() -> list[tuple[str, str]]:
    """Reference and name of every provider that sent an invoice, by name."""
    rows = Provider.objects.filter(pk__in=Invoice.objects.values("provider"))
    return list(rows.order_by("name", "pk").values_list("reference", "name"))


def invoice_for_finance(reference: str) -> Invoice:
    """The invoice with all that finance's page and its permission ask about. May raise ``DoesNotExist``."""
    return (
        Invoice.objects.select_related(
            "provider",
            "case__person",
            "agreement__plan",
            "sent_by",
            "confirmed_by",
            "approved_by",
        )
        .prefetch_related(
            "case__person__representations", "case__person__family_ties", "provider__members"
        )
        .get(reference=reference)
    )


def next_to_approve(user: User, after: Invoice) -> Invoice | None:
    """The oldest invoice that waits for approval, other than the one just looked at."""
    return finance_invoices(user).exclude(pk=after.pk).first()


@dataclass(frozen=True)
class BesideInvoice:
    """What an invoice is held against: its lines, the agreement's terms and what is left, in pence.

    ``left_before_pence`` and ``left_after_pence`` are of the agreement, without and with this invoice.
    """

    lines: tuple[InvoiceLine, ...]
    units: Decimal
    days: int
    other_rates: int
    left_before_pence: Pence
    left_after_pence: Pence
    money: CaseMoney


def beside_invoice(invoice: Invoice) -> BesideInvoice:
    """Everything finance weighs before approving."""
    lines = tuple(invoice.lines.all())
    counted = invoice.agreement.invoices.exclude(
        state__in=[InvoiceState.REJECTED, InvoiceState.CREDITED]
    ).exclude(pk=invoice.pk)
    others = counted.aggregate(total=Sum("total_pence"))["total"] or 0
    before = invoice.agreement.limit_pence - others
    return BesideInvoice(
        lines=lines,
        units=sum((line.quantity for line in lines), Decimal(0)),
        days=(invoice.period_to - invoice.period_from).days + 1,
        other_rates=sum(line.rate_pence != invoice.agreement.rate_pence for line in lines),
        left_before_pence=before,
        left_after_pence=before - invoice.total_pence,
        money=money_of_case(invoice.case),
    )
