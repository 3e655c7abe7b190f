#!/usr/bin/env python
"""Django's commands. Under the local settings each finds the embedded servers, or starts and stops them.

An error is one sentence on standard error and a non-zero exit; ``--traceback`` shows all of it.
"""

import os
import signal
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
OWN_PYTHON = ROOT / ".venv" / "bin" / "python"

try:
    from carebudget import embedded
    from carebudget.embedded import tables
except ModuleNotFoundError as missing:
    if OWN_PYTHON.exists() and Path(sys.prefix) != OWN_PYTHON.parents[1]:
        os.execv(OWN_PYTHON, [str(OWN_PYTHON), *sys.argv])  # noqa: S606
    sys.exit(f"The Python package {missing.name} is missing. Run bin/demo or bin/test once first.")

HELP = {"help", "--help", "-h", "version", "--version"}
WITHOUT_SERVERS = HELP | {
    "allocate",
    "collectstatic",
    "compilemessages",
    "makemessages",
    "permissions_table",
    "state_diagrams",
}
WITHOUT_SANDBOX = {
    "check",
    "dbshell",
    "demo_people",
    "load_packs",
    "makemigrations",
    "migrate",
    "shell",
    "showmigrations",
    "sqlmigrate",
    "test",
    "verify_audit",
    "verify_ledger",
}
DRY_RUN = "--dry-run"
"""Reading a statement file alone needs no database."""
WITHOUT_TABLES = {"check", "dbshell", "makemigrations", "migrate", "showmigrations", "sqlmigrate", "test"}  # fmt: skip


def main() -> int:
    """Run the command, with servers around it when nobody has named any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebudget.settings.local")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        with ExitStack() as servers:
            if needs_servers(command):
                found = servers.enter_context(
                    embedded.running(root=ROOT, with_sandbox=command not in WITHOUT_SANDBOX)
                )
                os.environ.update(found.environment())
                if command not in WITHOUT_TABLES:
                    tables.make_when_empty(found.database_url, root=ROOT)
            return run()
    except embedded.CannotStart as error:
        return say_error(error)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def needs_servers(command: str) -> bool:
    """Whether this command talks to servers that nobody has named."""
    local = os.environ["DJANGO_SETTINGS_MODULE"].endswith(".local")
    asks_for_help = not HELP.isdisjoint(sys.argv[1:])
    named = bool(os.environ.get("DATABASE_URL"))
    reads_a_file = command == "import_statement" and DRY_RUN in sys.argv
    needs_none = asks_for_help or reads_a_file or command in WITHOUT_SERVERS
    return local and not named and not needs_none


def run() -> int:
    """Hand over to Django; whatever goes wrong is said in one sentence."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import BaseCommand, CommandError, ManagementUtility
    from django.db import DatabaseError
    from psycopg import errors

    from carebudget.errors import CareBudgetError

    class Commands(ManagementUtility):
        """Django's own, without the class name it puts before an error."""

        def fetch_command(self, subcommand: str) -> BaseCommand:
            command = super().fetch_command(subcommand)
            write = command.stderr.write

            def write_plainly(words: str = "", *rest: Any, **named: Any) -> None:
                write(words.removeprefix("CommandError: "), *rest, **named)

            command.stderr.write = write_plainly  # type: ignore[method-assign, assignment]
            return command

    try:
        Commands(sys.argv).execute()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if "--traceback" in sys.argv:
            raise
        if isinstance(error, CareBudgetError):
            return say_error(f"{error.sentence} {error.next_step}")
        if isinstance(error.__cause__, errors.UndefinedTable | errors.UndefinedColumn):
            return say_error(
                "The database's tables are not up to date. Run manage.py migrate first."
            )
        if isinstance(error, ImproperlyConfigured | CommandError | DatabaseError):
            return say_error(error)
        return say_unexpected(error)
    return 0


def say_unexpected(error: Exception) -> int:
    """A mistake of ours: the details go to a log, for whoever mends it."""
    log = embedded.state_directory(ROOT) / "log" / "manage.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(
            f"manage.py {' '.join(sys.argv[1:])}\n{''.join(traceback.format_exception(error))}\n"
        )
    reason = " ".join(str(error).split()) or "no reason given"
    return say_error(f"{type(error).__name__}: {reason} (the details are in {log})")


def say_error(words: object) -> int:
    """One line on standard error."""
    print(" ".join(str(words).split()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
