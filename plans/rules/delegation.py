"""Who may agree a plan, by the pack's delegated limits. Pure."""

from dataclasses import dataclass

from carebudget.money import Pence, format_pence

from .pack import Pack

LEVELS = ("worker", "manager", "panel")
NAMES = {"worker": "a social worker", "manager": "a team manager", "panel": "the panel"}


@dataclass(frozen=True)
class Authority:
    """The lowest level that may agree, and the sentence that says why."""

    level: str
    reason: str


def authority_for(pack: Pack, *, cost_pence: Pence, indicative_pence: Pence) -> Authority:
    """The lowest level whose limit covers the plan's cost in a year.

    A cost above the indicative budget goes to a level that may agree such plans, whatever the sum.
    Raises ``ValueError`` for limits that no pack can have: there, the panel may agree any plan.
    """
    passed: list[str] = []
    for limit in pack.limits:
        if limit.pence is not None and cost_pence > limit.pence:
            passed.append(
                f"{format_pence(cost_pence)} a year is above the limit of {NAMES[limit.level]}, {format_pence(limit.pence)}."
            )
        elif cost_pence > indicative_pence and not limit.above_indicative:
            passed.append(
                f"The plan costs {format_pence(cost_pence - indicative_pence)} more than the indicative budget."
            )
        else:
            return Authority(limit.level, " ".join([*passed, f"So {NAMES[limit.level]} decides."]))
    raise ValueError("No level may agree this plan: the last must have no limit")


def may_agree(level: str, needed: str) -> bool:
    """Whether a level is high enough for what is needed."""
    return LEVELS.index(level) >= LEVELS.index(needed)
