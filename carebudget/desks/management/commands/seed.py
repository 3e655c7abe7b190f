"""Realistic, invented data at any size, made through the services; the same for the same size."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.desks.seeding.world import World
from plans.models import Case


class Command(BaseCommand):
    help = "Fill an empty database with the invented council of Wrenbury."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=60)
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when there are cases already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Case.objects.exists():
            if options["if_empty"]:
                self.stdout.write("The database has people in it already; nothing was added.")
                return
            raise CommandError(
                "The database has people in it already. Seeding starts from an empty one."
            )
        if options["people"] < 1:
            raise CommandError("Say how many people: 1 or more.")
        began = time.monotonic()
        World(people=options["people"], say=self._say).build()
        self.stdout.write(f"Wrenbury is ready, in {time.monotonic() - began:.0f} seconds.")

    def _say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()
