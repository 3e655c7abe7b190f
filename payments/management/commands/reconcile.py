"""Run the matching passes and say what is explained and what is not."""

from typing import Any

from django.core.management.base import BaseCommand

from carebudget.money import format_pence
from carebudget.text import plural
from payments.services import fetch_rail_lines, reconcile


class Command(BaseCommand):
    help = (
        "Fetch what the rail moved, match what is certain, and print what is open on either side."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        new = fetch_rail_lines()
        self.stdout.write(f"{plural(new, 'new line')} from the payment service.")
        for one in reconcile():
            self.stdout.write(
                f"{one.account.name}: {one.matched:,} matched ({format_pence(one.matched_pence)}); "
                f"{plural(one.lines.count, 'line')} not explained ({format_pence(one.lines.pence)}); "
                f"{plural(one.items.count, 'amount')} of ours not seen ({format_pence(one.items.pence)})."
            )
