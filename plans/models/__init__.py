from .agreement import AgreementDecision, AuthorityLevel, DecisionState
from .assessment import Answer, Assessment, AssessmentState, EligibilityDecision, OutcomeDecision
from .budget import IndicativeBudget, IndicativeBudgetState
from .case import OPEN_STAGES, Case, ReferralSource, Stage, StageVisit
from .challenge import Challenge, ChallengeState, ChallengeSubject
from .plan import (
    EDITABLE,
    SEALED,
    Frequency,
    Holding,
    PlanComment,
    PlanOutcome,
    PlanState,
    PlanSupport,
    SupportPlan,
)
from .policy import PolicyProposal, ProposalState
from .programme import ProgrammePack

__all__ = [
    "EDITABLE",
    "OPEN_STAGES",
    "SEALED",
    "AgreementDecision",
    "Answer",
    "Assessment",
    "AssessmentState",
    "AuthorityLevel",
    "Case",
    "Challenge",
    "ChallengeState",
    "ChallengeSubject",
    "DecisionState",
    "EligibilityDecision",
    "Frequency",
    "Holding",
    "IndicativeBudget",
    "IndicativeBudgetState",
    "OutcomeDecision",
    "PlanComment",
    "PlanOutcome",
    "PlanState",
    "PlanSupport",
    "PolicyProposal",
    "ProgrammePack",
    "ProposalState",
    "ReferralSource",
    "Stage",
    "StageVisit",
    "SupportPlan",
]
