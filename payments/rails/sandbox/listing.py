"""Lists with Stripe's cursors: newest first, ``starting_after``, ``ending_before``, ``has_more``."""

import json
from typing import Any

from .errors import bad_parameter, no_such
from .moment import Call
from .params import Params
from .store import Body

_EDGES = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page(
    call: Call,
    kind: str,
    *,
    equal: tuple[str, ...] = (),
    ranges: tuple[str, ...] = ("created",),
    owner: str | None = None,
    where: str = "",
    values: tuple[Any, ...] = (),
) -> Body:
    """One page of a kind. ``equal`` names plain filters, ``ranges`` those with gt, gte, lt, lte.

    ``where`` is our own SQL, never the caller's. Raises 400 for a bad limit, filter or cursor.
    """
    params = call.params
    limit = params.integer("limit", least=1, most=100) or 10
    clauses = ["kind = ?", "owner = ?"]
    wanted: list[Any] = [kind, call.owner if owner is None else owner]
    for name in equal:
        value = params.text(name)
        if value:
            clauses.append(f"{name} = ?")
            wanted.append(value)
    for name in ranges:
        _range(params, name, clauses, wanted)
    if where:
        clauses.append(where)
        wanted.extend(values)
    after, before = params.text("starting_after"), params.text("ending_before")
    if after and before:
        raise bad_parameter(
            "You cannot use both starting_after and ending_before.", "ending_before"
        )
    backwards = bool(before)
    if after or before:
        clauses.append(f"(created, seq) {'>' if backwards else '<'} (?, ?)")
        name = "ending_before" if backwards else "starting_after"
        wanted.extend(_cursor(call, kind, str(after or before), name))
    params.done()
    order = "ASC" if backwards else "DESC"
    rows = call.store.rows(
        f"SELECT body FROM objects WHERE {' AND '.join(clauses)} "  # noqa: S608 - our own names
        f"ORDER BY created {order}, seq {order} LIMIT ?",
        [*wanted, limit + 1],
    )
    bodies = [json.loads(row["body"]) for row in rows[:limit]]
    if backwards:
        bodies.reverse()
    return {
        "object": "list",
        "url": call.path,
        "has_more": len(rows) > limit,
        "data": bodies,
    }


def _range(params: Params, name: str, clauses: list[str], wanted: list[Any]) -> None:
    raw = params.take(name)
    if raw is None or raw == "":
        return
    if not isinstance(raw, dict):
        clauses.append(f"{name} = ?")
        wanted.append(params.integer(name))
        return
    edges = Params(raw, name)
    for edge, sign in _EDGES.items():
        limit = edges.integer(edge)
        if limit is not None:
            clauses.append(f"{name} {sign} ?")
            wanted.append(limit)
    edges.done()


def _cursor(call: Call, kind: str, id: str, param: str) -> tuple[int, int]:
    row = call.store.row("SELECT created, seq FROM objects WHERE id = ? AND kind = ?", [id, kind])
    if row is None:
        raise no_such(kind, id, param=param, status=400)
    return row["created"], row["seq"]
