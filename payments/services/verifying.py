"""Proving the ledger: everything is worked out again from the legs, and the first breach is named.

Reads only, in one snapshot, with one statement for each law, so that a million legs take seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from carebudget.money import format_pence

from ..models import Account, Entry, Leg


@dataclass(frozen=True)
class LedgerProof:
    """What was checked, and the first breach in words (empty when all holds)."""

    accounts: int
    entries: int
    legs: int
    breach: str = ""

    @property
    def holds(self) -> bool:
        return not self.breach


@dataclass(frozen=True)
class Law:
    """One law: what finds its first breach, and the breach in words. ``{0}`` is a name, ``{1:£}`` pence."""

    sql: str
    words: str

    def breach(self, cursor: Any) -> str:
        """The first breach in words; empty when the law holds."""
        cursor.execute(self.sql)
        row = cursor.fetchone()
        return self.words.format(*(_Figure(each) for each in row)) if row else ""


class _Figure:
    """A column of a breach: ``{:£}`` writes it as money."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __format__(self, how: str) -> str:
        return format_pence(int(self.value)) if how == "£" else str(self.value)


MOVES = "kind IN ('posted', 'post')"
WAS_SENT = "p.state IN ('sent', 'settled', 'returned')"

SUMS = (
    Law(
        """SELECT e.key, s.total FROM payments_entry e
           JOIN (SELECT entry_id, sum(amount_pence) AS total FROM payments_leg
                 GROUP BY entry_id HAVING sum(amount_pence) <> 0) s ON s.entry_id = e.id
           ORDER BY e.id LIMIT 1""",
        "entry {0} does not balance: its legs sum to {1:£}",
    ),
    Law(
        """SELECT e.key, coalesce(s.sides, 0) FROM payments_entry e
           LEFT JOIN (SELECT entry_id, count(*) AS sides FROM payments_leg GROUP BY entry_id) s
               ON s.entry_id = e.id
           WHERE CASE WHEN e.kind = 'void' THEN s.sides IS NOT NULL ELSE coalesce(s.sides, 0) < 2 END
           ORDER BY e.id LIMIT 1""",
        "entry {0} has {1} legs",
    ),
    Law(
        f"""SELECT a.code, a.balance_pence, coalesce(s.total, 0) FROM payments_account a
            LEFT JOIN (SELECT l.account_id, sum(l.amount_pence) AS total FROM payments_leg l
                       JOIN payments_entry e ON e.id = l.entry_id WHERE e.{MOVES}
                       GROUP BY l.account_id) s ON s.account_id = a.id
            WHERE a.balance_pence <> coalesce(s.total, 0) ORDER BY a.id LIMIT 1""",
        "account {0} says {1:£} but its legs sum to {2:£}",
    ),
    Law(
        f"""SELECT a.code, e.key, r.said, r.worked_out FROM (
                SELECT l.id, l.account_id, l.entry_id, l.balance_after_pence AS said,
                       sum(CASE WHEN e.{MOVES} THEN l.amount_pence ELSE 0 END)
                           OVER (PARTITION BY l.account_id ORDER BY l.id) AS worked_out
                FROM payments_leg l JOIN payments_entry e ON e.id = l.entry_id) r
            JOIN payments_account a ON a.id = r.account_id JOIN payments_entry e ON e.id = r.entry_id
            WHERE r.said <> r.worked_out ORDER BY r.id LIMIT 1""",
        "account {0} after entry {1} says {2:£} but its legs so far sum to {3:£}",
    ),
    Law(
        """SELECT a.code, l.posted_at FROM (
               SELECT account_id, posted_at,
                      lag(posted_at) OVER (PARTITION BY account_id ORDER BY id) AS before
               FROM payments_leg) l
           JOIN payments_account a ON a.id = l.account_id
           WHERE l.posted_at < l.before ORDER BY a.id LIMIT 1""",
        "account {0} has a leg of {1} after a later one",
    ),
)
"""What legs, entries and balances owe each other."""

