"""The people of the demo to sign in as."""

from typing import Any

from django.core.management.base import BaseCommand

from carebudget.desks.seeding.people import PASSWORD, PEOPLE


class Command(BaseCommand):
    help = "Print the people of the demo to sign in as."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Sign in with the password {PASSWORD} as:")
        for person in PEOPLE:
            self.stdout.write(f"  {person.email:32} {person.full_name}: {person.what}")
        self.stdout.write("Staff are asked for a six-digit code; the page /demo/ shows it.")
