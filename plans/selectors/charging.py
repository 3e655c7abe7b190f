"""Reading what somebody pays: the assessment that is open, the one that stands, what holds on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from carebudget.people.models import Person

from ..models import (
    OPEN_FINANCES,
    OPEN_STAGES,
    Case,
    FinancialAnswer,
    FinancialAssessment,
    FinancialEvidence,
    FinancialState,
    IndicativeBudgetState,
    PlanState,
)
from ..rules.charging_questions import from_finances
from .cases import case_by_reference

WEEKS_A_YEAR = 52


def _of(person: Person) -> QuerySet[FinancialAssessment]:
    return FinancialAssessment.objects.filter(person=person).select_related(
        "case__pack", "submitted_by", "verified_by", "decided_by", "table", "policy"
    )


def open_finances(person: Person) -> FinancialAssessment | None:
    """The financial assessment that is on its way."""
    return _of(person).filter(state__in=OPEN_FINANCES).first()


def standing_charge(person: Person) -> FinancialAssessment | None:
    """The last decision about what the person pays."""
    return _of(person).filter(state=FinancialState.DECIDED).first()


def charge_on(person: Person, day: date) -> FinancialAssessment | None:
    """The decision that holds on a day: the last one made that had begun by then.

    One that begins later may be decided already, and one that was made later may reach further back.
    """
    return (
        _of(person)
        .filter(
            state__in=[FinancialState.DECIDED, FinancialState.SUPERSEDED], effective_on__lte=day
        )
        .order_by("-decided_at", "-id")
        .first()
    )


def money_answers(assessment: FinancialAssessment) -> dict[str, FinancialAnswer]:
    """The answers by question, with who gave them."""
    rows = assessment.answers.select_related("answered_by")
    return {row.question: row for row in rows}


def money_values(assessment: FinancialAssessment) -> dict[str, Any]:
    """What the rules go by, by question: the corrections where there are some."""
    rows = {row.question: row.counts for row in assessment.answers.all()}
    if not rows and assessment.finances:
        return from_finances(assessment.finances)
    return {question: value for question, value in rows.items() if value is not None}


def evidence_of(assessment: FinancialAssessment) -> list[FinancialEvidence]:
    """What is attached and was not taken away, without the bytes."""
    return list(assessment.evidence.filter(removed_at=None).select_related("uploaded_by"))


def evidence_by_id(reference: str, public_id: Any) -> FinancialEvidence:
    """One piece of evidence within its case. Raises ``FinancialEvidence.DoesNotExist``."""
    found = FinancialEvidence.objects.select_related("assessment").get(
        public_id=public_id, removed_at=None
    )
    case = case_by_reference(reference)
    if found.assessment.person_id != case.person_id:
        raise FinancialEvidence.DoesNotExist
    found.assessment.case = case
    return found


@dataclass(frozen=True)
class WeeklyCost:
    """What the support of a person costs a week, and from what that is known."""

    pence: int
    words: str


def weekly_cost(person: Person) -> WeeklyCost | None:
    """What charged support costs the council a week: agreed plans, else budgets; ``None`` before there is one."""
    total, words = 0, []
    cases = Case.objects.filter(person=person, stage__in=OPEN_STAGES).select_related("pack")
    for case in cases.prefetch_related("plans", "budgets"):
        if not case.pack.rules.charged:
            continue
        plan = next(
            (one for one in case.plans.all() if one.state in (PlanState.AGREED, PlanState.ACTIVE)),
            None,
        )
        if plan is not None and plan.personal_budget_pence is not None:
            total += plan.personal_budget_pence // WEEKS_A_YEAR
            words.append(f"the agreed plan {plan.reference}")
            continue
        budget = next(
            (one for one in case.budgets.all() if one.state != IndicativeBudgetState.SUPERSEDED),
            None,
        )
        if budget is not None:
            total += budget.annual_pence // WEEKS_A_YEAR
            words.append(f"the indicative budget of {case.reference}")
    return WeeklyCost(total, " and ".join(words)) if words else None


def by_section(evidence: list[FinancialEvidence]) -> Mapping[str, list[FinancialEvidence]]:
    """Evidence under the page it belongs to."""
    found: dict[str, list[FinancialEvidence]] = {}
    for one in evidence:
        found.setdefault(one.about, []).append(one)
    return found
