"""Eligibility and indicative budget for answers in a file, with the whole working, as JSON."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.errors import Refused
from plans.rules.allocation import allocate
from plans.rules.answers import AnswerError, check_answers
from plans.rules.eligibility import propose_eligibility
from plans.services.packs import bundled_pack


class Command(BaseCommand):
    help = "Print eligibility and indicative budget with the working, as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pack")
        parser.add_argument("answers", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["answers"]
        try:
            pack = bundled_pack(options["pack"])
            answers = check_answers(
                pack, json.loads(path.read_text(encoding="utf-8")), complete=True
            )
        except OSError as error:
            raise CommandError(f"{path}: cannot be read ({error.strerror}).") from error
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: this is not JSON ({error}).") from error
        except AnswerError as error:
            raise CommandError(f"{path}: {error.path}: {error.message}.") from error
        except Refused as error:
            raise CommandError(error.sentence) from error
        result = {
            "pack": pack.key,
            "version": pack.version,
            "eligibility": propose_eligibility(pack, answers).as_data(),
            "budget": allocate(pack, answers).as_data(),
        }
        self.stdout.write(json.dumps(result, indent=2, ensure_ascii=False))
