"""Putting agreed budgets into the ledger, and naming the decisions that let one go below zero."""

from django.db import transaction

from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.money import Pence, format_pence
from carebudget.people.access import require
from carebudget.people.models import User
from plans.models import Case, SupportPlan

from ..models import Account, Entry
from . import ledger
from .accounts import authority_account, budget_account


def allocate_agreed_plan(*, plan: SupportPlan, by: User | None) -> Entry | None:
    """Credit the case's budget with what the agreed plan is worth, in the agreement's transaction.

    Asking twice for the same plan changes nothing. Source: design, section 6.
    """
    if not plan.personal_budget_pence:
        return None
    return ledger.post_entry(
        key=f"allocated:{plan.reference}",
        event="budget.allocated",
        description=f"Budget of {plan.reference} agreed",
        legs=[
            (authority_account(), plan.personal_budget_pence),
            (budget_account(plan.case), -plan.personal_budget_pence),
        ],
        by=by,
        subject=f"plan:{plan.reference}",
    )


@transaction.atomic
def allow_overspend(*, case: Case, pence: Pence, reason: str, by: User) -> Account:
    """The named decision without which a budget never goes below zero. ``pence`` is the new limit."""
    require(by, "plans.adjust_budget", case)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the budget may go below zero.", field="reason")
    if pence < 0:
        raise Refused("amount_negative", "Enter an amount of zero or more.", field="pence")
    budget = budget_account(case)
    before = budget.overdraft_pence
    ledger.allow_overdraft(budget=budget, pence=pence)
    record(
        chain=case.chain,
        verb="budget.overspend_allowed",
        subject=f"case:{case.reference}",
        by=by,
        reason=reason,
        changes={"from_pence": before, "to_pence": pence, "words": format_pence(pence)},
    )
    budget.refresh_from_db()
    return budget
