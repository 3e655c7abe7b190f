"""Addresses of payments: the person's under ``/my-budget/``, the provider's and finance's."""

from django.urls import URLPattern, path

from .views import (
    accounts,
    client,
    client_invoices,
    client_money,
    client_owed,
    client_surplus,
    contributions,
    desk,
    files,
    forecast,
    invoices,
    journals,
    limits,
    lines,
    month_reports,
    months,
    payees,
    payment,
    provider_agreements,
    provider_desk,
    provider_invoices,
    provider_invoicing,
    provider_paid,
    provider_payments,
    provider_people,
    reconciling,
    run_making,
    runs,
    statements,
    stops,
    surplus,
    webhooks,
)

app_name = "payments"

MINE = "my-budget/<str:reference>/"
PROVIDER = "provider/"
AGREEMENT = "provider/agreements/<str:reference>/"
SENT = "provider/invoices/<str:reference>/"
LINES = "payments/reconciling/lines/<uuid:public_id>/"
MONTHS = "payments/months/"
STATEMENTS = "payments/reconciling/statements/"

person_pages: list[URLPattern] = [
    path(f"{MINE}support/", client.support, name="support"),
    path(f"{MINE}support/offer/", client.support_offer, name="support_offer"),
    path(f"{MINE}support/<int:number>/another/", client.support_another, name="support_another"),
    path(f"{MINE}invoices/", client_invoices.invoices, name="client_invoices"),
    path(f"{MINE}invoices/<str:invoice>/", client_invoices.invoice, name="client_invoice"),
    path(f"{MINE}money/", client_money.money, name="client_money"),
    path(f"{MINE}money/forecast/", forecast.case_csv, name="client_forecast_csv"),
    path(f"{MINE}owed/", client_owed.owed, name="client_owed"),
    path(f"{MINE}owed/<str:charge>/", client_owed.bill, name="client_bill"),
    path(f"{MINE}giving-back/<str:surplus>/", client_surplus.giving_back, name="client_surplus"),
]

provider_pages: list[URLPattern] = [
    path(PROVIDER, provider_desk.desk, name="provider_desk"),
    path(f"{PROVIDER}agreements/", provider_agreements.agreements, name="provider_agreements"),
    path(AGREEMENT, provider_agreements.agreement, name="provider_agreement"),
    path(
        f"{AGREEMENT}answered/",
        provider_agreements.agreement_answered,
        name="provider_agreement_answered",
    ),
    path(f"{AGREEMENT}invoice/", provider_invoicing.invoice_new, name="provider_invoice_new"),
    path(
        f"{AGREEMENT}invoice/total/",
        provider_invoicing.invoice_total,
        name="provider_invoice_total",
    ),
    path(f"{PROVIDER}invoices/", provider_invoices.invoices, name="provider_invoices"),
    path(SENT, provider_invoices.invoice, name="provider_invoice"),
    path(f"{SENT}sent/", provider_invoices.invoice_sent, name="provider_invoice_sent"),
    path(
        f"{SENT}take-back/", provider_invoices.invoice_take_back, name="provider_invoice_take_back"
    ),
    path(f"{PROVIDER}being-paid/", provider_paid.being_paid, name="provider_being_paid"),
    path(f"{PROVIDER}being-paid/back/", provider_paid.paid_back, name="provider_paid_back"),
    path(f"{PROVIDER}payments/", provider_payments.payments, name="provider_payments"),
    path(f"{PROVIDER}payments/advice/", provider_payments.remittances, name="provider_remittances"),
    path(f"{PROVIDER}people/", provider_people.people, name="provider_people"),
    path(f"{PROVIDER}people/price/", provider_people.price_new, name="provider_price_new"),
]

