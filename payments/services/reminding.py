"""Reminders about what is owed: kind, by the timetable of the settings, and never while something is looked at."""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from carebudget import clock
from carebudget.money import format_pence
from carebudget.notify.services import keep_document, send_message, send_to_all
from plans.selectors import clients_and_helpers

from ..models import ContributionAccount, ContributionCharge
from ..rules.arrears import reminder_due
from ..selectors.contributions import paused, standings_of, with_oldest, written_off_pence
from .collecting import finance_people, locked_account
from .contributions import record_owed

QUIET = timedelta(days=7)
"""After a letter, an answer or a broken agreement, a week to react."""

AT_ONCE = 500
TITLES = {
    1: "A reminder about your part for your support",
    2: "Can we help with your bill?",
}
LAST_TITLE = "We would like to talk with you about your bill"


def remind_contributions() -> int:
    """Send every reminder that is due. Safe to repeat: one of each number for a bill, a week apart."""
    first = min(settings.CONTRIBUTIONS["reminder_days"], default=None)
    if first is None:
        return 0
    late = (
        with_oldest()
        .filter(owed__gt=0, oldest_due_on__lte=clock.today() - timedelta(days=first))
        .exclude(paused())
        .order_by("oldest_due_on", "id")
        .values_list("pk", "oldest_charge")[:AT_ONCE]
    )
    return sum(_remind(account, charge) for account, charge in list(late))


@transaction.atomic
def _remind(account_id: int, charge_id: int) -> int:
    account = locked_account(ContributionAccount.objects.get(pk=account_id))
    if ContributionAccount.objects.filter(pk=account_id).filter(paused()).exists():
        return 0
    charge = ContributionCharge.objects.select_for_update(of=("self",)).get(pk=charge_id)
    steps = settings.CONTRIBUTIONS["reminder_days"]
    number = reminder_due(
        charge.due_on,
        clock.today(),
        steps,
        charge.reminders_sent,
        quiet_until=_quiet_until(account),
    )
    if number is None:
        return 0
    charge.reminders_sent = number
    charge.reminded_at = clock.now()
    charge.save(update_fields=["reminders_sent", "reminded_at"])
    record_owed(
        account,
        "contribution.reminded",
        None,
        changes={"bill": charge.reference, "number": number, "owed_pence": account.owed_pence},
    )
    _tell(account, charge, number, last=number == len(steps))
    return 1


def _quiet_until(account: ContributionAccount) -> date | None:
    """A week after whatever was last said about it, by us or to us."""
    moments = [
        account.charges.aggregate(at=Max("reminded_at"))["at"],
        account.queries.aggregate(at=Max("answered_at"))["at"],
        account.repayment_plans.aggregate(at=Max("ended_at"))["at"],
    ]
    last = max((moment for moment in moments if moment), default=None)
    return timezone.localtime(last).date() + QUIET if last else None


def _tell(
    account: ContributionAccount, charge: ContributionCharge, number: int, *, last: bool
) -> None:
    case = account.case
    title = LAST_TITLE if last else TITLES.get(number, TITLES[2])
    document = keep_document(
        key=f"contribution-reminder:{charge.reference}:{number}",
        kind="reminder",
        title=title,
        subject=f"contribution:{account.reference}",
        template="documents/contribution_reminder.html",
        context={
            "case": case,
            "account": account,
            "charge": charge,
            "number": number,
            "last": last,
            "standings": [one for one in standings_of(account) if not one.is_paid],
            "written_off": written_off_pence(account),
            "pay_to": settings.CONTRIBUTIONS["pay_to"],
            "site": settings.SITE_URL,
        },
    )
    send_to_all(
        to=clients_and_helpers(case),
        key=f"contribution.reminded:{charge.reference}:{number}",
        title=title,
        body=f"{format_pence(account.owed_pence)} has not reached us yet. If you have paid, thank you. If it is wrong or hard to pay, tell us: we stop the reminders and look at it. Your support goes on.",
        href=f"/my-budget/{case.reference}/owed/",
        document=document,
    )
    if last:
        words = "Three letters had no answer. Somebody should call, before anything else is done."
        send_to_all(
            to=finance_people(),
            key=f"contribution.reminded.staff:{charge.reference}",
            title=f"{account.person.full_name} has not paid {format_pence(account.owed_pence)}",
            body=words,
            href=f"/payments/contributions/{account.reference}/",
        )
        if case.worker:
            send_message(
                to=case.worker,
                key=f"contribution.reminded.worker:{charge.reference}",
                title=f"{account.person.full_name} has not paid their part",
                body="It may be hard to pay, or a letter may not have been read. Please ask.",
                href=f"/my-budget/{case.reference}/owed/",
            )
