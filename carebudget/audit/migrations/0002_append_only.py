"""The record cannot be changed: the database refuses, whoever asks."""

from django.db import migrations

from carebudget.guarantees import append_only, only_these_change

WHY = "The record is never changed"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(*append_only("audit_auditevent", WHY)),
        migrations.RunSQL(*append_only("audit_auditcheckpoint", WHY)),
        migrations.RunSQL(
            *only_these_change(
                "audit_auditwords",
                ["words", "erased_at"],
                "Words in the record may be erased, never changed",
                also="OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.words IS NULL",
            )
        ),
    ]
