"""Which address leads where. Stripe's own paths; nothing is decided here."""

from collections.abc import Callable

from werkzeug.routing import Map, Rule

from .jobs import Work
from .moment import Call
from .resources import (
    account_links,
    accounts,
    balance_transactions,
    balances,
    events,
    external_accounts,
    payouts,
    reversals,
    topups,
    transfers,
)
from .store import Body

Endpoint = Callable[[Call], Body]

_TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/v1/accounts", accounts.create),
    ("GET", "/v1/accounts", accounts.listed),
    ("GET", "/v1/accounts/<id>", accounts.retrieve),
    ("POST", "/v1/accounts/<id>", accounts.update),
    ("DELETE", "/v1/accounts/<id>", accounts.delete),
    ("POST", "/v1/accounts/<id>/reject", accounts.reject),
    ("POST", "/v1/accounts/<id>/external_accounts", external_accounts.create),
    ("GET", "/v1/accounts/<id>/external_accounts", external_accounts.listed),
    ("GET", "/v1/accounts/<id>/external_accounts/<bank>", external_accounts.retrieve),
    ("DELETE", "/v1/accounts/<id>/external_accounts/<bank>", external_accounts.delete),
    ("POST", "/v1/account_links", account_links.create),
    ("GET", "/v1/balance", balances.retrieve),
    ("GET", "/v1/balance_transactions", balance_transactions.listed),
    ("GET", "/v1/balance_transactions/<id>", balance_transactions.retrieve),
    ("GET", "/v1/events", events.listed),
    ("GET", "/v1/events/<id>", events.retrieve),
    ("POST", "/v1/topups", topups.create),
    ("GET", "/v1/topups", topups.listed),
    ("GET", "/v1/topups/<id>", topups.retrieve),
    ("POST", "/v1/topups/<id>", topups.update),
    ("POST", "/v1/topups/<id>/cancel", topups.cancel),
    ("POST", "/v1/transfers", transfers.create),
    ("GET", "/v1/transfers", transfers.listed),
    ("GET", "/v1/transfers/<id>", transfers.retrieve),
    ("POST", "/v1/transfers/<id>", transfers.update),
    ("POST", "/v1/transfers/<id>/reversals", reversals.create),
    ("GET", "/v1/transfers/<id>/reversals", reversals.listed),
    ("GET", "/v1/transfers/<id>/reversals/<reversal>", reversals.retrieve),
    ("POST", "/v1/transfers/<id>/reversals/<reversal>", reversals.update),
    ("POST", "/v1/payouts", payouts.create),
    ("GET", "/v1/payouts", payouts.listed),
    ("GET", "/v1/payouts/<id>", payouts.retrieve),
    ("POST", "/v1/payouts/<id>", payouts.update),
    ("POST", "/v1/payouts/<id>/cancel", payouts.cancel),
)

ROUTES = Map(
    [Rule(path, endpoint=call, methods=[method]) for method, path, call in _TABLE],
    strict_slashes=False,
    merge_slashes=False,
)

WORKS: dict[str, Work] = {
    topups.SETTLE: topups.settle,
    payouts.SWEEP: payouts.sweep,
    payouts.ARRIVE: payouts.arrive,
}
