"""Work that happens by itself after a while: money arrives, payouts start and reach the bank.

Jobs wait in the store with the moment they are due, in sandbox time. They run at the start of every
request and from a ticking thread, each dated with its own moment, so months can be lived in seconds.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable

from .clock import Clock
from .config import Config
from .errors import ApiError
from .faults import Faults
from .moment import Moment
from .store import Store

logger = logging.getLogger(__name__)

Work = Callable[[Moment, str], None]
LONGEST_WAIT = 2.0
MAX_JOBS_AT_ONCE = 10_000


def plan_job(at: Moment, work: str, subject: str, after: float) -> None:
    """Do ``work`` on an object so many seconds from this moment."""
    at.store.execute(
        "INSERT INTO jobs (due, work, subject, quiet) VALUES (?, ?, ?, ?)",
        [at.instant + after, work, subject, at.quiet],
    )


def is_planned(at: Moment, work: str, subject: str) -> bool:
    """Whether this work is already waiting."""
    return bool(
        at.store.number("SELECT COUNT(*) FROM jobs WHERE work = ? AND subject = ?", [work, subject])
    )


def run_due(
    store: Store, config: Config, faults: Faults, clock: Clock, works: dict[str, Work]
) -> int:
    """Run everything that is due; how many jobs ran. A job that cannot be done is dropped."""
    if not store.number("SELECT COUNT(*) FROM jobs WHERE due <= ?", [clock.now()]):
        return 0
    ran = 0
    with store.transaction():
        for _ in range(MAX_JOBS_AT_ONCE):
            row = store.row(
                "SELECT * FROM jobs WHERE due <= ? ORDER BY due, seq LIMIT 1", [clock.now()]
            )
            if row is None:
                break
            store.execute("DELETE FROM jobs WHERE seq = ?", [row["seq"]])
            at = Moment(store, config, faults, instant=row["due"], quiet=bool(row["quiet"]))
            try:
                with store.transaction():
                    works[row["work"]](at, row["subject"])
            except ApiError as error:
                logger.warning("%s of %s was dropped: %s", row["work"], row["subject"], error)
            ran += 1
    return ran


class Ticker:
    """The thread that runs jobs when nobody asks. ``wake()`` after planning one."""

    def __init__(self, store: Store, clock: Clock, run: Callable[[], int]) -> None:
        self._store, self._clock, self._run_due = store, clock, run
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-ticker", daemon=True)

    def start(self) -> None:
        """Begin, with whatever was left from before."""
        self._thread.start()

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the job in hand, then stop."""
        self._stopping = True
        self._wake.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            waiting = LONGEST_WAIT
            try:
                self._run_due()
                row = self._store.row("SELECT MIN(due) AS due FROM jobs")
                if row is not None and row["due"] is not None:
                    waiting = max(row["due"] - self._clock.now(), 0.01)
            except sqlite3.Error:
                logger.exception("The waiting jobs could not be run")
            self._wake.wait(min(waiting, LONGEST_WAIT))
