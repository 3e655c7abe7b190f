"""Proving the ledger from its legs alone; names the first breach. Reads only.

Every check is one query over whole tables, so that a million legs take seconds. What each looks for is
in ``payments/services/ledger_checks.py``.
"""

from dataclasses import dataclass

from django.db import connection, transaction

from carebudget.money import format_pence

from ..models import Account, Entry, Leg
from .ledger_checks import CHECKS, Check


@dataclass(frozen=True)
class LedgerProof:
    """What was checked, and the first breach in words (empty when all holds)."""

    accounts: int
    entries: int
    legs: int
    breach: str = ""

    @property
    def holds(self) -> bool:
        return not self.breach


def verify_ledger() -> LedgerProof:
    """Recompute everything from the legs, as it all stood at one moment."""
    with transaction.atomic():
        _one_snapshot()
        breach = next((found for check in CHECKS if (found := _first_breach(check))), "")
        return LedgerProof(
            accounts=Account.objects.count(),
            entries=Entry.objects.count(),
            legs=Leg.objects.count(),
            breach=breach,
        )


def _one_snapshot() -> None:
    """Payments may go on meanwhile: all checks look at the same moment. Not inside another transaction,
    which has its own moment already."""
    if len(connection.savepoint_ids) == 0 and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _first_breach(check: Check) -> str:
    """The first row a check finds, in words; figures in pence are shown in pounds."""
    with connection.cursor() as cursor:
        cursor.execute(f"{check.sql} LIMIT 1")
        row = cursor.fetchone()
    if row is None:
        return ""
    return check.words.format(
        *(format_pence(int(value)) if not isinstance(value, str) else value for value in row)
    )
