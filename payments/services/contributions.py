"""Bills for what people pay: raised every four weeks, worked out again when something changes, and told.

Asking twice changes nothing: one bill for each person and period, held by the database. What a person
pays comes into the budget and the council's share leaves it by as much, so that the budget stays what was
agreed. Source: design, section 6; Care Act 2014 s.14.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.money import Pence, format_pence
from carebudget.notify.services import keep_document, send_to_all
from carebudget.people.models import User
from plans.models import Case, FinancialAssessment
from plans.selectors import clients_and_helpers

from ..models import (
    AdjustmentKind,
    ContributionAccount,
    ContributionAdjustment,
    ContributionCharge,
    Entry,
)
from ..rules.contributions import Owed, Period, periods_between, work_out
from ..selectors.contributions import standings_of, written_off_pence
from ..selectors.contributions_due import Charged, people_who_pay
from . import ledger
from .accounts import authority_account, budget_account, receivable_account

STATEMENTS_AT_ONCE = 200


def first_period_on() -> date:
    """The day from which all periods are counted."""
    return date.fromisoformat(settings.CONTRIBUTIONS["first_period_on"])


def raise_contributions(*, person_id: int | None = None) -> int:
    """Bill every period that is over, and correct bills whose decision or cost has changed.

    Called by the beat; safe to repeat, and from several places at once. Returns how many bills are new.
    """
    policy = settings.CONTRIBUTIONS
    today = clock.today()
    first = today - timedelta(days=policy["rework_days"])
    last = today - timedelta(days=policy["wait_days"])
    raised = 0
    for charged in people_who_pay(first, last, person_id):
        periods = [
            period
            for period in periods_between(first, last, first_period_on())
            if first <= period.first and period.last <= last
        ]
        owed = [work_out(period, charged.decisions, charged.costs) for period in periods]
        raised += _bill(charged, owed)
    return raised


def _bill(charged: Charged, owed: Sequence[Owed]) -> int:
    """Everything new or changed for one person, in one transaction; nothing is opened for nothing."""
    standing = {
        charge.period_from: charge
        for charge in ContributionCharge.objects.filter(
            account__person=charged.person_id,
            period_from__in=[one.period.first for one in owed],
        ).prefetch_related("adjustments")
    }
    new = [one for one in owed if one.pence and one.period.first not in standing]
    changed = [
        one
        for one in owed
        if one.period.first in standing and _worked(standing[one.period.first]) != one.pence
    ]
    if not new and not changed:
        return 0
    with transaction.atomic():
        account = _locked_account(charged)
        made = sum(_raise(account, charged, one) for one in new)
        for one in changed:
            _rework(account, one)
    return made


def _worked(charge: ContributionCharge) -> Pence:
    """What the rules last said, whatever finance has taken off since."""
    again = sum(
        one.amount_pence for one in charge.adjustments.all() if one.kind == AdjustmentKind.REWORKED
    )
    return charge.amount_pence + again


def _locked_account(charged: Charged) -> ContributionAccount:
    case = charged.last.case
    found, _ = ContributionAccount.objects.get_or_create(
        person_id=charged.person_id,
        defaults={
            "case": case,
            "ledger_account": receivable_account(case.person.reference, case),
            "opened_at": clock.now(),
        },
    )
    row = (
        ContributionAccount.objects.select_for_update(of=("self",))
        .select_related("case__person", "ledger_account")
        .get(pk=found.pk)
    )
    if row.case_id != case.pk:
        row.case = case
        row.save(update_fields=["case"])
    return row


def _raise(account: ContributionAccount, charged: Charged, owed: Owed) -> int:
    period = owed.period
    if account.charges.filter(period_from=period.first).exists():
        return 0
    charge = ContributionCharge(
        account=account,
        period_from=period.first,
        period_to=period.last,
        amount_pence=owed.pence,
        corrected_pence=owed.pence,
        assessment=_assessment_behind(charged, owed),
        working=owed.as_data(),
        due_on=clock.today() + timedelta(days=settings.CONTRIBUTIONS["pay_within_days"]),
        raised_at=clock.now(),
    )
    charge.entry = _post(
        account,
        owed.shares,
        key=f"contribution:{account.person.reference}:{period.first}",
        words=f"{account.reference}: {_days(period)}",
        subject=f"contribution:{account.reference}",
    )
    charge.save()
    record_owed(
        account,
        "contribution.asked",
        None,
        changes={
            "bill": charge.reference,
            "amount_pence": owed.pence,
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "decision": charge.assessment.reference,
        },
    )
    return 1


def _assessment_behind(charged: Charged, owed: Owed) -> FinancialAssessment:
    used = [part.reference for week in owed.weeks for part in week.parts]
    return charged.assessments[used[-1]]


def _rework(account: ContributionAccount, owed: Owed) -> None:
    """A bill is worked out again: the difference is a correction beside it, in either direction."""
    charge = (
        ContributionCharge.objects.select_for_update()
        .prefetch_related("adjustments")
        .get(account=account, period_from=owed.period.first)
    )
    change = max(owed.pence - _worked(charge), -charge.corrected_pence)
    if not change:
        return
    more = "more" if change > 0 else "less"
    adjust_charge(
        charge=charge,
        account=account,
        kind=AdjustmentKind.REWORKED,
        pence=change,
        shares=owed.shares,
        reason=f"Worked out again, because a decision or the cost of the support has changed: {format_pence(abs(change))} {more}.",
        working=owed.as_data(),
        by=None,
    )


def adjust_charge(
    *,
    charge: ContributionCharge,
    account: ContributionAccount,
    kind: AdjustmentKind,
    pence: Pence,
    reason: str,
    by: User | None,
    shares: Sequence[tuple[str, Pence]] = (),
    working: dict[str, object] | None = None,
) -> ContributionAdjustment:
    """Correct a bill by ``pence`` (negative asks for less), with its entry. The caller holds the account."""
    number = charge.adjustments.count() + 1
    parts = _scaled(shares or _kept_shares(charge), pence)
    row = ContributionAdjustment(
        charge=charge, kind=kind, amount_pence=pence, reason=reason, working=working, made_by=by,
        made_at=clock.now(),
    )  # fmt: skip
    row.entry = _post(
        account,
        parts,
        key=f"contribution-correction:{charge.reference}:{number}",
        words=f"{account.reference}: correction of {charge.reference}",
        subject=f"contribution:{account.reference}",
        corrects=charge.entry,
        by=by,
    )
    row.save()
    charge.corrected_pence += pence
    charge.save(update_fields=["corrected_pence"])
    record_owed(
        account,
        "contribution.reworked" if kind == AdjustmentKind.REWORKED else "contribution.reduced",
        by,
        reason=reason,
        changes={"bill": charge.reference, "change_pence": pence, "now": charge.corrected_pence},
    )
    return row


def _kept_shares(charge: ContributionCharge) -> list[tuple[str, Pence]]:
    return [(str(case), int(pence)) for case, pence in charge.working["shares"]]


def _scaled(shares: Sequence[tuple[str, Pence]], total: Pence) -> list[tuple[str, Pence]]:
    """``total`` divided as ``shares`` are, to the penny; on the first case when nothing is known."""
    whole = sum(pence for _, pence in shares)
    if not whole:
        return [("", total)]
    found, so_far, given = [], 0, 0
    for case, pence in shares:
        so_far += pence
        upto = abs(total) * so_far // whole
        if upto > given:
            found.append((case, (upto - given) * (1 if total > 0 else -1)))
            given = upto
    return found


def _post(
    account: ContributionAccount,
    shares: Sequence[tuple[str, Pence]],
    *,
    key: str,
    words: str,
    subject: str,
    corrects: Entry | None = None,
    by: User | None = None,
) -> Entry:
    """What is owed comes into the budgets, and the council's share leaves them by as much."""
    cases = {
        case.reference: case
        for case in Case.objects.filter(reference__in=[case for case, _ in shares])
    }
    total = sum(pence for _, pence in shares)
    budgets = [
        (budget_account(cases.get(reference, account.case)), pence) for reference, pence in shares
    ]
    drafts = [
        ledger.EntryDraft(
            key,
            "budget.part.person",
            words,
            [(account.ledger_account, total), *[(budget, -pence) for budget, pence in budgets]],
            subject=subject,
            corrects=corrects,
        ),
        ledger.EntryDraft(
            f"{key}:share",
            "budget.part.council",
            f"{words}: the council’s share",
            [*budgets, (authority_account(), -total)],
            subject=subject,
        ),
    ]
    if total < 0:
        # the council's share comes first, so that no budget is below zero in between
        drafts.reverse()
        return ledger.post_entries(drafts, by=by)[1]
    return ledger.post_entries(drafts, by=by)[0]


