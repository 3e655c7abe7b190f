"""One chain of the record, link by link, each proved anew when it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models import AuditChain, AuditEvent


@dataclass(frozen=True)
class ChainLink:
    """One event in its place, and what is wrong with it (empty when it holds)."""

    event: AuditEvent
    breach: str

    @property
    def holds(self) -> bool:
        return not self.breach


def chain_by_key(key: str) -> AuditChain:
    """The chain with this key. Raises ``AuditChain.DoesNotExist``."""
    return AuditChain.objects.get(key=key)


def chain_links(chain: AuditChain, events: Sequence[AuditEvent]) -> list[ChainLink]:
    """Prove some neighbouring events of ``chain``, given by sequence: against themselves and those beside them.

    One query for the event before the first of them. Expects each with its words.
    """
    if not events:
        return []
    first = events[0]
    before = chain.events.filter(sequence__lt=first.sequence).order_by("-sequence").first()
    links = []
    for event in events:
        links.append(ChainLink(event, _breach(chain, event, before)))
        before = event
    return links


def breach_at_end(chain: AuditChain) -> str:
    """What is wrong with where the chain ends: events may have been taken away there. Empty when nothing is."""
    last = chain.events.order_by("-sequence").values_list("sequence", "hash").first()
    found, head = last or (0, "")
    if found < chain.length:
        return f"The chain has {chain.length:,} events, but only the first {found:,} are there: the last were taken away."
    return "" if head == chain.head else "The chain says that it ends differently."


def _breach(chain: AuditChain, event: AuditEvent, before: AuditEvent | None) -> str:
    expected, previous = (before.sequence + 1, before.hash) if before else (1, "")
    if event.sequence != expected:
        return f"Event {expected} is missing before this one."
    if event.previous_hash != previous:
        return "It does not follow the event before it."
    if event.computed_hash(chain.key) != event.hash:
        return "Its content was changed after it was written."
    words = getattr(event, "words", None)
    if words is None:
        return "Its words are gone without an erasure."
    if words.erased_at is None and words.computed_digest() != event.words_digest:
        return "Its words were changed after they were written."
    return ""
