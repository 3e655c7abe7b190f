"""The ledger against django-hordak, and against the same rows written by hand in SQL.

A transfer is one entry with two legs, committed by itself. ``hordak`` writes a transaction with two legs
and keeps no balances; ours keeps both accounts' balances, the balance after each leg, an idempotency key and
the promise that no budget goes below zero, and so does the floor. A past balance is read from an account
with a hundred legs and from one with a million.
"""

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import connection, transaction

from carebudget.ids import uuid7
from payments.models import Account, AccountKind, Leg
from payments.selectors.ledger import balance_at
from payments.services import verify_ledger
from payments.services.ledger import EntryDraft, account, post_entries, post_entry

ROOT = Path(__file__).resolve().parents[1]
TRANSFERS = 1_000
ROUNDS = 3
BATCH = 20_000
READS = 400
LEGS = (100, 1_000_000)
TIMES_HORDAK = 2.0
TIMES_THE_FLOOR = 1.3
TIMES_ONE_INSERT = 3.0
TIMES_A_SHORT_HISTORY = 1.5

FLOOR = """
    WITH locked AS (
        SELECT id, balance_pence, kind, overdraft_pence, held_pence FROM payments_account
        WHERE id IN (%(debit)s, %(credit)s) ORDER BY id FOR UPDATE
    ), entered AS (
        INSERT INTO payments_entry (key, kind, event, description, subject, public_id, effective_on, created_at)
        SELECT %(key)s, 'posted', 'bench', %(key)s, '', %(public)s, current_date, now()
        FROM (SELECT count(*) FROM locked) l
        RETURNING id
    ), sides (account, amount) AS (
        VALUES (%(debit)s::bigint, %(pence)s::bigint), (%(credit)s, -%(pence)s)
    ), written AS (
        INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at)
        SELECT e.id, s.account, s.amount, l.balance_pence + s.amount, now()
        FROM entered e, sides s JOIN locked l ON l.id = s.account
        RETURNING 1
    )
    UPDATE payments_account a SET balance_pence = a.balance_pence + s.amount
    FROM sides s, (SELECT count(*) FROM written) w WHERE a.id = s.account
"""


def run() -> list[dict[str, Any]]:
    """One row a figure."""
    tag = uuid7().hex[-8:]
    one, two = _account(f"bench:one:{tag}"), _account(f"bench:two:{tag}")
    took: dict[str, list[float]] = {"ours": [], "floor": [], "hordak": []}
    for turn in range(ROUNDS):
        took["ours"].append(_timed(lambda n, t=turn: _ours(one, two, f"{tag}:{t}:{n}")))
        took["floor"].append(_timed(lambda n, t=turn: _by_hand(one, two, f"{tag}:f{t}:{n}")))
        took["hordak"].append(_hordak())
    each = {name: TRANSFERS / min(seconds) for name, seconds in took.items()}
    rows = [
        _faster("transfers", each["ours"], each["hordak"], "django-hordak", TIMES_HORDAK),
        _slower("transfers", each["floor"] / each["ours"], each["ours"], each["floor"],
                "one SQL statement by hand", "a second", TIMES_THE_FLOOR),
        _batch(tag),
        _history(tag),
        _proof(),
    ]  # fmt: skip
    return rows


def _account(code: str) -> Account:
    return account(code, kind=AccountKind.SUSPENSE, name=code)


