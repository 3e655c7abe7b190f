"""Talking to the control side of the Stripe stand-in: its clock, its summary, its bank. Demo and tests only."""

import json
import urllib.request
from datetime import date, datetime
from typing import Any

from django.conf import settings

from carebudget import clock

TIMEOUT_SECONDS = 20


def sandbox(path: str, body: dict[str, object] | None = None) -> Any:
    """Call the stand-in's control address; only ever used with the stand-in's own address."""
    request = urllib.request.Request(
        f"{settings.STRIPE_API_BASE}/_sandbox/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method="GET" if body is None else "POST",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        return json.loads(answer.read() or b"{}")


def set_sandbox_day(day: date | None) -> None:
    """Let the stand-in live in the seeded day, or in the present again."""
    moment = datetime(day.year, day.month, day.day, 10, 30, tzinfo=clock.LONDON) if day else None
    sandbox("clock", {"now": int(moment.timestamp()) if moment else None})
