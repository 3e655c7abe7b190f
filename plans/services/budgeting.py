"""The indicative budget: worked out by the rules, confirmed by the worker, shown with its working."""

from django.db import transaction

from carebudget import clock
from carebudget.errors import Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.notify.services import keep_document
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import Assessment, Case, IndicativeBudget, IndicativeBudgetState, Stage
from ..rules.allocation import Allocation, allocate
from .assessing import answers_of
from .common import needs_words, record_on, tell_person
from .stages import move_case


def calculate_budget(*, case: Case, assessment: Assessment, by: User) -> IndicativeBudget:
    """Work out the sum from the verified answers. Runs inside the decision's transaction."""
    for older in case.budgets.exclude(state=IndicativeBudgetState.SUPERSEDED):
        move(older, "supersede")
    allocation = allocate(assessment.pack.rules, answers_of(assessment, verified=True))
    budget = IndicativeBudget.objects.create(
        case=case,
        assessment=assessment,
        pack=assessment.pack,
        annual_pence=allocation.annual_pence,
        calculated_pence=allocation.annual_pence,
        working=allocation.as_data(),
        created_at=clock.now(),
    )
    record_on(
        case,
        "budget.calculated",
        f"budget:{budget.public_id}",
        by,
        changes={
            "annual_pence": budget.annual_pence,
            "pack": f"{assessment.pack.key} {assessment.pack.version}",
        },
    )
    return budget


@transaction.atomic
def adjust_budget(
    *, budget: IndicativeBudget, annual_pence: Pence, reason: str, by: User
) -> IndicativeBudget:
    """Change the sum, with a reason the person will read. The working of the rules stays beside it."""
    require(by, "plans.adjust_budget", budget)
    words = needs_words(reason, "reason", "Say why the rules’ sum is not right for this person.")
    if annual_pence < 0:
        raise Refused("amount_negative", "Enter an amount of zero or more.", field="annual_pence")
    row = _locked(budget)
    before = row.annual_pence
    move(row, "adjust", annual_pence=annual_pence, reason=words)
    record_on(
        row.case,
        "budget.adjusted",
        f"budget:{row.public_id}",
        by,
        reason=words,
        changes={
            "from_pence": before,
            "annual_pence": annual_pence,
            "calculated_pence": row.calculated_pence,
        },
    )
    return row


@transaction.atomic
def confirm_budget(*, budget: IndicativeBudget, by: User) -> IndicativeBudget:
    """Tell the person how much there is, with a letter that shows the working."""
    require(by, "plans.adjust_budget", budget)
    row = _locked(budget)
    if row.state == IndicativeBudgetState.CONFIRMED:
        return row
    move(row, "confirm", by=by)
    if row.case.stage == Stage.ELIGIBLE:
        move_case(row.case, "set_budget", by=by)
    record_on(
        row.case,
        "budget.confirmed",
        f"budget:{row.public_id}",
        by,
        changes={"annual_pence": row.annual_pence},
    )
    letter = keep_document(
        key=f"budget-letter:{row.public_id}:{row.annual_pence}",
        kind="budget letter",
        title=f"Your indicative budget {row.case.reference}",
        subject=f"case:{row.case.reference}",
        template="documents/budget_letter.html",
        context={"case": row.case, "budget": row, "allocation": Allocation.from_data(row.working)},
    )
    tell_person(
        row.case,
        key=f"budget.confirmed:{row.public_id}:{row.annual_pence}",
        title=f"Your indicative budget is {format_pence(row.annual_pence)} a year",
        body="See how we worked it out, and start planning how to use it. If you think it is wrong, tell us.",
        href=f"/my-budget/{row.case.reference}/budget/",
        document=letter,
    )
    return row


def _locked(budget: IndicativeBudget) -> IndicativeBudget:
    return (
        IndicativeBudget.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "case__worker", "case__pack")
        .prefetch_related("case__person__representations")
        .get(pk=budget.pk)
    )
