"""Starts the servers that ship with the Python packages: PostgreSQL, Redis and the Stripe sandbox.

A running server is reused, and whoever leaves last stops it. Imports no Django.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import secrets
from .errors import CannotStart
from .keeping import Server, shared
from .postgres import Postgres
from .redis import Redis
from .sandbox import Sandbox


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
            "PAYEE_DETAILS_KEYS": self.secrets.payee_details_key,
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
    """The servers, found or started, until this process no longer needs them.

    Raises ``CannotStart`` with one sentence when one of them does not start.
    """
    where = state or state_directory(root)
    known = secrets.load(where)
    with ExitStack() as stack:

        def use(server: Server) -> str:
            return stack.enter_context(shared(server))

        database_url = use(Postgres(where, throwaway=throwaway))
        redis_url = use(Redis(where)) if with_redis else ""
        sandbox = Sandbox(where, secrets=known, root=root, webhook_url=webhook_url)
        stripe_api_base = use(sandbox) if with_sandbox else ""
        yield Services(database_url, redis_url, stripe_api_base, known)


__all__ = ["CannotStart", "Services", "running", "state_directory"]
