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
    """
    above = cost_pence > indicative_pence
    passed: list[str] = []
    for limit in pack.limits:
        enough = limit.pence is None or cost_pence <= limit.pence
        if enough and (not above or limit.above_indicative):
            return Authority(
                limit.level, " ".join([*passed, f"So {NAMES[limit.level]} decides."]).strip()
            )
        if not enough and limit.pence is not None:
            passed.append(
                f"{format_pence(cost_pence)} a year is above the limit of {NAMES[limit.level]}, {format_pence(limit.pence)}."
            )
        else:
            passed.append(
                f"The plan costs {format_pence(cost_pence - indicative_pence)} more than the indicative budget."
            )
    return Authority(LEVELS[-1], " ".join([*passed, f"So {NAMES[LEVELS[-1]]} decides."]).strip())


def may_agree(level: str, needed: str) -> bool:
    """Whether a level is high enough for what is needed."""
    return LEVELS.index(level) >= LEVELS.index(needed)
