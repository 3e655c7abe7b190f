"""Addresses of payments. ``/payments/`` is finance's side, ``/provider/`` the provider's."""

from django.urls import URLPattern, path

from .views import (
    accounts,
    desk,
    invoices,
    lines,
    payment,
    reconciling,
    runs,
    statements,
    webhooks,
)

app_name = "payments"

LINES = "payments/reconciling/lines/<uuid:public_id>/"
STATEMENTS = "payments/reconciling/statements/"

urlpatterns: list[URLPattern] = [
    path("webhooks/stripe/", webhooks.stripe_webhook, name="stripe_webhook"),
    path("payments/", desk.desk, name="desk"),
    path("payments/invoices/", invoices.invoices, name="finance_invoices"),
    path("payments/invoices/<str:reference>/", invoices.invoice, name="finance_invoice"),
    path("payments/runs/", runs.runs, name="runs"),
    path("payments/runs/new/", runs.run_new, name="run_new"),
    path("payments/runs/new/<str:reference>/", runs.run_new_for, name="run_new_for"),
    path("payments/runs/<str:reference>/", runs.run, name="run"),
    path("payments/runs/<str:reference>/progress/", runs.run_progress, name="run_progress"),
    path("payments/payment/", payment.payments, name="finance_payments"),
    path("payments/payment/<str:reference>/", payment.payment, name="finance_payment"),
    path("payments/reconciling/", reconciling.reconciling, name="reconciling"),
    path("payments/reconciling/matched/", reconciling.matched, name="matched"),
    path(LINES, lines.line, name="line"),
    path(f"{LINES}sum/", lines.line_sum, name="line_sum"),
    path(STATEMENTS, statements.statements, name="statements"),
    path(f"{STATEMENTS}new/", statements.statement_new, name="statement_new"),
    path(f"{STATEMENTS}<uuid:public_id>/", statements.statement, name="statement"),
    path("payments/accounts/", accounts.accounts, name="ledger_accounts"),
    path("payments/accounts/<str:code>/", accounts.account, name="ledger_account"),
]
