"""Invoices: from the provider, through the client's yes, to finance's approval."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine


def invoice_reference() -> str:
    """``INV-7K2QFA``."""
    return new_reference("INV")


class InvoiceState(models.TextChoices):
    """Where the invoice stands."""

    RECEIVED = "received", "Waiting for the person to confirm"
    QUERIED = "queried", "A question was asked"
    CONFIRMED = "confirmed", "Confirmed by the person"
    DISPUTED = "disputed", "The person does not agree"
    APPROVED = "approved", "Approved for payment"
    REJECTED = "rejected", "Rejected"
    PAID = "paid", "Paid"
    CREDITED = "credited", "Credited"


class Invoice(Machine):
    """What a provider asks for under one agreement. Receiving it holds the money in the budget."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=invoice_reference)
    agreement = models.ForeignKey(
        "payments.ServiceAgreement", on_delete=models.PROTECT, related_name="invoices"
    )
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, related_name="invoices"
    )
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField("your invoice number", max_length=40)
    number_key = models.CharField(max_length=40)
    state = FSMField(default=InvoiceState.RECEIVED, choices=InvoiceState.choices, protected=True)
    period_from = models.DateField()
    period_to = models.DateField()
    total_pence = models.BigIntegerField()
    note = models.TextField(blank=True)
    hold = models.ForeignKey(
        "payments.Entry", on_delete=models.PROTECT, null=True, related_name="+"
    )
    entry = models.ForeignKey(
        "payments.Entry", on_delete=models.PROTECT, null=True, related_name="+"
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    question = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    refusal_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "number_key"],
                condition=~Q(state="rejected"),
                name="invoice_number_once_per_provider",
            ),
            models.CheckConstraint(
                condition=Q(total_pence__gt=0) & Q(period_to__gte=F("period_from")),
                name="invoice_makes_sense",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "paid"])
                | (Q(approved_by__isnull=False) & Q(entry__isnull=False)),
                name="approved_invoice_has_approver_and_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} ({self.number})"

    @transition(
        field=state,
        source=[InvoiceState.RECEIVED, InvoiceState.QUERIED, InvoiceState.DISPUTED],
        target=InvoiceState.CONFIRMED,
    )
    def confirm(self, *, by: object) -> None:
        """The person, or who helps them, says that the support was given."""
        self.confirmed_by = by  # type: ignore[assignment]
        self.confirmed_at = clock.now()

    @transition(field=state, source=InvoiceState.RECEIVED, target=InvoiceState.QUERIED)
    def query(self, *, question: str) -> None:
        """The person asks the provider something."""
        self.question = question

    @transition(field=state, source=InvoiceState.QUERIED, target=InvoiceState.RECEIVED)
    def answer_query(self, *, answer: str) -> None:
        """The provider answers; the clock does not start again."""
        self.answer = answer

    @transition(
        field=state,
        source=[InvoiceState.RECEIVED, InvoiceState.QUERIED],
        target=InvoiceState.DISPUTED,
    )
    def dispute(self, *, reason: str) -> None:
        """The person says it is wrong: it is not paid until that is settled."""
        self.refusal_reason = reason

    @transition(field=state, source=InvoiceState.CONFIRMED, target=InvoiceState.APPROVED)
    def approve(self, *, by: object, entry: object) -> None:
        """Finance agrees: it is owed from now on."""
        self.approved_by = by  # type: ignore[assignment]
        self.approved_at = clock.now()
        self.entry = entry  # type: ignore[assignment]

    @transition(
        field=state,
        source=[
            InvoiceState.RECEIVED,
            InvoiceState.QUERIED,
            InvoiceState.CONFIRMED,
            InvoiceState.DISPUTED,
        ],
        target=InvoiceState.REJECTED,
    )
    def reject(self, *, reason: str) -> None:
        """Not owed, with the reason; the provider may send a corrected one."""
        self.refusal_reason = reason

    @transition(field=state, source=InvoiceState.APPROVED, target=InvoiceState.PAID)
    def mark_paid(self) -> None:
        """The rail has sent the money."""

    @transition(field=state, source=InvoiceState.PAID, target=InvoiceState.APPROVED)
    def mark_unpaid(self) -> None:
        """The money came back: it is owed again."""

    @transition(
        field=state, source=[InvoiceState.APPROVED, InvoiceState.PAID], target=InvoiceState.CREDITED
    )
    def credit(self) -> None:
        """The provider gave the money back."""


class InvoiceLine(models.Model):
    """One line: a day's or a period's support, in the agreement's unit, at its rate."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    service_date = models.DateField()
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=8, decimal_places=2)
    rate_pence = models.BigIntegerField()
    amount_pence = models.BigIntegerField()

    class Meta:
        ordering = ["service_date", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(amount_pence__gt=0), name="invoice_line_positive"
            )
        ]

    def __str__(self) -> str:
        return self.description
