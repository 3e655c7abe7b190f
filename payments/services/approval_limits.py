"""How much somebody may approve: set by another manager, and kept to when a run is approved."""

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import NotAllowed, Refused
from carebudget.money import Pence
from carebudget.people.access import require
from carebudget.people.models import User
from carebudget.text import join_words

from ..models import ApprovalLimit, PaymentRun
from ..selectors.limits import checkers_for, checkers_of, managers

CHAIN = "setting:approval-limits"


@transaction.atomic
def set_approval_limit(
    *, user: User, run_pence: Pence, day_pence: Pence, reason: str, by: User
) -> ApprovalLimit:
    """What ``user`` may approve from now on, in one run and in one day.

    Raises ``NotAllowed`` for one's own limit (the database refuses too), ``Refused`` for figures that
    make no sense.
    """
    require(by, "payments.set_approval_limit", user)
    if user.pk == by.pk:
        raise NotAllowed("own_limit", "Nobody sets their own limit. Ask another finance manager.")
    if not reason.strip():
        raise Refused("reason_missing", "Say why the limit is this much.", field="reason")
    if run_pence < 0:
        raise Refused("amount_negative", "Enter an amount of zero or more.", field="run_pence")
    if day_pence < run_pence:
        raise Refused(
            "day_below_run",
            "The limit for a day cannot be less than the limit for one run.",
            field="day_pence",
        )
    if user.pk not in {one.pk for one in managers()}:
        raise Refused("not_a_manager", f"{user.full_name} does not approve payment runs.")
    decision = ApprovalLimit.objects.create(
        user=user,
        run_pence=run_pence,
        day_pence=day_pence,
        reason=reason,
        set_by=by,
        set_at=clock.now(),
    )
    record(
        chain=CHAIN,
        verb="limit.set",
        subject=f"user:{user.public_id}",
        by=by,
        reason=reason,
        changes={"run_pence": run_pence, "day_pence": day_pence},
    )
    return decision


def refuse_above_limit(*, run: PaymentRun, by: User) -> None:
    """Called while the run is locked: raises ``Refused``, and says who may approve it instead.

    The approver's own row is locked, so that two approvals at the same instant do not both pass by
    looking at what the other has not added yet.
    """
    User.objects.select_for_update().get(pk=by.pk)
    [own] = checkers_for([by], run.total_pence)
    if own.may:
        return
    others = [one.user.full_name for one in checkers_of(run) if one.may]
    raise Refused(
        "approval_limit",
        own.refusal,
        f"{join_words(others[:3], 'or')} may approve it."
        if others
        else "Nobody else may approve that much: ask for a higher limit, or split the run.",
    )