HOLDS = (
    Law(
        """SELECT a.code, a.held_pence, coalesce(s.total, 0) FROM payments_account a
           LEFT JOIN (SELECT l.account_id, sum(l.amount_pence) AS total FROM payments_leg l
                      JOIN payments_entry e ON e.id = l.entry_id AND e.kind = 'pending'
                      LEFT JOIN payments_entry r ON r.resolves_id = e.id
                      WHERE r.id IS NULL AND l.amount_pence > 0
                      GROUP BY l.account_id) s ON s.account_id = a.id
           WHERE a.held_pence <> coalesce(s.total, 0) ORDER BY a.id LIMIT 1""",
        "account {0} holds {1:£} but open holds sum to {2:£}",
    ),
    Law(
        """SELECT e.key, h.key FROM payments_entry e JOIN payments_entry h ON h.id = e.resolves_id
           WHERE h.kind <> 'pending' ORDER BY e.id LIMIT 1""",
        "entry {0} resolves {1}, which held nothing",
    ),
    Law(
        """SELECT e.key, h.key FROM payments_entry e JOIN payments_entry h ON h.id = e.resolves_id
           WHERE e.kind = 'post' AND EXISTS (
               SELECT account_id FROM (
                   SELECT account_id, amount_pence FROM payments_leg WHERE entry_id = e.id
                   UNION ALL
                   SELECT account_id, -amount_pence FROM payments_leg WHERE entry_id = h.id) both_
               GROUP BY account_id HAVING sum(amount_pence) <> 0)
           ORDER BY e.id LIMIT 1""",
        "entry {0} moves something else than {1} held",
    ),
    Law(
        """SELECT a.code, a.balance_pence + a.held_pence - a.overdraft_pence FROM payments_account a
           WHERE a.kind = 'budget' AND a.balance_pence + a.held_pence > a.overdraft_pence
           ORDER BY a.id LIMIT 1""",
        "account {0} is {1:£} below zero without a decision",
    ),
    Law(
        """SELECT a.code, a.overdraft_pence, coalesce(d.allowed, 0) FROM payments_account a
           LEFT JOIN plans_case c ON c.id = a.case_id
           LEFT JOIN LATERAL (
               SELECT (v.changes ->> 'to_pence')::bigint AS allowed FROM audit_auditevent v
               WHERE v.subject = 'case:' || c.reference AND v.verb = 'budget.overspend_allowed'
               ORDER BY v.id DESC LIMIT 1) d ON true
           WHERE a.kind = 'budget' AND a.overdraft_pence <> 0
             AND a.overdraft_pence IS DISTINCT FROM d.allowed
           ORDER BY a.id LIMIT 1""",
        "account {0} may go {1:£} below zero, but the last decision in the record says {2:£}",
    ),
)
"""What is held, and how far a budget may go."""

CORRECTIONS = (
    Law(
        """SELECT e.key, o.key FROM payments_entry e JOIN payments_entry o ON o.id = e.corrects_id
           WHERE e.event = o.event || '.reversed' AND EXISTS (
               SELECT account_id FROM (
                   SELECT account_id, amount_pence FROM payments_leg WHERE entry_id IN (e.id, o.id)) both_
               GROUP BY account_id HAVING sum(amount_pence) <> 0)
           ORDER BY e.id LIMIT 1""",
        "entry {0} is not the opposite of {1}, which it reverses",
    ),
    Law(
        """SELECT o.key, count(*) FROM payments_entry e JOIN payments_entry o ON o.id = e.corrects_id
           WHERE e.event = o.event || '.reversed'
           GROUP BY o.id, o.key HAVING count(*) > 1 ORDER BY o.id LIMIT 1""",
        "entry {0} was reversed {1} times",
    ),
    Law(
        """SELECT e.key FROM payments_entry e
           WHERE e.event LIKE '%.reversed' AND e.corrects_id IS NULL ORDER BY e.id LIMIT 1""",
        "entry {0} reverses nothing",
    ),
)
"""What corrects, and what it corrects."""


def _entered(what: str, thing: str, key: str, when: str, pence: str) -> Law:
    """Each such thing has exactly its one entry, under its own key and for its own amount."""
    return Law(
        f"""SELECT t.reference, coalesce(s.total, 0), t.{pence} FROM {thing} t
            LEFT JOIN payments_entry e ON e.key = '{key}' || t.reference
            LEFT JOIN LATERAL (SELECT sum(amount_pence) AS total FROM payments_leg l
                               WHERE l.entry_id = e.id AND l.amount_pence > 0) s ON true
            WHERE {when} AND coalesce(s.total, 0) <> t.{pence} ORDER BY t.id LIMIT 1""",
        f"{what} {{0}} is entered with {{1:£}}, though it is {{2:£}}",
    )


