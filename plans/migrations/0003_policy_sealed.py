"""What is proposed is sealed when it is submitted, and for good when it is decided."""

from django.db import migrations

from carebudget.guarantees import only_these_change


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_policy")]

    operations = [
        migrations.RunSQL(
            *only_these_change(
                "plans_policyproposal",
                ["state", "submitted_at", "decided_by_id", "decided_at", "decision_reason", "adopted_pack_id"],
                "A proposal that was submitted is never changed; take it back or write another",
                when="OLD.state <> 'draft'",
                also="OLD.state = 'submitted'",
            )
        ),
    ]
