from .agreements import (
    accept_agreement,
    decline_agreement,
    members_of,
    offer_agreements,
    start_agreements_due,
)
from .budgets import allocate_agreed_plan, allow_overspend
from .invoicing import (
    InvoiceLineDraft,
    answer_query,
    approve_invoice,
    confirm_invoice,
    dispute_invoice,
    invoiced_pence,
    query_invoice,
    reject_invoice,
    send_invoice,
)
from .payouts import look_at_payout_account, onboarding_link, open_payout_account
from .remitting import send_missing_remittances, send_remittances
from .runs import approve_run, due_invoices, make_run, reject_run, resend_failed, submit_run
from .sending import (
    finish_runs,
    give_up_unknown,
    look_at_payment,
    recover_unknown,
    return_payment,
    send_due,
)
from .topping_up import ensure_funds
from .verifying import LedgerProof, verify_ledger
from .webhooks import store_webhook, work_webhooks

__all__ = [
    "InvoiceLineDraft",
    "LedgerProof",
    "accept_agreement",
    "allocate_agreed_plan",
    "allow_overspend",
    "answer_query",
    "approve_invoice",
    "confirm_invoice",
    "decline_agreement",
    "dispute_invoice",
    "due_invoices",
    "ensure_funds",
    "finish_runs",
    "give_up_unknown",
    "invoiced_pence",
    "look_at_payment",
    "look_at_payout_account",
    "make_run",
    "members_of",
    "offer_agreements",
    "onboarding_link",
    "open_payout_account",
    "query_invoice",
    "recover_unknown",
    "reject_invoice",
    "reject_run",
    "resend_failed",
    "return_payment",
    "send_due",
    "send_invoice",
    "send_missing_remittances",
    "send_remittances",
    "start_agreements_due",
    "store_webhook",
    "submit_run",
    "verify_ledger",
    "work_webhooks",
]
