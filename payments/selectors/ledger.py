"""Reading the ledger: what an account held at any moment, without adding up its history."""

from datetime import datetime

from carebudget.money import Pence

from ..models import Account


def balance_at(account: Account, moment: datetime) -> Pence:
    """The balance in pence as it stood at ``moment``: one step in an index, however long the history."""
    last = (
        account.legs.filter(posted_at__lte=moment)
        .order_by("-posted_at", "-id")
        .values_list("balance_after_pence", flat=True)
        .first()
    )
    return last or 0