finance_pages: list[URLPattern] = [
    path("payments/", desk.desk, name="desk"),
    path("payments/invoices/", invoices.invoices, name="finance_invoices"),
    path("payments/invoices/<str:reference>/", invoices.invoice, name="finance_invoice"),
    path("payments/runs/", runs.runs, name="runs"),
    path("payments/runs/new/", run_making.run_new, name="run_new"),
    path("payments/runs/new/<str:reference>/", run_making.run_new_for, name="run_new_for"),
    path("payments/runs/<str:reference>/", runs.run, name="run"),
    path("payments/runs/<str:reference>/progress/", runs.run_progress, name="run_progress"),
    path("payments/runs/<str:reference>/file/", files.file_new, name="file_new"),
    path("payments/files/", files.files, name="files"),
    path("payments/files/report/", files.report_new, name="report_new"),
    path("payments/files/report/<uuid:public_id>/", files.report, name="report"),
    path("payments/files/<str:reference>/", files.file, name="file"),
    path("payments/files/<str:reference>/take/", files.file_take, name="file_take"),
    path("payments/payees/", payees.payees, name="finance_payees"),
    path("payments/payees/account/<str:reference>/", payees.payee_account, name="payee_account"),
    path("payments/payees/<str:reference>/", payees.payee, name="payee"),
    path("payments/payees/<str:reference>/new/", payees.payee_new, name="payee_new"),
    path("payments/runs/<str:reference>/left-out/", runs.run_left_out, name="run_left_out"),
    path("payments/left-out/<uuid:public_id>/", stops.left_out, name="left_out"),
    path("payments/held/", stops.stops, name="stops"),
    path("payments/held/<uuid:public_id>/", stops.stop, name="stop"),
    path("payments/limits/", limits.limits, name="approval_limits"),
    path("payments/payment/", payment.payments, name="finance_payments"),
    path("payments/payment/<str:reference>/", payment.payment, name="finance_payment"),
    path("payments/reconciling/", reconciling.reconciling, name="reconciling"),
    path("payments/reconciling/matched/", reconciling.matched, name="matched"),
    path(LINES, lines.line, name="line"),
    path(f"{LINES}sum/", lines.line_sum, name="line_sum"),
    path(STATEMENTS, statements.statements, name="statements"),
    path(f"{STATEMENTS}new/", statements.statement_new, name="statement_new"),
    path(f"{STATEMENTS}<uuid:public_id>/", statements.statement, name="statement"),
    path("payments/forecast/", forecast.council, name="forecast"),
    path("payments/forecast/download/", forecast.council_csv, name="forecast_csv"),
    path("payments/forecast/team/<slug:team>/", forecast.team, name="forecast_team"),
    path(
        "payments/forecast/team/<slug:team>/download/",
        forecast.team_csv,
        name="forecast_team_csv",
    ),
    path("payments/contributions/", contributions.contributions, name="contributions"),
    path(
        "payments/contributions/<str:reference>/", contributions.contribution, name="contribution"
    ),
    path("payments/surplus/", surplus.surpluses, name="surpluses"),
    path("payments/surplus/new/<str:reference>/", surplus.balance, name="balance"),
    path("payments/surplus/<str:reference>/", surplus.surplus, name="surplus"),
    path(MONTHS, months.month_list, name="months"),
    path(f"{MONTHS}trial-balance/", month_reports.trial, name="month_trial"),
    path(f"{MONTHS}payables/", month_reports.payables, name="month_payables"),
    path(f"{MONTHS}receivables/", month_reports.receivables, name="month_receivables"),
    path(f"{MONTHS}budgets/", month_reports.budgets, name="month_budgets"),
    path(f"{MONTHS}entries/", month_reports.entries, name="month_entries"),
    path(f"{MONTHS}journals/", journals.journals, name="journals"),
    path(f"{MONTHS}journals/<str:reference>/", journals.journal, name="journal"),
    path(
        f"{MONTHS}journal-files/<uuid:public_id>/",
        journals.journal_download,
        name="journal_download",
    ),
    path(f"{MONTHS}profiles/new/", journals.profile_new, name="journal_profile_new"),
    path(f"{MONTHS}profiles/<str:reference>/", journals.profile, name="journal_profile"),
    path(f"{MONTHS}<str:month>/", months.month, name="month"),
    path("payments/accounts/", accounts.accounts, name="ledger_accounts"),
    path("payments/accounts/<str:code>/", accounts.account, name="ledger_account"),
]

urlpatterns: list[URLPattern] = [
    path("webhooks/stripe/", webhooks.stripe_webhook, name="stripe_webhook"),
    *person_pages,
    *provider_pages,
    *finance_pages,
]
