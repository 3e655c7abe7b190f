"""Transfers by django-hordak, each in a transaction of its own; prints how many seconds they took.

Run by ``bench_ledger`` as a process: python -m bench.hordak_transfers COUNT.
"""

import os
import sys
import time


def main(count: int) -> float:
    """Seconds for ``count`` transfers between two accounts."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.hordak_settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import transaction
    from hordak.models import Account, AccountType
    from moneyed import Money

    accounts = [
        Account.objects.get_or_create(
            name=name,
            code=code,
            defaults={"type": AccountType.liability, "currencies": ["GBP"]},
        )[0]
        for name, code in (("one", "1"), ("two", "2"))
    ]
    amount = Money("1.23", "GBP")
    for number in range(count // 10):
        with transaction.atomic():
            accounts[0].transfer_to(accounts[1], amount, description=f"warm {number}")
    start = time.perf_counter()
    for number in range(count):
        with transaction.atomic():
            accounts[0].transfer_to(accounts[1], amount, description=f"transfer {number}")
    return time.perf_counter() - start


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
