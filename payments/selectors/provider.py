"""What a provider's pages show: their agreements, invoices and payments, and the sums of them.

Every list is given its providers: whoever calls has asked for whom the user speaks. Writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.people.models import User
from plans.selectors.timeline import TimelineItem, as_item
from providers.models import Provider

from ..models import (
    AgreementState,
    Invoice,
    InvoiceState,
    Payment,
    PaymentState,
    RemittanceAdvice,
    ServiceAgreement,
)
from ..rules.invoicing import AgreementTerms, number_key

NOT_OWED = (InvoiceState.REJECTED, InvoiceState.CREDITED)
MAY_BE_INVOICED = (AgreementState.LIVE, AgreementState.SUSPENDED, AgreementState.ENDED)
RUNNING = (AgreementState.LIVE, AgreementState.SUSPENDED, AgreementState.ACCEPTED)
WAITING_FOR_PROVIDER = (InvoiceState.QUERIED, InvoiceState.DISPUTED)
UNFINISHED = (InvoiceState.RECEIVED, InvoiceState.QUERIED, InvoiceState.CONFIRMED)
LATELY = timedelta(days=30)
DESK_LIMIT = 10
"""How many of a kind the desk shows before it points to the whole list."""


def providers_of(user: User) -> list[Provider]:
    """The providers a user speaks for now, by name, with checks, members and payout account."""
    rows = Provider.objects.filter(members__user=user, members__ended_at=None)
    return list(
        rows.select_related("payout_account")
        .prefetch_related("checks__checked_by", "members__user", "rates")
        .order_by("name", "id")
        .distinct()
    )


@dataclass(frozen=True)
class AgreementRow:
    """An agreement with what was invoiced under it, in pence."""

    agreement: ServiceAgreement
    invoiced_pence: int

    @property
    def left_pence(self) -> int:
        """What may still be invoiced."""
        return max(0, self.agreement.limit_pence - self.invoiced_pence)

    @property
    def may_be_invoiced(self) -> bool:
        """Whether there is anything to send an invoice for."""
        return self.agreement.state in MAY_BE_INVOICED and self.left_pence > 0


def agreement_for_provider(reference: str) -> ServiceAgreement:
    """The agreement, for who speaks for its provider. Raises ``ServiceAgreement.DoesNotExist``."""
    return (
        ServiceAgreement.objects.select_related(
            "provider__payout_account", "case__person", "plan", "answered_by"
        )
        .prefetch_related("provider__members", "provider__checks")
        .get(reference=reference)
    )


def with_sums(agreements: Sequence[ServiceAgreement]) -> list[AgreementRow]:
    """Each agreement with what was invoiced under it, in one query however many there are."""
    sums = dict(
        Invoice.objects.filter(agreement__in=[one.pk for one in agreements])
        .exclude(state__in=NOT_OWED)
        .order_by()
        .values_list("agreement")
        .annotate(total=Sum("total_pence"))
    )
    return [AgreementRow(one, sums.get(one.pk, 0)) for one in agreements]


def terms_of(row: AgreementRow) -> AgreementTerms:
    """What the agreement allows, as the rules of invoicing know it."""
    agreement = row.agreement
    return AgreementTerms(
        rate_pence=agreement.rate_pence,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        left_pence=agreement.limit_pence - row.invoiced_pence,
    )


def agreements_of(
    providers: Sequence[Provider], *, states: Sequence[str] = (), words: str = ""
) -> QuerySet[ServiceAgreement]:
    """Agreements by the person's name; ``words`` looks in the name, the description and the reference."""
    rows = ServiceAgreement.objects.filter(provider__in=providers).select_related(
        "provider", "case__person"
    )
    if states:
        rows = rows.filter(state__in=states)
    for word in words.split():
        rows = rows.filter(
            Q(case__person__full_name__icontains=word)
            | Q(description__icontains=word)
            | Q(reference__iexact=word)
        )
    return rows.order_by("case__person__full_name", "id")


def invoices_of(providers: Sequence[Provider], *, state: str = "") -> QuerySet[Invoice]:
    """Invoices, newest first."""
    rows = Invoice.objects.filter(provider__in=providers).select_related(
        "provider", "case__person", "agreement"
    )
    return rows.filter(state=state) if state else rows


def invoice_for_provider(reference: str) -> Invoice:
    """The invoice with lines and payments, for who speaks for its provider. Raises ``Invoice.DoesNotExist``."""
    return (
        Invoice.objects.select_related(
            "provider__payout_account", "case__person", "agreement", "sent_by"
        )
        .prefetch_related(
            "provider__members",
            "lines",
            Prefetch("payments", Payment.objects.select_related("run").order_by("-id")),
        )
        .get(reference=reference)
    )


