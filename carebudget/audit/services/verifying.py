"""Proving the record from its first event, and naming the first broken link."""

from dataclasses import dataclass

from ..models import AuditChain, AuditCheckpoint, AuditEvent, AuditWords
from .checkpoints import public_key_text, signature_holds, signing_key


@dataclass(frozen=True)
class AuditProof:
    """What was checked, and the first breach in words (empty when all holds)."""

    chains: int
    events: int
    checkpoints: int
    breach: str = ""

    @property
    def holds(self) -> bool:
        return not self.breach


def verify_audit() -> AuditProof:
    """Recompute every hash, link, digest, head and signature. Reads in batches: memory stays flat."""
    keys = dict(AuditChain.objects.values_list("id", "key"))
    chains = len(keys)
    events, breach = _verify_events(keys)
    checkpoints = AuditCheckpoint.objects.count()
    breach = breach or _verify_checkpoints()
    return AuditProof(chains=chains, events=events, checkpoints=checkpoints, breach=breach)


def _verify_events(keys: dict[int, str]) -> tuple[int, str]:
    seen = 0
    heads: dict[int, tuple[int, str]] = {}
    rows = AuditEvent.objects.order_by("chain_id", "sequence").iterator(chunk_size=2000)
    for event in rows:
        key = keys.get(event.chain_id, "?")
        length, head = heads.get(event.chain_id, (0, ""))
        where = f"chain {key}, event {event.sequence} ({event.verb})"
        if event.sequence != length + 1:
            return seen, f"{where}: event {length + 1} is missing"
        if event.previous_hash != head:
            return seen, f"{where}: does not follow the event before it"
        if event.computed_hash(key) != event.hash:
            return seen, f"{where}: its content was changed after it was written"
        heads[event.chain_id] = (event.sequence, event.hash)
        seen += 1
    for chain in AuditChain.objects.order_by("key"):
        if heads.get(chain.pk, (0, "")) != (chain.length, chain.head):
            return seen, f"chain {chain.key}: its last events were removed"
    return seen, _verify_words(keys)


def _verify_words(keys: dict[int, str]) -> str:
    if lost := AuditEvent.objects.filter(words=None).select_related("chain").first():
        return (
            f"chain {lost.chain.key}, event {lost.sequence}: its words are gone without an erasure"
        )
    words = AuditWords.objects.filter(erased_at=None).select_related("event").order_by("id")
    for row in words.iterator(chunk_size=2000):
        if row.computed_digest() != row.event.words_digest:
            where = keys.get(row.event.chain_id, "?")
            return f"chain {where}, event {row.event.sequence}: its words were changed"
    return ""


def _verify_checkpoints() -> str:
    if not AuditCheckpoint.objects.exists():
        return ""
    trusted = public_key_text(signing_key())
    for checkpoint in AuditCheckpoint.objects.order_by("id").iterator(chunk_size=50):
        if not signature_holds(checkpoint, trusted):
            return f"checkpoint {checkpoint.pk}: the signature does not hold"
    last = AuditCheckpoint.objects.order_by("-id").first()
    assert last is not None
    for key, (length, head) in last.heads.items():
        if (
            length
            and not AuditEvent.objects.filter(chain__key=key, sequence=length, hash=head).exists()
        ):
            return f"checkpoint {last.pk}: event {length} of chain {key} is not the one that was signed"
    return ""
