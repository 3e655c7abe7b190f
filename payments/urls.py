"""Addresses of payments. ``/payments/`` is finance's side, ``/provider/`` the provider's."""

from django.urls import URLPattern, path

from .views import client, client_invoices, client_money, webhooks

app_name = "payments"

MINE = "my-budget/<str:reference>/"

urlpatterns: list[URLPattern] = [
    path("webhooks/stripe/", webhooks.stripe_webhook, name="stripe_webhook"),
    path(f"{MINE}support/", client.support, name="support"),
    path(f"{MINE}support/offer/", client.support_offer, name="support_offer"),
    path(f"{MINE}support/<int:number>/another/", client.support_another, name="support_another"),
    path(f"{MINE}invoices/", client_invoices.invoices, name="client_invoices"),
    path(f"{MINE}invoices/<str:invoice>/", client_invoices.invoice, name="client_invoice"),
    path(f"{MINE}money/", client_money.money, name="client_money"),
]
