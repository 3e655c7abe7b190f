"""What money does when something happens on a lower floor."""

from typing import Any

from django.dispatch import receiver

from plans.signals import plan_agreed

from .services.budgets import allocate_agreed_plan


@receiver(plan_agreed, dispatch_uid="payments.allocate_agreed_plan")
def put_the_budget_into_the_ledger(sender: Any, *, plan: Any, by: Any, **kwargs: Any) -> None:
    """In the agreement's own transaction: an agreed plan without its money cannot exist."""
    allocate_agreed_plan(plan=plan, by=by)
