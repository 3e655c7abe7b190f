"""Django application configuration."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "carebudget.notify"
    label = "notify"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (registers the predicates)
