"""``/v1/accounts``: connected accounts of providers, and what Stripe still needs from them.

``refresh`` alone decides what an account can do, from what is known about it. Bank accounts and the
pages where a provider fills in the rest live elsewhere.
"""

import copy
from typing import Any

from ..errors import ApiError, bad_parameter, no_access
from ..events import emit
from ..listing import page
from ..moment import Call, Moment
from ..params import Params, merged_metadata
from ..store import Body, Store, new_id
from . import banks

TYPES = ("express", "custom", "standard")
COUNTRY = "GB"
_HASHES = (
    "business_profile",
    "company",
    "individual",
    "settings",
    "tos_acceptance",
    "controller",
    "documents",
)
_WATCHED = (
    "business_profile",
    "capabilities",
    "charges_enabled",
    "details_submitted",
    "external_accounts",
    "payouts_enabled",
    "requirements",
    "tos_acceptance",
)


def create(call: Call) -> Body:
    """A new account. It can do nothing until its requirements are met."""
    call.platform_only()
    params = call.params
    kind = params.choice("type", TYPES)
    country = (params.text("country") or COUNTRY).upper()
    if country != COUNTRY:
        raise bad_parameter(f"Country '{country}' is unknown to this sandbox: use GB.", "country")
    controller = params.hash("controller") or {}
    id = new_id("acct", 16)
    body = _blank(id, kind or ("none" if controller else "standard"), call.now)
    if body["type"] == "standard":
        body["capabilities"] = {"card_payments": "inactive", "transfers": "inactive"}
    _apply(call, body, creating=True)
    refresh(body)
    call.store.add(body)
    bank = params.take("external_account")
    if bank is not None:
        banks.attach(call, body, bank)
        refresh(body)
        call.store.save(body)
    params.done()
    return body


def _blank(id: str, kind: str, now: int) -> Body:
    due: Body = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }
    dashboard = {"express": "express", "standard": "full"}.get(kind, "none")
    return {
        "id": id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "name": None,
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {
            "type": "application",
            "is_controller": True,
            "fees": {"payer": "application_express" if kind == "express" else "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "application" if kind == "custom" else "stripe",
            "stripe_dashboard": {"type": dashboard},
        },
        "country": COUNTRY,
        "created": now,
        "default_currency": "gbp",
        "details_submitted": False,
        "email": None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "total_count": 0,
            "url": f"/v1/accounts/{id}/external_accounts",
        },
        "future_requirements": copy.deepcopy(due),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": due,
        "settings": {
            "dashboard": {"display_name": None, "timezone": "Europe/London"},
            "payments": {"statement_descriptor": None},
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
        },
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
    }


def _apply(call: Call, body: Body, *, creating: bool) -> None:
    params = call.params
    if params.given("email"):
        body["email"] = params.text("email") or None
    if params.given("business_type"):
        body["business_type"] = params.choice(
            "business_type", ("company", "government_entity", "individual", "non_profit")
        )
    params.text("default_currency")
    for name in _HASHES:
        change = params.hash(name)
        if change is None:
            continue
        if name == "tos_acceptance" and body["type"] in ("express", "standard"):
            raise bad_parameter(
                "You cannot accept the Terms of Service on behalf of Standard and Express connected "
                "accounts.",
                "tos_acceptance",
            )
        if name == "controller" and not creating:
            raise bad_parameter("The controller of an account cannot be changed.", "controller")
        _merge(body.setdefault(name, {}), change)
    accepted = body["tos_acceptance"].get("date")
    if accepted is not None:
        body["tos_acceptance"]["date"] = Params({"date": str(accepted)}, "tos_acceptance").integer(
            "date"
        )
    Params(body["business_profile"], "business_profile").text("name")
    _capabilities(params, body)
    body["metadata"] = merged_metadata(body["metadata"], params.metadata())


def _capabilities(params: Params, body: Body) -> None:
    wanted = params.group("capabilities")
    if wanted is None:
        return
    for name in ("transfers", "card_payments", "bacs_debit_payments"):
        one = wanted.group(name)
        if one is None:
            continue
        requested = one.truth("requested")
        one.done()
        if requested:
            body["capabilities"].setdefault(name, "inactive")
        elif requested is False:
            body["capabilities"].pop(name, None)
    wanted.done()


