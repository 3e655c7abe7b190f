"""Background doors to the services of desks."""

from celery import shared_task

from .services import prove


@shared_task(name="desks.tasks.prove_record")
def prove_record(public_id: str) -> None:
    """Prove record and ledger; doing it twice finds the same."""
    prove(public_id)
