"""Background doors to the payment services. Losing any of these messages loses nothing: the beat comes again."""

from celery import shared_task

from . import services


@shared_task(name="payments.tasks.send_due")
def send_due() -> int:
    """Send what is released."""
    return services.send_due()


@shared_task(name="payments.tasks.recover_unknown")
def recover_unknown() -> int:
    """Look up payments whose answer is missing, and finish what a crash cut short."""
    recovered = services.recover_unknown()
    services.finish_runs()
    services.send_missing_remittances()
    return recovered


@shared_task(name="payments.tasks.work_webhooks")
def work_webhooks() -> int:
    """Work through stored webhooks."""
    return services.work_webhooks()


@shared_task(name="payments.tasks.start_agreements")
def start_agreements() -> int:
    """Start agreements whose first day has come."""
    return services.start_agreements_due()


@shared_task(name="payments.tasks.fetch_rail_lines")
def fetch_rail_lines() -> int:
    """Bring in what the rail moved on our balance, and match it."""
    new = services.fetch_rail_lines()
    services.reconcile()
    return new


@shared_task(name="payments.tasks.collect_contributions")
def collect_contributions() -> int:
    """Bill what people pay, tell them, take what came in, look at agreements, and remind."""
    services.receive_named()
    raised = services.raise_contributions()
    services.send_statements()
    services.look_at_repayment_plans()
    services.remind_contributions()
    return raised
