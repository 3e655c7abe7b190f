"""What was agreed or decided cannot be changed: the database refuses, whoever asks."""

from django.db import migrations

from carebudget.guarantees import append_only, only_these_change

SEALED = "('agreed', 'active', 'superseded', 'ended')"

PARTS = """
    CREATE FUNCTION plans_parts_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        touched bigint;
    BEGIN
        FOREACH touched IN ARRAY (CASE TG_OP
            WHEN 'INSERT' THEN ARRAY[NEW.plan_id]
            WHEN 'DELETE' THEN ARRAY[OLD.plan_id]
            ELSE ARRAY[OLD.plan_id, NEW.plan_id] END)
        LOOP
            IF EXISTS (SELECT 1 FROM plans_supportplan
                       WHERE id = touched AND state IN ('agreed', 'active', 'superseded', 'ended')) THEN
                RAISE EXCEPTION 'An agreed plan is never changed (% on % is refused)', TG_OP, TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER plans_planoutcome_sealed BEFORE INSERT OR UPDATE OR DELETE ON plans_planoutcome
        FOR EACH ROW EXECUTE FUNCTION plans_parts_sealed();
    CREATE TRIGGER plans_plansupport_sealed BEFORE INSERT OR UPDATE OR DELETE ON plans_plansupport
        FOR EACH ROW EXECUTE FUNCTION plans_parts_sealed();
"""

PARTS_REVERSE = """
    DROP TRIGGER plans_plansupport_sealed ON plans_plansupport;
    DROP TRIGGER plans_planoutcome_sealed ON plans_planoutcome;
    DROP FUNCTION plans_parts_sealed();
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [
        migrations.RunSQL(
            *only_these_change(
                "plans_supportplan",
                ["state", "document_id"],
                "An agreed plan is never changed",
                when=f"OLD.state IN {SEALED}",
                also=f"NEW.state IN {SEALED} AND (OLD.document_id IS NULL OR NEW.document_id = OLD.document_id)",
            )
        ),
        migrations.RunSQL(PARTS, PARTS_REVERSE),
        migrations.RunSQL(
            *append_only("plans_eligibilitydecision", "A decision is never changed; a new one follows it")
        ),
        migrations.RunSQL(
            *append_only("plans_outcomedecision", "A decision is never changed; a new one follows it")
        ),
        migrations.RunSQL(*append_only("plans_plancomment", "What was said about a plan stays said")),
        migrations.RunSQL(
            *only_these_change(
                "plans_agreementdecision",
                [],
                "A decision is never changed; a new one follows it",
                when="OLD.state <> 'pending'",
            )
        ),
        migrations.RunSQL(
            *only_these_change(
                "plans_programmepack", ["retired_at"], "A programme pack is never changed; load a new version"
            )
        ),
    ]