def _lonely(kind: str, thing: str, column: str = "reference") -> Law:
    """No entry says that it is about something that does not exist."""
    return Law(
        f"""SELECT e.key, e.subject FROM payments_entry e
            WHERE e.subject LIKE '{kind}:%'
              AND NOT EXISTS (SELECT 1 FROM {thing} t
                              WHERE t.{column}::text = substr(e.subject, {len(kind) + 2}))
            ORDER BY e.id LIMIT 1""",
        "entry {0} is about {1}, which does not exist",
    )


EVENTS = (
    _entered("plan", "plans_supportplan", "allocated:",
             "coalesce(t.personal_budget_pence, 0) > 0 AND t.state IN ('agreed', 'active')",
             "personal_budget_pence"),
    _entered("invoice", "payments_invoice", "invoice-approved:",
             "t.state IN ('approved', 'paid')", "total_pence"),
    _entered("payment", "payments_payment", "payment-sent:",
             "t.state IN ('sent', 'settled', 'returned')", "amount_pence"),
    _entered("returned payment", "payments_payment", "payment-returned:",
             "t.state = 'returned'", "amount_pence"),
    Law(
        f"""SELECT p.reference FROM payments_payment p LEFT JOIN payments_entry e ON e.id = p.entry_id
            WHERE {WAS_SENT} AND e.key IS DISTINCT FROM 'payment-sent:' || p.reference
            ORDER BY p.id LIMIT 1""",
        "payment {0} was sent, but points at the entry of something else",
    ),
    Law(
        f"""SELECT p.reference, p.state FROM payments_payment p
            JOIN payments_entry e ON e.key = 'payment-sent:' || p.reference
            WHERE NOT ({WAS_SENT})
              AND NOT EXISTS (SELECT 1 FROM payments_entry r WHERE r.corrects_id = e.id)
            ORDER BY p.id LIMIT 1""",
        "payment {0} is entered as sent, but it is “{1}”",
    ),
    Law(
        """SELECT m.public_id, count(e.id) FROM payments_match m
           LEFT JOIN payments_entry e ON e.id = m.entry_id AND e.event = 'line.matched'
           GROUP BY m.id, m.public_id, m.entry_id HAVING count(e.id) <> 1 ORDER BY m.id LIMIT 1""",
        "match {0} has no entry of its own",
    ),
    Law(
        """SELECT e.key, count(*) FROM payments_match m JOIN payments_entry e ON e.id = m.entry_id
           GROUP BY e.id, e.key
           HAVING count(*) > (SELECT count(DISTINCT n.line_id) FROM payments_match n WHERE n.entry_id = e.id)
           ORDER BY e.id LIMIT 1""",
        "entry {0} stands for {1} matches of one line",
    ),
    Law(
        """SELECT m.public_id FROM payments_match m LEFT JOIN payments_entry u ON u.id = m.undo_entry_id
           WHERE m.undone_at IS NOT NULL AND u.corrects_id IS DISTINCT FROM m.entry_id
           ORDER BY m.id LIMIT 1""",
        "match {0} was taken back without the opposite entry",
    ),
)  # fmt: skip
"""Business events and their entries: one each, for the same amount."""

ORPHANS = (
    _lonely("plan", "plans_supportplan"),
    _lonely("invoice", "payments_invoice"),
    _lonely("payment", "payments_payment"),
    _lonely("line", "payments_statementline", "public_id"),
    Law(
        """SELECT t.reference, count(*) FROM (
               SELECT obligation AS reference FROM payments_payment
               WHERE state IN ('sent', 'settled')) t
           GROUP BY t.reference HAVING count(*) > 1 ORDER BY t.reference LIMIT 1""",
        "{0} was paid {1} times",
    ),
)
"""Entries about nothing, and obligations paid more than once."""

LAWS = (*SUMS, *HOLDS, *CORRECTIONS, *EVENTS, *ORPHANS)


def verify_ledger() -> LedgerProof:
    """Work everything out again from the legs; reads only, and sees one moment of the database."""
    with _one_moment(), connection.cursor() as cursor:
        breach = next((found for law in LAWS if (found := law.breach(cursor))), "")
        return LedgerProof(
            accounts=Account.objects.count(),
            entries=Entry.objects.count(),
            legs=Leg.objects.count(),
            breach=breach,
        )


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot for all laws, unless the caller is in a transaction already."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


__all__ = ["LAWS", "Law", "LedgerProof", "verify_ledger"]
