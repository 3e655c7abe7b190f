"""``/v1/accounts/:id/external_accounts``: the bank accounts a provider is paid to."""

import copy

from ..errors import ApiError, missing_parameter, no_such
from ..moment import Call
from ..store import Body
from . import accounts, banks


def _account(call: Call) -> Body:
    return accounts.held(call.store, str(call.args["id"]), call.config.api_key)


def _bank(call: Call, account: Body) -> Body:
    id = str(call.args["bank"])
    for bank in account["external_accounts"]["data"]:
        if bank["id"] == id:
            found: Body = bank
            return found
    raise no_such("external account", id)


def create(call: Call) -> Body:
    """Add a bank account; the account may become able to be paid."""
    account = _account(call)
    before = copy.deepcopy(account)
    given = call.params.take("external_account")
    if given is None:
        raise missing_parameter("external_account")
    call.params.truth("default_for_currency")
    call.params.done()
    bank = banks.attach(call, account, given)
    accounts.refresh(account)
    accounts.changed(call, account, before)
    return bank


def retrieve(call: Call) -> Body:
    """One bank account."""
    call.params.done()
    return _bank(call, _account(call))


def listed(call: Call) -> Body:
    """All bank accounts of one account; there are only ever a few."""
    account = _account(call)
    call.params.text("object")
    call.params.integer("limit")
    call.params.done()
    shown: Body = account["external_accounts"]
    return shown


def delete(call: Call) -> Body:
    """Remove one. Raises 400 for the one that payouts go to, while it is the only one."""
    account = _account(call)
    bank = _bank(call, account)
    call.params.done()
    others = [one for one in account["external_accounts"]["data"] if one["id"] != bank["id"]]
    if account["payouts_enabled"] and not others:
        raise ApiError(
            400, "You cannot delete the default external account for your default currency."
        )
    before = copy.deepcopy(account)
    banks.show(account, others)
    call.store.remove(bank["id"])
    accounts.refresh(account)
    accounts.changed(call, account, before)
    return {"id": bank["id"], "object": "bank_account", "currency": "gbp", "deleted": True}
