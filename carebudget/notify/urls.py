"""Addresses of notify."""

from django.urls import URLPattern, path

from .views.messages import document, message, messages_list

app_name = "notify"

urlpatterns: list[URLPattern] = [
    path("messages/", messages_list, name="messages"),
    path("messages/<uuid:public_id>/", message, name="message"),
    path("documents/<uuid:public_id>/", document, name="document"),
]
