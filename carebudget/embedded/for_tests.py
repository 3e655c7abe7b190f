"""Servers for a test session: started when the test settings are read, stopped when the process ends.

Under pytest-xdist the first process starts them; the workers inherit where they are.
"""

import atexit
import os
import re
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg

from carebudget import embedded

ROOT = Path(__file__).resolve().parents[2]
TEST_DATABASE = re.compile(r"test_carebudget_(\d+)(_gw\d+)?")


def start() -> None:
    """Start what nobody has named yet, and put where it is into the environment."""
    if os.environ.get("DATABASE_URL"):
        return
    servers = ExitStack()
    found = servers.enter_context(
        embedded.running(root=ROOT, state=ROOT / ".local" / "test", throwaway=True)
    )
    drop_left_behind(found.database_url)
    os.environ.update(found.environment())
    atexit.register(servers.close)


def drop_left_behind(database_url: str) -> None:
    """Drop the test databases of runs that ended without doing it themselves."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            known = TEST_DATABASE.fullmatch(name)
            if known and not psutil.pid_exists(int(known[1])):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[call-overload]
