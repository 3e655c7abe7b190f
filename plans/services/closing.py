"""Closing a case, with the reason."""

from django.db import transaction

from carebudget.machine import move
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import Case, PlanState
from .common import needs_words, tell_person
from .stages import move_case


@transaction.atomic
def close_case(*, case: Case, reason: str, by: User) -> Case:
    """Nothing more is to be done: the plan in force ends, the person is told why."""
    require(by, "plans.work_case", case)
    words = needs_words(reason, "reason", "Say why the case is closed.")
    for plan in case.plans.select_for_update().filter(
        state__in=[PlanState.AGREED, PlanState.ACTIVE]
    ):
        move(plan, "end")
    row = move_case(case, "close", by=by, why=words, reason=words)
    tell_person(
        case,
        key=f"case.closed:{case.reference}",
        title="Your case is closed",
        body=f"The reason: {words} You can ask for help again at any time.",
        href=f"/my-budget/{case.reference}/",
    )
    return row
