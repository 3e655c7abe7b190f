"""Django application configuration."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "carebudget.people"
    label = "people"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (registers the predicates)
