#!/usr/bin/env python
"""Django's commands. Under the local settings each finds the embedded servers, or starts and stops them."""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WITHOUT_SERVERS = {"help", "--help", "-h", "--version", "version", "allocate", "makemessages", "collectstatic"}
WITHOUT_SANDBOX = {"demo_people", "test", "migrate", "load_packs", "verify_audit", "verify_ledger", "makemigrations", "check", "shell"}


def main() -> int:
    """Run the command; an error is one sentence on standard error and a non-zero exit."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carebudget.settings.local")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    with ExitStack() as servers:
        try:
            if needs_servers(command):
                from carebudget import embedded

                found = servers.enter_context(
                    embedded.running(root=ROOT, with_sandbox=command not in WITHOUT_SANDBOX)
                )
                os.environ.update(found.environment())
            return run()
        except KeyboardInterrupt:
            print("Stopped.", file=sys.stderr)
            return 130


def needs_servers(command: str) -> bool:
    """Whether this command talks to servers that nobody has named."""
    local = os.environ["DJANGO_SETTINGS_MODULE"].endswith((".local", ".test"))
    return local and not os.environ.get("DATABASE_URL") and command not in WITHOUT_SERVERS


def run() -> int:
    """Hand over to Django; what a person can understand is said, the rest is raised for the log."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, execute_from_command_line
    from django.db import DatabaseError

    from carebudget.errors import CareBudgetError

    try:
        execute_from_command_line(sys.argv)
    except CareBudgetError as error:
        print(f"{error.sentence} {error.next_step}".strip(), file=sys.stderr)
        return 1
    except (ImproperlyConfigured, CommandError, DatabaseError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    from carebudget.embedded.errors import CannotStart

    try:
        sys.exit(main())
    except CannotStart as error:
        print(error, file=sys.stderr)
        sys.exit(1)
