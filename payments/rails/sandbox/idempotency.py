"""Idempotency keys as Stripe documents them.

The first answer for a key, once the endpoint began its work, is kept and replayed, errors included.
What was refused before that (validation, a conflict, a rate limit) is not kept. The same key with
other parameters is an error; a key whose first request still runs is a conflict. Keys belong to an
account and are forgotten after the window. Source: Stripe API reference, "Idempotent requests".
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from .errors import ApiError
from .store import Store

LONGEST_KEY = 255


@dataclass(frozen=True)
class Replay:
    """The answer that was given first, and to which request."""

    status: int
    body: dict[str, Any]
    request_id: str


def fingerprint(raw: dict[str, Any]) -> str:
    """A digest of the parameters, the same whatever their order."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def claim(
    store: Store,
    *,
    owner: str,
    key: str,
    path: str,
    digest: str,
    request_id: str,
    now: float,
    window: float,
) -> Replay | None:
    """Take the key for this request, or find the answer it already has.

    Raises ``ApiError``: 400 ``idempotency_error`` when it was used for something else, 409
    ``idempotency_key_in_use`` while its first request still runs.
    """
    if len(key) > LONGEST_KEY:
        raise ApiError(
            400,
            f"Idempotency keys can be up to {LONGEST_KEY} characters long.",
            type="idempotency_error",
        )
    with store.transaction():
        store.execute(
            "DELETE FROM keys WHERE owner = ? AND key = ? AND status IS NOT NULL AND created <= ?",
            [owner, key, now - window],
        )
        taken = store.execute(
            "INSERT OR IGNORE INTO keys (owner, key, fingerprint, path, created, request_id) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [owner, key, digest, path, now, request_id],
        )
        if taken:
            return None
        row = store.row("SELECT * FROM keys WHERE owner = ? AND key = ?", [owner, key])
    assert row is not None
    if row["path"] != path:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{path}' vs '{row['path']}'). Try using a key other than '{key}' if you "
            "meant to execute a different request.",
            type="idempotency_error",
            should_retry=False,
        )
    if row["fingerprint"] != digest:
        raise ApiError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first "
            f"used with. Try using a key other than '{key}' if you meant to execute a different "
            "request.",
            type="idempotency_error",
            should_retry=False,
        )
    if row["status"] is None:
        raise ApiError(
            409,
            "There is currently another in-progress request using this Idempotent Key (that "
            "probably means you submitted twice, and the other request is still going through): "
            f"{key}. Please try again later.",
            code="idempotency_key_in_use",
        )
    return Replay(row["status"], json.loads(row["answer"]), row["request_id"])


def keep(store: Store, *, owner: str, key: str, status: int, body: dict[str, Any]) -> None:
    """Remember the answer; called inside the transaction that did the work."""
    store.execute(
        "UPDATE keys SET status = ?, answer = ? WHERE owner = ? AND key = ?",
        [status, json.dumps(body), owner, key],
    )


def release(store: Store, *, owner: str, key: str) -> None:
    """Forget a claim whose work never began."""
    store.execute("DELETE FROM keys WHERE owner = ? AND key = ? AND status IS NULL", [owner, key])


def release_all(store: Store) -> int:
    """After a stop or a kill: claims without an answer did nothing, for both are one transaction."""
    return store.execute("DELETE FROM keys WHERE status IS NULL")


def expire(store: Store) -> int:
    """Forget every finished key now, as if the window had passed. How many were forgotten."""
    return store.execute("DELETE FROM keys WHERE status IS NOT NULL")
