from .cases import (
    care_managers,
    case_by_reference,
    caseload,
    cases_of_client,
    challenge_by_reference,
    clients_and_helpers,
    plan_by_reference,
)
from .charging import charge_on, open_finances, standing_charge, weekly_cost
from .plans import PlanCosts, plan_costs
from .progress import NextAction, StageStep, current_plan, next_action, stage_progress
from .timeline import TimelineItem, as_item, case_timeline

__all__ = [
    "NextAction",
    "PlanCosts",
    "StageStep",
    "TimelineItem",
    "as_item",
    "care_managers",
    "case_by_reference",
    "case_timeline",
    "caseload",
    "cases_of_client",
    "challenge_by_reference",
    "charge_on",
    "clients_and_helpers",
    "current_plan",
    "next_action",
    "open_finances",
    "plan_by_reference",
    "plan_costs",
    "stage_progress",
    "standing_charge",
    "weekly_cost",
]
