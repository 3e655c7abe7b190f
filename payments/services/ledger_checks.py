# ruff: noqa: S608 -- every part of these questions is written in this file
"""What must hold in the ledger, as questions whose every answer is a breach. No writes, no Django models.

A check's rows are texts (names, references) and whole numbers (pence); ``words`` puts the first row into
a sentence. The order is that of the argument: entries, then balances, then what the entries stand for.
"""

from dataclasses import dataclass

MOVED = "e.kind IN ('posted', 'post')"


@dataclass(frozen=True)
class Check:
    """One invariant: ``sql`` finds what breaks it, first things first."""

    sql: str
    words: str


ENTRIES = (
    Check(
        """SELECT e.key, sum(l.amount_pence) FROM payments_entry e JOIN payments_leg l ON l.entry_id = e.id
        GROUP BY e.id HAVING sum(l.amount_pence) <> 0 ORDER BY e.id""",
        "entry {0} does not balance: its legs sum to {1}",
    ),
    Check(
        """SELECT e.key FROM payments_entry e LEFT JOIN payments_leg l ON l.entry_id = e.id
        WHERE e.kind <> 'void' GROUP BY e.id HAVING count(l.id) < 2 ORDER BY e.id""",
        "entry {0} has no legs, or only one",
    ),
    Check(
        """SELECT e.key FROM payments_entry e JOIN payments_leg l ON l.entry_id = e.id
        WHERE e.kind = 'void' ORDER BY e.id""",
        "entry {0} lets go of a hold but moves money",
    ),
    Check(
        """SELECT l.id::text FROM payments_leg l
        LEFT JOIN payments_entry e ON e.id = l.entry_id LEFT JOIN payments_account a ON a.id = l.account_id
        WHERE e.id IS NULL OR a.id IS NULL ORDER BY l.id""",
        "leg {0} belongs to no entry or no account",
    ),
    Check(
        """SELECT e.key FROM payments_entry e LEFT JOIN payments_entry c ON c.id = e.corrects_id
        LEFT JOIN payments_entry h ON h.id = e.resolves_id
        WHERE (e.corrects_id IS NOT NULL AND c.id IS NULL) OR (e.resolves_id IS NOT NULL AND h.id IS NULL)
        ORDER BY e.id""",
        "entry {0} points at an entry that does not exist",
    ),
    Check(
        """SELECT e.key FROM payments_entry e JOIN payments_entry h ON h.id = e.resolves_id
        WHERE h.kind <> 'pending' ORDER BY e.id""",
        "entry {0} deals with something that was never held",
    ),
    Check(
        """SELECT h.key FROM payments_entry h JOIN payments_entry e ON e.resolves_id = h.id
        GROUP BY h.id HAVING count(*) > 1 ORDER BY h.id""",
        "hold {0} was dealt with twice",
    ),
    Check(
        """SELECT key FROM (
            SELECT e.id, e.key, l.account_id, l.amount_pence FROM payments_entry e
            JOIN payments_leg l ON l.entry_id = e.id WHERE e.kind = 'post'
            UNION ALL
            SELECT e.id, e.key, l.account_id, -l.amount_pence FROM payments_entry e
            JOIN payments_leg l ON l.entry_id = e.resolves_id WHERE e.kind = 'post'
        ) s GROUP BY id, key, account_id HAVING sum(amount_pence) <> 0 ORDER BY id""",
        "entry {0} moved another amount than was held",
    ),
    Check(
        """SELECT key FROM (
            SELECT e.id, e.key, l.account_id, l.amount_pence FROM payments_entry e
            JOIN payments_leg l ON l.entry_id = e.id WHERE e.corrects_id IS NOT NULL
            UNION ALL
            SELECT e.id, e.key, l.account_id, l.amount_pence FROM payments_entry e
            JOIN payments_leg l ON l.entry_id = e.corrects_id WHERE e.corrects_id IS NOT NULL
        ) s GROUP BY id, key, account_id HAVING sum(amount_pence) <> 0 ORDER BY id""",
        "entry {0} is not the opposite of what it corrects",
    ),
)

