"""Prove the record: every hash, link, digest, head and signature."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carebudget.audit.services import verify_audit


class Command(BaseCommand):
    help = "Prove that the record was not changed; exit 1 and name the first broken link."

    def handle(self, *args: Any, **options: Any) -> None:
        proof = verify_audit()
        if not proof.holds:
            raise CommandError(f"The record does not hold: {proof.breach}.")
        self.stdout.write(
            f"The record holds: {proof.events:,} events in {proof.chains:,} chains, "
            f"{proof.checkpoints:,} signed checkpoints."
        )
