from .agreeing import agree_plan, authority_needed, decline_plan, escalate_plan, return_plan
from .assessing import (
    answers_of,
    hand_back_assessment,
    save_answers,
    start_assessment,
    submit_assessment,
    verify_assessment,
)
from .budgeting import adjust_budget, confirm_budget
from .challenging import answer_challenge, raise_challenge, take_up_challenge
from .closing import close_case
from .deciding import OutcomeJudgement, decide_eligibility
from .documents import plan_document
from .packs import current_pack, load_packs
from .planning import (
    add_outcome,
    add_support,
    change_outcome,
    change_support,
    comment_on_plan,
    draft_of,
    remove_outcome,
    remove_support,
    save_criterion,
    save_plan_details,
    start_plan,
    submit_plan,
)
from .policy import (
    adopt_proposal,
    change_proposal,
    propose_policy,
    reject_proposal,
    submit_proposal,
    take_back_proposal,
)
from .referring import ask_for_help, assign_case, refer_person, take_case

__all__ = [
    "OutcomeJudgement",
    "add_outcome",
    "add_support",
    "adjust_budget",
    "adopt_proposal",
    "agree_plan",
    "answer_challenge",
    "answers_of",
    "ask_for_help",
    "assign_case",
    "authority_needed",
    "change_outcome",
    "change_proposal",
    "change_support",
    "close_case",
    "comment_on_plan",
    "confirm_budget",
    "current_pack",
    "decide_eligibility",
    "decline_plan",
    "draft_of",
    "escalate_plan",
    "hand_back_assessment",
    "load_packs",
    "plan_document",
    "propose_policy",
    "raise_challenge",
    "refer_person",
    "reject_proposal",
    "remove_outcome",
    "remove_support",
    "return_plan",
    "save_answers",
    "save_criterion",
    "save_plan_details",
    "start_assessment",
    "start_plan",
    "submit_assessment",
    "submit_plan",
    "submit_proposal",
    "take_back_proposal",
    "take_case",
    "take_up_challenge",
    "verify_assessment",
]
