"""Background doors to the record's services."""

from celery import shared_task

from .services import sign_checkpoint as _sign


@shared_task(name="audit.tasks.sign_checkpoint")
def sign_checkpoint() -> None:
    """Hourly: sign the heads of all chains."""
    _sign()
