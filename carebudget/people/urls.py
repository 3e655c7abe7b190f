"""Addresses of people."""

from django.urls import URLPattern, path

from .views.invitation import invitation

app_name = "people"

urlpatterns: list[URLPattern] = [
    path("invitation/<str:token>/", invitation, name="invitation"),
]
