"""``/v1/events``: what happened, to be asked for when a webhook may have been missed."""

from ..errors import bad_parameter
from ..events import with_pending
from ..listing import page
from ..moment import Call
from ..store import Body

MAX_TYPES = 20


def retrieve(call: Call) -> Body:
    """One event."""
    call.params.done()
    return with_pending(call.store, call.own("event"))


def listed(call: Call) -> Body:
    """Events, newest first; by ``type`` (``transfer.*`` works), ``types`` or ``delivery_success``."""
    kind = call.params.text("type")
    types = call.params.take("types") or []
    delivered = call.params.truth("delivery_success")
    if not isinstance(types, list) or len(types) > MAX_TYPES:
        raise bad_parameter(f"Invalid array: at most {MAX_TYPES} types.", "types")
    if kind and types:
        raise bad_parameter("You cannot use both type and types.", "types")
    clauses, values = [], []
    if kind and kind.endswith("*"):
        clauses.append("type >= ? AND type < ?")
        values += [kind[:-1], kind[:-1] + "\U0010ffff"]
    elif kind or types:
        wanted = [kind] if kind else [str(name) for name in types]
        clauses.append(f"type IN ({', '.join('?' * len(wanted))})")
        values += wanted
    if delivered is not None:
        waiting = "SELECT event FROM deliveries WHERE state != 'delivered'"
        clauses.append(f"id {'NOT IN' if delivered else 'IN'} ({waiting})")
    answer = page(call, "event", where=" AND ".join(clauses), values=tuple(values))
    answer["data"] = [with_pending(call.store, event) for event in answer["data"]]
    return answer
