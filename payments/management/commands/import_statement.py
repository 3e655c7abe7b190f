"""Bring in a bank statement from a file, or look at one without keeping anything."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.rules.statements import StatementUnreadable, as_dry_run, read_statements


class Command(BaseCommand):
    help = "Read a bank statement: camt.053, MT940, BAI2 or CSV. A second import adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", default="", help="the account's code: bank")
        parser.add_argument(
            "--dry-run", action="store_true", help="read the file alone and print what is in it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror}).") from error
        if options["dry_run"]:
            self.look(path, content)
        else:
            self.bring_in(path, content, options["account"])

    def look(self, path: Path, content: bytes) -> None:
        """Print the statements of the file as JSON; balanced or not is for the reader to judge."""
        try:
            found = as_dry_run(read_statements(content, filename=path.name))
        except StatementUnreadable as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))

    def bring_in(self, path: Path, content: bytes, code: str) -> None:
        """Store the file under an account, and say what became of each statement."""
        from payments.models import StatementAccount
        from payments.services import import_statement
        from payments.services.accounts import statement_account

        for usual in ("bank", "stripe"):
            statement_account(usual)
        account = StatementAccount.objects.filter(code=code).first()
        if account is None:
            known = ", ".join(StatementAccount.objects.values_list("code", flat=True))
            raise CommandError(
                f"There is no account with the code “{code}”. There are: {known or 'none yet'}."
                if code
                else "Say which account it is of, like --account bank."
            )
        report = import_statement(account=account, name=path.name, content=content, by=None)
        self.stdout.write(report.sentence)
        for one in report.statements:
            self.stdout.write(f"  {one.title}: {one.sentence}")
