"""What happened to money, from the record, in plain words: an invoice, a payment, a run, a line."""

from dataclasses import replace

from django.db.models import Q, QuerySet

from carebudget.audit.models import AuditEvent
from carebudget.money import format_pence
from plans.selectors import TimelineItem, as_item

from ..models import Invoice, Payment, PaymentRun, Period, StatementLine

LIMIT = 100

WORDS = {
    "invoice.sent": "sent the invoice",
    "invoice.confirmed": "confirmed that the support was given",
    "invoice.queried": "asked the provider a question",
    "invoice.query_answered": "answered the question",
    "invoice.disputed": "did not agree with the invoice",
    "invoice.approved": "approved the invoice",
    "invoice.rejected": "rejected the invoice",
    "run.made": "made the run",
    "run.submitted": "sent the run to a second person",
    "run.approved": "approved the run",
    "run.rejected": "decided that the run is not sent",
    "run.stopped": "stopped the run: what was not on its way yet is due again",
    "run.sent": "has an answer for every payment",
    "run.closed": "closed the run: every payment is explained",
    "payment.taken_out": "took a payment out of the run",
    "payment.held": "held the payment",
    "payment.let_go": "let the payment go",
    "payment.cancelled": "cancelled the payment, which is due again",
    "obligation.held": "held it: it is not paid for now",
    "obligation.let_go": "let it go: it may be paid",
    "payment.sent": "sent the payment",
    "payment.failed": "was refused the payment",
    "payment.unknown": "has no answer about the payment yet",
    "payment.returned": "saw the payment come back",
    "payment.due_again": "looked into it and made it due again",
    "payment.given_up": "decided that it was never sent",
    "topup.asked": "asked the bank for money for the payments",
    "topup.pending": "has money for the payments on its way",
    "topup.succeeded": "received the money for the payments",
    "topup.failed": "did not get the money for the payments",
    "remittance.sent": "sent a remittance advice",
    "line.matched": "explained the line",
    "line.unmatched": "took the explanation back",
    "line.set_aside": "set the line aside",
}
"""What somebody did; ``carebudget`` is who acts when nobody did."""

EACH_ONE = ("payment.sent", "remittance.sent")
"""Events of which a run has one for every payment or payee: each is told on its own page."""


def story_of_invoice(invoice: Invoice) -> list[TimelineItem]:
    """What happened to an invoice and to the payments for it, newest first."""
    subjects = [f"invoice:{invoice.reference}"]
    subjects += [f"payment:{one}" for one in invoice.payments.values_list("reference", flat=True)]
    return _told(AuditEvent.objects.filter(subject__in=subjects))


def story_of_month(period: Period) -> list[TimelineItem]:
    """How a month was closed and opened again, newest first."""
    return _told(AuditEvent.objects.filter(chain__key=period.chain))


def story_of_payment(payment: Payment) -> list[TimelineItem]:
    """What happened to one payment, newest first."""
    return _told(AuditEvent.objects.filter(subject=f"payment:{payment.reference}"))


def story_of_run(run: PaymentRun) -> list[TimelineItem]:
    """What happened to a run, newest first; of its payments only what went wrong."""
    return _told(AuditEvent.objects.filter(~Q(verb__in=EACH_ONE), chain__key=run.chain))


def story_of_line(line: StatementLine) -> list[TimelineItem]:
    """What happened to a statement line, newest first."""
    return _told(AuditEvent.objects.filter(subject=f"line:{line.public_id}"))


def _told(events: QuerySet[AuditEvent]) -> list[TimelineItem]:
    rows = events.select_related("words").order_by("-at", "-id")[:LIMIT]
    return [in_words(event) for event in rows]


def in_words(event: AuditEvent) -> TimelineItem:
    """One event about money as a person reads it."""
    item = as_item(event)
    what = WORDS.get(event.verb)
    if what is None:
        return item
    pence = event.changes.get("total_pence", event.changes.get("amount_pence"))
    if isinstance(pence, int):
        what += f": {format_pence(pence)}"
    about = event.subject.partition(":")[2]
    if event.verb.startswith(("payment.", "topup.")):
        what += f" ({about})"
    return replace(item, what=what)