def earlier_invoice(provider: Provider, number: str) -> Invoice | None:
    """The invoice that already carries this number, however it is written; rejected ones do not count."""
    key = number_key(number)
    rows = provider.invoices.filter(number_key=key).exclude(state=InvoiceState.REJECTED)
    return rows.first() if key else None


def last_invoice(agreement: ServiceAgreement) -> Invoice | None:
    """The invoice of an agreement whose period ends last; rejected ones do not count."""
    rows = agreement.invoices.exclude(state__in=NOT_OWED)
    return rows.order_by("-period_to", "-id").first()


def last_number(provider: Provider) -> str:
    """The number of the invoice a provider sent last; empty before the first."""
    last = provider.invoices.order_by("-sent_at", "-id").only("number").first()
    return last.number if last else ""


def invoice_story(invoice: Invoice) -> list[TimelineItem]:
    """What happened to one invoice, newest first: only its own events of the case's record."""
    events = AuditEvent.objects.filter(
        chain__key=invoice.case.chain, subject=f"invoice:{invoice.reference}"
    ).select_related("words")
    return [as_item(event) for event in events.order_by("-sequence")]


def provider_payments(providers: Sequence[Provider]) -> QuerySet[Payment]:
    """Payments, newest first. Those of a run that was never sent are left out: they pay nothing."""
    return (
        Payment.objects.filter(provider__in=providers)
        .exclude(state=PaymentState.CANCELLED)
        .select_related("provider", "invoice", "run", "case__person")
        .order_by("-id")
    )


def remittances_of(providers: Sequence[Provider]) -> QuerySet[RemittanceAdvice]:
    """Remittance advice, newest first, without the documents' bytes."""
    return (
        RemittanceAdvice.objects.filter(provider__in=providers)
        .select_related("run", "provider", "document")
        .defer("document__content")
        .order_by("-created_at", "-id")
    )


@dataclass(frozen=True)
class InvoiceTotal:
    """How many invoices are in one state, and their sum in pence."""

    state: str
    label: str
    count: int
    total_pence: int


@dataclass(frozen=True)
class ProviderMoney:
    """What was sent lately, what is owed and on its way, and what waits for somebody's yes. In pence."""

    by_state: tuple[InvoiceTotal, ...]
    sent_lately_pence: int
    on_its_way_pence: int
    expected_pence: int
    not_agreed_pence: int


def provider_money(providers: Sequence[Provider]) -> ProviderMoney:
    """The sums of the desk, in two queries."""
    found = {
        row["state"]: row
        for row in Invoice.objects.filter(provider__in=providers)
        .order_by()
        .values("state")
        .annotate(count=Count("id"), total=Sum("total_pence"))
    }
    totals = tuple(
        InvoiceTotal(state, str(label), found[state]["count"], found[state]["total"])
        for state, label in InvoiceState.choices
        if state in found
    )
    sums = {one.state: one.total_pence for one in totals}
    sent = Payment.objects.filter(
        provider__in=providers,
        state__in=[PaymentState.SENT, PaymentState.SETTLED],
        sent_at__gte=clock.now() - LATELY,
    ).aggregate(total=Sum("amount_pence"))
    return ProviderMoney(
        by_state=totals,
        sent_lately_pence=sent["total"] or 0,
        on_its_way_pence=sums.get(InvoiceState.APPROVED, 0),
        expected_pence=sum(sums.get(state, 0) for state in UNFINISHED),
        not_agreed_pence=sums.get(InvoiceState.DISPUTED, 0),
    )


@dataclass(frozen=True)
class ProviderWork:
    """What waits for the provider, and what runs. At most ``DESK_LIMIT`` of each, with the true counts."""

    offered: list[ServiceAgreement]
    offered_count: int
    questions: list[Invoice]
    questions_count: int
    stuck: list[Payment]
    running: list[AgreementRow]
    running_count: int

    @property
    def not_shown(self) -> int:
        """How many offers and questions the desk has no room for."""
        return self.offered_count - len(self.offered) + self.questions_count - len(self.questions)


def provider_work(providers: Sequence[Provider]) -> ProviderWork:
    """The desk's lists, in a constant number of queries."""
    offered = agreements_of(providers, states=[AgreementState.OFFERED]).order_by("offered_at", "id")
    questions = (
        invoices_of(providers).filter(state__in=WAITING_FOR_PROVIDER).order_by("sent_at", "id")
    )
    running = agreements_of(providers, states=RUNNING)
    stuck = provider_payments(providers).filter(
        state__in=[PaymentState.RETURNED, PaymentState.FAILED],
        mended_at=None,
        invoice__state=InvoiceState.APPROVED,
    )
    return ProviderWork(
        offered=list(offered[:DESK_LIMIT]),
        offered_count=offered.count(),
        questions=list(questions[:DESK_LIMIT]),
        questions_count=questions.count(),
        stuck=list(stuck[:DESK_LIMIT]),
        running=with_sums(list(running[:DESK_LIMIT])),
        running_count=running.count(),
    )
