"""What every rail must be able to do, and the answers it may give. Pure values, no Django.

The three answers to "send this" are kept apart because the money depends on it: a rail either has
the payment (``Accepted``), certainly has not (``Declined``, ``ShortOfMoney``), or we do not know
(``Unknown``). Unknown is never treated as failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias


@dataclass(frozen=True)
class PaymentOrder:
    """One payment as a rail needs it. ``payment_id`` goes into the rail's metadata."""

    payment_id: str
    idempotency_key: str
    reference: str
    run_reference: str
    destination: str
    amount_pence: int
    description: str
    claimed_at: datetime


@dataclass(frozen=True)
class Accepted:
    """The rail has it, under this id."""

    external_id: str
    returned: bool = False


@dataclass(frozen=True)
class Declined:
    """The rail refused for certain: nothing moved."""

    code: str
    sentence: str


@dataclass(frozen=True)
class ShortOfMoney:
    """The rail refused for certain because our balance there is too small."""

    sentence: str


@dataclass(frozen=True)
class Unknown:
    """No answer, or one that says nothing about the money. Look before doing anything else."""

    why: str
    look_after_seconds: float = 5.0


@dataclass(frozen=True)
class NotThere:
    """The rail was asked and has nothing for this payment."""


SendAnswer: TypeAlias = Accepted | Declined | ShortOfMoney | Unknown
LookAnswer: TypeAlias = Accepted | NotThere | Unknown


@dataclass(frozen=True)
class RailAccount:
    """A payee's account at the rail."""

    external_id: str
    can_be_paid: bool
    closed: bool
    missing: tuple[str, ...] = ()
    bank_last4: str = ""


@dataclass(frozen=True)
class RailTopUp:
    """Money on its way from our bank to the rail."""

    external_id: str
    arrived: bool
    failed: bool
    sentence: str = ""


def returned(external_id: str) -> str:
    """How a ``RailLine`` names its source when it is money that came back from ``external_id``."""
    return f"{external_id}:returned"


@dataclass(frozen=True)
class RailLine:
    """One movement on our balance at the rail; money out is negative.

    ``source_id`` is what the movement is about: the transfer or top-up, or ``returned(transfer)``.
    """

    external_id: str
    kind: str
    source_id: str
    amount_pence: int
    fee_pence: int
    created_at: datetime
    description: str = ""
    group: str = ""
    reference: str = ""


class RailDown(Exception):
    """The rail did not answer a question that moves no money. Ask again later."""


class Rail(Protocol):
    """A way for money to leave. ``send`` may be called again with the same order without harm."""

    name: str
    key_window_hours: int

    def send(self, order: PaymentOrder) -> SendAnswer: ...

    def look(self, order: PaymentOrder) -> LookAnswer: ...

    def available_pence(self) -> int: ...

    def top_up(self, *, key: str, reference: str, amount_pence: int) -> RailTopUp: ...

    def look_at_top_up(self, external_id: str) -> RailTopUp: ...

    def open_account(self, *, key: str, reference: str, name: str, email: str) -> RailAccount: ...

    def onboarding_link(self, *, external_id: str, return_url: str, refresh_url: str) -> str: ...

    def look_at_account(self, external_id: str) -> RailAccount: ...

    def balance_lines(self, since: datetime | None) -> Iterator[RailLine]: ...

    def read_webhook(self, payload: bytes, signature: str) -> "WebhookNotice": ...


@dataclass(frozen=True)
class WebhookNotice:
    """A verified webhook: only its identity and subject matter; the object is looked at afresh."""

    event_id: str
    type: str
    object_id: str
    payload: dict[str, object] = field(default_factory=dict)


class ForgedWebhook(Exception):
    """The signature does not hold, or is too old."""
