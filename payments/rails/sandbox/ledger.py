"""Moving money inside the sandbox: a balance and the line that explains it, always together."""

from .errors import insufficient_balance
from .moment import Moment
from .store import Body, new_id

_CATEGORIES = {
    "topup": "topup",
    "topup_reversal": "topup_reversal",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "payment": "charge",
    "payment_refund": "refund",
    "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
}


def post(
    at: Moment,
    *,
    owner: str,
    type: str,
    source: str,
    amount: int,
    description: str | None,
    refusal: str = "",
) -> Body:
    """Change an account's available balance and write its balance transaction.

    ``amount`` is pence, negative for money out. Raises 400 ``balance_insufficient`` with ``refusal``.
    """
    if not at.store.move(owner, available=amount):
        raise insufficient_balance(refusal or "Insufficient funds in the Stripe balance.")
    line: Body = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": at.now,
        "balance_type": "payments",
        "created": at.now,
        "currency": "gbp",
        "description": description,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": _CATEGORIES[type],
        "source": source,
        "status": "available",
        "type": type,
    }
    return at.store.add(line, owner=owner)
