"""Self-directed care budgets: what every app stands on lives in this package."""

from .celery import app as celery_app

__all__ = ["celery_app"]
