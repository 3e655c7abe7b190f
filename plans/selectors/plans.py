"""Reading a plan: what it costs beside its budget, and how much of a support in words."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from carebudget.money import format_pence

from ..models import Frequency, PlanSupport, SupportPlan
from ..rules.costing import compare


@dataclass(frozen=True)
class PlanCosts:
    """A plan's yearly cost beside its budget, in pence."""

    lines: tuple[PlanSupport, ...]
    total_pence: int
    contingency_pence: int
    budget_pence: int
    left_pence: int
    share_percent: int
    sentence: str
    over: bool


def plan_costs(plan: SupportPlan) -> PlanCosts:
    """What the supports and the contingency cost in a year, beside the indicative budget."""
    lines = tuple(plan.supports.select_related("provider", "outcome"))
    total = sum(line.annual_pence for line in lines) + plan.contingency_pence
    budget = plan.indicative_budget.annual_pence
    comparison = compare(total, budget)
    return PlanCosts(
        lines=lines,
        total_pence=total,
        contingency_pence=plan.contingency_pence,
        budget_pence=budget,
        left_pence=comparison.left_pence,
        share_percent=min(100, 100 * total // budget) if budget else 100,
        sentence=comparison.sentence,
        over=comparison.over,
    )


class Priced(Protocol):
    """So many units, so often, at a price: a support of a plan, or the agreement about it."""

    quantity: Decimal
    unit: str
    rate_pence: int
    frequency: str


def how_much(support: Priced) -> str:
    """``8 hours at £24.50 each, every week``."""
    count = support.quantity
    number = f"{count:f}".rstrip("0").rstrip(".") if "." in f"{count:f}" else f"{count:f}"
    units = support.unit if count == 1 else f"{support.unit}s"
    return f"{number} {units} at {format_pence(support.rate_pence)} each, {Frequency(support.frequency).label}"
