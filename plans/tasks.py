"""Background doors to the plan services."""

from celery import shared_task

from .models import SupportPlan
from .services.documents import plan_document


@shared_task(name="plans.tasks.make_plan_document")
def make_plan_document(plan_id: int) -> None:
    """Make the PDF of an agreed plan; doing it twice gives the same document."""
    plan_document(plan=SupportPlan.objects.get(pk=plan_id))
