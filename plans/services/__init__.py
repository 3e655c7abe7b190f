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
from .charging import (
    hand_back_finances,
    keep_calculation,
    save_finances,
    start_finances,
    submit_finances,
    verify_finances,
)
from .charging_deciding import Terms, decide_charge, decide_lightly, propose_charge
from .charging_evidence import attach_evidence, remove_evidence
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
    "Terms",
    "add_outcome",
    "add_support",
    "adjust_budget",
    "adopt_proposal",
    "agree_plan",
    "answer_challenge",
    "answers_of",
    "ask_for_help",
    "assign_case",
    "attach_evidence",
    "authority_needed",
    "change_outcome",
    "change_proposal",
    "change_support",
    "close_case",
    "comment_on_plan",
    "confirm_budget",
    "current_pack",
    "decide_charge",
    "decide_eligibility",
    "decide_lightly",
    "decline_plan",
    "draft_of",
    "escalate_plan",
    "hand_back_assessment",
    "hand_back_finances",
    "keep_calculation",
    "load_packs",
    "plan_document",
    "propose_charge",
    "propose_policy",
    "raise_challenge",
    "refer_person",
    "reject_proposal",
    "remove_evidence",
    "remove_outcome",
    "remove_support",
    "return_plan",
    "save_answers",
    "save_criterion",
    "save_finances",
    "save_plan_details",
    "start_assessment",
    "start_finances",
    "start_plan",
    "submit_assessment",
    "submit_finances",
    "submit_plan",
    "submit_proposal",
    "take_back_proposal",
    "take_case",
    "take_up_challenge",
    "verify_assessment",
    "verify_finances",
]
