"""Background doors to the message services."""

from celery import shared_task

from .services import deliver_waiting as _deliver


@shared_task(name="notify.tasks.deliver_waiting")
def deliver_waiting() -> int:
    """Every few seconds: send the e-mails that wait."""
    return _deliver()
