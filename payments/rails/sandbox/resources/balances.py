"""``/v1/balance``: what is available and what is on its way, for the platform or an account."""

from ..moment import Call
from ..store import Body


def retrieve(call: Call) -> Body:
    """The balance of whoever the request acts for, in pence."""
    call.params.done()
    available, pending = call.store.balance(call.owner)
    return {
        "object": "balance",
        "available": [_part(available)],
        "connect_reserved": [{"amount": 0, "currency": "gbp"}],
        "livemode": False,
        "pending": [_part(pending)],
    }


def _part(amount: int) -> Body:
    return {"amount": amount, "currency": "gbp", "source_types": {"card": amount}}
