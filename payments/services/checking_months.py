"""Looking through a month: every check is run and its answer kept. Moves no money and no state."""

from typing import Any

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import verify_audit
from carebudget.errors import Conflict
from carebudget.people.access import require
from carebudget.people.models import User
from carebudget.text import plural

from ..models import Period, PeriodCheck
from ..selectors.month_checks import CHECKS, Check
from .verifying import verify_ledger

WITHOUT_REASON = ("ledger", "record")
"""Checks that no reason can stand in for."""


def check_month(*, period: Period, by: User) -> list[PeriodCheck]:
    """Run every check of a month that is not closed, and keep the answers with the reasons given so far."""
    require(by, "payments.check_month", period)
    found = answers(period)
    with transaction.atomic():
        row = locked(period)
        if row.shut:
            raise Conflict("period_closed", f"{row} is closed. Its checks stay as they were then.")
        return keep(row, found)


def answers(period: Period, proven: list[Check] | None = None) -> list[Check]:
    """Every check. ``proven`` are the proofs, when they were made just before."""
    return [*(check(period) for check in CHECKS), *(proofs() if proven is None else proven)]


def proofs() -> list[Check]:
    """The proofs of ledger and record. They read everything: they take their time."""
    ledger, record = verify_ledger(), verify_audit()
    return [
        Check(
            "ledger",
            "The ledger proves itself",
            ledger.holds,
            plural(ledger.entries, "entry", "entries"),
            ledger.breach or "Every entry balances, and every balance is the sum of its entries.",
            "Do not close. Tell whoever looks after the system.",
            "/payments/accounts/",
        ),
        Check(
            "record",
            "The record proves itself",
            record.holds,
            plural(record.events, "event"),
            record.breach or "No event was changed since it was written.",
            "Do not close. Tell whoever looks after the system.",
        ),
    ]


def keep(period: Period, found: list[Check]) -> list[PeriodCheck]:
    """Keep answers in place of those before; a reason stays for as long as its check and figure stand."""
    before = {one.key: one for one in period.checks.all()}
    rows = []
    for place, one in enumerate(found):
        told = before.get(one.key)
        same = told is not None and not told.holds and not one.holds and told.figure == one.figure
        values: dict[str, Any] = {
            "place": place,
            "title": one.title,
            "holds": one.holds,
            "figure": one.figure,
            "words": one.words,
            "to_do": one.to_do,
            "href": one.href,
            "items": [item.as_data() for item in one.items],
            "reason": told.reason if told and same else "",
            "reason_by": told.reason_by if told and same else None,
        }
        row, _ = PeriodCheck.objects.update_or_create(period=period, key=one.key, defaults=values)
        rows.append(row)
    period.checks.exclude(key__in=[one.key for one in found]).delete()
    period.checked_at = clock.now()
    period.save(update_fields=["checked_at"])
    return rows


def locked(period: Period) -> Period:
    """The month's row, made when it is first needed, and nobody else's until the transaction ends."""
    Period.objects.get_or_create(first_on=period.first_on)
    return Period.objects.select_for_update().get(first_on=period.first_on)
