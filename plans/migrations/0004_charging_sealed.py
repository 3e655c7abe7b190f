"""What was decided about paying cannot be changed, nor the figures it used: the database refuses."""

from django.db import migrations

from carebudget.guarantees import append_only, only_these_change

DECIDED = "('decided', 'superseded')"

ANSWERS = """
    CREATE FUNCTION plans_financialanswer_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        touched bigint;
    BEGIN
        FOREACH touched IN ARRAY (CASE TG_OP
            WHEN 'INSERT' THEN ARRAY[NEW.assessment_id]
            WHEN 'DELETE' THEN ARRAY[OLD.assessment_id]
            ELSE ARRAY[OLD.assessment_id, NEW.assessment_id] END)
        LOOP
            IF EXISTS (SELECT 1 FROM plans_financialassessment
                       WHERE id = touched AND state IN ('decided', 'superseded')) THEN
                RAISE EXCEPTION 'Answers that a decision was made from stay as they were (% is refused)', TG_OP
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER plans_financialanswer_sealed BEFORE INSERT OR UPDATE OR DELETE ON plans_financialanswer
        FOR EACH ROW EXECUTE FUNCTION plans_financialanswer_sealed();
"""

ANSWERS_REVERSE = """
    DROP TRIGGER plans_financialanswer_sealed ON plans_financialanswer;
    DROP FUNCTION plans_financialanswer_sealed();
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0004_charging")]

    operations = [
        migrations.RunSQL(
            *append_only("plans_chargingfigures", "Figures that a decision used are never changed; give a new version")
        ),
        migrations.RunSQL(
            *only_these_change(
                "plans_financialassessment",
                ["state"],
                "A decision about paying is never changed; a new one follows it",
                when=f"OLD.state IN {DECIDED}",
                also=f"NEW.state IN {DECIDED}",
            )
        ),
        migrations.RunSQL(ANSWERS, ANSWERS_REVERSE),
        migrations.RunSQL(
            *only_these_change(
                "plans_financialevidence", ["removed_at"], "Evidence is never changed, only attached or taken away"
            )
        ),
        migrations.RunSQL(
            *only_these_change(
                "plans_reassessmentline",
                ["told_at"],
                "What came of a reassessment is never changed",
                when="OLD.outcome = 'done'",
            )
        ),
    ]
