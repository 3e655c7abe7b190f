"""What the beat does: send everything that is owed by now, and look up what is unknown."""

from typing import Any

from django.core.management.base import BaseCommand

from payments import services


class Command(BaseCommand):
    help = "Send what is released, look up payments without an answer, work through webhooks."

    def handle(self, *args: Any, **options: Any) -> None:
        started = services.start_agreements_due()
        sent = services.send_due()
        recovered = services.recover_unknown()
        worked = services.work_webhooks()
        services.finish_runs()
        remitted = services.send_missing_remittances()
        self.stdout.write(
            f"{sent} sent, {recovered} looked up, {worked} webhooks worked through, "
            f"{remitted} remittances, {started} agreements started."
        )
