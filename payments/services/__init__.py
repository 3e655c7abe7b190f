from .accruals import post_accruals
from .agreements import (
    accept_agreement,
    decline_agreement,
    members_of,
    offer_agreements,
    offer_to_another,
    start_agreements_due,
)
from .budgets import allocate_agreed_plan, allow_overspend
from .checking_months import check_month
from .confirming_payees import confirm_payee, refuse_payee
from .fetching import fetch_rail_lines, fetch_rail_lines_now
from .handing_over import (
    acknowledge_submission,
    hand_out_submission,
    mark_submission_sent,
    withdraw_submission,
)
from .importing import (
    Imported,
    ImportReport,
    accept_statement,
    import_statement,
    refuse_too_large,
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
from .journals import journal_file, save_profile
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
from .mending import give_up_from, look_now
from .month_end import (
    ask_to_close,
    ask_to_reopen,
    close_month,
    keep_closed,
    reopen_month,
    send_back,
)
from .month_packs import month_pack
from .payees import (
    ask_about_payee,
    end_payee,
    find_fault,
    propose_payee,
    read_payee_details,
)
from .payouts import look_at_payout_account, onboarding_link, open_payout_account
from .remitting import send_missing_remittances, send_remittances
from .resealing import reseal_payee_details
from .results import ResultsReport, import_results
from .runs import approve_run, make_run, reject_run, resend_failed, submit_run
from .sending import (
    finish_runs,
    give_up_unknown,
    look_at_payment,
    recover_unknown,
    return_payment,
    send_due,
)
from .submitting import build_submission, start_submission
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
    "ResultsReport",
    "accept_agreement",
    "accept_statement",
    "acknowledge_submission",
    "allocate_agreed_plan",
    "allow_overspend",
    "answer_query",
    "approve_invoice",
    "approve_run",
    "ask_about_payee",
    "ask_to_close",
    "ask_to_reopen",
    "build_submission",
    "check_month",
    "close_explained_runs",
    "close_month",
    "confirm_invoice",
    "confirm_payee",
    "decline_agreement",
    "dispute_invoice",
    "end_payee",
    "ensure_funds",
    "explain_line",
    "fetch_rail_lines",
    "fetch_rail_lines_now",
    "find_fault",
    "finish_runs",
    "give_up_from",
    "give_up_unknown",
    "hand_out_submission",
    "import_results",
    "import_statement",
    "invoiced_pence",
    "journal_file",
    "keep_closed",
    "look_at_payment",
    "look_at_payout_account",
    "look_now",
    "make_run",
    "mark_submission_sent",
    "match_line",
    "members_of",
    "month_pack",
    "offer_agreements",
    "offer_to_another",
    "onboarding_link",
    "open_payout_account",
    "post_accruals",
    "propose_payee",
    "query_invoice",
    "read_payee_details",
    "reconcile",
    "recover_unknown",
    "refuse_payee",
    "refuse_too_large",
    "reject_invoice",
    "reject_run",
    "reject_statement",
    "reopen_month",
    "reseal_payee_details",
    "resend_failed",
    "return_payment",
    "save_profile",
    "send_back",
    "send_due",
    "send_invoice",
    "send_missing_remittances",
    "send_remittances",
    "set_line_aside",
    "start_agreements_due",
    "start_submission",
    "store_webhook",
    "submit_run",
    "undo_match",
    "verify_ledger",
    "withdraw_invoice",
    "withdraw_submission",
    "work_webhooks",
]
