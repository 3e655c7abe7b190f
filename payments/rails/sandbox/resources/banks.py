"""UK bank accounts: reading and checking them, and giving one to a connected account.

Only the last four digits of an account number are kept, as at Stripe.
"""

import hashlib
import re
from typing import Any

from ..errors import bad_parameter, no_such
from ..events import emit
from ..moment import Moment
from ..params import Params
from ..store import Body, new_id

# Stripe's test token for a bank account; the United Kingdom's test numbers stand behind it.
_TOKENS = {"btok_gb": ("108800", "00012345"), "btok_us_verified": ("108800", "00012345")}


def sort_code(text: str) -> str:
    """Six digits. Raises ``ValueError`` with a plain sentence."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{6}", digits):
        raise ValueError("Enter a sort code of 6 digits, such as 10-88-00.")
    return digits


def account_number(text: str) -> str:
    """Eight digits. Raises ``ValueError`` with a plain sentence."""
    digits = re.sub(r"\s", "", text)
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise ValueError("Enter an account number of 8 digits, such as 00012345.")
    return digits


def attach(at: Moment, account: Body, given: Any, *, replacing: bool = False) -> Body:
    """Give the account a bank account, in memory and in the store. The caller keeps the account."""
    bank = _read(account["id"], given)
    if replacing:
        for old in account["external_accounts"]["data"]:
            at.store.remove(old["id"])
        account["external_accounts"]["data"] = []
    bank["default_for_currency"] = not account["external_accounts"]["data"]
    show(account, [bank, *account["external_accounts"]["data"]])
    at.store.add(bank, parent=account["id"], created=at.now)
    emit(at, "account.external_account.created", bank, account=account["id"])
    return bank


def _read(account: str, given: Any) -> Body:
    if isinstance(given, str):
        if given not in _TOKENS:
            raise no_such("token", given, param="external_account", status=400)
        code, number = _TOKENS[given]
        given = {"routing_number": code, "account_number": number}
    if not isinstance(given, dict):
        raise bad_parameter("Invalid object", "external_account", "parameter_invalid_object")
    fields = Params(given, "external_account")
    fields.choice("object", ("bank_account",))
    if (fields.text("country") or "GB").upper() != "GB":
        raise bad_parameter("Only GB bank accounts are known here.", fields.name("country"))
    if (fields.text("currency") or "gbp").lower() != "gbp":
        raise bad_parameter("Only gbp bank accounts are known here.", fields.name("currency"))
    try:
        code = sort_code(fields.needed("routing_number"))
    except ValueError as error:
        raise bad_parameter(
            str(error), fields.name("routing_number"), "routing_number_invalid"
        ) from error
    try:
        number = account_number(fields.needed("account_number"))
    except ValueError as error:
        raise bad_parameter(
            str(error), fields.name("account_number"), "account_number_invalid"
        ) from error
    holder = fields.text("account_holder_name")
    holder_type = fields.choice("account_holder_type", ("individual", "company"))
    fields.done()
    return {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account,
        "account_holder_name": holder,
        "account_holder_type": holder_type,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": "GB",
        "currency": "gbp",
        "default_for_currency": True,
        "fingerprint": hashlib.sha256(f"{code}{number}".encode()).hexdigest()[:16],
        "last4": number[-4:],
        "metadata": {},
        "routing_number": code,
        "status": "new",
    }


def show(account: Body, banks: list[Body]) -> None:
    """Set the list that the account carries."""
    account["external_accounts"]["data"] = banks
    account["external_accounts"]["total_count"] = len(banks)
