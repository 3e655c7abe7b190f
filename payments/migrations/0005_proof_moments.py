"""An account's legs keep the order of time, also when a writer waited for another.

A writer takes its moment before it waits for the accounts. One that waited would write a leg of an
earlier moment after a leg of a later one, and ``balance_at``, which takes the last leg by its moment,
would give the wrong balance for ever. So a leg is never of an earlier moment than the one before it in
its account. Everything else is as in ``0003_posting``.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("payments.migrations.0003_posting").POST

OF_THE_MOMENT = "ORDER BY s.ord), moment\n"
NEVER_BEFORE_THE_LAST = """ORDER BY s.ord),
                   greatest(moment, (SELECT max(p.posted_at) FROM payments_leg p WHERE p.account_id = a.id))
"""


def replacing(function: str) -> str:
    """The statement that puts this in the place of the function that is there."""
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


def in_the_order_of_time(function: str) -> str:
    """The function with the one line changed; says so when the line is not there."""
    if function.count(OF_THE_MOMENT) != 1:
        raise ValueError("payments_post has changed: look at this migration again")
    return function.replace(OF_THE_MOMENT, NEVER_BEFORE_THE_LAST)


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_rails")]

    operations = [
        migrations.RunSQL(replacing(in_the_order_of_time(BEFORE)), replacing(BEFORE)),
    ]
