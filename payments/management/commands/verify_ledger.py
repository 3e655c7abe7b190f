"""Prove the ledger from its legs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.services import verify_ledger


class Command(BaseCommand):
    help = "Prove the invariants of the ledger; exit 1 and name the first breach."

    def handle(self, *args: Any, **options: Any) -> None:
        proof = verify_ledger()
        if not proof.holds:
            raise CommandError(f"The ledger does not hold: {proof.breach}.")
        self.stdout.write(
            f"The ledger holds: {proof.accounts:,} accounts, {proof.entries:,} entries, {proof.legs:,} legs."
        )
