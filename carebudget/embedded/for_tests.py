"""Servers for a test session: started when the test settings are read, stopped when the process ends.

Under pytest-xdist the first process starts them; the workers inherit where they are.
"""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path

from carebudget import embedded

ROOT = Path(__file__).resolve().parents[2]


def start() -> None:
    """Start what nobody has named yet, and put where it is into the environment."""
    if os.environ.get("DATABASE_URL"):
        return
    servers = ExitStack()
    found = servers.enter_context(
        embedded.running(root=ROOT, state=ROOT / ".local" / "test", throwaway=True)
    )
    os.environ.update(found.environment())
    atexit.register(servers.close)