def _days(period: Period) -> str:
    return f"{period.first:%-d %B} to {period.last:%-d %B %Y}"


def record_owed(
    account: ContributionAccount,
    verb: str,
    by: User | None,
    *,
    reason: str = "",
    changes: dict[str, object] | None = None,
) -> None:
    """One event about what somebody owes, on their case's chain."""
    record(
        chain=account.case.chain,
        verb=verb,
        subject=f"contribution:{account.reference}",
        by=by,
        reason=reason,
        changes=changes,
    )


# ---- telling


def send_statements() -> int:
    """A letter and a message for every bill that nobody has been told of. Safe to repeat."""
    waiting = (
        ContributionCharge.objects.filter(document=None)
        .order_by("account_id")
        .values_list("account_id", flat=True)
        .distinct()[:STATEMENTS_AT_ONCE]
    )
    return sum(_tell(account_id) for account_id in list(waiting))


@transaction.atomic
def _tell(account_id: int) -> int:
    account = (
        ContributionAccount.objects.select_for_update(of=("self",))
        .select_related("case__person__user", "ledger_account")
        .get(pk=account_id)
    )
    new = list(account.charges.filter(document=None))
    if not new:
        return 0
    case = account.case
    document = keep_document(
        key=f"contribution-statement:{new[-1].reference}",
        kind="bill",
        title=f"What you pay {account.reference}",
        subject=f"contribution:{account.reference}",
        template="documents/contribution_statement.html",
        context={
            "case": case,
            "account": account,
            "charges": new,
            "standings": standings_of(account),
            "written_off": written_off_pence(account),
            "pay_to": settings.CONTRIBUTIONS["pay_to"],
            "site": settings.SITE_URL,
        },
    )
    account.charges.filter(pk__in=[one.pk for one in new]).update(document=document)
    owed = max(0, account.owed_pence)
    asked = format_pence(sum(one.corrected_pence for one in new))
    send_to_all(
        to=clients_and_helpers(case),
        key=f"contribution.asked:{new[-1].reference}",
        title=f"Your part for your support: {asked}",
        body=f"In all there is {format_pence(owed)} to pay now. See how we worked it out, how to pay, and what to do if it is wrong or hard to pay.",
        href=f"/my-budget/{case.reference}/owed/",
        document=document,
    )
    return 1
