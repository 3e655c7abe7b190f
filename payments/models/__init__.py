from .invoice import Invoice, InvoiceLine, InvoiceState
from .ledger import MOVING, Account, AccountKind, Entry, EntryKind, Leg
from .payment import (
    OVER,
    Payment,
    PaymentRun,
    PaymentState,
    RemittanceAdvice,
    RunState,
)
from .rail import PayoutAccount, PayoutState, TopUp, TopUpState, WebhookEvent
from .service_agreement import AgreementState, ServiceAgreement
from .statement import (
    LineState,
    Match,
    MatchItem,
    Statement,
    StatementAccount,
    StatementFile,
    StatementLine,
    StatementState,
)

__all__ = [
    "MOVING",
    "OVER",
    "Account",
    "AccountKind",
    "AgreementState",
    "Entry",
    "EntryKind",
    "Invoice",
    "InvoiceLine",
    "InvoiceState",
    "Leg",
    "LineState",
    "Match",
    "MatchItem",
    "Payment",
    "PaymentRun",
    "PaymentState",
    "PayoutAccount",
    "PayoutState",
    "RemittanceAdvice",
    "RunState",
    "ServiceAgreement",
    "Statement",
    "StatementAccount",
    "StatementFile",
    "StatementLine",
    "StatementState",
    "TopUp",
    "TopUpState",
    "WebhookEvent",
]
