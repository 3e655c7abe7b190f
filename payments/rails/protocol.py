"""What every rail must be able to do, and the answers it may give. Pure values, no Django.

There are two kinds. An **API rail** (``Rail``) carries one payment a call and answers at once; a **file
rail** (``FileRail``) carries many in one file that people hand to the bank, and answers by reports days
later. Both have the same verbs: *send* (``send``, or ``write``), ``look``, ``cancel`` and *results*
(webhooks and ``balance_lines``, or ``read_results``); both have limits and a calendar.

The three answers to "send this" are kept apart because the money depends on it: a rail either has
the payment (``Accepted``), certainly has not (``Declined``, ``ShortOfMoney``), or we do not know
(``Unknown``). Unknown is never treated as failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from carebudget.money import Pence, format_pence

from ..rules.batches import Batch, Results, WrittenFile
from ..rules.payee_details import PayeeKind


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


@dataclass(frozen=True)
class Cancelled:
    """The rail has let go of the payment: it moves nothing, or has moved it back."""

    external_id: str = ""


@dataclass(frozen=True)
class TooLate:
    """The rail will not let go of it any more, and why."""

    sentence: str


SendAnswer: TypeAlias = Accepted | Declined | ShortOfMoney | Unknown
LookAnswer: TypeAlias = Accepted | NotThere | Unknown
CancelAnswer: TypeAlias = Cancelled | TooLate | NotThere | Unknown


class RailKind(StrEnum):
    """How a rail takes payments."""

    API = "api"
    FILE = "file"


@dataclass(frozen=True)
class Limits:
    """The most that a rail carries, in pence and payments; ``batch_count`` is 1 where each goes alone."""

    payment_pence: Pence
    batch_pence: Pence
    batch_count: int = 1

    def refusal(self, amount_pence: Pence) -> str:
        """Why one payment of this amount cannot go this way, in words; empty when it can."""
        most = min(self.payment_pence, self.batch_pence)
        if amount_pence > most:
            return (
                f"{format_pence(amount_pence)} is more than this way of paying carries at once "
                f"({format_pence(most)})."
            )
        return ""


class Calendar(Protocol):
    """When a rail carries money. Days are England's; moments are aware."""

    def first_day(self, now: datetime) -> date:
        """The first day that something handed over now can have."""
        ...

    def refusal(self, day: date, now: datetime) -> str:
        """Why something handed over now cannot have this day, in words; empty when it can."""
        ...

    def cut_off(self, day: date) -> datetime:
        """Until when something for this day can be handed over, and taken back."""
        ...

    def arrives_on(self, day: date) -> date:
        """When the payee has the money of this day."""
        ...


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


class AnyRail(Protocol):
    """What both kinds have in common."""

    kind: RailKind
    name: str
    title: str
    statement_account: str
    """The account whose statements show what this rail moved: ``bank``, or our balance at the rail."""
    key_window_hours: int

    @property
    def limits(self) -> Limits: ...

    @property
    def calendar(self) -> Calendar: ...

    def look(self, order: PaymentOrder) -> LookAnswer:
        """What the rail has of a payment. Moves nothing."""
        ...

    def cancel(self, order: PaymentOrder) -> CancelAnswer:
        """Ask the rail to let go of a payment. Safe to repeat."""
        ...


class FileRail(AnyRail, Protocol):
    """A way for money to leave in files. ``write`` gives the same bytes for the same batch, always."""

    pays: PayeeKind
    """What sort of destination it pays to."""

    def profile(self) -> dict[str, str]:
        """How the authority is known on this rail, kept with each submission. Raises ``NotSetUp``."""
        ...

    def write(self, batch: Batch) -> WrittenFile:
        """The file of a batch. Raises ``CannotWrite`` with everything that is wrong, in words."""
        ...

    def read_results(self, content: bytes) -> Results:
        """A report of the bank or scheme. Raises ``ResultsUnreadable`` with a sentence."""
        ...


class NotSetUp(Exception):
    """The rail lacks a setting, and which, in a sentence."""


class Rail(AnyRail, Protocol):
    """A way for money to leave one by one. ``send`` may be called again with the same order without harm."""

    def send(self, order: PaymentOrder) -> SendAnswer: ...

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
