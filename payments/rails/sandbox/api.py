"""From one HTTP request under ``/v1`` to one answer, in the order Stripe works in.

Key, faults before the work, idempotency key, the work with its answer in one transaction, faults
after it. What the endpoints do lives with the resources.
"""

import base64
import binascii
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from . import idempotency
from .errors import ApiError, lock_timeout, masked, no_access, rate_limited, server_error
from .expanding import expand
from .faults import BadFault
from .moment import Call
from .params import Params, parse_form
from .routes import ROUTES, Endpoint
from .store import PLATFORM, Body, new_id
from .world import World

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
_BEFORE = {
    "error_429": rate_limited,
    "error_500": lambda: server_error(kept=False),
    "error_409": lock_timeout,
}


class LostConnection(Exception):
    """The client shall hear nothing at all."""


@dataclass(frozen=True)
class Asked:
    """A request, read but not yet understood."""

    endpoint: Endpoint
    args: dict[str, Any]
    raw: dict[str, Any]
    owner: str
    key: str | None
    id: str


def answer(world: World, request: Request) -> Response:
    """The answer to one request. Raises ``LostConnection`` when a fault says so."""
    id = new_id("req", 14)
    try:
        _authenticate(world, request)
        faults = _faults(world, request)
        if "lose_request" in faults:
            raise LostConnection
        for name, error in _BEFORE.items():
            if name in faults:
                raise error()
        asked = _read(world, request, id)
        response = _once(world, request, asked, faults)
    except ApiError as error:
        return _respond(error.status, error.body(id), id, should_retry=error.should_retry)
    if "delay_answer" in faults:
        time.sleep(faults["delay_answer"])
    if "lose_answer" in faults:
        raise LostConnection
    return response


def _authenticate(world: World, request: Request) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    key = given.strip() if scheme.lower() == "bearer" else ""
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    if not key:
        raise ApiError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    if key != world.config.api_key:
        raise ApiError(401, f"Invalid API Key provided: {masked(key)}")


def _faults(world: World, request: Request) -> dict[str, float]:
    try:
        return world.faults.pick(request.method, request.path, request.headers.get("Sandbox-Fault"))
    except BadFault as error:
        raise ApiError(400, f"Sandbox-Fault: {error}") from error


def _read(world: World, request: Request, id: str) -> Asked:
    try:
        endpoint, args = ROUTES.bind("sandbox").match(request.path, request.method)
    except HTTPException as error:
        raise ApiError(
            404,
            f"Unrecognized request URL ({request.method}: {request.path}). Please see "
            "https://stripe.com/docs or we can help at https://support.stripe.com/.",
        ) from error
    owner = request.headers.get("Stripe-Account", PLATFORM)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    return Asked(endpoint, dict(args), _parameters(request), owner, key or None, id)


def _parameters(request: Request) -> dict[str, Any]:
    query = request.query_string.decode("utf-8", "replace")
    if request.method != "POST":
        return parse_form(query)
    if (request.content_length or 0) > MAX_BODY:
        raise ApiError(413, "The request is too large.")
    body = request.get_data(cache=False)
    kind = request.mimetype
    if body and kind not in ("application/x-www-form-urlencoded", ""):
        raise ApiError(
            400,
            "Invalid request (check that your POST content type is "
            "application/x-www-form-urlencoded).",
        )
    text = body.decode("utf-8", "replace")
    return parse_form("&".join(part for part in (query, text) if part))


def _once(world: World, request: Request, asked: Asked, faults: dict[str, float]) -> Response:
    """Do the work, unless its key has an answer already."""
    if asked.key is not None:
        replay = idempotency.claim(
            world.store,
            owner=asked.owner,
            key=asked.key,
            path=request.path,
            digest=idempotency.fingerprint(asked.raw),
            request_id=asked.id,
            now=world.clock.now(),
            window=world.config.idempotency_window,
        )
        if replay is not None:
            response = _respond(replay.status, replay.body, asked.id, key=asked.key)
            response.headers["Idempotent-Replayed"] = "true"
            response.headers["Original-Request"] = replay.request_id
            if replay.status >= 500:
                response.headers["Stripe-Should-Retry"] = "false"
            return response
    if "delay" in faults:
        time.sleep(faults["delay"])
    try:
        return _work(world, request, asked, broken="error_500_after" in faults)
    except BaseException:
        # A kept answer is already written; this only forgets a claim that led to nothing.
        if asked.key is not None:
            idempotency.release(world.store, owner=asked.owner, key=asked.key)
        raise


def _work(world: World, request: Request, asked: Asked, *, broken: bool) -> Response:
    """The work and its kept answer, together or not at all."""
    world.run_due()
    moment = world.moment(request.headers.get("Sandbox-Now"), request.headers.get("Sandbox-Quiet"))
    call = Call(
        world.store,
        world.config,
        world.faults,
        instant=moment.instant,
        quiet=moment.quiet,
        request_id=asked.id,
        key=asked.key,
        api_version=request.headers.get("Stripe-Version", moment.api_version),
        owner=asked.owner,
        params=Params(asked.raw),
        args=asked.args,
        path=request.path,
    )
    with world.store.transaction():
        should_retry = None
        try:
            with world.store.transaction():
                status, body = 200, _call(call, asked.endpoint)
            if broken:
                raise server_error(kept=True)
        except ApiError as error:
            if not error.kept:
                raise
            status, body, should_retry = error.status, error.body(asked.id), error.should_retry
        if asked.key is not None:
            idempotency.keep(
                world.store, owner=asked.owner, key=asked.key, status=status, body=body
            )
    if request.method != "GET":
        world.wake()
    return _respond(status, body, asked.id, key=asked.key, should_retry=should_retry)


def _call(call: Call, endpoint: Endpoint) -> Body:
    if call.owner != PLATFORM and call.store.find(call.owner, "account") is None:
        raise no_access(call.config.api_key, call.owner)
    try:
        body = endpoint(call)
    except ApiError:
        raise
    except Exception as error:
        logger.exception("The endpoint for %s failed", call.path)
        raise server_error(kept=False) from error
    return expand(call.store, body, call.params.expand())


def _respond(
    status: int,
    body: Body,
    request_id: str,
    *,
    key: str | None = None,
    should_retry: bool | None = None,
) -> Response:
    response = Response(json.dumps(body, indent=2), status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Cache-Control"] = "no-cache, no-store"
    if key is not None:
        response.headers["Idempotency-Key"] = key
        response.headers["Original-Request"] = request_id
    if should_retry is not None:
        response.headers["Stripe-Should-Retry"] = str(should_retry).lower()
    return response
