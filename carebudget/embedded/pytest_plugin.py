"""Starts PostgreSQL and Redis for a test session, before Django reads its settings.

Loaded with ``-p``; under pytest-xdist the first process starts them and the workers inherit where they are.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from carebudget import embedded

ROOT = Path(__file__).resolve().parents[2]
_servers = ExitStack()

if not os.environ.get("DATABASE_URL"):
    _services = _servers.enter_context(
        embedded.running(root=ROOT, state=ROOT / ".local" / "test", throwaway=True)
    )
    os.environ.update(_services.environment())


def pytest_unconfigure() -> None:
    """The session is over: stop what it started."""
    _servers.close()
