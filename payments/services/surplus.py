"""Surplus on held budgets: worked out from a balance seen, told, answered, decided by another, given back.

Nothing is ever asked for without a notice that states the amount, the dates, the working and how to
answer. Source: local policy (``settings.SURPLUS``); Care and Support (Direct Payments) Regulations 2014.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.notify.services import keep_document, send_message, send_to_all
from carebudget.people.access import require
from carebudget.people.models import User
from plans.models import SEALED, Case, Holding, SupportPlan
from plans.selectors import clients_and_helpers

from ..models import OPEN_SURPLUS, SurplusRecovery, SurplusState
from ..rules.surplus import answer_by, policy_for, work_out
from ..selectors.surplus import surplus_by_reference
from . import ledger
from .accounts import authority_account, receivable_account
from .collecting import finance_people

OLDEST_BALANCE = timedelta(days=366)


def held_plan(case: Case) -> SupportPlan | None:
    """The newest agreed plan whose money somebody else than the council holds."""
    plan = case.plans.filter(state__in=SEALED).order_by("-version").first()
    return plan if plan is not None and plan.holding != Holding.COUNCIL else None


@transaction.atomic
def record_balance(
    *,
    case: Case,
    balance_pence: Pence,
    balance_on: date,
    by: User,
    committed_pence: Pence = 0,
    committed_words: str = "",
) -> SurplusRecovery:
    """Write down the balance seen on a return, and work out whether it is more than is needed.

    Nobody is told anything yet. Raises ``Refused`` beside the field at fault, ``Conflict`` while an
    earlier balance is being looked at.
    """
    require(by, "payments.record_balance", case)
    plan = held_plan(case)
    if plan is None:
        raise Refused(
            "council_holds",
            "The council holds this budget itself, so there is no account to look at.",
        )
    Case.objects.select_for_update().get(pk=case.pk)
    if SurplusRecovery.objects.filter(case=case, state__in=OPEN_SURPLUS).exists():
        raise Conflict(
            "surplus_open",
            "An earlier balance is being looked at.",
            "Finish that first, or drop it.",
        )
    _refuse_odd(balance_pence, balance_on, committed_pence, committed_words)
    policy = policy_for(settings.SURPLUS, case.pack.key)
    annual = plan.personal_budget_pence or 0
    found = work_out(balance_pence, annual, committed_pence, policy)
    row = SurplusRecovery.objects.create(
        case=case,
        plan=plan,
        balance_pence=balance_pence,
        balance_on=balance_on,
        annual_pence=annual,
        contingency_weeks=found.weeks,
        contingency_pence=found.contingency_pence,
        committed_pence=committed_pence,
        committed_words=committed_words.strip(),
        surplus_pence=found.surplus_pence,
        found_by=by,
        found_at=clock.now(),
    )
    _record(
        row,
        "surplus.worked_out",
        by,
        changes={
            "balance_pence": balance_pence,
            "balance_on": balance_on.isoformat(),
            "contingency_pence": found.contingency_pence,
            "committed_pence": committed_pence,
            "surplus_pence": found.surplus_pence,
            "plan": plan.reference,
        },
    )
    if not found.surplus_pence:
        move(row, "find_nothing")
    return row


def _refuse_odd(balance: Pence, seen_on: date, committed: Pence, words: str) -> None:
    if balance < 0:
        raise Refused("balance_negative", "Enter an amount of zero or more.", field="balance_pence")
    if committed < 0:
        raise Refused(
            "amount_negative", "Enter an amount of zero or more.", field="committed_pence"
        )
    if not clock.today() - OLDEST_BALANCE <= seen_on <= clock.today():
        raise Refused(
            "balance_day_odd",
            "Enter the day on the statement: within the last year, and not later than today.",
            field="balance_on",
        )
    if committed and not words.strip():
        raise Refused(
            "committed_words_missing", "Say what is still to be paid.", field="committed_words"
        )


@transaction.atomic
def send_surplus_notice(*, recovery: SurplusRecovery, by: User) -> SurplusRecovery:
    """Tell the person, with a letter: how much, why, by when to answer, and how."""
    row = _locked(recovery)
    require(by, "payments.notify_surplus", row)
    policy = policy_for(settings.SURPLUS, row.case.pack.key)
    last_day = answer_by(clock.today(), policy)
    if row.state != SurplusState.FOUND:
        raise Conflict("surplus_moved_on", "The notice has been sent already.")
    document = keep_document(
        key=f"surplus-notice:{row.reference}",
        kind="surplus notice",
        title=f"Money that may be given back {row.reference}",
        subject=f"surplus:{row.reference}",
        template="documents/surplus_notice.html",
        context={
            "case": row.case,
            "recovery": row,
            "last_day": last_day,
            "return_days": policy.return_days,
            "site": settings.SITE_URL,
        },
    )
    move(row, "tell", by=by, answer_by=last_day, document=document)
    _record(
        row,
        "surplus.told",
        by,
        changes={"surplus_pence": row.surplus_pence, "answer_by": last_day.isoformat()},
    )
    send_to_all(
        to=clients_and_helpers(row.case),
        key=f"surplus.told:{row.reference}",
        title=f"{format_pence(row.surplus_pence)} may be more than you need",
        body=f"Nothing is taken, and nothing is decided. See how we worked it out, and tell us what you think by {last_day:%-d %B %Y}.",
        href=_page(row),
        document=document,
    )
    return row


@transaction.atomic
def answer_surplus(*, recovery: SurplusRecovery, answer: str, by: User) -> SurplusRecovery:
    """The person, or who helps them, says what they think; somebody who did not send the notice reads it."""
    row = _locked(recovery)
    require(by, "payments.answer_surplus", row)
    words = _words(answer, "answer", "Tell us what you think, in your own words.")
    move(row, "give_answer", by=by, answer=words)
    _record(row, "surplus.answered", by, reason=words)
    send_to_all(
        to=[one for one in finance_people() if one.pk != row.told_by_id],
        key=f"surplus.answered:{row.reference}",
        title=f"{row.case.person.full_name} answered about {format_pence(row.surplus_pence)}",
        body=words,
        href=f"/payments/surplus/{row.reference}/",
    )
    return row


@transaction.atomic
def ask_for_surplus(
    *, recovery: SurplusRecovery, amount_pence: Pence, reason: str, by: User
) -> SurplusRecovery:
    """Decide that all or a part is to be given back: after the notice, by somebody who did not send it.

    Raises ``Refused`` while the person has time to answer, or for more than was told.
    """
    row = _locked(recovery)
    _require_another(row, by)
    words = _words(reason, "reason", "Give your reasons, so that the person can read them.")
    if not 0 < amount_pence <= row.surplus_pence:
        raise Refused(
            "surplus_amount",
            f"Enter {format_pence(row.surplus_pence)} or less: more was never told.",
            field="amount_pence",
        )
    policy = policy_for(settings.SURPLUS, row.case.pack.key)
    account = receivable_account(row.reference, row.case)
    entry = ledger.post_entry(
        key=f"surplus:{row.reference}",
        event="surplus.asked",
        description=f"{row.reference}: to be given back",
        legs=[(account, amount_pence), (authority_account(), -amount_pence)],
        by=by,
        subject=f"surplus:{row.reference}",
    )
    move(
        row,
        "ask_for_it",
        by=by,
        reason=words,
        asked_pence=amount_pence,
        return_by=clock.today() + timedelta(days=policy.return_days),
        ledger_account=account,
        entry=entry,
    )
    _record(row, "surplus.asked", by, reason=words, changes={"asked_pence": amount_pence})
    assert row.return_by is not None
    _tell(
        row,
        "asked",
        f"Please give back {format_pence(amount_pence)}",
        f"{words} Please pay it back by {row.return_by:%-d %B %Y}. If you do not agree, or it is hard, tell us before then.",
    )
    return row


@transaction.atomic
def drop_surplus(*, recovery: SurplusRecovery, reason: str, by: User) -> SurplusRecovery:
    """Decide that it is not asked for. Before the notice whoever found it may; after it somebody else does."""
    row = _locked(recovery)
    if row.state == SurplusState.FOUND:
        require(by, "payments.notify_surplus", row)
    else:
        _require_another(row, by)
    words = _words(reason, "reason", "Give your reason. It is kept.")
    told = row.told_at is not None
    move(row, "drop", by=by, reason=words)
    _record(row, "surplus.dropped", by, reason=words)
    if told:
        _tell(
            row,
            "dropped",
            f"You keep the {format_pence(row.surplus_pence)}",
            f"{words} There is nothing for you to do.",
        )
    return row


@transaction.atomic
def lower_surplus(
    *, recovery: SurplusRecovery, less_pence: Pence, reason: str, by: User
) -> SurplusRecovery:
    """Ask for less than was decided, down to nothing, with the reason and a correcting entry."""
    row = _locked(recovery)
    _require_another(row, by)
    words = _words(reason, "reason", "Give your reason, so that the person can read it.")
    if row.state != SurplusState.OWED or row.ledger_account is None or row.entry is None:
        raise Conflict("surplus_not_owed", "Nothing is asked for at the moment.")
    if not 0 < less_pence <= row.still_owed_pence:
        raise Refused(
            "surplus_less",
            f"{format_pence(max(0, row.still_owed_pence))} is still to come back. Enter that or less.",
            field="less_pence",
        )
    ledger.post_entry(
        key=f"surplus-lowered:{row.reference}:{row.lowered_pence}",
        event="surplus.lowered",
        description=f"{row.reference}: less is asked for",
        legs=[(authority_account(), less_pence), (row.ledger_account, -less_pence)],
        by=by,
        subject=f"surplus:{row.reference}",
        corrects=row.entry,
    )
    row.lowered_pence += less_pence
    row.save(update_fields=["lowered_pence"])
    row.ledger_account.refresh_from_db()
    _record(row, "surplus.lowered", by, reason=words, changes={"less_pence": less_pence})
    _tell(
        row,
        f"lowered:{row.lowered_pence}",
        f"You give back {format_pence(less_pence)} less",
        f"{words} {format_pence(row.still_owed_pence)} is left to give back.",
    )
    return row


def _require_another(row: SurplusRecovery, by: User) -> None:
    try:
        require(by, "payments.decide_surplus", row)
    except NotAllowed as refusal:
        if row.told_by_id == by.pk:
            raise NotAllowed(
                "not_allowed",
                "You sent the notice, so somebody else decides.",
                "Ask a colleague in finance.",
            ) from refusal
        raise


def _locked(recovery: SurplusRecovery) -> SurplusRecovery:
    SurplusRecovery.objects.select_for_update().get(pk=recovery.pk)
    return surplus_by_reference(recovery.reference)


def _page(row: SurplusRecovery) -> str:
    return f"/my-budget/{row.case.reference}/giving-back/{row.reference}/"


def _tell(row: SurplusRecovery, what: str, title: str, body: str) -> None:
    send_to_all(
        to=clients_and_helpers(row.case),
        key=f"surplus.{what}:{row.reference}",
        title=title,
        body=body,
        href=_page(row),
    )
    if row.case.worker:
        send_message(
            to=row.case.worker,
            key=f"surplus.{what}.worker:{row.reference}",
            title=f"{row.case.person.full_name}: {title}",
            body=body,
            href=f"/payments/surplus/{row.reference}/",
        )


def _words(words: str, field: str, sentence: str) -> str:
    said = words.strip()
    if not said:
        raise Refused(f"{field}_missing", sentence, field=field)
    return said


def _record(
    row: SurplusRecovery,
    verb: str,
    by: User | None,
    *,
    reason: str = "",
    changes: dict[str, object] | None = None,
) -> None:
    record(
        chain=row.case.chain,
        verb=verb,
        subject=f"surplus:{row.reference}",
        by=by,
        reason=reason,
        changes={"state": row.state, **(changes or {})},
    )
