"""Everything the sandbox remembers, in one SQLite file that survives a stop or a kill.

Here live the tables and the few ways to read and change them. One lock guards one connection, so a
whole request sees and changes a single state. What the objects mean lives with the resources.
"""

import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Body = dict[str, Any]
PLATFORM = ""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    transfer_group TEXT, destination TEXT, source TEXT, type TEXT, status TEXT, currency TEXT,
    amount INTEGER, arrival_date INTEGER, parent TEXT, payout TEXT
);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (kind, owner, created DESC, seq DESC);
CREATE INDEX IF NOT EXISTS objects_group ON objects (transfer_group) WHERE transfer_group IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_destination ON objects (destination)
    WHERE destination IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_source ON objects (source) WHERE source IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_parent ON objects (parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS objects_payout ON objects (payout) WHERE payout IS NOT NULL;

CREATE TABLE IF NOT EXISTS balances (
    owner TEXT PRIMARY KEY,
    available INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),
    pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0)
);
CREATE TABLE IF NOT EXISTS keys (
    owner TEXT NOT NULL, key TEXT NOT NULL,
    fingerprint TEXT NOT NULL, path TEXT NOT NULL, created REAL NOT NULL, request_id TEXT NOT NULL,
    status INTEGER, answer TEXT,
    PRIMARY KEY (owner, key)
);
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    due REAL NOT NULL, work TEXT NOT NULL, subject TEXT NOT NULL, quiet INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due, seq);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'pending', last TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due, seq);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS links (
    token TEXT PRIMARY KEY, account TEXT NOT NULL, return_url TEXT NOT NULL,
    refresh_url TEXT NOT NULL, expires_at REAL NOT NULL,
    form TEXT UNIQUE, form_expires_at REAL, finished INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_TABLES = ("objects", "balances", "keys", "jobs", "deliveries", "links", "settings")
_COLUMNS = (
    "transfer_group",
    "destination",
    "source",
    "type",
    "status",
    "currency",
    "amount",
    "arrival_date",
)
_LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """An id in Stripe's form: a prefix that names the kind, then letters and digits."""
    return f"{prefix}_" + "".join(secrets.choice(_LETTERS) for _ in range(length))


class Store:
    """One SQLite database behind one lock."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(
            str(path), check_same_thread=False, isolation_level=None, timeout=10
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Waits for whoever is writing, then closes the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Inside another transaction, all or nothing of this part."""
        with self._lock:
            mark = f"part_{self._depth}"
            outer = self._depth == 0
            self._db.execute("BEGIN IMMEDIATE" if outer else f"SAVEPOINT {mark}")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK" if outer else f"ROLLBACK TO {mark}")
                if not outer:
                    self._db.execute(f"RELEASE {mark}")
                raise
            else:
                self._db.execute("COMMIT" if outer else f"RELEASE {mark}")
            finally:
                self._depth -= 1

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Change rows; how many were changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Read rows."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Read at most one row."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Read one whole number; nothing counts as nought."""
        with self._lock:
            return int(self._db.execute(sql, values).fetchone()[0] or 0)

    def wipe(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in _TABLES:
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names

    # -- objects ----------------------------------------------------------------------------

    def add(
        self,
        body: Body,
        *,
        owner: str = PLATFORM,
        parent: str | None = None,
        created: int | None = None,
    ) -> Body:
        """Keep a new object."""
        columns = [_column(body, name) for name in _COLUMNS]
        self.execute(
            f"INSERT INTO objects (id, kind, owner, created, body, parent, {', '.join(_COLUMNS)}) "  # noqa: S608
            f"VALUES (?, ?, ?, ?, ?, ?, {', '.join('?' * len(_COLUMNS))})",
            [
                body["id"],
                body["object"],
                owner,
                body["created"] if created is None else created,
                json.dumps(body),
                parent,
                *columns,
            ],
        )
        return body

    def save(self, body: Body) -> Body:
        """Keep a changed object."""
        columns = [_column(body, name) for name in _COLUMNS]
        changed = self.execute(
            f"UPDATE objects SET body = ?, {', '.join(f'{name} = ?' for name in _COLUMNS)} "  # noqa: S608
            "WHERE id = ?",
            [json.dumps(body), *columns, body["id"]],
        )
        assert changed == 1, f"{body['id']} is not kept"
        return body

    def find(self, id: str, kind: str | None = None, owner: str | None = None) -> Body | None:
        """An object by its id, when it is of this kind and belongs to this account."""
        row = self.row("SELECT kind, owner, body FROM objects WHERE id = ?", [id])
        if row is None or (kind and row["kind"] != kind):
            return None
        if owner is not None and row["owner"] != owner:
            return None
        body: Body = json.loads(row["body"])
        return body

    def remove(self, id: str) -> None:
        """Forget one object."""
        self.execute("DELETE FROM objects WHERE id = ?", [id])

    def every(self, kind: str, where: str = "1", values: Sequence[Any] = ()) -> Iterator[Body]:
        """All objects of a kind, oldest first. ``where`` is our own SQL, never the caller's."""
        sql = f"SELECT body FROM objects WHERE kind = ? AND {where} ORDER BY created, seq"  # noqa: S608
        for row in self.rows(sql, [kind, *values]):
            yield json.loads(row["body"])

    # -- balances ---------------------------------------------------------------------------

    def balance(self, owner: str) -> tuple[int, int]:
        """Available and pending pence of an account."""
        row = self.row("SELECT available, pending FROM balances WHERE owner = ?", [owner])
        return (row["available"], row["pending"]) if row else (0, 0)

    def move(self, owner: str, *, available: int = 0, pending: int = 0) -> bool:
        """Add to a balance (or take, when negative). ``False``, and nothing, if it would go below 0."""
        self.execute("INSERT OR IGNORE INTO balances (owner) VALUES (?)", [owner])
        changed = self.execute(
            "UPDATE balances SET available = available + ?1, pending = pending + ?2 "
            "WHERE owner = ?3 AND available + ?1 >= 0 AND pending + ?2 >= 0",
            [available, pending, owner],
        )
        return changed == 1

    # -- settings ---------------------------------------------------------------------------

    def setting(self, name: str) -> Any:
        """A kept setting, or ``None``."""
        row = self.row("SELECT value FROM settings WHERE name = ?", [name])
        return json.loads(row["value"]) if row else None

    def keep_setting(self, name: str, value: Any) -> None:
        """Keep a setting over a restart."""
        self.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, json.dumps(value)],
        )


def _column(body: Body, name: str) -> Any:
    value = body.get(name)
    return value if isinstance(value, str | int) else None
