"""Addresses of payments. ``/payments/`` is finance's side, ``/provider/`` the provider's."""

from django.urls import URLPattern, path

from .views import (
    provider_agreements,
    provider_desk,
    provider_invoices,
    provider_invoicing,
    provider_paid,
    provider_payments,
    provider_people,
    webhooks,
)

app_name = "payments"

PROVIDER = "provider/"
AGREEMENT = "provider/agreements/<str:reference>/"
SENT = "provider/invoices/<str:reference>/"

urlpatterns: list[URLPattern] = [
    path("webhooks/stripe/", webhooks.stripe_webhook, name="stripe_webhook"),
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
