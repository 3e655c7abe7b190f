"""Seal all payees' details and bank files with the first key, so that the old ones may be taken away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carebudget.text import plural
from payments import services
from payments.payees.sealing import CannotOpen


class Command(BaseCommand):
    help = "Seal payees’ details and bank files with the first of PAYEE_DETAILS_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = services.reseal_payee_details()
        except CannotOpen as error:
            raise CommandError(
                f"{error} Nothing is lost: add the missing key and run it again."
            ) from error
        self.stdout.write(
            f"{plural(done.payees, 'account')} and {plural(done.files, 'file')} are sealed with the first key."
        )
