"""Packs and answers that the tests of the rules share. No database anywhere."""

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from plans.rules.pack import Pack

PROGRAMMES = Path(__file__).resolve().parents[3] / "plans" / "programmes"
KEYS = ("adult-social-care", "carers")


@lru_cache(maxsize=4)
def _content(key: str) -> dict[str, Any]:
    return yaml.safe_load((PROGRAMMES / f"{key}.yaml").read_text(encoding="utf-8"))


def mapping(key: str = "adult-social-care") -> dict[str, Any]:
    """A pack's content, free to be spoilt by one test."""
    return copy.deepcopy(_content(key))


@lru_cache(maxsize=4)
def pack(key: str = "adult-social-care") -> Pack:
    """A pack as it is shipped."""
    return Pack.from_mapping(_content(key))


def answers(of: Pack, **given: Any) -> dict[str, Any]:
    """Answers of somebody who manages everything and meets the first condition; then ``given``."""
    quiet: dict[str, Any] = {}
    for question in of.questions:
        if question.kind == "multi":
            quiet[question.key] = []
        elif question.kind == "single":
            quiet[question.key] = question.options[0].key
    quiet["cause"] = "yes"
    if of.eligibility.health_question:
        quiet["health"] = "no"
    return {**quiet, **given}


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
