"""Starts the servers that ship with the Python packages: PostgreSQL, Redis and the Stripe sandbox.

A running server is reused; whoever started one stops it. Imports no Django.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import postgres, redis, sandbox, secrets
from .errors import CannotStart

STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Services:
    """Where the servers are, and the secrets that go with them."""

    database_url: str
    redis_url: str
    stripe_api_base: str
    secrets: secrets.LocalSecrets

    def environment(self) -> dict[str, str]:
        """The variables that the settings read."""
        found = {
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": self.secrets.secret_key,
            "STRIPE_API_KEY": self.secrets.stripe_api_key,
            "STRIPE_WEBHOOK_SECRET": self.secrets.stripe_webhook_secret,
            "AUDIT_SIGNING_KEY": self.secrets.audit_signing_key,
        }
        if self.redis_url:
            found["CELERY_BROKER_URL"] = self.redis_url
        if self.stripe_api_base:
            found["STRIPE_API_BASE"] = self.stripe_api_base
        return found


def state_directory(root: Path) -> Path:
    """Where local state lives: ``.local`` in the checkout unless ``CAREBUDGET_STATE`` names another."""
    named = os.environ.get("CAREBUDGET_STATE")
    return Path(named).resolve() if named else root / ".local"


@contextmanager
def running(
    *,
    root: Path,
    state: Path | None = None,
    with_redis: bool = True,
    with_sandbox: bool = False,
    webhook_url: str = "",
    throwaway: bool = False,
) -> Iterator[Services]:
    """The servers, found or started; those started here are stopped on the way out."""
    where = state or state_directory(root)
    known = secrets.load(where)
    started: list[subprocess.Popen[bytes]] = []
    try:
        database_url = postgres.start(where / "postgres", throwaway=throwaway)
        redis_url = ""
        if with_redis:
            redis_url, process = redis.start(where / "redis")
            started += [process] if process else []
        stripe_api_base = ""
        if with_sandbox:
            stripe_api_base, process = sandbox.start(
                where / "sandbox", known, webhook_url=webhook_url, root=root
            )
            started += [process] if process else []
        yield Services(database_url, redis_url, stripe_api_base, known)
    finally:
        for process in reversed(started):
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here: politely, then for certain."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


__all__ = ["CannotStart", "Services", "running", "state_directory", "stop"]
