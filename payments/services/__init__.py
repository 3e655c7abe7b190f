from .agreements import (
    accept_agreement,
    decline_agreement,
    members_of,
    offer_agreements,
    start_agreements_due,
)
from .budgets import allocate_agreed_plan, allow_overspend
from .fetching import fetch_rail_lines
from .importing import (
    Imported,
    ImportReport,
    accept_statement,
    import_statement,
    reject_statement,
)
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
from .matching import (
    EXPLANATIONS,
    Reconciled,
    close_explained_runs,
    explain_line,
    match_line,
    reconcile,
    set_line_aside,
    undo_match,
)
from .payouts import look_at_payout_account, onboarding_link, open_payout_account
from .remitting import send_missing_remittances, send_remittances
from .runs import approve_run, make_run, reject_run, resend_failed, submit_run
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
from .withdrawing import withdraw_invoice

__all__ = [
    "EXPLANATIONS",
    "ImportReport",
    "Imported",
    "InvoiceLineDraft",
    "LedgerProof",
    "Reconciled",
    "accept_agreement",
    "accept_statement",
    "allocate_agreed_plan",
    "allow_overspend",
    "answer_query",
    "approve_invoice",
    "approve_run",
    "close_explained_runs",
    "confirm_invoice",
    "decline_agreement",
    "dispute_invoice",
    "ensure_funds",
    "explain_line",
    "fetch_rail_lines",
    "finish_runs",
    "give_up_unknown",
    "import_statement",
    "invoiced_pence",
    "look_at_payment",
    "look_at_payout_account",
    "make_run",
    "match_line",
    "members_of",
    "offer_agreements",
    "onboarding_link",
    "open_payout_account",
    "query_invoice",
    "reconcile",
    "recover_unknown",
    "reject_invoice",
    "reject_run",
    "reject_statement",
    "resend_failed",
    "return_payment",
    "send_due",
    "send_invoice",
    "send_missing_remittances",
    "send_remittances",
    "set_line_aside",
    "start_agreements_due",
    "store_webhook",
    "submit_run",
    "undo_match",
    "verify_ledger",
    "withdraw_invoice",
    "work_webhooks",
]
