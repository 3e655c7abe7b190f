"""Legs of an account keep the order of time, also when a writer had to wait for another."""

from datetime import timedelta

import pytest

from carebudget import clock
from payments.models import AccountKind, Leg
from payments.selectors.ledger import balance_at
from payments.services import verify_ledger
from payments.services.ledger import account, post_entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_writer_whose_moment_is_before_the_last_leg_does_not_write_into_the_past() -> None:
    """What happens to one that took its moment and then waited for the accounts."""
    one, two = (account(code, kind=AccountKind.SUSPENSE, name=code) for code in ("one", "two"))
    now = clock.now()
    for key, moment, pence in (("late", now, 100), ("early", now - timedelta(seconds=1), 20)):
        with clock.travel(moment):
            post_entry(key=key, event="test", description=key, legs=[(one, pence), (two, -pence)])

    moments = list(
        Leg.objects.filter(account=one).order_by("id").values_list("posted_at", flat=True)
    )
    assert moments == sorted(moments)
    assert balance_at(one, now) == 120
    assert balance_at(one, now - timedelta(milliseconds=1)) == 0
    assert verify_ledger().holds
