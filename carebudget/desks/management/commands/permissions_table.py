"""Who may open what, written to docs/permissions.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.desks.selectors.permissions import permissions_table

FILE = Path(settings.ROOT) / "docs" / "permissions.md"


class Command(BaseCommand):
    help = "Write the table of roles and addresses; with --check, only say whether it is current."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 when the file is not current"
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            table = permissions_table()
        except LookupError as error:
            raise CommandError(f"{error.args[0]}.") from error
        current = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
        if options["check"]:
            if current != table:
                raise CommandError(
                    "docs/permissions.md is not what the code says. Run manage.py permissions_table."
                )
            self.stdout.write("docs/permissions.md is current.")
            return
        FILE.write_text(table, encoding="utf-8")
        count = sum(line.startswith("| `") for line in table.splitlines())
        self.stdout.write(f"Wrote docs/permissions.md: {count} addresses.")
