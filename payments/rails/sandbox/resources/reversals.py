"""``/v1/transfers/:id/reversals``: money taken back from a connected account."""

from .. import ledger
from ..errors import ApiError, bad_parameter, no_such
from ..events import emit
from ..listing import page
from ..moment import Call, Moment
from ..params import merged_metadata
from ..store import PLATFORM, Body, new_id

SHOWN = 10


def create(call: Call) -> Body:
    """Take back all that is left, or a part. Raises 400 when the account no longer has it."""
    transfer = call.own("transfer")
    params = call.params
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.integer("amount", least=1)
    description = params.text("description")
    metadata = merged_metadata({}, params.metadata())
    params.truth("refund_application_fee")
    params.done()
    if left == 0:
        raise ApiError(
            400, f"Transfer {transfer['id']} has already been fully reversed.", kept=True
        )
    if amount is not None and amount > left:
        raise bad_parameter(
            f"Reversal amount ({_pounds(amount)}) is greater than unreversed amount on transfer "
            f"({_pounds(left)})",
            "amount",
        )
    return reverse(call, transfer, amount or left, description, metadata)


def _pounds(pence: int) -> str:
    return f"£{pence // 100:,}.{pence % 100:02d}"


def reverse(
    at: Moment,
    transfer: Body,
    amount: int,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Body:
    """Move the money back and write both sides. Raises 400 ``balance_insufficient``."""
    id, refund = new_id("trr"), new_id("pyr")
    ledger.post(
        at,
        owner=transfer["destination"],
        type="payment_refund",
        source=refund,
        amount=-amount,
        description=description or f"REFUND FOR TRANSFER {transfer['id']}",
        refusal=(
            f"The connected account {transfer['destination']} does not have enough available "
            "balance to reverse this transfer."
        ),
    )
    line = ledger.post(
        at,
        owner=PLATFORM,
        type="transfer_refund",
        source=id,
        amount=amount,
        description=description or f"REFUND FOR TRANSFER {transfer['id']}",
    )
    body: Body = {
        "id": id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": line["id"],
        "created": at.now,
        "currency": "gbp",
        "destination_payment_refund": refund,
        "metadata": metadata or {},
        "source_refund": None,
        "transfer": transfer["id"],
    }
    at.store.add(body, parent=transfer["id"])
    previous = {"amount_reversed": transfer["amount_reversed"], "reversed": transfer["reversed"]}
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    shown = transfer["reversals"]
    shown["total_count"] += 1
    shown["data"] = [body, *shown["data"]][:SHOWN]
    shown["has_more"] = shown["total_count"] > SHOWN
    at.store.save(transfer)
    emit(at, "transfer.reversed", transfer, previous=previous)
    return body


def _one(call: Call) -> Body:
    transfer = call.own("transfer")
    body = call.own("transfer_reversal", "reversal")
    if body["transfer"] != transfer["id"]:
        raise no_such("transfer reversal", body["id"])
    return body


def retrieve(call: Call) -> Body:
    """One reversal of one transfer."""
    call.params.done()
    return _one(call)


def update(call: Call) -> Body:
    """Change the metadata."""
    body = _one(call)
    body["metadata"] = merged_metadata(body["metadata"], call.params.metadata())
    call.params.done()
    return call.store.save(body)


def listed(call: Call) -> Body:
    """Reversals of one transfer, newest first."""
    transfer = call.own("transfer")
    return page(
        call,
        "transfer_reversal",
        ranges=(),
        where="parent = ?",
        values=(transfer["id"],),
    )
