"""``/_sandbox``: switching faults, letting time pass, looking inside. No part of Stripe's API."""

import json
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import hosted, idempotency
from .errors import ApiError, no_such
from .faults import BadFault
from .resources import accounts, payouts, reversals, topups
from .store import PLATFORM, Body
from .world import World

View = Callable[[World, Request, dict[str, Any]], Any]
MAX_BODY = 100_000


class BadControl(ValueError):
    """A control request that cannot be understood; the message is shown."""


def answer(world: World, request: Request) -> Response:
    """JSON in, JSON out; mistakes are 400 with one sentence, unknown things 404."""
    try:
        view, args = _ROUTES.bind("sandbox").match(request.path, request.method)
        given = _json(request)
        world.run_due()
        with world.store.transaction():
            said = view(world, request, {**given, **args})
        world.wake()
        return _respond(200, said)
    except HTTPException as error:
        return _respond(error.code or 404, {"error": error.name})
    except ApiError as error:
        return _respond(error.status, {"error": error.message})
    except (BadControl, BadFault) as error:
        return _respond(400, {"error": str(error)})


def _respond(status: int, said: Any) -> Response:
    return Response(json.dumps(said, indent=2) + "\n", status, content_type="application/json")


def _json(request: Request) -> dict[str, Any]:
    if (request.content_length or 0) > MAX_BODY:
        raise BadControl("The request is too large.")
    text = request.get_data(as_text=True)
    if not text.strip():
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadControl("Send a JSON object.") from error
    if not isinstance(given, dict):
        raise BadControl("Send a JSON object.")
    return given


# -- faults, clock, state -------------------------------------------------------------------


def show_faults(world: World, request: Request, given: dict[str, Any]) -> Any:
    """What is switched on, and how often each has struck."""
    return {"faults": world.faults.show(), "struck": world.faults.struck()}


def set_faults(world: World, request: Request, given: dict[str, Any]) -> Any:
    """Replace all faults."""
    world.keep_faults(given)
    return show_faults(world, request, given)


def clear_faults(world: World, request: Request, given: dict[str, Any]) -> Any:
    """Everything works again."""
    world.keep_faults({})
    return show_faults(world, request, given)


def show_clock(world: World, request: Request, given: dict[str, Any]) -> Any:
    """The sandbox's time, and how far it is ahead."""
    return {"now": world.clock.now(), "offset": world.clock.offset}


def set_clock(world: World, request: Request, given: dict[str, Any]) -> Any:
    """``{"now": unix}``, ``{"advance": seconds}``, or ``{"now": null}`` for real time."""
    if set(given) not in ({"now"}, {"advance"}):
        raise BadControl("Send either now or advance.")
    value = next(iter(given.values()))
    if "now" in given and value is None:
        world.clock.restore()
    elif isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        raise BadControl("now and advance are numbers of seconds.")
    elif "now" in given:
        world.clock.set(float(value))
    else:
        world.clock.advance(float(value))
    world.keep_clock()
    return show_clock(world, request, given)


def reset(world: World, request: Request, given: dict[str, Any]) -> Any:
    """Forget everything."""
    world.reset()
    return {"reset": True}


def expire_keys(world: World, request: Request, given: dict[str, Any]) -> Any:
    """Forget all idempotency keys, as if their window had passed."""
    return {"expired": idempotency.expire(world.store)}


# -- the world outside: banks and providers -------------------------------------------------


def _account(world: World, given: dict[str, Any]) -> Body:
    return _object(world, "account", given)


def _object(world: World, kind: str, given: dict[str, Any]) -> Body:
    body = world.store.find(str(given["id"]), kind)
    if body is None:
        raise no_such(kind, str(given["id"]))
    return body


def close_account(world: World, request: Request, given: dict[str, Any]) -> Any:
    """Stripe rejects the account: it can never be paid again."""
    return accounts.close(_moment(world, request), _account(world, given))


def complete_onboarding(world: World, request: Request, given: dict[str, Any]) -> Any:
    """What a provider does on the hosted page, without a browser."""
    details = {name: str(value) for name, value in given.items() if name in hosted.FIELDS}
    try:
        return hosted.scripted(_moment(world, request), _account(world, given), details)
    except ValueError as error:
        raise BadControl(str(error)) from error


def fail_topup(world: World, request: Request, given: dict[str, Any]) -> Any:
    """The council's bank refuses a pending top-up."""
    body = _object(world, "topup", given)
    if body["status"] != "pending":
        raise BadControl(f"This top-up is already {body['status']}.")
    return topups.fail(_moment(world, request), body, "The bank refused the payment.")


def fail_payout(world: World, request: Request, given: dict[str, Any]) -> Any:
    """The provider's bank sends a payout back."""
    return payouts.fail(
        _moment(world, request),
        str(given["id"]),
        "account_closed",
        "The bank account has been closed.",
    )


