"""Posting inside the database: one call locks, checks and writes one entry or a hundred thousand.

``payments_post`` checks everything before it writes anything, so that a refusal leaves the caller's
transaction as it was. It returns one row an entry: ``entered`` or ``stands`` (the key was used before);
or a single row: ``resolved`` (the hold was dealt with) or ``exceeded`` (by ``figure`` pence).
"""

from django.db import migrations, models

import carebudget.clock

POST = """
CREATE FUNCTION payments_post(
    keys text[], kinds text[], events text[], descriptions text[], subjects text[], publics uuid[],
    resolved bigint[], corrected bigint[], days date[], maker bigint, moment timestamptz,
    leg_of int[], leg_accounts bigint[], leg_amounts bigint[]
) RETURNS TABLE (place int, entry bigint, outcome text, figure bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM payments_account a
        WHERE a.id = ANY (leg_accounts)
           OR a.id IN (SELECT h.account_id FROM payments_leg h WHERE h.entry_id = ANY (resolved))
        ORDER BY a.id FOR UPDATE;

    RETURN QUERY
        SELECT k.n::int, e.id, 'resolved', 0::bigint
        FROM unnest(keys, resolved) WITH ORDINALITY k (key, hold, n)
        JOIN payments_entry e ON e.resolves_id = k.hold AND e.key <> k.key
        LIMIT 1;
    IF FOUND THEN RETURN; END IF;

    RETURN QUERY
        WITH drafts AS (
            SELECT k.n, k.kind, k.hold
            FROM unnest(keys, kinds, resolved) WITH ORDINALITY k (key, kind, hold, n)
            WHERE NOT EXISTS (SELECT 1 FROM payments_entry e WHERE e.key = k.key)
        ), change AS (
            SELECT c.account, sum(c.more) AS more FROM (
                SELECT l.account, CASE WHEN d.kind = 'pending' THEN greatest(l.amount, 0) ELSE l.amount END AS more
                FROM unnest(leg_of, leg_accounts, leg_amounts) l (n, account, amount)
                JOIN drafts d ON d.n = l.n
                UNION ALL
                SELECT h.account_id, -h.amount_pence FROM drafts d
                JOIN payments_leg h ON h.entry_id = d.hold AND h.amount_pence > 0
            ) c GROUP BY c.account
        )
        SELECT 0, a.id, 'exceeded', (a.balance_pence + a.held_pence + c.more - a.overdraft_pence)::bigint
        FROM change c JOIN payments_account a ON a.id = c.account
        WHERE a.kind = 'budget' AND a.balance_pence + a.held_pence + c.more > a.overdraft_pence
        ORDER BY a.id LIMIT 1;
    IF FOUND THEN RETURN; END IF;

    RETURN QUERY
        WITH drafts AS (
            SELECT k.*, e.id AS standing
            FROM unnest(keys, kinds, events, descriptions, subjects, publics, resolved, corrected, days)
                WITH ORDINALITY k (key, kind, event, description, subject, public, hold, corrects, day, n)
            LEFT JOIN payments_entry e ON e.key = k.key
        ), entered AS (
            INSERT INTO payments_entry (key, kind, event, description, subject, public_id, resolves_id,
                                        corrects_id, effective_on, made_by_id, created_at)
            SELECT d.key, d.kind, d.event, d.description, d.subject, d.public, d.hold, d.corrects,
                   d.day, maker, moment
            FROM drafts d WHERE d.standing IS NULL ORDER BY d.n
            RETURNING payments_entry.id, payments_entry.key
        ), sides AS (
            SELECT d.n, l.ord, e.id AS entry_id, l.account, l.amount,
                   CASE WHEN d.kind = 'pending' THEN 0 ELSE l.amount END AS moved,
                   CASE WHEN d.kind = 'pending' THEN greatest(l.amount, 0) ELSE 0 END AS held
            FROM entered e JOIN drafts d ON d.key = e.key
            JOIN unnest(leg_of, leg_accounts, leg_amounts) WITH ORDINALITY l (n, account, amount, ord)
                ON l.n = d.n
        ), written AS (
            INSERT INTO payments_leg (entry_id, account_id, amount_pence, balance_after_pence, posted_at)
            SELECT s.entry_id, s.account, s.amount,
                   a.balance_pence + sum(s.moved) OVER (PARTITION BY s.account ORDER BY s.ord), moment
            FROM sides s JOIN payments_account a ON a.id = s.account ORDER BY s.ord
            RETURNING 1
        ), change AS (
            SELECT c.account, sum(c.moved) AS moved, sum(c.held) AS held FROM (
                SELECT s.account, s.moved, s.held FROM sides s
                UNION ALL
                SELECT h.account_id, 0, -h.amount_pence FROM drafts d
                JOIN payments_leg h ON h.entry_id = d.hold AND h.amount_pence > 0
                WHERE d.standing IS NULL
            ) c GROUP BY c.account
        ), kept AS (
            UPDATE payments_account a
            SET balance_pence = a.balance_pence + c.moved, held_pence = a.held_pence + c.held
            FROM change c WHERE a.id = c.account
            RETURNING 1
        )
        SELECT d.n::int, coalesce(d.standing, e.id),
               CASE WHEN d.standing IS NULL THEN 'entered' ELSE 'stands' END,
               (SELECT count(*) FROM written) * 0 + (SELECT count(*) FROM kept) * 0
        FROM drafts d LEFT JOIN entered e ON e.key = d.key ORDER BY d.n;
END $$;
"""

POST_REVERSE = "DROP FUNCTION payments_post;"


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_ledger_guarantees")]

    operations = [
        migrations.AddField(
            model_name="leg",
            name="posted_at",
            field=models.DateTimeField(default=carebudget.clock.now),
        ),
        migrations.AddIndex(
            model_name="leg",
            index=models.Index(
                fields=["account", "posted_at", "id"], name="leg_account_moment_idx"
            ),
        ),
        migrations.RunSQL(POST, POST_REVERSE),
    ]
