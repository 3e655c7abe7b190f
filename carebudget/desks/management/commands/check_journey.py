"""Walk the whole journey through the running demo over HTTP, and say what happened."""

import re
import time
from email import message_from_bytes
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.desks.seeding.bank import bank_files
from carebudget.desks.seeding.people import PASSWORD, totp_secret
from carebudget.desks.selectors.demo import code_now
from carebudget.desks.walking.over_http import HttpWalker
from carebudget.desks.walking.story import Story
from carebudget.desks.walking.walker import Lost

MAIL_SECONDS = 90.0
INVITATION = re.compile(r"/invitation/[\w-]+/")


class RunningDemo:
    """The demo as the story needs it: browsers over HTTP, letters from the mail directory."""

    def __init__(self, url: str) -> None:
        self.url = url

    def walker(self, name: str, *, phone: bool = False) -> HttpWalker:
        """A session of somebody's own."""
        return HttpWalker(name, self.url)

    def invitation(self, email: str) -> str:
        """Wait for the letter: a worker process sends it."""
        deadline = time.monotonic() + MAIL_SECONDS
        while True:
            for path in sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"), reverse=True):
                found = _invitation_in(path.read_bytes(), email)
                if found:
                    return found
            if time.monotonic() > deadline:
                raise Lost(f"No invitation came to {email} in {MAIL_SECONDS:.0f} seconds.")
            time.sleep(0.5)

    def code(self, email: str) -> str:
        """What the authenticator app shows now."""
        return code_now(totp_secret(email))

    def bank_files(self) -> list[tuple[str, bytes]]:
        """What the council's bank has seen."""
        return bank_files()

    def staff_password(self) -> str:
        """The demo's."""
        return PASSWORD


def _invitation_in(letters: bytes, email: str) -> str:
    for letter in letters.split(b"-" * 79):
        message = message_from_bytes(letter.strip())
        if message.get("To") == email:
            body = message.get_payload(decode=True)
            found = INVITATION.search(body.decode() if isinstance(body, bytes) else "")
            if found:
                return found[0]
    return ""


class Command(BaseCommand):
    help = "Walk the main journey through a running demo; exit 1 where it breaks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", required=True, help="where the demo is, like http://127.0.0.1:8000"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            Story(RunningDemo(options["url"]), self._say).tell()
        except Lost as error:
            raise CommandError(f"The journey broke. {error}") from error
        for command in ("verify_ledger", "verify_audit"):
            call_command(command, stdout=self.stdout)
        self.stdout.write(f"The whole journey took {time.monotonic() - began:.0f} seconds.")

    def _say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()
