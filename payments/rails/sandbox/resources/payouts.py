"""``/v1/payouts``: money from a Stripe balance to a bank account, by itself or on request.

An automatic payout carries all that is available, and marks the lines it carried.
"""

import datetime

from .. import ledger
from ..errors import ApiError, bad_parameter, no_such
from ..events import emit
from ..jobs import is_planned, plan_job
from ..listing import page
from ..moment import Call, Moment
from ..params import merged_metadata
from ..store import PLATFORM, Body, new_id

SWEEP = "payout_sweep"
ARRIVE = "payout_arrive"
COUNCIL_BANK = "ba_council"
SHORT = (
    "You have insufficient funds in your Stripe account for this transfer. Your card balance is too "
    "low. You can use the /v1/balance endpoint to view your Stripe balance (for more details, see "
    "stripe.com/docs/api#balance)."
)


def create(call: Call) -> Body:
    """Pay out by hand. Raises 400 when the balance is short or there is no bank account."""
    params = call.params
    amount = params.amount()
    params.currency()
    destination = params.text("destination")
    method = params.choice("method", ("standard", "instant")) or "standard"
    description = params.text("description")
    descriptor = params.text("statement_descriptor", longest=22)
    metadata = merged_metadata({}, params.metadata())
    params.text("source_type")
    params.done()
    bank = _bank(call, destination)
    body = _pay(call, call.owner, bank, amount, automatic=False, description=description)
    body.update(method=method, metadata=metadata, statement_descriptor=descriptor)
    call.store.save(body)
    emit(call, "payout.created", body, account=call.owner)
    return body


def _bank(call: Call, wanted: str | None) -> str:
    if call.owner == PLATFORM:
        return wanted or COUNCIL_BANK
    account = call.store.find(call.owner, "account")
    assert account is not None
    if not account["payouts_enabled"]:
        raise ApiError(
            400,
            "Cannot create payouts: this account has payouts disabled.",
            code="payouts_not_allowed",
            kept=True,
        )
    banks = [bank["id"] for bank in account["external_accounts"]["data"]]
    if wanted and wanted not in banks:
        raise no_such("external account", wanted, param="destination", status=400)
    if not banks:
        raise bad_parameter(
            "Sorry, you don't have any external accounts in that currency (gbp).", "destination"
        )
    return str(wanted or banks[0])


def _pay(
    at: Moment,
    owner: str,
    bank: str,
    amount: int,
    *,
    automatic: bool,
    description: str | None,
) -> Body:
    id = new_id("po")
    arrival = at.instant + at.config.payout_arrival_delay
    words = description or "STRIPE PAYOUT"
    line = ledger.post(
        at, owner=owner, type="payout", source=id, amount=-amount, description=words, refusal=SHORT
    )
    body: Body = {
        "id": id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": int(arrival),
        "automatic": automatic,
        "balance_transaction": line["id"],
        "created": at.now,
        "currency": "gbp",
        "description": words,
        "destination": bank,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    at.store.add(body, owner=owner)
    plan_job(at, ARRIVE, id, at.config.payout_arrival_delay)
    return body


def plan_automatic(at: Moment, account: Body) -> None:
    """After money came in: a payout will follow, unless the account pays out by hand."""
    schedule = account["settings"]["payouts"]["schedule"]
    if at.config.payout_delay < 0 or schedule["interval"] == "manual":
        return
    if not is_planned(at, SWEEP, account["id"]):
        plan_job(at, SWEEP, account["id"], at.config.payout_delay)


def sweep(at: Moment, account_id: str) -> None:
    """Pay out all that is available, and mark the lines that it carries."""
    account = at.store.find(account_id, "account")
    available, _ = at.store.balance(account_id)
    if account is None or available == 0 or not account["payouts_enabled"]:
        return
    bank = account["external_accounts"]["data"][0]["id"]
    body = _pay(at, account_id, bank, available, automatic=True, description=None)
    at.store.execute(
        "UPDATE objects SET payout = ? WHERE kind = 'balance_transaction' AND owner = ? "
        "AND payout IS NULL AND (type NOT LIKE 'payout%' OR id = ?)",
        [body["id"], account_id, body["balance_transaction"]],
    )
    emit(at, "payout.created", body, account=account_id)


def arrive(at: Moment, id: str) -> None:
    """The bank has it."""
    body, owner = _with_owner(at, id)
    if body["status"] not in ("pending", "in_transit"):
        return
    body["status"], body["arrival_date"] = "paid", at.now
    at.store.save(body)
    emit(at, "payout.paid", body, account=owner)


def fail(at: Moment, id: str, code: str, message: str) -> Body:
    """The bank sent it back: the money is on the Stripe balance again."""
    body, owner = _with_owner(at, id)
    if body["status"] in ("failed", "canceled"):
        raise ApiError(400, f"Payout {id} is already {body['status']}.")
    _bring_back(at, body, owner, "failed", "payout_failure")
    body["failure_code"], body["failure_message"] = code, message
    at.store.save(body)
    emit(at, "payout.failed", body, account=owner)
    return body


def cancel(call: Call) -> Body:
    """Call a payout back before it has left."""
    body = call.own("payout")
    call.params.done()
    if body["status"] != "pending":
        raise ApiError(
            400, f"Payouts can only be canceled while they are pending: {body['id']}.", kept=True
        )
    _bring_back(call, body, call.owner, "canceled", "payout_cancel")
    call.store.save(body)
    emit(call, "payout.canceled", body, account=call.owner)
    return body


def _bring_back(at: Moment, body: Body, owner: str, status: str, type: str) -> None:
    line = ledger.post(
        at,
        owner=owner,
        type=type,
        source=body["id"],
        amount=body["amount"],
        description=body["description"],
    )
    body["status"], body["failure_balance_transaction"] = status, line["id"]


def _with_owner(at: Moment, id: str) -> tuple[Body, str]:
    row = at.store.row("SELECT owner FROM objects WHERE id = ? AND kind = 'payout'", [id])
    if row is None:
        raise no_such("payout", id)
    body = at.store.find(id)
    assert body is not None
    return body, str(row["owner"])


def retrieve(call: Call) -> Body:
    """One payout."""
    call.params.done()
    return call.own("payout")


def update(call: Call) -> Body:
    """Change the metadata."""
    body = call.own("payout")
    body["metadata"] = merged_metadata(body["metadata"], call.params.metadata())
    call.params.done()
    call.store.save(body)
    emit(call, "payout.updated", body, account=call.owner)
    return body


def listed(call: Call) -> Body:
    """Payouts, newest first."""
    return page(call, "payout", equal=("status", "destination"), ranges=("created", "arrival_date"))


def bank_line(body: Body) -> Body:
    """How the council's bank shows a payout of the platform: a credit."""
    day = datetime.datetime.fromtimestamp(body["arrival_date"], datetime.UTC).date()
    return {
        "id": body["id"],
        "date": day.isoformat(),
        "created": body["arrival_date"],
        "amount_pence": body["amount"],
        "currency": "GBP",
        "type": "credit",
        "reference": body["statement_descriptor"] or body["id"],
        "counterparty": "STRIPE PAYMENTS UK",
        "description": body["description"],
        "metadata": body["metadata"],
    }
