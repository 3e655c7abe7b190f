"""Eligibility and indicative budget for answers in a file, with the whole working, as JSON."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget.errors import Refused
from plans.rules.allocation import allocate
from plans.rules.answers import AnswerError, check_answers
from plans.rules.eligibility import propose_eligibility
from plans.services.pack_files import bundled_pack

LARGEST_FILE = 5_000_000


class Command(BaseCommand):
    help = "Print eligibility and indicative budget with the working, as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pack", help="the programme’s key, as load_packs prints it")
        parser.add_argument("answers", type=Path, help="a JSON file: question key → answer")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["answers"]
        try:
            pack = bundled_pack(options["pack"])
            answers = check_answers(pack, read_answers(path), complete=True)
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


def read_answers(path: Path) -> Any:
    """The JSON in a file. Raises ``CommandError`` with the place when it is none."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CommandError(f"{path}: larger than answers can be.")
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_once)
    except OSError as error:
        raise CommandError(f"{path}: cannot be read ({error.strerror}).") from error
    except AnswerError:
        raise
    except RecursionError as error:
        raise CommandError(f"{path}: this is not JSON (nested too deeply).") from error
    except ValueError as error:
        raise CommandError(f"{path}: this is not JSON ({error}).") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise AnswerError(f"answers.{key}", "this question is answered twice")
        found[key] = value
    return found
