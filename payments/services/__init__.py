from .accruals import post_accruals
from .agreements import (
    accept_agreement,
    decline_agreement,
    members_of,
    offer_agreements,
    offer_to_another,
    start_agreements_due,
)
from .approval_limits import set_approval_limit
from .budgets import allocate_agreed_plan, allow_overspend
from .checking_months import check_month
from .collecting import (
    agree_repayment_plan,
    answer_contribution_query,
    ask_about_contribution,
    decide_write_off,
    look_at_repayment_plans,
    propose_write_off,
)
from .confirming_payees import confirm_payee, refuse_payee
from .contributions import raise_contributions, send_statements
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
from .receiving import receive_contribution, receive_named
from .reminding import remind_contributions
from .remitting import send_missing_remittances, send_remittances
from .resealing import reseal_payee_details
from .results import ResultsReport, import_results
from .runs import (
    approve_run,
    leave_out,
    make_run,
    reject_run,
    resend_failed,
    stop_run,
    submit_run,
)
from .sending import (
    finish_runs,
    give_up_unknown,
    look_at_payment,
    recover_unknown,
    return_payment,
    send_due,
)
from .stopping import (
    flag_provider,
    hold_obligation,
    let_obligation_go,
    lift_flag,
    waive_suspicion,
)
from .submitting import build_submission, start_submission
from .surplus import (
    answer_surplus,
    ask_for_surplus,
    drop_surplus,
    held_plan,
    lower_surplus,
    record_balance,
    send_surplus_notice,
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
    "ResultsReport",
    "accept_agreement",
    "accept_statement",
    "acknowledge_submission",
    "agree_repayment_plan",
    "allocate_agreed_plan",
    "allow_overspend",
    "answer_contribution_query",
    "answer_query",
    "answer_surplus",
    "approve_invoice",
    "approve_run",
    "ask_about_contribution",
    "ask_about_payee",
    "ask_for_surplus",
    "ask_to_close",
    "ask_to_reopen",
    "build_submission",
    "check_month",
    "close_explained_runs",
    "close_month",
    "confirm_invoice",
    "confirm_payee",
    "decide_write_off",
    "decline_agreement",
    "dispute_invoice",
    "drop_surplus",
    "end_payee",
    "ensure_funds",
    "explain_line",
    "fetch_rail_lines",
    "fetch_rail_lines_now",
    "find_fault",
    "finish_runs",
    "flag_provider",
    "give_up_from",
    "give_up_unknown",
    "hand_out_submission",
    "held_plan",
    "hold_obligation",
    "import_results",
    "import_statement",
    "invoiced_pence",
    "journal_file",
    "keep_closed",
    "leave_out",
    "let_obligation_go",
    "lift_flag",
    "look_at_payment",
    "look_at_payout_account",
    "look_at_repayment_plans",
    "look_now",
    "lower_surplus",
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
    "propose_write_off",
    "query_invoice",
    "raise_contributions",
    "read_payee_details",
    "receive_contribution",
    "receive_named",
    "reconcile",
    "record_balance",
    "recover_unknown",
    "refuse_payee",
    "refuse_too_large",
    "reject_invoice",
    "reject_run",
    "reject_statement",
    "remind_contributions",
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
    "send_statements",
    "send_surplus_notice",
    "set_approval_limit",
    "set_line_aside",
    "start_agreements_due",
    "start_submission",
    "stop_run",
    "store_webhook",
    "submit_run",
    "undo_match",
    "verify_ledger",
    "waive_suspicion",
    "withdraw_invoice",
    "withdraw_submission",
    "work_webhooks",
]
