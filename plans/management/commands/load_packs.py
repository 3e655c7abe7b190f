"""Load the programme packs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.errors import Refused
from plans.services.packs import load_packs


class Command(BaseCommand):
    help = "Load programme packs; a broken one is refused with file, line and what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--directory", type=Path, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for pack in load_packs(directory=options["directory"]):
                self.stdout.write(
                    f"{pack.key} {pack.version}: {'loaded' if pack.new else 'known already'}"
                )
        except Refused as error:
            raise CommandError(f"{error.sentence} {error.next_step}".strip()) from error
