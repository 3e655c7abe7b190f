"""Makes the tables of a database that has none, so that any command works first in a fresh checkout."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from .errors import CannotStart

TURN = 736_421
"""The advisory lock that lets one command make the tables while others wait."""


def make_when_empty(database_url: str, *, root: Path) -> None:
    """Migrate and load the programme packs when nothing was ever migrated. Raises ``CannotStart``."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        if _has_tables(connection):
            return
        connection.execute("SELECT pg_advisory_lock(%s)", [TURN])
        if _has_tables(connection):
            return
        print("The database is empty: its tables are made first.", file=sys.stderr, flush=True)
        for command in (["migrate", "--verbosity", "0"], ["load_packs"]):
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=root, env=os.environ,
                stdout=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            if done.returncode:
                raise CannotStart(f"manage.py {command[0]} did not work; its reason is above.")


def _has_tables(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    found = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    return found is not None and found[0] is not None
