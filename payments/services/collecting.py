"""What is said and agreed about what somebody owes: questions, paying in parts, and giving it up.

A question stops the reminders. Giving up takes two people, and so does nothing else here: what is agreed
with a person is theirs and ours.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import Role, User
from plans.selectors import clients_and_helpers

from ..models import (
    AdjustmentKind,
    ContributionAccount,
    ContributionCharge,
    ContributionQuery,
    PlanEvery,
    QueryKind,
    QueryState,
    RepaymentPlan,
    RepaymentState,
    WriteOff,
    WriteOffState,
)
from ..rules.arrears import instalments, is_broken, is_kept
from ..selectors.contributions import received_pence
from . import ledger
from .accounts import written_off_account
from .contributions import adjust_charge, record_owed

FURTHEST_FIRST = timedelta(days=92)


def locked_account(account: ContributionAccount) -> ContributionAccount:
    """The account, held until the transaction ends, with its people."""
    return (
        ContributionAccount.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "case__worker", "ledger_account", "person")
        .prefetch_related("case__person__representations", "case__person__family_ties")
        .get(pk=account.pk)
    )


def finance_people() -> list[User]:
    """Everybody who works with money."""
    held = User.objects.filter(
        role_holdings__role__in=[Role.FINANCE_OFFICER, Role.FINANCE_MANAGER], is_active=True
    )
    return list(held.distinct())


# ---- questions


@transaction.atomic
def ask_about_contribution(
    *,
    account: ContributionAccount,
    kind: str,
    words: str,
    by: User,
    charge: ContributionCharge | None = None,
) -> ContributionQuery:
    """The person says that a bill is wrong, hard to pay, or paid already; reminders stop until it is answered.

    Raises ``Refused`` beside the field at fault, ``Conflict`` while an earlier one is being looked at.
    """
    row = locked_account(account)
    require(by, "payments.answer_contribution", row)
    if kind not in QueryKind.values:
        raise Refused("kind_unknown", "Choose what you want to tell us.", field="kind")
    said = _words(words, "words", "Tell us in your own words.")
    if charge is not None and charge.account_id != row.pk:
        raise Refused("charge_unknown", "This bill is not yours.", field="kind")
    if row.queries.filter(state=QueryState.OPEN).exists():
        raise Conflict(
            "query_open",
            "You have told us something already, and we are looking at it.",
            "Call us if there is more to say.",
        )
    query = ContributionQuery.objects.create(
        account=row, charge=charge, kind=kind, words=said, asked_by=by, asked_at=clock.now()
    )
    record_owed(
        row,
        "contribution.questioned",
        by,
        reason=said,
        changes={"kind": kind, "bill": charge.reference if charge else ""},
    )
    send_to_all(
        to=finance_people(),
        key=f"contribution.questioned:{query.public_id}",
        title=f"{row.person.full_name}: {query.get_kind_display()}",
        body=said,
        href=f"/payments/contributions/{row.reference}/",
    )
    return query


@transaction.atomic
def answer_contribution_query(
    *, query: ContributionQuery, answer: str, by: User, less_pence: Pence = 0
) -> ContributionQuery:
    """Finance answers with reasons; ``less_pence`` is taken off the bill that it is about.

    Raises ``Refused`` when there is no bill to take it off, or it is less than that.
    """
    row = locked_account(query.account)
    require(by, "payments.work_contributions", row)
    said = _words(answer, "answer", "Give your answer, so that the person can read it.")
    held = ContributionQuery.objects.select_for_update(of=("self",)).get(pk=query.pk)
    move(held, "give_answer", by=by, answer=said)
    if less_pence:
        _take_off(row, held, less_pence, said, by)
    record_owed(row, "contribution.answered", by, reason=said, changes={"less_pence": less_pence})
    less = f"We took {format_pence(less_pence)} off. " if less_pence else ""
    send_to_all(
        to=clients_and_helpers(row.case),
        key=f"contribution.answered:{held.public_id}",
        title="We have answered what you told us about your bill",
        body=f"{less}{said} If you do not agree, you can ask us to look again.",
        href=f"/my-budget/{row.case.reference}/owed/",
    )
    return held


def _take_off(
    row: ContributionAccount, query: ContributionQuery, less: Pence, reason: str, by: User
) -> None:
    if query.charge_id is None:
        raise Refused(
            "no_charge",
            "This is not about one bill, so nothing can be taken off.",
            "Agree on paying in parts, or propose to write it off.",
            field="less_pence",
        )
    charge = ContributionCharge.objects.select_for_update(of=("self",)).get(pk=query.charge_id)
    if less < 0 or less > charge.corrected_pence:
        raise Refused(
            "too_much_off",
            f"The bill comes to {format_pence(charge.corrected_pence)}. Take off at most that.",
            field="less_pence",
        )
    adjust_charge(
        charge=charge,
        account=row,
        kind=AdjustmentKind.REDUCED,
        pence=-less,
        reason=reason,
        by=by,
    )


# ---- paying in parts


@transaction.atomic
def agree_repayment_plan(
    *,
    account: ContributionAccount,
    each_pence: Pence,
    every: str,
    first_on: date,
    words: str,
    by: User,
) -> RepaymentPlan:
    """Write down what was agreed with the person about paying in parts; an earlier agreement ends.

    Raises ``Refused`` beside the field at fault.
    """
    row = locked_account(account)
    require(by, "payments.work_contributions", row)
    said = _words(words, "words", "Write what you agreed on, and with whom.")
    if every not in PlanEvery.values:
        raise Refused("every_unknown", "Say how often.", field="every")
    if not clock.today() <= first_on <= clock.today() + FURTHEST_FIRST:
        raise Refused(
            "first_day_odd", "The first payment must be within the next 3 months.", field="first_on"
        )
    owed = row.owed_pence
    try:
        parts = instalments(owed, each_pence, first_on, every)
    except ValueError as error:
        raise Refused("parts_odd", f"{error}.", field="each_pence") from error
    for older in row.repayment_plans.select_for_update().filter(state=RepaymentState.AGREED):
        move(older, "end")
        record_owed(row, "contribution.parts_ended", by, changes={"state": older.state})
    plan = RepaymentPlan.objects.create(
        account=row,
        total_pence=owed,
        each_pence=each_pence,
        every=every,
        first_on=first_on,
        received_before_pence=received_pence(row),
        words=said,
        agreed_by=by,
        agreed_at=clock.now(),
    )
    record_owed(
        row,
        "contribution.parts_agreed",
        by,
        reason=said,
        changes={"total_pence": owed, "each_pence": each_pence, "payments": len(parts)},
    )
    send_to_all(
        to=clients_and_helpers(row.case),
        key=f"contribution.parts_agreed:{plan.public_id}",
        title="We agreed that you pay in parts",
        body=f"{format_pence(each_pence)} {plan.get_every_display()}, from {first_on:%-d %B %Y}, until {format_pence(owed)} is paid. While you keep to it, you get no reminders. If one payment is hard, call us before it is due.",
        href=f"/my-budget/{row.case.reference}/owed/",
    )
    return plan


def look_at_repayment_plans() -> int:
    """Find agreements that are paid off, and those of which a payment did not come. For the beat."""
    changed = 0
    for pk in list(
        RepaymentPlan.objects.filter(state=RepaymentState.AGREED)
        .order_by("pk")
        .values_list("pk", flat=True)
    ):
        changed += _look_at(pk)
    return changed


@transaction.atomic
def _look_at(plan_id: int) -> int:
    found = RepaymentPlan.objects.select_related("account").get(pk=plan_id)
    row = locked_account(found.account)
    plan = RepaymentPlan.objects.select_for_update().get(pk=plan_id)
    if plan.state != RepaymentState.AGREED:
        return 0
    parts = instalments(plan.total_pence, plan.each_pence, plan.first_on, plan.every)
    received = received_pence(row) - plan.received_before_pence
    grace = settings.CONTRIBUTIONS["plan_grace_days"]
    if row.owed_pence <= 0 or is_kept(parts, received):
        move(plan, "keep")
        record_owed(row, "contribution.parts_kept", None, changes={"received_pence": received})
        _say_to_person(
            row,
            f"contribution.parts_kept:{plan.public_id}",
            "You have paid everything we agreed on",
            "Thank you. There is nothing more to do.",
        )
        return 1
    if is_broken(parts, received, clock.today(), grace):
        move(plan, "find_broken")
        record_owed(row, "contribution.parts_broken", None, changes={"received_pence": received})
        _say_to_person(
            row,
            f"contribution.parts_broken:{plan.public_id}",
            "A payment has not reached us",
            "It may still be on its way, or something may have come up. Call us, and we find a way together. Your support goes on.",
        )
        send_to_all(
            to=finance_people(),
            key=f"contribution.parts_broken.staff:{plan.public_id}",
            title=f"{row.person.full_name} has missed an agreed payment",
            body="Call them before anything else is done. You can agree on other parts.",
            href=f"/payments/contributions/{row.reference}/",
        )
        return 1
    return 0


def _say_to_person(row: ContributionAccount, key: str, title: str, body: str) -> None:
    send_to_all(
        to=clients_and_helpers(row.case),
        key=key,
        title=title,
        body=body,
        href=f"/my-budget/{row.case.reference}/owed/",
    )


# ---- giving up


@transaction.atomic
def propose_write_off(
    *, account: ContributionAccount, amount_pence: Pence, reason: str, by: User
) -> WriteOff:
    """Propose to give up a part or all of what is owed; another person decides. Reminders stop meanwhile."""
    row = locked_account(account)
    require(by, "payments.work_contributions", row)
    said = _words(reason, "reason", "Say why it should not be asked for any more.")
    if not 0 < amount_pence <= row.owed_pence:
        raise Refused(
            "write_off_amount",
            f"{format_pence(max(0, row.owed_pence))} is owed. Enter that or less.",
            field="amount_pence",
        )
    if row.write_offs.filter(state=WriteOffState.PROPOSED).exists():
        raise Conflict(
            "write_off_open", "Somebody has proposed this already.", "Decide about that."
        )
    found = WriteOff.objects.create(
        account=row, amount_pence=amount_pence, reason=said, proposed_by=by, proposed_at=clock.now()
    )
    record_owed(
        row,
        "contribution.write_off_proposed",
        by,
        reason=said,
        changes={"amount_pence": amount_pence},
    )
    managers = User.objects.filter(role_holdings__role=Role.FINANCE_MANAGER, is_active=True)
    send_to_all(
        to=managers.exclude(pk=by.pk),
        key=f"contribution.write_off_proposed:{found.public_id}",
        title=f"Decide whether to write off {format_pence(amount_pence)}",
        body=f"{row.person.full_name}: {said}",
        href=f"/payments/contributions/{row.reference}/",
    )
    return found


@transaction.atomic
def decide_write_off(*, write_off: WriteOff, approved: bool, reason: str, by: User) -> WriteOff:
    """A finance manager who did not propose it decides, with a reason (the database holds it too).

    Raises ``Refused`` when less is owed by now, ``Conflict`` when it is decided already.
    """
    row = locked_account(write_off.account)
    held = WriteOff.objects.select_for_update(of=("self",)).get(pk=write_off.pk)
    held.account = row
    require(by, "payments.decide_write_off", held)
    said = _words(reason, "reason", "Give your reason. It is kept in the record.")
    if not approved:
        move(held, "refuse", by=by, reason=said)
        record_owed(row, "contribution.write_off_refused", by, reason=said)
        return held
    if held.amount_pence > row.owed_pence and held.state == WriteOffState.PROPOSED:
        raise Refused(
            "write_off_too_much",
            f"Only {format_pence(max(0, row.owed_pence))} is owed by now.",
            "Do not approve this one, and propose the right sum.",
        )
    entry = ledger.post_entry(
        key=f"written-off:{held.public_id}",
        event="contribution.written_off",
        description=f"{row.reference}: written off",
        legs=[
            (written_off_account(), held.amount_pence),
            (row.ledger_account, -held.amount_pence),
        ],
        by=by,
        subject=f"contribution:{row.reference}",
    )
    move(held, "approve", by=by, reason=said, entry=entry)
    record_owed(
        row,
        "contribution.written_off",
        by,
        reason=said,
        changes={"amount_pence": held.amount_pence},
    )
    _say_to_person(
        row,
        f"contribution.written_off:{held.public_id}",
        f"You do not have to pay {format_pence(held.amount_pence)}",
        "We have decided not to ask for it any more. There is nothing for you to do.",
    )
    return held


def _words(words: str, field: str, sentence: str) -> str:
    said = words.strip()
    if not said:
        raise Refused(f"{field}_missing", sentence, field=field)
    return said