def _timed(one: Callable[[int], None]) -> float:
    for number in range(-TRANSFERS // 10, 0):
        one(number)
    start = time.perf_counter()
    for number in range(TRANSFERS):
        one(number)
    return time.perf_counter() - start


def _ours(debit: Account, credit: Account, key: str) -> None:
    post_entry(key=key, event="bench", description=key, legs=[(debit, 123), (credit, -123)])


def _by_hand(debit: Account, credit: Account, key: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            FLOOR,
            {
                "debit": debit.pk,
                "credit": credit.pk,
                "key": key,
                "pence": 123,
                "public": uuid7(),
            },
        )


def _hordak() -> float:
    """Seconds for as many transfers by django-hordak, in a database of its own on the same server."""
    name = "bench_hordak"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {name}")
    url = urlsplit(os.environ["DATABASE_URL"])
    beside = urlunsplit(url._replace(path=f"/{name}"))
    done = subprocess.run(
        [sys.executable, "-m", "bench.hordak_transfers", str(TRANSFERS)],
        env={**os.environ, "HORDAK_DATABASE_URL": beside},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout.split()[-1])


def _batch(tag: str) -> dict[str, Any]:
    """Many entries in one call, beside the same rows by one ``INSERT … SELECT``."""
    accounts = [_account(f"bench:{tag}:{n}") for n in range(200)]
    hub = _account(f"bench:hub:{tag}")
    drafts = [
        EntryDraft(f"{tag}:b{n}", "bench", "batch", [(accounts[n % 200], 100 + n), (hub, -100 - n)])
        for n in range(BATCH)
    ]
    start = time.perf_counter()
    with transaction.atomic():
        post_entries(drafts)
    ours = time.perf_counter() - start
    with transaction.atomic(), connection.cursor() as cursor:
        start = time.perf_counter()
        cursor.execute(
            """
            WITH entered AS (
                INSERT INTO payments_entry (key, kind, event, description, subject, public_id,
                                            effective_on, created_at)
                SELECT 'again:' || key, kind, event, description, subject, gen_random_uuid(),
                       effective_on, created_at
                FROM payments_entry WHERE key LIKE %s RETURNING id, key
            )
            INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at)
            SELECT n.id, l.account_id, l.amount_pence, l.balance_after_pence, l.posted_at
            FROM entered n JOIN payments_entry e ON e.key = substr(n.key, 7)
            JOIN payments_leg l ON l.entry_id = e.id
            """,
            [f"{tag}:b%"],
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        floor = time.perf_counter() - start
        transaction.set_rollback(True)
    return _slower(
        f"{BATCH:,} entries in one call", ours / floor, ours, floor,
        "one INSERT … SELECT", "s", TIMES_ONE_INSERT,
    )  # fmt: skip


def _history(tag: str) -> dict[str, Any]:
    """A balance at a moment of the past, with a long history and with a short one."""
    start, spent = datetime(2020, 1, 1, tzinfo=UTC), {}
    chance = random.Random(7)
    for legs in LEGS:
        row = _account(f"bench:history:{tag}:{legs}")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                """INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at)
                   SELECT (SELECT min(id) FROM payments_entry), %s, 1, n, %s::timestamptz + n * interval '1 minute'
                   FROM generate_series(1, %s) n""",
                [row.pk, start, legs],
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE payments_leg")
        each = []
        for _ in range(READS):
            minute = chance.randrange(1, legs + 1)
            asked = start + timedelta(minutes=minute, seconds=30)
            begun = time.perf_counter()
            found = balance_at(row, asked)
            each.append(time.perf_counter() - begun)
            assert found == minute, (found, minute)
        spent[legs] = 1e6 * statistics.median(each)
    for legs in LEGS:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "DELETE FROM payments_leg WHERE account_id = %s",
                [_account(f"bench:history:{tag}:{legs}").pk],
            )
    short, long = LEGS
    return _slower(
        f"a past balance among {long:,} legs", spent[long] / spent[short], spent[long], spent[short],
        f"the same among {short}", "µs", TIMES_A_SHORT_HISTORY,
    )  # fmt: skip


def _proof() -> dict[str, Any]:
    """How long the whole ledger takes to prove itself, for each hundred thousand legs."""
    start = time.perf_counter()
    proof = verify_ledger()
    took = time.perf_counter() - start
    assert proof.holds, proof.breach
    return {
        "name": f"verify_ledger over {Leg.objects.count():,} legs", "ours": took, "other": None,
        "other_is": None, "unit": "s", "ratio": None, "goal": "shown", "holds": True,
    }  # fmt: skip


def _faster(name: str, ours: float, other: float, what: str, goal: float) -> dict[str, Any]:
    return {
        "name": name, "ours": ours, "other": other, "other_is": what, "unit": "a second",
        "ratio": ours / other, "goal": f"at least {goal:g}x", "holds": ours / other >= goal,
    }  # fmt: skip


def _slower(
    name: str, ratio: float, ours: float, other: float, what: str, unit: str, goal: float
) -> dict[str, Any]:
    return {
        "name": name, "ours": ours, "other": other, "other_is": what, "unit": unit,
        "ratio": ratio, "goal": f"within {goal:g}x", "holds": ratio <= goal,
    }  # fmt: skip
