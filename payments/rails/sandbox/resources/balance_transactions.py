"""``/v1/balance_transactions``: every movement on a balance. Written by ``ledger.post`` only."""

from ..listing import page
from ..moment import Call
from ..store import Body


def retrieve(call: Call) -> Body:
    """One line."""
    call.params.done()
    return call.own("balance_transaction")


def listed(call: Call) -> Body:
    """Lines, newest first; ``payout`` gives the lines that an automatic payout carried."""
    return page(call, "balance_transaction", equal=("type", "source", "currency", "payout"))
