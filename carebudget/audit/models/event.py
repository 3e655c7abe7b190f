"""The tamper-evident record. The database refuses UPDATE, DELETE and TRUNCATE on these tables."""

import hashlib
import json
from typing import Any

from django.db import models


def canonical(content: dict[str, Any]) -> bytes:
    """The one way a mapping becomes bytes before it is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class AuditEvent(models.Model):
    """Who did what, about what, in which role and for whom; each event carries the hash of the last.

    Personal words (the actor's name, reasons) live in ``AuditWords`` behind a salted digest, so that
    they can be erased lawfully while the chain still verifies.
    """

    chain = models.ForeignKey("audit.AuditChain", on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField(db_index=True)
    verb = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=120, db_index=True)
    actor = models.CharField(max_length=36, blank=True, db_index=True)
    role = models.CharField(max_length=30, blank=True)
    on_behalf_of = models.CharField(max_length=36, blank=True)
    changes = models.JSONField(default=dict)
    words_digest = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="audit_one_event_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    def sealed_content(self, chain_key: str) -> dict[str, Any]:
        """What the hash covers."""
        return {
            "chain": chain_key,
            "sequence": self.sequence,
            "at": self.at.isoformat(),
            "verb": self.verb,
            "subject": self.subject,
            "actor": self.actor,
            "role": self.role,
            "on_behalf_of": self.on_behalf_of,
            "changes": self.changes,
            "words_digest": self.words_digest,
            "previous_hash": self.previous_hash,
        }

    def computed_hash(self, chain_key: str) -> str:
        """SHA-256 of the sealed content, in hexadecimal."""
        return hashlib.sha256(canonical(self.sealed_content(chain_key))).hexdigest()


class AuditWords(models.Model):
    """The personal words of one event. May be erased once (words set to null), never changed."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="words")
    salt = models.CharField(max_length=32)
    words = models.JSONField(null=True)
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"words of {self.event_id}"

    def computed_digest(self) -> str:
        """SHA-256 over salt and words; meaningless once the words are erased."""
        return words_digest(self.salt, self.words or {})


def words_digest(salt: str, words: dict[str, Any]) -> str:
    """The digest that the event carries in place of the words."""
    return hashlib.sha256(salt.encode() + canonical(words)).hexdigest()