def return_transfer(world: World, request: Request, given: dict[str, Any]) -> Any:
    """The whole way back: payouts that carried it fail until it can be, and is, reversed."""
    at, transfer = _moment(world, request), _object(world, "transfer", given)
    left = transfer["amount"] - transfer["amount_reversed"]
    if left == 0:
        raise BadControl("This transfer has already been fully reversed.")
    owner = transfer["destination"]
    rows = world.store.rows(
        "SELECT id FROM objects WHERE kind = 'payout' AND owner = ? "
        "AND status IN ('pending', 'in_transit', 'paid') ORDER BY created DESC, seq DESC",
        [owner],
    )
    for row in rows:
        if world.store.balance(owner)[0] >= left:
            break
        payouts.fail(at, row["id"], "account_closed", "The bank account has been closed.")
    return reversals.reverse(at, transfer, left)


def _moment(world: World, request: Request) -> Any:
    return world.moment(request.headers.get("Sandbox-Now"), request.headers.get("Sandbox-Quiet"))


# -- looking inside -------------------------------------------------------------------------


def summary(world: World, request: Request, given: dict[str, Any]) -> Any:
    """Every total, and each transfer by the payment it was for (``?key=`` names another key)."""
    store, key = world.store, request.args.get("key", "payment")
    available, pending = store.balance(PLATFORM)
    by_key: dict[str, list[Body]] = {}
    unnamed = 0
    for transfer in store.every("transfer"):
        name = transfer["metadata"].get(key)
        unnamed += name is None
        if name is not None:
            by_key.setdefault(name, []).append(
                {n: transfer[n] for n in ("id", "amount", "amount_reversed", "destination")}
            )
    topped_up = _sum(world, "topup", "status = 'succeeded'")
    transferred, reversed_ = _sum(world, "transfer"), _sum(world, "transfer_reversal")
    withdrawn = _sum(world, "payout", "owner = '' AND status NOT IN ('failed', 'canceled')")
    return {
        "balance": {"available": available, "pending": pending},
        "topped_up": topped_up,
        "transferred": transferred,
        "reversed": reversed_,
        "withdrawn": withdrawn,
        "adds_up": available == topped_up - transferred + reversed_ - withdrawn,
        "transfers": store.number("SELECT COUNT(*) FROM objects WHERE kind = 'transfer'"),
        f"transfers_by_{key}": by_key,
        f"transfers_without_{key}": unnamed,
        "accounts": {account["id"]: _account_totals(world, account) for account in _all(world)},
        "webhooks": {
            row["state"]: row["how_many"]
            for row in store.rows("SELECT state, COUNT(*) AS how_many FROM deliveries GROUP BY 1")
        },
    }


def _all(world: World) -> list[Body]:
    return list(world.store.every("account"))


def _account_totals(world: World, account: Body) -> Body:
    id = account["id"]
    paid = "owner = ? AND status = 'paid'"
    on_its_way = "owner = ? AND status IN ('pending', 'in_transit')"
    return {
        "available": world.store.balance(id)[0],
        "received": _sum(world, "transfer", "destination = ?", id),
        "paid_out": _sum(world, "payout", paid, id),
        "on_its_way": _sum(world, "payout", on_its_way, id),
        "closed": accounts.is_closed(account),
        "can_be_paid": account["capabilities"].get("transfers") == "active",
    }


def _sum(world: World, kind: str, where: str = "1", *values: str) -> int:
    return world.store.number(
        f"SELECT SUM(amount) FROM objects WHERE kind = ? AND {where}",  # noqa: S608 - our own words
        [kind, *values],
    )


def bank_lines(world: World, request: Request, given: dict[str, Any]) -> Any:
    """How the council's own bank sees it: top-ups go out, payouts of the platform come in."""
    lines = [topups.bank_line(body) for body in world.store.every("topup", "status = 'succeeded'")]
    lines += [
        payouts.bank_line(body)
        for body in world.store.every("payout", "owner = '' AND status = 'paid'")
    ]
    return sorted(lines, key=lambda line: (line["created"], line["id"]))


_TABLE: tuple[tuple[str, str, View], ...] = (
    ("GET", "faults", show_faults),
    ("POST", "faults", set_faults),
    ("DELETE", "faults", clear_faults),
    ("GET", "clock", show_clock),
    ("POST", "clock", set_clock),
    ("POST", "reset", reset),
    ("POST", "idempotency/expire", expire_keys),
    ("POST", "accounts/<id>/close", close_account),
    ("POST", "accounts/<id>/complete_onboarding", complete_onboarding),
    ("POST", "topups/<id>/fail", fail_topup),
    ("POST", "payouts/<id>/fail", fail_payout),
    ("POST", "transfers/<id>/return", return_transfer),
    ("GET", "summary", summary),
    ("GET", "bank_lines", bank_lines),
)
_ROUTES = Map(
    [Rule(f"/_sandbox/{path}", endpoint=view, methods=[method]) for method, path, view in _TABLE],
    strict_slashes=False,
)
