"""Real worker processes on the test database, the real Redis and the stand-in for Stripe over HTTP.

Nothing here is a mock: a worker is a process of its own that can be killed at any moment.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
from django.conf import settings as django_settings
from django.db import connection

from payments import tasks

ROOT = Path(__file__).resolve().parents[1]
WAIT_SECONDS = 60.0


def wait_until(
    done: Callable[[], Any], what: str, *, meanwhile: Callable[[], Any] | None = None
) -> None:
    """Wait for something to become true; ``meanwhile`` is done again and again, as a beat would."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, (
            f"waited {WAIT_SECONDS:.0f} s and it did not happen: {what}"
        )
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.25)


def beat() -> None:
    """What the beat puts into the queue, all at once."""
    tasks.send_due.delay()
    tasks.recover_unknown.delay()
    tasks.work_webhooks.delay()


class Worker:
    """A Celery worker as a process of its own."""

    def __init__(self, log: Path, *, processes: int = 1, **environment: str) -> None:
        self.log = log
        self.processes = processes
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Worker":
        """Start it; it is ready when it answers for the first time in its log."""
        pool = ["--pool", "solo"] if self.processes == 1 else ["--concurrency", str(self.processes)]
        command = [
            sys.executable, "-m", "celery", "-A", "carebudget", "worker", *pool,
            "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat",
        ]  # fmt: skip
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        wait_until(self._is_ready, f"the worker is ready; its log: {self.log}")
        return self

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        return " ready." in self.log.read_text()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "carebudget.settings.local",
            "DATABASE_URL": database_url(),
            "CELERY_BROKER_URL": django_settings.CELERY_BROKER_URL,
            "STRIPE_API_BASE": django_settings.STRIPE_API_BASE,
            "STRIPE_API_KEY": django_settings.STRIPE_API_KEY,
            "STRIPE_WEBHOOK_SECRET": django_settings.STRIPE_WEBHOOK_SECRET,
            "PAYMENT_LEASE_SECONDS": "2",
            **self.environment,
        }

    def kill(self) -> None:
        """``kill -9``, with everything it started: nothing is tidied up, nothing is finished."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it politely, then for certain."""
        if self.process is None or self.process.poll() is not None:
            return
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        psutil.wait_procs(children, timeout=5)


def database_url() -> str:
    """The address of the test's own database, on the server that the session started."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
