"""Public identifiers: UUIDv7 for machines, short references for people to read out on the phone."""

import secrets
import uuid

from uuid6 import uuid7 as _uuid7

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L or U: nothing that is misread or spells a word by accident."""


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562)."""
    return uuid.UUID(int=_uuid7().int)


def new_reference(prefix: str, length: int = 6) -> str:
    """``new_reference("PLN")`` → ``"PLN-7K2QFA"``: 30**length possibilities, checked unique by the database."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))
