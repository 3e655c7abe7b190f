"""``/v1/transfers``: money from the platform's balance to a connected account."""

from .. import ledger
from ..errors import ApiError, no_such
from ..events import emit
from ..listing import page
from ..moment import Call
from ..params import merged_metadata
from ..store import PLATFORM, Body, new_id
from . import accounts, payouts

SHORT = (
    "You have insufficient available funds in your Stripe account. Try adding funds directly to "
    "your available balance by creating a top-up. You can use the /v1/balance endpoint to view "
    "your Stripe balance (for more details, see stripe.com/docs/api#balance)."
)


def create(call: Call) -> Body:
    """Send money now. Raises 400 when the balance is short or the account cannot take it."""
    call.platform_only()
    params = call.params
    amount = params.amount()
    params.currency()
    destination = params.needed("destination")
    description = params.text("description")
    group = params.text("transfer_group")
    metadata = merged_metadata({}, params.metadata())
    source_type = params.choice("source_type", ("card", "fpx", "bank_account")) or "card"
    charge = params.text("source_transaction")
    params.done()
    if charge:
        raise no_such("charge", charge, param="source_transaction", status=400)
    account = call.store.find(destination, "account")
    if account is None:
        raise no_such("destination", destination, param="destination", status=400)
    _able(account)
    id = new_id("tr")
    payment = new_id("py")
    line = ledger.post(
        call,
        owner=PLATFORM,
        type="transfer",
        source=id,
        amount=-amount,
        description=description,
        refusal=SHORT,
    )
    ledger.post(
        call,
        owner=destination,
        type="payment",
        source=payment,
        amount=amount,
        description=description,
    )
    body: Body = {
        "id": id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": line["id"],
        "created": call.now,
        "currency": "gbp",
        "description": description,
        "destination": destination,
        "destination_payment": payment,
        "livemode": False,
        "metadata": metadata,
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "total_count": 0,
            "url": f"/v1/transfers/{id}/reversals",
        },
        "reversed": False,
        "source_transaction": None,
        "source_type": source_type,
        "transfer_group": group,
    }
    call.store.add(body)
    emit(call, "transfer.created", body)
    payouts.plan_automatic(call, account)
    return body


def _able(account: Body) -> None:
    if accounts.is_closed(account):
        raise ApiError(
            400,
            f"The destination account {account['id']} has been closed and can no longer receive "
            "transfers.",
            code="account_invalid",
            param="destination",
            kept=True,
        )
    if account["capabilities"].get("transfers") != "active":
        raise ApiError(
            400,
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
            param="destination",
            kept=True,
        )


def retrieve(call: Call) -> Body:
    """One transfer."""
    call.params.done()
    return call.own("transfer")


def update(call: Call) -> Body:
    """Change the description or metadata; the money never changes."""
    body = call.own("transfer")
    before = {"description": body["description"], "metadata": body["metadata"]}
    if call.params.given("description"):
        body["description"] = call.params.text("description") or None
    body["metadata"] = merged_metadata(body["metadata"], call.params.metadata())
    call.params.done()
    previous = {name: old for name, old in before.items() if body[name] != old}
    call.store.save(body)
    if previous:
        emit(call, "transfer.updated", body, previous=previous)
    return body


def listed(call: Call) -> Body:
    """Transfers, newest first; by group, destination and time."""
    return page(call, "transfer", equal=("transfer_group", "destination"))
