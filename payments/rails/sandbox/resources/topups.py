"""``/v1/topups``: money drawn from the council's bank into the platform's balance.

A top-up is pending first and succeeds after a delay; only then can it be spent.
"""

import datetime

from .. import ledger
from ..errors import ApiError
from ..events import emit
from ..jobs import plan_job
from ..listing import page
from ..moment import Call, Moment
from ..params import merged_metadata
from ..store import PLATFORM, Body, new_id

SETTLE = "topup_settle"
CREDITOR = "STRIPE PAYMENTS UK"


def create(call: Call) -> Body:
    """Ask for money. Pending until the bank has sent it."""
    call.platform_only()
    params = call.params
    amount = params.amount()
    params.currency()
    body: Body = {
        "id": new_id("tu"),
        "object": "topup",
        "amount": amount,
        "arrival_date": None,
        "balance_transaction": None,
        "created": call.now,
        "currency": "gbp",
        "description": params.text("description"),
        "expected_availability_date": int(call.instant + call.config.topup_delay),
        "failure_code": None,
        "failure_message": None,
        "initiated_by": None,
        "livemode": False,
        "metadata": merged_metadata({}, params.metadata()),
        "source": None,
        "statement_descriptor": params.text("statement_descriptor", longest=15),
        "status": "pending",
        "transfer_group": params.text("transfer_group"),
    }
    params.text("source")
    params.done()
    call.store.add(body)
    call.store.move(PLATFORM, pending=amount)
    emit(call, "topup.created", body)
    plan_job(call, SETTLE, body["id"], call.config.topup_delay)
    return body


def retrieve(call: Call) -> Body:
    """One top-up."""
    call.params.done()
    return call.own("topup")


def update(call: Call) -> Body:
    """Change the description or metadata."""
    body = call.own("topup")
    if call.params.given("description"):
        body["description"] = call.params.text("description") or None
    body["metadata"] = merged_metadata(body["metadata"], call.params.metadata())
    call.params.done()
    return call.store.save(body)


def listed(call: Call) -> Body:
    """Top-ups, newest first."""
    return page(call, "topup", equal=("status",), ranges=("created", "amount"))


def cancel(call: Call) -> Body:
    """Call a pending top-up back. Raises 400 once the money has come."""
    body = call.own("topup")
    call.params.done()
    if body["status"] != "pending":
        raise ApiError(
            400,
            f"You cannot cancel top-up {body['id']} because it is {body['status']}: only pending "
            "top-ups can be canceled.",
            kept=True,
        )
    return _end(call, body, "canceled")


def fail(at: Moment, body: Body, message: str) -> Body:
    """The bank refused it. Only a pending top-up can fail."""
    body["failure_code"], body["failure_message"] = "insufficient_funds", message
    return _end(at, body, "failed")


def _end(at: Moment, body: Body, status: str) -> Body:
    body["status"] = status
    at.store.move(PLATFORM, pending=-body["amount"])
    at.store.save(body)
    emit(at, f"topup.{status}", body)
    return body


def settle(at: Moment, id: str) -> None:
    """The money has come."""
    body = at.store.find(id, "topup")
    if body is None or body["status"] != "pending":
        return
    at.store.move(PLATFORM, pending=-body["amount"])
    line = ledger.post(
        at,
        owner=PLATFORM,
        type="topup",
        source=id,
        amount=body["amount"],
        description=body["description"],
    )
    body["status"], body["balance_transaction"] = "succeeded", line["id"]
    body["arrival_date"] = at.now
    at.store.save(body)
    emit(at, "topup.succeeded", body)


def bank_line(body: Body) -> Body:
    """How the council's bank shows a top-up: a direct debit of the day the money left."""
    day = datetime.datetime.fromtimestamp(body["arrival_date"], datetime.UTC).date()
    return {
        "id": body["id"],
        "date": day.isoformat(),
        "created": body["arrival_date"],
        "amount_pence": -body["amount"],
        "currency": "GBP",
        "type": "debit",
        "reference": body["statement_descriptor"] or body["description"] or body["id"],
        "counterparty": CREDITOR,
        "description": body["description"] or "",
        "metadata": body["metadata"],
    }
