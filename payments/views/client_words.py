"""Invoices, agreements and payments in the words that a person and those who help them read. Pure."""

from datetime import date, datetime
from typing import assert_never

from django.utils import timezone

from carebudget.text import join_words
from payments.models import Invoice, InvoiceState, Payment, PaymentState
from payments.selectors import SupportLine, last_payment
from plans.selectors import TimelineItem


def _day(value: date | datetime | None) -> str:
    if value is None:
        return ""
    local = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return f"{local:%-d %B %Y}"


def invoice_label(invoice: Invoice, *, mine: bool) -> str:
    """Where an invoice stands, in a few words."""
    match InvoiceState(invoice.state):
        case InvoiceState.RECEIVED:
            return "Waiting for your yes" if mine else "Waiting for a yes"
        case InvoiceState.QUERIED:
            return "Waiting for an answer"
        case InvoiceState.CONFIRMED:
            return "Being checked by the council"
        case InvoiceState.DISPUTED:
            return "Not right"
        case InvoiceState.APPROVED:
            return "To be paid"
        case InvoiceState.REJECTED:
            return "Not accepted"
        case InvoiceState.PAID:
            return "Paid"
        case InvoiceState.CREDITED:
            return "Money given back"
        case other:
            assert_never(other)


def payment_words(payment: Payment, payee: str) -> str:
    """Where one attempt to pay stands; its reference is shown beside these words."""
    match PaymentState(payment.state):
        case PaymentState.PLANNED:
            return f"In payment run {payment.run.reference}, which a second person checks."
        case PaymentState.RELEASED | PaymentState.SENDING:
            return f"On its way to {payee}."
        case PaymentState.SENT:
            return f"Sent to {payee} on {_day(payment.sent_at)}."
        case PaymentState.SETTLED:
            return f"Sent to {payee} on {_day(payment.sent_at)}, and it has arrived."
        case PaymentState.FAILED:
            return "The payment did not go through. The council is putting that right."
        case PaymentState.RETURNED:
            return (
                f"The payment came back on {_day(payment.returned_at)}. The council finds out why."
            )
        case PaymentState.HELD:
            return "The council has kept the payment back, to look at something first."
        case PaymentState.CANCELLED:
            return "This payment was called off."
        case other:
            assert_never(other)


def what_happens_next(invoice: Invoice, *, mine: bool) -> str:
    """What comes after the state an invoice is in, and who does it."""
    provider = invoice.provider.name
    payment = last_payment(invoice)
    match InvoiceState(invoice.state):
        case InvoiceState.RECEIVED:
            return (
                "It is not paid before you say yes. If something is not clear, ask."
                if mine
                else f"It is not paid before {invoice.case.person.called}, or somebody who helps, says yes."
            )
        case InvoiceState.QUERIED:
            return (
                f"{provider} has the question, and answers here. "
                + ("You are told when they do. " if mine else "")
                + "Nothing is paid meanwhile."
            )
        case InvoiceState.CONFIRMED:
            return "The finance team at the council checks it, and then it is paid. " + (
                "There is nothing more for you to do."
                if mine
                else "The person has nothing more to do."
            )
        case InvoiceState.DISPUTED:
            return (
                f"{provider} has been told what is wrong. They can send a new invoice that is right, or get "
                "in touch. Nothing is paid until it is settled."
            )
        case InvoiceState.APPROVED:
            if payment:
                return payment_words(payment, provider)
            return f"The council approved it on {_day(invoice.approved_at)}. It is paid in the next payment run."
        case InvoiceState.REJECTED:
            return (
                f"It is not paid, and its money is free again. {provider} has been told why, and can send a "
                "new invoice."
            )
        case InvoiceState.PAID:
            return payment_words(payment, provider) if payment else "It has been paid."
        case InvoiceState.CREDITED:
            return f"{provider} gave the money back. It is in the budget again."
        case other:
            assert_never(other)


def support_words(line: SupportLine) -> str:
    """Where one support of the plan stands, and since when."""
    agreement = line.agreement
    provider = agreement.provider.name if agreement else ""
    match line.step:
        case "free":
            return "It costs nothing, so no agreement is needed."
        case "no_provider":
            return "Nobody has been chosen for this yet."
        case "to_offer":
            assert line.support.provider is not None
            return f"{line.support.provider.name} has not been asked yet."
    assert agreement is not None
    match line.step:
        case "offered":
            return (
                f"{provider} was asked on {_day(agreement.offered_at)}, and has not answered yet."
            )
        case "accepted":
            return f"{provider} said yes on {_day(agreement.answered_at)}. It starts on {_day(agreement.starts_on)}."
        case "live":
            return f"{provider} gives this support, since {_day(agreement.starts_on)}."
        case "suspended":
            return f"{provider} has paused this support."
        case "declined":
            return f"{provider} said no on {_day(agreement.answered_at)}."
        case _:
            return f"The agreement with {provider} has ended."


def support_label(line: SupportLine) -> str:
    """The same in one or two words, for a tag."""
    return {
        "free": "Costs nothing",
        "no_provider": "To do",
        "to_offer": "To do",
        "offered": "Asked",
        "accepted": "Agreed",
        "live": "Running",
        "suspended": "Paused",
        "declined": "Said no",
        "ended": "Ended",
    }[line.step]


def after_offering(lines: list[SupportLine], *, mine: bool) -> str:
    """What happens next on the support page, by who has to answer."""
    asked = {
        one.agreement.provider.name for one in lines if one.agreement and one.step == "offered"
    }
    if asked:
        verbs = "reads the terms, and says yes or no"
        if len(asked) > 1:
            verbs = "read the terms, and say yes or no"
        told = "You get a message when they answer." if mine else "The person is told too."
        return f"{join_words(sorted(asked))} {verbs}. {told}"
    if lines and all(one.step in ("live", "accepted", "free") for one in lines):
        return (
            "Support is set up. Providers send invoices for what they have done, and none is paid "
            "before a yes."
        )
    return ""


SAID = {
    "invoice.queried": "asked",
    "invoice.query_answered": "answered",
    "invoice.disputed": "said that it is wrong",
    "invoice.rejected": "did not accept it for the council",
}


def said_words(item: TimelineItem) -> str:
    """Who said something about an invoice: ``Ruth Ashdown asked``."""
    return f"{item.who} {SAID.get(item.verb, item.what)}"
