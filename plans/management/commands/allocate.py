"""Eligibility, indicative budget and contribution for answers in files, with the whole working, as JSON."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carebudget import clock
from carebudget.errors import Refused
from plans.rules.allocation import Allocation, allocate
from plans.rules.answers import AnswerError, check_answers
from plans.rules.charging import contribution
from plans.rules.charging_finances import check_finances
from plans.rules.charging_table import MissingLine
from plans.rules.eligibility import propose_eligibility
from plans.rules.pack import Pack
from plans.services.charging_files import figures_on
from plans.services.pack_files import bundled_pack

LARGEST_FILE = 5_000_000
NOT_CHARGED = "You pay nothing. This programme is not charged."


class Command(BaseCommand):
    help = (
        "Print eligibility and indicative budget with the working, as JSON; "
        "with --finances also what the person pays."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pack", help="the programme’s key, as load_packs prints it")
        parser.add_argument("answers", type=Path, help="a JSON file: question key → answer")
        parser.add_argument(
            "--finances", type=Path, help="a JSON file of income, savings and costs"
        )
        parser.add_argument(
            "--on", default="", help="the day of the contribution, like 2016-05-02 (default: today)"
        )
        parser.add_argument(
            "--table", default="", help="another year’s figures than that day’s, like 2015-04"
        )
        parser.add_argument(
            "--authority", default="", help="whose charging policy (default: this council’s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["answers"]
        try:
            pack = bundled_pack(options["pack"])
            answers = check_answers(pack, read_answers(path), complete=True)
        except AnswerError as error:
            raise CommandError(f"{path}: {error.path}: {error.message}.") from error
        except Refused as error:
            raise CommandError(error.sentence) from error
        budget = allocate(pack, answers)
        result = {
            "pack": pack.key,
            "version": pack.version,
            "eligibility": propose_eligibility(pack, answers).as_data(),
            "budget": budget.as_data(),
        }
        if options["finances"]:
            result["contribution"] = self._contribution(pack, budget, options)
        self.stdout.write(json.dumps(result, indent=2, ensure_ascii=False))

    def _contribution(
        self, pack: Pack, budget: Allocation, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the person pays a week; without ``support`` in the file the budget is what it costs."""
        path: Path = options["finances"]
        try:
            said = read_answers(path, "finances")
            finances = check_finances(said)
            if not pack.charged:
                return {"charged": False, "pence_a_week": 0, "sentence": NOT_CHARGED}
            if not finances.support:
                cost = {"kind": "care", "pence_a_week": budget.annual_pence // 52}
                finances = check_finances({**said, "support": [cost]})
            figures = figures_on(
                _day(options["on"]), table=options["table"], authority=options["authority"]
            )
            return {"charged": True, **contribution(finances, figures).as_data()}
        except AnswerError as error:
            raise CommandError(f"{path}: {error.path}: {error.message}.") from error
        except MissingLine as error:
            raise CommandError(error.sentence) from error
        except Refused as error:
            raise CommandError(error.sentence) from error


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words) if words else clock.today()
    except ValueError as error:
        raise CommandError(f"--on: “{words}” is not a day like 2016-05-02.") from error


def read_answers(path: Path, name: str = "answers") -> Any:
    """The JSON in a file; ``name`` is what its paths begin with. Raises ``CommandError`` with the place when it is none."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CommandError(f"{path}: larger than answers can be.")
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_once(name))
    except OSError as error:
        raise CommandError(f"{path}: cannot be read ({error.strerror}).") from error
    except AnswerError:
        raise
    except RecursionError as error:
        raise CommandError(f"{path}: this is not JSON (nested too deeply).") from error
    except ValueError as error:
        raise CommandError(f"{path}: this is not JSON ({error}).") from error


def _each_once(name: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise AnswerError(f"{name}.{key}", "this question is answered twice")
            found[key] = value
        return found

    return hook
