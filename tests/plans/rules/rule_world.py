"""Packs and answers that the tests of the rules share. No database anywhere."""

import copy
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from plans.rules.pack import Pack

PROGRAMMES = Path(__file__).resolve().parents[3] / "plans" / "programmes"
KEYS = tuple(sorted(path.stem for path in PROGRAMMES.glob("*.yaml")))
CARE_ACT = ("adult-social-care", "carers")
OTHERS = tuple(key for key in KEYS if key not in CARE_ACT)


@lru_cache(maxsize=16)
def _content(key: str) -> dict[str, Any]:
    return yaml.safe_load((PROGRAMMES / f"{key}.yaml").read_text(encoding="utf-8"))


def mapping(key: str = "adult-social-care") -> dict[str, Any]:
    """A pack's content, free to be spoilt by one test."""
    return copy.deepcopy(_content(key))


@lru_cache(maxsize=16)
def pack(key: str = "adult-social-care") -> Pack:
    """A pack as it is shipped."""
    return Pack.from_mapping(_content(key))


def answers(of: Pack, **given: Any) -> dict[str, Any]:
    """Answers of somebody who is meant by the programme and manages everything; then ``given``."""
    quiet: dict[str, Any] = {}
    for question in of.questions:
        keys = [option.key for option in question.options]
        meeting = [option.key for option in question.options if option.means_unable]
        match question.kind, question.role:
            case "single", "cause" | "condition":
                quiet[question.key] = meeting[0]
            case "multi", "condition":
                quiet[question.key] = meeting[:1]
            case "single", "health":
                quiet[question.key] = next(key for key in keys if key not in meeting)
            case "single", _:
                quiet[question.key] = keys[0]
            case "multi", _:
                quiet[question.key] = []
    return {**quiet, **given}


def any_answers(of: Pack, chance: Random) -> dict[str, Any]:
    """Some complete answers, each option as likely as another."""
    found: dict[str, Any] = {}
    for question in of.questions:
        keys = [option.key for option in question.options]
        if question.kind == "single":
            found[question.key] = chance.choice(keys)
        elif question.kind == "multi":
            found[question.key] = [key for key in keys if chance.random() < 0.3]
    return found


def one_question_pack(allocation: dict[str, Any], points: list[int]) -> Pack:
    """A made-up programme with a single need, whose options ``p<n>`` give exactly n points."""
    content = mapping()
    keep = {"about", "nutrition", "wellbeing"}
    content["key"] = "made-up"
    content["outcomes"] = content["outcomes"][:1]
    content["eligibility"]["outcomes_needed"] = 1
    content["sections"] = [s for s in content["sections"] if s["key"] in keep]
    need = next(
        q for s in content["sections"] for q in s["questions"] if q["key"] == "nutrition_need"
    )
    need["options"] = [{"key": f"p{n}", "label": f"{n} points", "points": n} for n in points]
    content["allocation"] = allocation
    return Pack.from_mapping(content)
