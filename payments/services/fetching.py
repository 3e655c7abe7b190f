"""Bringing in what a rail moved on our balance there: its balance transactions as statement lines."""

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import StatementAccount, StatementLine
from ..rails import get_rail
from ..rails.protocol import RailDown, RailLine
from .accounts import statement_account
from .importing import BATCH, chain_of
from .payouts import RAIL_DOWN

log = logging.getLogger(__name__)

OVERLAP = timedelta(days=3)
"""Asked for again each time, so that a line which the rail shows late is not missed."""

FEE = "fee"


def fetch_rail_lines(*, rail: str = "stripe") -> int:
    """Fetch and keep what is new since the last fetch; returns how many lines that was.

    A rail that does not answer is asked again at the next beat: nothing is lost.
    """
    try:
        return _fetch(rail, by=None)
    except RailDown as error:
        log.warning("the rail did not answer about its balance lines: %s", error)
        return 0


def fetch_rail_lines_now(*, by: User, rail: str = "stripe") -> int:
    """The same because a person asks, who is told (``Refused``) when the rail does not answer."""
    require(by, "payments.reconcile")
    try:
        return _fetch(rail, by=by)
    except RailDown as error:
        raise RAIL_DOWN from error


def _fetch(rail: str, *, by: User | None) -> int:
    account = statement_account(rail)
    newest = account.lines.order_by("-booked_on").values_list("booked_on", flat=True).first()
    since = None
    if newest is not None:
        since = clock.midnight(newest) - OVERLAP
    return _keep(account, list(get_rail(rail).balance_lines(since)), by)


@transaction.atomic
def _keep(account: StatementAccount, fetched: list[RailLine], by: User | None) -> int:
    StatementAccount.objects.select_for_update().get(pk=account.pk)
    rows = [row for line in fetched for row in _rows(account, line)]
    known = set(
        account.lines.filter(fingerprint__in=[row.fingerprint for row in rows]).values_list(
            "fingerprint", flat=True
        )
    )
    new = [row for row in rows if row.fingerprint not in known]
    if new:
        StatementLine.objects.bulk_create(new, batch_size=BATCH)
        record(
            chain=chain_of(account),
            verb="statement.fetched",
            subject=f"account:{account.code}",
            by=by,
            changes={"new_lines": len(new), "sum_pence": sum(row.amount_pence for row in new)},
        )
    return len(new)


def _rows(account: StatementAccount, line: RailLine) -> Iterator[StatementLine]:
    """The movement, and what the rail took for it as a line of its own."""
    parts = [(line.external_id, line.kind, line.amount_pence)]
    if line.fee_pence:
        parts.append((f"{line.external_id}:{FEE}", FEE, -line.fee_pence))
    for external_id, kind, amount in parts:
        if amount:
            yield StatementLine(
                account=account,
                fingerprint=hashlib.sha256(f"{account.code}:{external_id}".encode()).hexdigest(),
                booked_on=line.created_at.astimezone(clock.LONDON).date(),
                amount_pence=amount,
                reference="" if kind == FEE else line.reference,
                text=line.description,
                external_id=external_id,
                source_id="" if kind == FEE else line.source_id,
                group="" if kind == FEE else line.group,
                kind=kind[:30],
                imported_at=clock.now(),
            )
