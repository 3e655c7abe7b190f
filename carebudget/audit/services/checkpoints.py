"""Signing the heads of all chains with a key that lives outside the database."""

import base64
import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction

from carebudget import clock
from carebudget.errors import Refused

from ..models import AuditChain, AuditCheckpoint, AuditEvent
from ..models.event import canonical


def signing_key() -> Ed25519PrivateKey:
    """The signing key from ``AUDIT_SIGNING_KEY``. Raises ``Refused`` when none is set."""
    if not settings.AUDIT_SIGNING_KEY:
        raise Refused(
            "audit_no_key", "No signing key is set for the record.", "Set AUDIT_SIGNING_KEY."
        )
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.AUDIT_SIGNING_KEY))


def public_key_text(key: Ed25519PrivateKey) -> str:
    """The public half, base64, as it is published."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def signed_content(checkpoint: AuditCheckpoint) -> bytes:
    """What the signature covers."""
    content: dict[str, Any] = {
        "at": checkpoint.at.isoformat(),
        "events": checkpoint.events,
        "heads_digest": checkpoint.heads_digest,
    }
    return canonical(content)


def heads_digest(heads: dict[str, Any]) -> str:
    """SHA-256 over ``{chain: [length, head]}``."""
    return hashlib.sha256(canonical(heads)).hexdigest()


@transaction.atomic
def sign_checkpoint() -> AuditCheckpoint | None:
    """Sign the heads as they stand. Returns ``None`` when nothing happened since the last one."""
    chains = list(AuditChain.objects.order_by("key").values_list("key", "length", "head"))
    heads = {key: [length, head] for key, length, head in chains}
    digest = heads_digest(heads)
    last = AuditCheckpoint.objects.order_by("-id").first()
    if last and last.heads_digest == digest:
        return None
    key = signing_key()
    checkpoint = AuditCheckpoint(
        at=clock.now(),
        events=AuditEvent.objects.count(),
        heads=heads,
        heads_digest=digest,
        public_key=public_key_text(key),
    )
    checkpoint.signature = base64.b64encode(key.sign(signed_content(checkpoint))).decode()
    checkpoint.save(force_insert=True)
    return checkpoint


def signature_holds(checkpoint: AuditCheckpoint, public_key: str) -> bool:
    """Whether the checkpoint was signed by ``public_key`` and its heads are the ones signed."""
    signed = signed_by(checkpoint, public_key)
    return signed and heads_digest(checkpoint.heads) == checkpoint.heads_digest


def signed_by(checkpoint: AuditCheckpoint, public_key: str) -> bool:
    """Whether ``public_key`` signed its time, its count and the digest of its heads. Reads no heads."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(checkpoint.signature), signed_content(checkpoint))
    except (InvalidSignature, ValueError):
        return False
    return True
