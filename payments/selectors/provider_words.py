"""How agreements, invoices and payments read on a provider's pages: who has it, since when, what next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from carebudget import clock
from carebudget.money import format_pence
from plans.models import Frequency
from plans.selectors.timeline import TimelineItem
from providers.models import Provider, RateUnit

from ..models import Invoice, InvoiceState, Payment, PaymentState, PayoutState, ServiceAgreement

FINANCE = "The council’s finance team"
ARRIVES_WITHIN = timedelta(days=10)
USUALLY = "It usually reaches your bank within a few working days."


def counted(quantity: Decimal, unit: str) -> str:
    """``1 hour``, ``2.5 hours``."""
    number = f"{quantity:f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def unit_in_words(unit: str) -> str:
    """The unit of a price as a word of the page."""
    return str(dict(RateUnit.choices).get(unit, unit))


def much_in_words(agreement: ServiceAgreement) -> str:
    """``7 hours every week``."""
    often = dict(Frequency.choices).get(agreement.frequency, agreement.frequency)
    return f"{counted(agreement.quantity, unit_in_words(agreement.unit))} {often}"


def price_in_words(agreement: ServiceAgreement) -> str:
    """``£24.50 for one hour``."""
    return f"{format_pence(agreement.rate_pence)} for one {unit_in_words(agreement.unit)}"


@dataclass(frozen=True)
class Standing:
    """Who has an invoice now, since when, and what happens next. ``yours`` when it waits for the provider."""

    who: str
    since: datetime
    words: str
    yours: bool = False


def invoice_standing(
    invoice: Invoice, story: Sequence[TimelineItem], payments: Sequence[Payment]
) -> Standing:
    """Where an invoice is, in words. ``story`` and ``payments`` are newest first."""
    since = story[0].at if story else invoice.sent_at
    person = invoice.case.person.full_name
    match invoice.state:
        case InvoiceState.RECEIVED:
            words = f"{person}, or somebody who helps, looks at it. It is paid after they say yes."
            return Standing(person, since, words)
        case InvoiceState.QUERIED:
            return Standing("You", since, f"{person} asked a question. Answer it below.", True)
        case InvoiceState.DISPUTED:
            words = (
                f"{person} says it is not right. Talk to them. If they are right, take the invoice back "
                "and send a corrected one. If you are right, they can still say yes."
            )
            return Standing("You", since, words, True)
        case InvoiceState.CONFIRMED:
            return Standing(FINANCE, since, f"{person} said yes. Finance approves it next.")
        case InvoiceState.APPROVED:
            return _on_its_way(invoice, since, payments)
        case InvoiceState.PAID:
            return _paid(since, payments)
        case InvoiceState.CREDITED:
            return Standing("Nobody", since, "You gave this money back. There is nothing to do.")
    return Standing("Nobody", since, "It is not owed. You may send a corrected one.")


def _on_its_way(invoice: Invoice, since: datetime, payments: Sequence[Payment]) -> Standing:
    payment = payments[0] if payments else None
    if payment is not None and payment.state != PaymentState.CANCELLED and not payment.mended_at:
        return Standing(FINANCE, _last_moment(payment, since), payment_in_words(payment))
    if not can_be_paid(invoice.provider):
        words = (
            "It is approved, but it cannot be paid before you finish setting up how you are paid."
        )
        return Standing("You", since, words, True)
    return Standing(FINANCE, since, "It is approved. It goes into the next payment run.")


def _paid(since: datetime, payments: Sequence[Payment]) -> Standing:
    if not payments:
        return Standing("Nobody", since, "It is paid. There is nothing to do.")
    return Standing("Nobody", _last_moment(payments[0], since), payment_in_words(payments[0]))


def _last_moment(payment: Payment, otherwise: datetime) -> datetime:
    return (
        payment.returned_at
        or payment.settled_at
        or payment.sent_at
        or payment.claimed_at
        or payment.run.approved_at
        or payment.run.made_at
        or otherwise
    )


def can_be_paid(provider: Provider) -> bool:
    """Whether the payment service would take a payment for this provider now."""
    account = getattr(provider, "payout_account", None)
    return account is not None and account.state == PayoutState.READY


PAYMENT_LABELS = {
    PaymentState.PLANNED: "Being checked",
    PaymentState.RELEASED: "Approved",
    PaymentState.SENDING: "Being sent",
    PaymentState.SENT: "Sent",
    PaymentState.SETTLED: "Arrived",
    PaymentState.FAILED: "Refused",
    PaymentState.RETURNED: "Came back",
    PaymentState.HELD: "Kept back",
    PaymentState.CANCELLED: "Not sent",
}
"""A payment's state as the provider reads it."""

PAYMENT_WORDS = {
    PaymentState.PLANNED: "It is in a payment run. A second person checks the run before it is sent.",
    PaymentState.RELEASED: "The payment run is approved. The payment is sent next.",
    PaymentState.SENDING: "The payment is being sent now.",
    PaymentState.SENT: f"The payment is sent. {USUALLY}",
    PaymentState.SETTLED: f"The payment is in your account at the payment service. {USUALLY}",
    PaymentState.FAILED: "The payment service refused the payment, and nothing was sent. "
    "Look at how you are paid. Finance is looking at it too.",
    PaymentState.RETURNED: "The money came back. Look at how you are paid. It is still owed to you, "
    "and finance is looking at it too.",
    PaymentState.HELD: "The payment is kept back while finance looks at it.",
    PaymentState.CANCELLED: "The payment was not sent. It goes into another payment run.",
}


def payment_label(payment: Payment) -> str:
    """The payment's state as the provider reads it."""
    return PAYMENT_LABELS[PaymentState(payment.state)]


def payment_in_words(payment: Payment) -> str:
    """What the state of a payment means for the provider."""
    if was_sent_long_ago(payment):
        return "The payment was sent to your account."
    return PAYMENT_WORDS[PaymentState(payment.state)]


def was_sent_long_ago(payment: Payment) -> bool:
    """Sent so long ago that nobody waits for it any more."""
    sent = payment.state in (PaymentState.SENT, PaymentState.SETTLED)
    return sent and payment.sent_at is not None and payment.sent_at < clock.now() - ARRIVES_WITHIN


MISSING = (
    ("external_account", "Your bank account"),
    ("tos_acceptance", "Your yes to the terms of the payment service"),
    ("business_profile", "What your business is called, and what it does"),
    ("company", "Details of your company"),
    ("", "Details of the people behind the business"),
)
"""What the payment service still asks for, by the beginning of its name. Source: Stripe API, account
requirements: what is about a person begins with ``individual``, ``person`` or their id."""


def missing_in_words(missing: Iterable[str]) -> list[str]:
    """Each thing the payment service asks for, once, in words."""
    found = (
        next(words for start, words in MISSING if str(code).startswith(start)) for code in missing
    )
    return list(dict.fromkeys(found))
