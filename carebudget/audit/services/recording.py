"""Writing the record: one call, one event, inside the caller's transaction."""

import secrets
from typing import Any, Protocol

from django.db import connection, transaction

from carebudget import clock

from ..models import AuditChain, AuditEvent, AuditWords
from ..models.event import words_digest


class Actor(Protocol):
    """What the record needs to know of the person who acts."""

    public_id: Any
    full_name: str


def record(
    *,
    chain: str,
    verb: str,
    subject: str,
    by: Actor | None,
    role: str = "",
    on_behalf_of: Actor | None = None,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to ``chain`` (``"case:CAS-7K2QFA"``) and return it.

    ``subject`` is ``"kind:REFERENCE"``. ``changes`` holds what changed as JSON without personal
    words (states, amounts in pence, references). ``reason`` and names go behind the salted digest.
    ``by=None`` means the system itself. Must run inside a transaction: an event without its change,
    or a change without its event, cannot exist.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "An audit event needs the transaction of its change"
        )
    AuditChain.objects.bulk_create([AuditChain(key=chain)], ignore_conflicts=True)
    head = AuditChain.objects.select_for_update().get(key=chain)
    words: dict[str, Any] = {"actor": by.full_name if by else "carebudget", "reason": reason}
    if on_behalf_of:
        words["on_behalf_of"] = on_behalf_of.full_name
    salt = secrets.token_hex(16)
    event = AuditEvent(
        chain=head,
        sequence=head.length + 1,
        at=clock.now(),
        verb=verb,
        subject=subject,
        actor=str(by.public_id) if by else "",
        role=str(role),
        on_behalf_of=str(on_behalf_of.public_id) if on_behalf_of else "",
        changes=changes or {},
        words_digest=words_digest(salt, words),
        previous_hash=head.head,
    )
    event.hash = event.computed_hash(chain)
    event.save(force_insert=True)
    AuditWords.objects.create(event=event, salt=salt, words=words)
    head.head, head.length = event.hash, event.sequence
    head.save(update_fields=["head", "length"])
    return event


def erase_words(*, event: AuditEvent) -> None:
    """Erase the personal words of one event for good; the chain still verifies."""
    AuditWords.objects.filter(event=event, erased_at=None).update(words=None, erased_at=clock.now())
