"""An account's legs never go back in time, and an entry is turned round once.

The moment is taken before the accounts are locked, so of two writers that wait for each other the later
one could bring the earlier moment; a balance read as of that moment would then be the wrong one.
"""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

BEFORE = import_module("payments.migrations.0003_posting").POST.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
LOCKED = "ORDER BY a.id FOR UPDATE;"
LATER = """

    SELECT greatest(moment, max(before.posted_at)) INTO moment
        FROM (SELECT DISTINCT unnest(leg_accounts) AS account) each_account
        CROSS JOIN LATERAL (
            SELECT l.posted_at FROM payments_leg l WHERE l.account_id = each_account.account
            ORDER BY l.posted_at DESC, l.id DESC LIMIT 1) before;"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_rails")]

    operations = [
        migrations.RunSQL(BEFORE.replace(LOCKED, LOCKED + LATER, 1), BEFORE),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=["corrects"], condition=Q(event__endswith=".reversed"), name="entry_reversed_once"
            ),
        ),
    ]
