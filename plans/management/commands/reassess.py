"""Work out again what everybody pays with a new year's figures, and send the letters."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.errors import CareBudgetError
from carebudget.money import format_pence
from carebudget.people.models import User
from carebudget.text import plural
from plans.services.charging_yearly import Tally, reassess_all, tell_reassessed


class Command(BaseCommand):
    help = (
        "Work out again what everybody pays from a day on. Running it again goes on where it stopped; "
        "when all is done it changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from-table",
            default="",
            help="only decisions that stand on this table, like 2025-04 (default: all)",
        )
        parser.add_argument(
            "--effective",
            required=True,
            help="the first day of the new contributions, like 2026-04-06",
        )
        parser.add_argument(
            "--table", default="", help="the figures to use (default: those of the first day)"
        )
        parser.add_argument("--by", default="", help="e-mail address of who decides this")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, send nothing")
        parser.add_argument(
            "--without-letters",
            action="store_true",
            help="decide only; the letters go out when the command runs again without this",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            effective_on = date.fromisoformat(options["effective"])
        except ValueError as error:
            raise CommandError(
                f"--effective: “{options['effective']}” is not a day like 2026-04-06."
            ) from error
        try:
            tally, run = reassess_all(
                effective_on=effective_on,
                from_table=options["from_table"],
                table=options["table"],
                by=self._decider(options["by"]),
                dry_run=options["dry_run"],
                report=self._progress("worked out"),
            )
        except CareBudgetError as error:
            raise CommandError(f"{error.sentence} {error.next_step}".strip()) from error
        self._say(tally, dry_run=options["dry_run"])
        if run is None or options["without_letters"]:
            return
        sent = tell_reassessed(run=run, report=self._progress("told"))
        self.stdout.write(f"Letters sent: {sent:,}.")

    def _decider(self, email: str) -> User | None:
        if not email:
            return None
        found = User.objects.filter(email__iexact=email).first()
        if found is None:
            raise CommandError(f"--by: nobody signs in as {email}.")
        return found

    def _progress(self, word: str) -> Any:
        def said(done: int, total: int) -> None:
            if done == total or done % 500 == 0:
                self.stdout.write(f"  {done:,} of {total:,} {word}")

        return said

    def _say(self, tally: Tally, *, dry_run: bool) -> None:
        done = "would be worked out" if dry_run else "worked out"
        self.stdout.write(f"{plural(tally.done, 'person', 'people')} {done} again.")
        self.stdout.write(
            f"  pay more: {tally.more:,}; less: {tally.less:,}; the same: {tally.same:,}"
        )
        self.stdout.write(
            f"  together a week: {format_pence(tally.before_pence)} before, "
            f"{format_pence(tally.after_pence)} after"
        )
        if tally.refused:
            self.stdout.write(
                f"Not worked out, and left as it was: {sum(tally.refused.values()):,}."
            )
            for reason, count in tally.refused.most_common():
                self.stdout.write(f"  {count:,}: {reason}")
