"""Proving record and ledger for the auditor: a small record at once, a large one in the background.

What a proof found is kept for a day in the shared cache, so that its page can be read again. Nothing
of the record itself is written.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.audit.services import verify_audit
from carebudget.errors import CareBudgetError, Refused
from carebudget.ids import uuid7
from carebudget.people.access import require
from carebudget.people.models import User
from payments.services import verify_ledger

log = logging.getLogger(__name__)

AT_ONCE = 20_000
"""Events that are proved while the page waits: two or three seconds."""

EVENTS_A_SECOND = 7_000
"""For the progress bar alone."""

KEPT_SECONDS = 24 * 60 * 60
GIVEN_UP_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Proof:
    """One proof: asked for, and when it is finished what was counted and the first breach of each."""

    public_id: str
    asked_at: datetime
    asked_by: str
    expected_events: int
    finished_at: datetime | None = None
    events: int = 0
    chains: int = 0
    checkpoints: int = 0
    record_breach: str = ""
    accounts: int = 0
    entries: int = 0
    legs: int = 0
    ledger_breach: str = ""
    trouble: str = ""

    @property
    def holds(self) -> bool:
        """Finished, and neither record nor ledger has a breach."""
        return bool(self.finished_at) and not (
            self.record_breach or self.ledger_breach or self.trouble
        )

    @property
    def percent(self) -> int:
        """A guess from the time that has passed; 100 only when it is finished."""
        if self.finished_at:
            return 100
        seconds = (clock.now() - self.asked_at).total_seconds()
        return min(95, int(100 * seconds * EVENTS_A_SECOND / max(self.expected_events, 1)))

    @property
    def lost(self) -> bool:
        """Nobody has worked on it for so long that nobody will."""
        return not self.finished_at and clock.now() - self.asked_at > GIVEN_UP_AFTER


def start_proof(*, by: User) -> Proof:
    """Prove the whole record and the ledger, now or in the background. Raises ``Refused`` when nobody can."""
    require(by, "audit.view")
    proof = Proof(
        public_id=str(uuid7()),
        asked_at=clock.now(),
        asked_by=str(by.public_id),
        expected_events=AuditEvent.objects.count(),
    )
    _keep(proof)
    if proof.expected_events <= AT_ONCE:
        return prove(proof.public_id)
    from ..tasks import prove_record

    try:
        prove_record.delay(proof.public_id)
    except Exception as error:
        log.exception("the queue did not take a proof")
        raise Refused(
            "queue_down",
            "The record is too large to prove while you wait, and the background work is not running.",
            "Ask whoever runs the system to start it, or to run manage.py verify_audit.",
        ) from error
    return proof


def prove(public_id: str) -> Proof:
    """Do the work of a proof that was asked for, and keep what it found."""
    proof = proof_by_id(UUID(public_id))
    found: dict[str, Any] = {}
    try:
        with _one_moment():
            record, ledger = verify_audit(), verify_ledger()
        found = {
            "events": record.events, "chains": record.chains, "checkpoints": record.checkpoints,
            "record_breach": record.breach, "accounts": ledger.accounts, "entries": ledger.entries,
            "legs": ledger.legs, "ledger_breach": ledger.breach,
        }  # fmt: skip
    except CareBudgetError as error:
        found = {"trouble": f"{error.sentence} {error.next_step}".strip()}
    finished = Proof(**{**asdict(proof), **found, "finished_at": clock.now()})
    _keep(finished)
    return finished


def proof_by_id(public_id: UUID) -> Proof:
    """A proof of the last day. Raises ``ValueError`` when there is none."""
    kept = cache.get(_key(str(public_id)))
    if kept is None:
        raise ValueError(f"no proof {public_id}")
    return Proof(**kept)


def _keep(proof: Proof) -> None:
    cache.set(_key(proof.public_id), asdict(proof), KEPT_SECONDS)


def _key(public_id: str) -> str:
    return f"carebudget:proof:{public_id}"


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read everything as it stood at one moment, so that events written meanwhile do not look like a breach."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