BALANCES = (
    Check(
        f"""SELECT a.code, a.balance_pence, coalesce(s.total, 0) FROM payments_account a
        FULL JOIN (SELECT l.account_id, sum(l.amount_pence) AS total FROM payments_leg l
                   JOIN payments_entry e ON e.id = l.entry_id WHERE {MOVED} GROUP BY l.account_id) s
            ON s.account_id = a.id
        WHERE a.balance_pence <> coalesce(s.total, 0) ORDER BY a.id""",
        "account {0} says {1} but its legs sum to {2}",
    ),
    Check(
        f"""SELECT code, balance_after_pence, should FROM (
            SELECT a.code, l.id, l.balance_after_pence,
                   sum(CASE WHEN {MOVED} THEN l.amount_pence ELSE 0 END)
                       OVER (PARTITION BY l.account_id ORDER BY l.id) AS should
            FROM payments_leg l JOIN payments_entry e ON e.id = l.entry_id
            JOIN payments_account a ON a.id = l.account_id
        ) s WHERE balance_after_pence <> should ORDER BY id""",
        "account {0} has a leg that says {1} was there after it, but it was {2}",
    ),
    Check(
        """SELECT code, moment FROM (
            SELECT a.code, l.id, l.posted_at::text AS moment, l.posted_at,
                   lag(l.posted_at) OVER (PARTITION BY l.account_id ORDER BY l.id) AS before
            FROM payments_leg l JOIN payments_account a ON a.id = l.account_id
        ) s WHERE posted_at < before ORDER BY id""",
        "account {0} has a leg of {1} that was written after a later one",
    ),
    Check(
        """SELECT a.code, a.held_pence, coalesce(s.total, 0) FROM payments_account a
        LEFT JOIN (SELECT l.account_id, sum(l.amount_pence) AS total FROM payments_leg l
                   JOIN payments_entry e ON e.id = l.entry_id
                   WHERE e.kind = 'pending' AND l.amount_pence > 0
                     AND NOT EXISTS (SELECT 1 FROM payments_entry r WHERE r.resolves_id = e.id)
                   GROUP BY l.account_id) s ON s.account_id = a.id
        WHERE a.held_pence <> coalesce(s.total, 0) ORDER BY a.id""",
        "account {0} holds {1} but open holds sum to {2}",
    ),
    Check(
        """SELECT a.code FROM payments_account a
        WHERE a.kind = 'budget' AND a.balance_pence + a.held_pence > a.overdraft_pence ORDER BY a.id""",
        "account {0} is below zero without a decision",
    ),
    Check(
        """SELECT a.code, a.overdraft_pence FROM payments_account a LEFT JOIN plans_case c ON c.id = a.case_id
        LEFT JOIN LATERAL (
            SELECT (v.changes ->> 'to_pence')::bigint AS allowed FROM audit_auditevent v
            JOIN audit_auditchain h ON h.id = v.chain_id
            WHERE h.key = 'case:' || c.reference AND v.verb = 'budget.overspend_allowed'
            ORDER BY v.sequence DESC LIMIT 1) d ON true
        WHERE a.overdraft_pence > 0 AND a.overdraft_pence IS DISTINCT FROM d.allowed ORDER BY a.id""",
        "account {0} may go {1} below zero, but no recorded decision says so",
    ),
)

NAMED = (
    ("plan", "plans_supportplan", "reference"),
    ("invoice", "payments_invoice", "reference"),
    ("payment", "payments_payment", "reference"),
    ("line", "payments_statementline", "public_id::text"),
    ("case", "plans_case", "reference"),
    ("topup", "payments_topup", "reference"),
)
"""Kinds of subject that an entry names, and where they are kept."""

ORPHANS = tuple(
    Check(
        f"""SELECT e.key, e.subject FROM payments_entry e
        LEFT JOIN {table} t ON '{kind}:' || t.{column} = e.subject
        WHERE e.subject LIKE '{kind}:%' AND t.id IS NULL ORDER BY e.id""",
        "entry {0} is about {1}, which does not exist",
    )
    for kind, table, column in NAMED
)


def _once(table: str, kind: str, event: str, condition: str, words: str) -> Check:
    """Rows of ``table`` that fulfil ``condition`` whose event was entered never, twice, or for another sum.

    Entries that were corrected do not count, nor do the corrections (their event says ``.reversed``).
    """
    return Check(
        f"""SELECT t.reference FROM {table} t LEFT JOIN (
            SELECT e.subject, count(*) AS times, sum(s.moved) AS moved, min(e.id) AS entry
            FROM payments_entry e
            JOIN (SELECT l.entry_id, sum(l.amount_pence) AS moved FROM payments_leg l
                  WHERE l.amount_pence > 0 GROUP BY l.entry_id) s ON s.entry_id = e.id
            WHERE e.event = '{event}' AND {MOVED}
              AND NOT EXISTS (SELECT 1 FROM payments_entry c WHERE c.corrects_id = e.id)
            GROUP BY e.subject
        ) s ON s.subject = '{kind}:' || t.reference
        WHERE {condition} ORDER BY t.id""",
        words,
    )


