from .cases import (
    care_managers,
    case_by_reference,
    caseload,
    cases_of_client,
    challenge_by_reference,
    clients_and_helpers,
    plan_by_reference,
)
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
    "clients_and_helpers",
    "current_plan",
    "next_action",
    "plan_by_reference",
    "plan_costs",
    "stage_progress",
]
