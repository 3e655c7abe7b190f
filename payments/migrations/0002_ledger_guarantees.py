"""The money rules that the database itself keeps."""

from django.db import migrations

from carebudget.guarantees import append_only, only_these_change

BALANCED = """
    CREATE FUNCTION payments_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        checked bigint;
        total numeric;
        sides bigint;
        entry_kind text;
    BEGIN
        checked := CASE TG_TABLE_NAME WHEN 'payments_leg' THEN (to_jsonb(NEW)->>'entry_id')::bigint
                                      ELSE (to_jsonb(NEW)->>'id')::bigint END;
        SELECT kind INTO entry_kind FROM payments_entry WHERE id = checked;
        SELECT coalesce(sum(amount_pence), 0), count(*) INTO total, sides
            FROM payments_leg WHERE entry_id = checked;
        IF total <> 0 THEN
            RAISE EXCEPTION 'Entry % does not balance: its legs sum to %', checked, total
                USING ERRCODE = 'check_violation';
        END IF;
        IF entry_kind = 'void' AND sides <> 0 THEN
            RAISE EXCEPTION 'Entry % voids a hold and must have no legs', checked USING ERRCODE = 'check_violation';
        END IF;
        IF entry_kind <> 'void' AND sides < 2 THEN
            RAISE EXCEPTION 'Entry % needs two legs or more', checked USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER payments_entry_balances AFTER INSERT ON payments_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balances();
    CREATE CONSTRAINT TRIGGER payments_leg_balances AFTER INSERT ON payments_leg
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balances();
"""

BALANCED_REVERSE = """
    DROP TRIGGER payments_leg_balances ON payments_leg;
    DROP TRIGGER payments_entry_balances ON payments_entry;
    DROP FUNCTION payments_entry_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(*append_only("payments_entry", "The ledger is never changed; correct it with a new entry")),
        migrations.RunSQL(*append_only("payments_leg", "The ledger is never changed; correct it with a new entry")),
        migrations.RunSQL(BALANCED, BALANCED_REVERSE),
        migrations.RunSQL(
            *only_these_change(
                "payments_account",
                ["balance_pence", "held_pence", "overdraft_pence", "name"],
                "What an account stands for is never changed",
            )
        ),
        migrations.RunSQL(
            *only_these_change(
                "payments_payment",
                [
                    "state", "claimed_at", "first_claimed_at", "sends", "key_round", "unknown_since", "next_look_at",
                    "external_id", "failure_code", "failure_sentence", "sent_at", "settled_at",
                    "returned_at", "mended_at", "entry_id",
                ],
                "Whom a payment pays and how much is never changed",
                also="OLD.external_id = '' OR NEW.external_id = OLD.external_id",
            )
        ),
        migrations.RunSQL(
            *only_these_change(
                "payments_paymentrun",
                [
                    "state", "submitted_at", "approved_by_id", "approved_at", "decision_reason", "sent_at",
                    "closed_at", "payment_count", "total_pence", "exceptions",
                ],
                "Who made a run is never changed",
                also="OLD.approved_by_id IS NULL OR NEW.approved_by_id = OLD.approved_by_id",
            )
        ),
        migrations.RunSQL(*append_only("payments_statementfile", "A statement file is kept as it came")),
        migrations.RunSQL(
            *only_these_change(
                "payments_statementline", ["state", "note"], "A statement line is kept as it came"
            )
        ),
        migrations.RunSQL(
            *only_these_change(
                "payments_match",
                ["undone_at", "undone_by_id", "undo_reason", "undo_entry_id"],
                "A match is never changed, only undone",
                also="OLD.undone_at IS NULL",
            )
        ),
        migrations.RunSQL(*append_only("payments_matchitem", "A match is never changed, only undone")),
    ]
