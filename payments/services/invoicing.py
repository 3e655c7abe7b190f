"""Invoices: sent by the provider, confirmed by the person, approved by finance.

Sending an invoice holds its amount in the budget, so that two invoices can never be promised the same
money; approving moves it to what is owed; rejecting lets it go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import Role, User
from plans.selectors import clients_and_helpers

from ..models import Invoice, InvoiceLine, InvoiceState, ServiceAgreement
from ..rules.invoicing import AgreementTerms, LineDraft, check_invoice, line_amount, number_key
from . import ledger
from .accounts import budget_account, payable_account
from .agreements import members_of

LINES_LIMIT = 200
NOT_OWED = (InvoiceState.REJECTED, InvoiceState.CREDITED)


@dataclass(frozen=True)
class InvoiceLineDraft:
    """One line as the provider typed it. The rate is in pence per unit."""

    service_date: date
    description: str
    quantity: Decimal
    rate_pence: Pence


def invoiced_pence(agreement: ServiceAgreement) -> Pence:
    """What was invoiced under an agreement and is owed, paid or waiting."""
    rows = agreement.invoices.exclude(state__in=NOT_OWED)
    return rows.aggregate(total=Sum("total_pence"))["total"] or 0


@transaction.atomic
def send_invoice(
    *,
    agreement: ServiceAgreement,
    number: str,
    period_from: date,
    period_to: date,
    lines: Sequence[InvoiceLineDraft],
    by: User,
    note: str = "",
) -> Invoice:
    """Send an invoice under an agreement; holds the money. Amounts are computed here, never taken.

    Raises ``Refused`` with the field when a rule of ``payments.rules.invoicing`` says no, the number
    was used before, or the budget does not hold enough.
    """
    require(by, "payments.send_invoice", agreement)
    agreement = (
        ServiceAgreement.objects.select_for_update(of=("self",))
        .select_related("case__person", "provider", "plan")
        .get(pk=agreement.pk)
    )
    if agreement.state not in ("live", "suspended", "ended"):
        raise Refused(
            "agreement_not_live", "This agreement is not running, so it cannot be invoiced."
        )
    if len(lines) > LINES_LIMIT:
        raise Refused("too_many_lines", f"An invoice can have at most {LINES_LIMIT} lines.")
    drafts = tuple(
        LineDraft(line.service_date, line.description, line.quantity, line.rate_pence)
        for line in lines
    )
    problems = check_invoice(
        drafts, _terms(agreement), period_from=period_from, period_to=period_to, today=clock.today()
    )
    if problems:
        first = problems[0]
        raise Refused(f"invoice_{first.code}", first.sentence, field=first.field)
    key = number_key(number)
    if not key:
        raise Refused("invoice_number_missing", "Enter your invoice number.", field="number")
    total = sum(line_amount(line) for line in drafts)
    invoice = _create(agreement, number.strip(), key, period_from, period_to, total, by, note)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            service_date=line.service_date,
            description=line.description,
            quantity=line.quantity,
            rate_pence=line.rate_pence,
            amount_pence=line_amount(line),
        )
        for line in drafts
    )
    _hold_money(invoice, by)
    _record(
        invoice,
        "invoice.sent",
        by,
        changes={"total_pence": total, "agreement": agreement.reference},
    )
    send_to_all(
        to=clients_and_helpers(invoice.case),
        key=f"invoice.sent:{invoice.reference}",
        title=f"{agreement.provider.name} sent an invoice for {format_pence(total)}",
        body="Look at what it says. If the support was given, say yes. If something is wrong, say so. It is not paid before you answer.",
        href=f"/my-budget/{invoice.case.reference}/invoices/{invoice.reference}/",
    )
    return invoice


def _terms(agreement: ServiceAgreement) -> AgreementTerms:
    return AgreementTerms(
        rate_pence=agreement.rate_pence,
        starts_on=agreement.starts_on,
        ends_on=agreement.ends_on,
        left_pence=agreement.limit_pence - invoiced_pence(agreement),
    )


def _create(
    agreement: ServiceAgreement,
    number: str,
    key: str,
    period_from: date,
    period_to: date,
    total: Pence,
    by: User,
    note: str,
) -> Invoice:
    try:
        with transaction.atomic():
            return Invoice.objects.create(
                agreement=agreement,
                provider=agreement.provider,
                case=agreement.case,
                number=number,
                number_key=key,
                period_from=period_from,
                period_to=period_to,
                total_pence=total,
                note=note,
                sent_by=by,
                sent_at=clock.now(),
            )
    except IntegrityError as error:
        raise Refused(
            "invoice_number_used",
            f"You have sent an invoice with the number {number} before.",
            "Use another number, or look at the one you sent.",
            field="number",
        ) from error


def _hold_money(invoice: Invoice, by: User) -> None:
    invoice.hold = ledger.hold(
        key=f"invoice-held:{invoice.reference}",
        event="invoice.approved",
        description=f"Invoice {invoice.number} held",
        legs=[
            (budget_account(invoice.case), invoice.total_pence),
            (payable_account(invoice.provider), -invoice.total_pence),
        ],
        by=by,
        subject=f"invoice:{invoice.reference}",
    )
    invoice.save(update_fields=["hold"])


@transaction.atomic
def confirm_invoice(*, invoice: Invoice, by: User) -> Invoice:
    """The person, or who helps them, says that the support was given."""
    require(by, "payments.confirm_invoice", invoice)
    invoice = _locked(invoice)
    move(invoice, "confirm", by=by)
    _record(invoice, "invoice.confirmed", by)
    finance = User.objects.filter(role_holdings__role=Role.FINANCE_OFFICER, is_active=True)
    send_to_all(
        to=finance,
        key=f"invoice.confirmed:{invoice.reference}",
        title=f"Invoice {invoice.reference} is confirmed",
        body=f"{invoice.provider.name}, {format_pence(invoice.total_pence)}. It is ready for you to approve.",
        href=f"/payments/invoices/{invoice.reference}/",
    )
    return invoice


@transaction.atomic
def query_invoice(*, invoice: Invoice, question: str, by: User) -> Invoice:
    """The person asks the provider something; the invoice waits for the answer."""
    require(by, "payments.confirm_invoice", invoice)
    _needs_words(question, "question", "Write your question.")
    invoice = _locked(invoice)
    move(invoice, "query", question=question)
    _record(invoice, "invoice.queried", by, reason=question)
    _tell_provider(invoice, "queried", "A question about your invoice", f"They ask: “{question}”")
    return invoice


@transaction.atomic
def answer_query(*, invoice: Invoice, answer: str, by: User) -> Invoice:
    """The provider answers the person's question."""
    require(by, "payments.answer_query", invoice)
    _needs_words(answer, "answer", "Write your answer.")
    invoice = _locked(invoice)
    move(invoice, "answer_query", answer=answer)
    _record(invoice, "invoice.query_answered", by, reason=answer)
    send_to_all(
        to=clients_and_helpers(invoice.case),
        key=f"invoice.answered:{invoice.reference}:{clock.now():%Y%m%d%H%M%S}",
        title=f"{invoice.provider.name} answered your question",
        body=f"They say: “{answer}”. Now say whether the invoice is right.",
        href=f"/my-budget/{invoice.case.reference}/invoices/{invoice.reference}/",
    )
    return invoice


