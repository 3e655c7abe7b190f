"""Events: what happened, kept for ever and queued for the webhook. Delivery itself is elsewhere."""

import copy
from typing import Any

from .clock import real_time
from .moment import Moment
from .store import PLATFORM, Body, Store, new_id


def emit(
    at: Moment,
    type: str,
    body: Body,
    *,
    account: str = PLATFORM,
    previous: dict[str, Any] | None = None,
) -> None:
    """Record that something happened to an object. ``account`` marks a connected account's event."""
    subject: dict[str, Any] = {"object": copy.deepcopy(body)}
    if previous is not None:
        subject["previous_attributes"] = previous
    event: Body = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": at.api_version,
        "created": at.now,
        "data": subject,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": at.request_id, "idempotency_key": at.key},
        "type": type,
    }
    if account != PLATFORM:
        event["account"] = account
    at.store.add(event, owner=account)
    if at.config.webhook_url is None or at.quiet:
        return
    copies = at.faults.webhook_copies()
    for _ in range(max(copies, 1)):
        at.store.execute(
            "INSERT INTO deliveries (event, due, state) VALUES (?, ?, ?)",
            [event["id"], real_time(), "pending" if copies else "dropped"],
        )


def with_pending(store: Store, event: Body) -> Body:
    """The event with the number of deliveries that have not succeeded yet."""
    waiting = store.number(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND state IN ('pending', 'dropped')",
        [event["id"]],
    )
    return {**event, "pending_webhooks": min(waiting, 1)}
