"""Accruals: support that was given in a month and is not approved yet, entered on its last day.

Each is taken back on the first day of the next month in the same transaction, so that it never stays.
Personal budgets are not touched: what a person has left is not what the council has still to approve.
"""

from datetime import date

from django.db import transaction

from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import Entry, Invoice, Period, next_month
from ..selectors.month_checks import to_accrue
from . import ledger
from .accounts import accrual_account, accrued_account
from .checking_months import locked

ACCRUALS_LIMIT = 50_000


@transaction.atomic
def post_accruals(*, period: Period, by: User) -> list[Entry]:
    """Enter every accrual that the month lacks, and its reversal in the next; the new entries.

    Raises ``Refused`` when there is none, ``Conflict`` when the month is closed.
    """
    require(by, "payments.check_month", period)
    row = locked(period)
    if row.shut:
        raise Conflict("period_closed", f"{row} is closed and takes no more entries.")
    invoices = to_accrue(row)[:ACCRUALS_LIMIT]
    if not invoices:
        raise Refused("nothing_to_accrue", "Nothing is left to accrue in this month.")
    back_on = ledger.first_open_day(next_month(row.first_on))
    drafts = [draft for one in invoices for draft in _there_and_back(row, one, back_on)]
    entries = ledger.post_entries(drafts, by=by)
    record(
        chain=row.chain,
        verb="month.accrued",
        subject=f"month:{row.month}",
        by=by,
        changes={
            "count": len(invoices),
            "total_pence": sum(one.total_pence for one in invoices),
        },
    )
    return entries


def _there_and_back(period: Period, invoice: Invoice, back_on: date) -> list[ledger.EntryDraft]:
    given, owed = accrual_account(invoice.case), accrued_account()
    pence, subject = invoice.total_pence, f"invoice:{invoice.reference}"
    return [
        ledger.EntryDraft(
            f"accrual:{period.month}:{invoice.reference}",
            "accrual.entered",
            f"{invoice.reference}: support up to {invoice.period_to:%-d %B %Y}, not approved yet",
            [(given, pence), (owed, -pence)],
            effective_on=period.last_on,
            subject=subject,
        ),
        ledger.EntryDraft(
            f"accrual-back:{period.month}:{invoice.reference}",
            "accrual.taken_back",
            f"{invoice.reference}: the accrual of {period} is taken back",
            [(given, -pence), (owed, pence)],
            effective_on=back_on,
            subject=subject,
        ),
    ]
