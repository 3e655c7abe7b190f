"""The one source of time, so that tests and the demo can travel. Aware UTC; London on the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_travelled_to: ContextVar[datetime | None] = ContextVar("carebudget_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _travelled_to.get() or datetime.now(UTC)


def today() -> date:
    """Today's date in London."""
    return now().astimezone(LONDON).date()


@contextmanager
def travel(to: datetime) -> Iterator[None]:
    """Make ``now()`` answer ``to`` inside the block, in this thread or task only."""
    if to.tzinfo is None:
        raise ValueError("A moment needs its time zone")
    token = _travelled_to.set(to.astimezone(UTC))
    try:
        yield
    finally:
        _travelled_to.reset(token)


def midnight(day: date) -> datetime:
    """The first moment of a day in London, in UTC."""
    return datetime.combine(day, time.min, tzinfo=LONDON).astimezone(UTC)