def _merge(old: Body, change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            _merge(old[key], value)
        elif isinstance(old.get(key), dict):
            raise bad_parameter("Invalid object", key, "parameter_invalid_object")
        else:
            old[key] = _like(old.get(key), value)


def _like(old: Any, value: Any) -> Any:
    """A form carries only text: give it the type of what it replaces."""
    if isinstance(old, bool) and value in ("true", "false"):
        return value == "true"
    if isinstance(old, int) and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value or None


def is_closed(body: Body) -> bool:
    """Whether the account was rejected and can never be paid again."""
    return str(body["requirements"]["disabled_reason"] or "").startswith("rejected")


def refresh(body: Body) -> None:
    """Work out what is still due, and from that what the account can do."""
    if is_closed(body):
        return
    due = []
    if not body["business_profile"].get("name"):
        due.append("business_profile.name")
    if not body["external_accounts"]["data"]:
        due.append("external_account")
    if not body["tos_acceptance"].get("date"):
        due += ["tos_acceptance.date", "tos_acceptance.ip"]
    needs = body["requirements"]
    needs["currently_due"], needs["past_due"], needs["eventually_due"] = due, list(due), list(due)
    needs["disabled_reason"] = "requirements.past_due" if due else None
    if not due:
        body["details_submitted"] = True
    _switch(body, not due)


def _switch(body: Body, able: bool) -> None:
    body["charges_enabled"] = body["payouts_enabled"] = able
    body["capabilities"] = dict.fromkeys(body["capabilities"], "active" if able else "inactive")


def changed(at: Moment, body: Body, before: Body) -> Body:
    """Keep a changed account and say so, naming what was there before."""
    at.store.save(body)
    previous = {name: before[name] for name in _WATCHED if before[name] != body[name]}
    emit(at, "account.updated", body, account=body["id"], previous=previous)
    return body


def held(store: Store, id: str, key: str) -> Body:
    """An account of this platform. Raises 403 ``account_invalid``, as Stripe does for unknown ones."""
    body = store.find(id, "account")
    if body is None:
        raise no_access(key, id)
    return body


def retrieve(call: Call) -> Body:
    """One account."""
    call.params.done()
    return held(call.store, str(call.args["id"]), call.config.api_key)


def update(call: Call) -> Body:
    """Change what is known; what the account can do follows. Raises 400 for a rejected account."""
    body = held(call.store, str(call.args["id"]), call.config.api_key)
    if is_closed(body):
        raise ApiError(400, "You cannot update a rejected account.", code="account_invalid")
    before = copy.deepcopy(body)
    _apply(call, body, creating=False)
    bank = call.params.take("external_account")
    call.params.done()
    if bank is not None:
        banks.attach(call, body, bank, replacing=True)
    refresh(body)
    return changed(call, body, before)


def listed(call: Call) -> Body:
    """Accounts, newest first."""
    call.platform_only()
    return page(call, "account")


def reject(call: Call) -> Body:
    """``POST /v1/accounts/:id/reject``."""
    body = held(call.store, str(call.args["id"]), call.config.api_key)
    reason = call.params.choice("reason", ("fraud", "terms_of_service", "other"), required=True)
    call.params.done()
    return close(call, body, str(reason))


def close(at: Moment, body: Body, reason: str = "other") -> Body:
    """The account can take and give no more money."""
    before = copy.deepcopy(body)
    body["requirements"]["disabled_reason"] = f"rejected.{reason}"
    _switch(body, False)
    return changed(at, body, before)


def delete(call: Call) -> Body:
    """``DELETE /v1/accounts/:id``. Raises 400 while it holds money."""
    body = held(call.store, str(call.args["id"]), call.config.api_key)
    call.params.done()
    if any(call.store.balance(body["id"])):
        raise ApiError(400, "This account cannot be deleted while it has a balance.", kept=True)
    call.store.remove(body["id"])
    return {"id": body["id"], "object": "account", "deleted": True}


def complete(at: Moment, body: Body, *, business_name: str, bank: dict[str, str], ip: str) -> Body:
    """What the hosted page does once a provider has given everything and agreed."""
    before = copy.deepcopy(body)
    body["business_profile"]["name"] = business_name
    body["tos_acceptance"] = {"date": at.now, "ip": ip, "user_agent": None}
    banks.attach(at, body, bank, replacing=True)
    refresh(body)
    return changed(at, body, before)
