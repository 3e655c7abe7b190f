"""Addresses of payments. ``/payments/`` is finance's side, ``/provider/`` the provider's."""

from django.urls import URLPattern, path

from .views import webhooks

app_name = "payments"

urlpatterns: list[URLPattern] = [
    path("webhooks/stripe/", webhooks.stripe_webhook, name="stripe_webhook"),
]
