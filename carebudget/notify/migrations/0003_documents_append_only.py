"""A document that was given to somebody stays as it was given."""

from django.db import migrations

from carebudget.guarantees import append_only


class Migration(migrations.Migration):
    dependencies = [("notify", "0002_initial")]

    operations = [
        migrations.RunSQL(*append_only("notify_document", "A given document is never changed")),
    ]
