"""Whether a draft plan answers what a plan must answer, before it is sent. Pure.

The seven criteria are the programme's own data; the sentences say what to do about each gap.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .pack import Pack

FEWEST_WORDS = 3


@dataclass(frozen=True)
class PlanDraft:
    """What the check needs to know of a plan."""

    criteria: Mapping[str, str]
    outcomes: int
    supports: int
    supports_without_cost: int
    has_dates: bool
    holding: str
    contingency: str
    risks: str


@dataclass(frozen=True)
class Missing:
    """Something a plan lacks: where it belongs, and what to do, in a sentence."""

    part: str
    sentence: str


def missing_from_plan(pack: Pack, plan: PlanDraft) -> list[Missing]:
    """Everything that is missing, in the order of the criteria; empty when the plan can be sent."""
    found = []
    for criterion in pack.criteria:
        words = plan.criteria.get(criterion.key, "").split()
        if len(words) < FEWEST_WORDS:
            found.append(Missing(criterion.key, f"Answer “{criterion.question}” in a few words."))
        if criterion.needs == "outcomes" and plan.outcomes == 0:
            found.append(
                Missing("outcomes", "Add at least one thing that you want to change or achieve.")
            )
        if criterion.needs == "supports" and plan.supports == 0:
            found.append(
                Missing("supports", "Add at least one kind of support, with what it costs.")
            )
    if plan.supports_without_cost:
        found.append(
            Missing("supports", "Say what each kind of support costs, even if it is nothing.")
        )
    if not plan.has_dates:
        found.append(Missing("details", "Say when the plan starts and ends."))
    if not plan.holding.strip():
        found.append(Missing("details", "Choose who holds the money."))
    if not plan.contingency.strip():
        found.append(Missing("details", "Say what happens if support falls through."))
    if not plan.risks.strip():
        found.append(Missing("details", "Say what could go wrong, and what helps."))
    return found