@transaction.atomic
def dispute_invoice(*, invoice: Invoice, reason: str, by: User) -> Invoice:
    """The person says that the invoice is wrong: nothing is paid until that is settled."""
    require(by, "payments.confirm_invoice", invoice)
    _needs_words(reason, "reason", "Say what is wrong with it.")
    invoice = _locked(invoice)
    move(invoice, "dispute", reason=reason)
    _record(invoice, "invoice.disputed", by, reason=reason)
    _tell_provider(invoice, "disputed", "Your invoice was not accepted", f"They say: “{reason}”")
    return invoice


@transaction.atomic
def approve_invoice(*, invoice: Invoice, by: User) -> Invoice:
    """Finance agrees that it is owed: the held money moves from the budget to the provider's payable.

    Raises ``NotAllowed`` for anyone with a stake in it, ``Conflict`` when it is not confirmed.
    """
    require(by, "payments.approve_invoice", invoice)
    invoice = _locked(invoice)
    if invoice.state == InvoiceState.APPROVED:
        return invoice
    if invoice.state != InvoiceState.CONFIRMED:
        raise Conflict(
            "invoice_not_confirmed",
            f"This invoice is “{invoice.get_state_display()}”.",
            "It can be approved once the person has confirmed it.",
        )
    assert invoice.hold is not None
    entry = ledger.post_hold(
        held=invoice.hold,
        key=f"invoice-approved:{invoice.reference}",
        description=f"Invoice {invoice.number} approved",
        by=by,
    )
    move(invoice, "approve", by=by, entry=entry)
    _record(
        invoice,
        "invoice.approved",
        by,
        changes={"total_pence": invoice.total_pence, "plan": invoice.agreement.plan.reference},
    )
    _tell_provider(
        invoice, "approved", "Your invoice is approved", "It goes into the next payment run."
    )
    return invoice


@transaction.atomic
def reject_invoice(*, invoice: Invoice, reason: str, by: User) -> Invoice:
    """Finance does not accept it, with the reason; the held money is free again."""
    require(by, "payments.approve_invoice", invoice)
    _needs_words(reason, "reason", "Say why it is rejected.")
    invoice = _locked(invoice)
    move(invoice, "reject", reason=reason)
    assert invoice.hold is not None
    ledger.void_hold(
        held=invoice.hold,
        key=f"invoice-rejected:{invoice.reference}",
        description=f"Invoice {invoice.number} rejected",
        by=by,
    )
    _record(invoice, "invoice.rejected", by, reason=reason)
    _tell_provider(
        invoice,
        "rejected",
        "Your invoice was rejected",
        f"The reason: “{reason}”. You may send a corrected one.",
    )
    return invoice


def _locked(invoice: Invoice) -> Invoice:
    return (
        Invoice.objects.select_for_update(of=("self",))
        .select_related("case__person", "provider", "agreement__plan", "hold")
        .get(pk=invoice.pk)
    )


def _needs_words(words: str, field: str, sentence: str) -> None:
    if not words.strip():
        raise Refused(f"{field}_missing", sentence, field=field)


def _record(
    invoice: Invoice,
    verb: str,
    by: User,
    *,
    reason: str = "",
    changes: dict[str, object] | None = None,
) -> None:
    record(
        chain=invoice.case.chain,
        verb=verb,
        subject=f"invoice:{invoice.reference}",
        by=by,
        reason=reason,
        changes={"state": invoice.state, **(changes or {})},
    )


def _tell_provider(invoice: Invoice, what: str, title: str, body: str) -> None:
    send_to_all(
        to=members_of(invoice.provider),
        key=f"invoice.{what}:{invoice.reference}:{clock.now():%Y%m%d%H%M%S}",
        title=title,
        body=f"Invoice {invoice.number}, {format_pence(invoice.total_pence)}. {body}",
        href=f"/provider/invoices/{invoice.reference}/",
    )
