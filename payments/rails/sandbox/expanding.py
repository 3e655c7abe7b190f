"""``expand[]``: ids replaced by the objects they name, where the caller asked and we have them."""

from typing import Any

from .store import Body, Store

_EXPANDABLE = frozenset(
    {
        "balance_transaction",
        "destination",
        "failure_balance_transaction",
        "source",
        "transfer",
        "account",
    }
)
MAX_PATHS = 20
MAX_STEPS = 4


def expand(store: Store, body: Body, paths: list[str]) -> Body:
    """The body with each path opened; a path that leads nowhere is left as it is."""
    for path in paths[:MAX_PATHS]:
        steps = path.split(".")
        if len(steps) <= MAX_STEPS:
            _open(store, body, steps)
    return body


def _open(store: Store, node: Any, steps: list[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _open(store, item, steps)
        return
    if not isinstance(node, dict) or not steps or steps[0] not in node:
        return
    name = steps[0]
    if isinstance(node[name], str) and name in _EXPANDABLE:
        found = store.find(node[name])
        if found is not None:
            node[name] = found
    _open(store, node[name], steps[1:])
