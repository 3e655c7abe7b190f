"""Delivering events to the webhook address: signed, in order unless told otherwise, and again until taken.

Deliveries wait in the store, so a restart goes on where it stopped. Like Stripe, only an answer of
2xx counts as taken; redirects are not followed.
"""

import hashlib
import hmac
import http.client
import json
import logging
import sqlite3
import ssl
import threading
from urllib.parse import urlsplit

from .clock import real_time
from .config import Config
from .events import with_pending
from .faults import Faults
from .store import Store

logger = logging.getLogger(__name__)

BATCH = 50
IDLE_SECONDS = 5.0


def sign(payload: bytes, secret: str, moment: int) -> str:
    """The ``Stripe-Signature`` header: HMAC-SHA256 over the time, a dot and the body."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()}"


class Dispatcher:
    """The thread that delivers. ``wake()`` when something may be waiting."""

    def __init__(self, store: Store, config: Config, faults: Faults) -> None:
        self._store, self._config, self._faults = store, config, faults
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        """Begin, with whatever was left from before."""
        self._thread.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the delivery in hand, then stop."""
        self._stopping = True
        self._wake.set()
        self._thread.join(self._config.webhook_timeout + 1)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                waiting = self._deliver_due()
            except sqlite3.Error:
                logger.exception("The webhook queue could not be read")
                waiting = IDLE_SECONDS
            self._wake.wait(waiting)

    def _deliver_due(self) -> float:
        """Deliver what is due; how many seconds until there may be more."""
        if self._config.webhook_url is None:
            return IDLE_SECONDS
        due = self._due()
        gather = self._faults.reorder_seconds()
        if due and gather:
            self._pause(gather)
            due = list(reversed(self._due()))
        for seq, event, attempts in due:
            if self._stopping:
                return 0.0
            self._deliver(seq, event, attempts)
        if due:
            return 0.0
        row = self._store.row("SELECT MIN(due) AS due FROM deliveries WHERE state = 'pending'")
        if row is None or row["due"] is None:
            return IDLE_SECONDS
        return min(max(float(row["due"]) - real_time(), 0.01), IDLE_SECONDS)

    def _pause(self, seconds: float) -> None:
        """Wait, whatever else arrives, but not when stopping."""
        until = real_time() + seconds
        while not self._stopping and real_time() < until:
            threading.Event().wait(min(0.05, seconds))

    def _due(self) -> list[tuple[int, str, int]]:
        rows = self._store.rows(
            "SELECT seq, event, attempts FROM deliveries WHERE state = 'pending' AND due <= ? "
            "ORDER BY due, seq LIMIT ?",
            [real_time(), BATCH],
        )
        return [(row["seq"], row["event"], row["attempts"]) for row in rows]

    def _deliver(self, seq: int, event_id: str, attempts: int) -> None:
        event = self._store.find(event_id, "event")
        if event is None:
            self._store.execute("DELETE FROM deliveries WHERE seq = ?", [seq])
            return
        payload = json.dumps(with_pending(self._store, event), indent=2).encode()
        outcome = self._post(payload)
        if outcome.startswith("2"):
            state, due = "delivered", real_time()
        elif attempts + 1 >= self._config.webhook_attempts:
            state, due = "failed", real_time()
        else:
            wait = self._config.webhook_retry_first * 2**attempts
            state, due = "pending", real_time() + min(wait, self._config.webhook_retry_longest)
        self._store.execute(
            "UPDATE deliveries SET state = ?, due = ?, attempts = ?, last = ? WHERE seq = ?",
            [state, due, attempts + 1, outcome, seq],
        )

    def _post(self, payload: bytes) -> str:
        """Send once; the status, or what went wrong."""
        address = urlsplit(self._config.webhook_url or "")
        signature = sign(payload, self._config.webhook_secret, int(real_time()))
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection = _connect(address.scheme, address.netloc, self._config.webhook_timeout)
        try:
            connection.request(
                "POST",
                path,
                payload,
                {
                    "Content-Type": "application/json; charset=utf-8",
                    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                    "Stripe-Signature": signature,
                },
            )
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()


def _connect(scheme: str, netloc: str, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(
            netloc, timeout=timeout, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(netloc, timeout=timeout)
