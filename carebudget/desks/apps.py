"""Django application configuration."""

from django.apps import AppConfig


class DesksConfig(AppConfig):
    name = "carebudget.desks"
    label = "desks"
    verbose_name = "Desks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (registers the predicates)