EVENTS = (
    _once(
        "payments_invoice", "invoice", "invoice.approved",
        """t.state IN ('approved', 'paid') AND (coalesce(s.times, 0) <> 1 OR s.moved <> t.total_pence
        OR t.entry_id IS DISTINCT FROM s.entry)""",
        "invoice {0} was approved, but not entered exactly once for its amount",
    ),
    _once(
        "payments_invoice", "invoice", "invoice.approved",
        "t.state IN ('received', 'queried', 'confirmed', 'disputed', 'rejected') AND s.times > 0",
        "invoice {0} was entered, but nobody approved it",
    ),
    _once(
        "payments_payment", "payment", "payment.sent",
        """t.state IN ('sent', 'settled', 'returned') AND (coalesce(s.times, 0) <> 1
        OR s.moved <> t.amount_pence OR t.entry_id IS DISTINCT FROM s.entry)""",
        "payment {0} was sent, but not entered exactly once for its amount",
    ),
    _once(
        "payments_payment", "payment", "payment.sent",
        "t.state NOT IN ('sent', 'settled', 'returned') AND s.times > 0",
        "payment {0} was entered, but it was not sent",
    ),
    _once(
        "payments_payment", "payment", "payment.returned",
        """(t.state = 'returned' AND (coalesce(s.times, 0) <> 1 OR s.moved <> t.amount_pence))
        OR (t.state <> 'returned' AND s.times > 0)""",
        "payment {0} came back, but that was not entered exactly once for its amount",
    ),
    Check(
        """SELECT p.obligation FROM payments_payment p WHERE p.state NOT IN ('failed', 'returned', 'cancelled')
        GROUP BY p.obligation HAVING count(*) > 1 ORDER BY min(p.id)""",
        "{0} is paid twice",
    ),
    Check(
        """SELECT n.public_id::text FROM payments_statementline n
        LEFT JOIN payments_match m ON m.line_id = n.id AND m.undone_at IS NULL
        GROUP BY n.id HAVING count(m.id) <> CASE WHEN n.state = 'matched' THEN 1 ELSE 0 END ORDER BY n.id""",
        "statement line {0} and its match do not agree",
    ),
    Check(
        """SELECT m.public_id::text FROM payments_match m JOIN payments_statementline n ON n.id = m.line_id
        LEFT JOIN payments_entry e ON e.id = m.entry_id AND e.subject = 'line:' || n.public_id
        LEFT JOIN payments_entry u ON u.id = m.undo_entry_id AND u.corrects_id = m.entry_id
        WHERE e.id IS NULL OR (m.undone_at IS NOT NULL) <> (u.id IS NOT NULL) ORDER BY m.id""",
        "match {0} points at no entry of its own, or was undone without one",
    ),
    Check(
        f"""SELECT e.subject FROM payments_entry e WHERE e.event = 'line.matched' AND {MOVED}
          AND NOT EXISTS (SELECT 1 FROM payments_entry c WHERE c.corrects_id = e.id)
        GROUP BY e.subject HAVING count(*) > 1 ORDER BY min(e.id)""",
        "{0} was entered twice",
    ),
    Check(
        f"""SELECT e.subject FROM payments_entry e WHERE e.event = 'budget.allocated' AND {MOVED}
          AND NOT EXISTS (SELECT 1 FROM payments_entry c WHERE c.corrects_id = e.id)
        GROUP BY e.subject HAVING count(*) > 1 ORDER BY min(e.id)""",
        "{0} was allocated twice",
    ),
    Check(
        f"""SELECT p.reference FROM plans_supportplan p
        WHERE p.state IN ('agreed', 'active') AND p.personal_budget_pence > 0 AND NOT EXISTS (
            SELECT 1 FROM payments_entry e JOIN plans_supportplan q ON e.subject = 'plan:' || q.reference
            WHERE q.case_id = p.case_id AND e.event = 'budget.allocated' AND {MOVED}) ORDER BY p.id""",
        "plan {0} was agreed, but its budget was never entered",
    ),
)  # fmt: skip

CHECKS = (*ENTRIES, *BALANCES, *ORPHANS, *EVENTS)
