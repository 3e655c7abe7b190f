"""Shared by all tests: a database that may be emptied between tests, and a world to act in.

The product's database refuses TRUNCATE on the record and the ledger. Only the tests' own clean-up may
pass that guard, by asking PostgreSQL not to fire triggers in that one session.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.workers import Worker

_flush = DatabaseOperations.execute_sql_flush


def _flush_without_guards(self: DatabaseOperations, sql_list: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        _flush(self, sql_list)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture(scope="session", autouse=True)
def _tests_may_empty_tables() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", _flush_without_guards)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Any]:
    """A Stripe sandbox over real HTTP, for the whole session."""
    from payments.rails.sandbox.server import SandboxServer

    with SandboxServer(topup_delay=0.0, payout_delay=-1) as server:
        yield server


@pytest.fixture
def stripe_sandbox(sandbox_server: Any, settings: Any) -> Iterator[Any]:
    """The sandbox, empty and without faults, with the settings pointing at it."""
    sandbox_server.world.reset()
    sandbox_server.faults.clear()
    settings.STRIPE_API_BASE = sandbox_server.url
    settings.STRIPE_API_KEY = sandbox_server.api_key
    settings.STRIPE_WEBHOOK_SECRET = sandbox_server.webhook_secret
    yield sandbox_server
    sandbox_server.faults.clear()


@pytest.fixture
def empty_queue() -> None:
    """Nothing left in the queue by another test."""
    from carebudget.celery import app

    app.control.purge()


@pytest.fixture
def worker(
    tmp_path: Path, stripe_sandbox: Any, empty_queue: None, transactional_db: None
) -> Iterator[Callable[..., Worker]]:
    """Start workers as processes; every one is ended when the test is over."""
    started: list[Worker] = []

    def start(**how: Any) -> Worker:
        found = Worker(tmp_path / f"worker-{len(started)}.log", **how)
        started.append(found)
        return found.start()

    yield start
    for one in started:
        one.stop()
