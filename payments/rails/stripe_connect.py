"""Stripe Connect transfers through the real SDK. Production differs from the sandbox by key and URL only.

The SDK's own retries are switched off: the protocol in ``payments.services.sending`` decides when to
ask again. Source: Stripe API reference (transfers, idempotent requests, errors, webhooks).
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe
from django.conf import settings

from .calendars import EveryDay
from .protocol import (
    Accepted,
    CancelAnswer,
    Cancelled,
    Declined,
    ForgedWebhook,
    Limits,
    LookAnswer,
    NotThere,
    PaymentOrder,
    RailAccount,
    RailDown,
    RailKind,
    RailLine,
    RailTopUp,
    SendAnswer,
    ShortOfMoney,
    TooLate,
    Unknown,
    WebhookNotice,
    returned,
)

SHORT_CODES = frozenset({"balance_insufficient", "insufficient_funds"})
CLOCK_SKEW = timedelta(minutes=10)
PAGE = 100
LARGEST_PENCE = 99_999_999
"""Stripe carries amounts of at most eight digits. Source: Stripe API reference, amounts."""

_SENTENCES = {
    "account_invalid": "The provider’s account at Stripe is closed or cannot be used.",
    "account_closed": "The provider’s account at Stripe is closed.",
    "insufficient_capabilities_for_transfer": "The provider has not finished setting up how they are paid.",
    "resource_missing": "Stripe does not know the provider’s account.",
    "transfers_not_allowed": "Stripe does not allow transfers to this account.",
}


class StripeConnectRail:
    """Sends each payment as one transfer, grouped by run, named by our payment id in its metadata."""

    kind = RailKind.API
    name = "stripe"
    title = "Stripe"
    statement_account = "stripe"
    limits = Limits(payment_pence=LARGEST_PENCE, batch_pence=LARGEST_PENCE)
    calendar = EveryDay()

    def __init__(self) -> None:
        self.key_window_hours = settings.STRIPE_IDEMPOTENCY_WINDOW_HOURS
        self._client = stripe.StripeClient(
            settings.STRIPE_API_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=settings.STRIPE_TIMEOUT_SECONDS),
        )

    # -- payments ---------------------------------------------------------------------------

    def send(self, order: PaymentOrder) -> SendAnswer:
        """Ask for the transfer. Safe to repeat with the same order while the key is remembered."""
        try:
            transfer = self._client.v1.transfers.create(
                params={
                    "amount": order.amount_pence,
                    "currency": "gbp",
                    "destination": order.destination,
                    "transfer_group": order.run_reference,
                    "description": order.description,
                    "metadata": {"payment": order.payment_id, "reference": order.reference},
                },
                options={"idempotency_key": order.idempotency_key},
            )
        except stripe.StripeError as error:
            return _refusal(error)
        return Accepted(external_id=transfer.id)

    def look(self, order: PaymentOrder) -> LookAnswer:
        """What Stripe has for this payment: by run, payee and time, then by our id in the metadata."""
        since = int((order.claimed_at - CLOCK_SKEW).timestamp())
        try:
            transfers = self._client.v1.transfers.list(
                params={
                    "transfer_group": order.run_reference,
                    "destination": order.destination,
                    "created": {"gte": since},
                    "limit": PAGE,
                }
            )
            for transfer in transfers.auto_paging_iter():
                if transfer.metadata.to_dict().get("payment") == order.payment_id:
                    return Accepted(external_id=transfer.id, returned=bool(transfer.reversed))
        except stripe.StripeError as error:
            return Unknown(why=_words(error), look_after_seconds=_pause(error))
        return NotThere()

    def cancel(self, order: PaymentOrder) -> CancelAnswer:
        """Take a transfer back while the payee's balance there still has the money. Safe to repeat."""
        found = self.look(order)
        if not isinstance(found, Accepted):
            return found
        if found.returned:
            return Cancelled(found.external_id)
        try:
            self._client.v1.transfers.reversals.create(
                found.external_id,
                params={"metadata": {"payment": order.payment_id}},
                options={"idempotency_key": f"cancel-{order.idempotency_key}"},
            )
        except stripe.StripeError as error:
            answer = _refusal(error)
            return answer if isinstance(answer, Unknown) else TooLate(_words(error))
        return Cancelled(found.external_id)

    # -- our own balance --------------------------------------------------------------------

    def available_pence(self) -> int:
        """What could be sent now. Raises ``RailDown`` when Stripe does not answer."""
        balance = self._ask(lambda: self._client.v1.balance.retrieve())
        return sum(part.amount for part in balance.available if part.currency == "gbp")

    def top_up(self, *, key: str, reference: str, amount_pence: int) -> RailTopUp:
        """Draw money from the council's bank. Safe to repeat with the same key."""
        topup = self._ask(
            lambda: self._client.v1.topups.create(
                params={
                    "amount": amount_pence,
                    "currency": "gbp",
                    "description": reference,
                    "statement_descriptor": reference[:15],
                    "metadata": {"topup": reference},
                },
                options={"idempotency_key": key},
            )
        )
        return _topup(topup)

    def look_at_top_up(self, external_id: str) -> RailTopUp:
        """The top-up as it stands now."""
        return _topup(self._ask(lambda: self._client.v1.topups.retrieve(external_id)))

    def balance_lines(self, since: datetime | None) -> Iterator[RailLine]:
        """Every movement on our balance since a moment, page by page, newest first."""
        params: dict[str, Any] = {"limit": PAGE, "expand": ["data.source"]}
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        try:
            page = self._client.v1.balance_transactions.list(params=params)  # type: ignore[arg-type]
            for line in page.auto_paging_iter():
                yield _line(line)
        except stripe.StripeError as error:
            raise RailDown(_words(error)) from error

    # -- payees -----------------------------------------------------------------------------

    def open_account(self, *, key: str, reference: str, name: str, email: str) -> RailAccount:
        """A connected account for a provider; they complete it on Stripe's own pages."""
        account = self._ask(
            lambda: self._client.v1.accounts.create(
                params={
                    "type": "express",
                    "country": "GB",
                    "email": email,
                    "business_profile": {"name": name},
                    "capabilities": {"transfers": {"requested": True}},
                    "metadata": {"provider": reference},
                },
                options={"idempotency_key": key},
            )
        )
        return _account(account)

    def onboarding_link(self, *, external_id: str, return_url: str, refresh_url: str) -> str:
        """The address of Stripe's page where the provider gives bank details. Works once."""
        link = self._ask(
            lambda: self._client.v1.account_links.create(
                params={
                    "account": external_id,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": refresh_url,
                }
            )
        )
        return str(link.url)

    def look_at_account(self, external_id: str) -> RailAccount:
        """The account as it stands now. One that was removed is closed."""
        try:
            return _account(self._client.v1.accounts.retrieve(external_id))
        except stripe.PermissionError:
            return RailAccount(external_id=external_id, can_be_paid=False, closed=True)
        except stripe.StripeError as error:
            if error.code == "resource_missing":
                return RailAccount(external_id=external_id, can_be_paid=False, closed=True)
            raise RailDown(_words(error)) from error

    # -- webhooks ---------------------------------------------------------------------------

    def read_webhook(self, payload: bytes, signature: str) -> WebhookNotice:
        """Verify and read a webhook. Raises ``ForgedWebhook`` when it is not Stripe's, or stale."""
        try:
            stripe.WebhookSignature.verify_header(
                payload.decode(), signature, settings.STRIPE_WEBHOOK_SECRET, tolerance=300
            )
            event = json.loads(payload)
            return WebhookNotice(
                event_id=str(event["id"]),
                type=str(event["type"]),
                object_id=str(event["data"]["object"].get("id", "")),
                payload=event,
            )
        except (
            stripe.SignatureVerificationError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            raise ForgedWebhook(str(error)) from error

    def _ask(self, call: Any) -> Any:
        try:
            return call()
        except stripe.StripeError as error:
            raise RailDown(_words(error)) from error


def _refusal(error: stripe.StripeError) -> SendAnswer:
    """Only an answer that says for certain that nothing was done counts as a refusal."""
    certain = isinstance(error, stripe.InvalidRequestError | stripe.CardError)
    if certain and error.code in SHORT_CODES:
        return ShortOfMoney(_words(error))
    if (
        certain
        and error.http_status is not None
        and 400 <= error.http_status < 500
        and error.http_status not in (409, 429)
    ):
        code = error.code or "refused"
        return Declined(code, _SENTENCES.get(code, _words(error)))
    return Unknown(why=_words(error), look_after_seconds=_pause(error))


def _pause(error: stripe.StripeError) -> float:
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return 300.0
    return 2.0 if isinstance(error, stripe.RateLimitError) else 5.0


def _words(error: stripe.StripeError) -> str:
    return (error.user_message or str(error) or error.__class__.__name__)[:400]


def _account(account: Any) -> RailAccount:
    requirements = account.requirements
    disabled = (requirements.disabled_reason if requirements else None) or ""
    bank = account.external_accounts.data if account.external_accounts else []
    transfers = account.capabilities.transfers if account.capabilities else None
    return RailAccount(
        external_id=account.id,
        can_be_paid=transfers == "active" and bool(account.payouts_enabled),
        closed=disabled.startswith("rejected"),
        missing=tuple(requirements.currently_due or ()) if requirements else (),
        bank_last4=bank[0].last4 if bank else "",
    )


def _line(line: Any) -> RailLine:
    """A balance transaction with what its source says. Money that came back names its transfer."""
    source = line.source if isinstance(line.source, stripe.StripeObject) else None
    said = source.to_dict() if source is not None else {"id": line.source}
    metadata = said.get("metadata") or {}
    source_id, reference = str(said.get("id") or ""), metadata.get("reference", "")
    if said.get("object") == "transfer_reversal":
        source_id, reference = returned(str(said.get("transfer"))), ""
    return RailLine(
        external_id=line.id,
        kind=line.type,
        source_id=source_id,
        amount_pence=line.amount,
        fee_pence=line.fee,
        created_at=datetime.fromtimestamp(line.created, UTC),
        description=line.description or "",
        group=str(said.get("transfer_group") or ""),
        reference=reference or metadata.get("topup", ""),
    )


def _topup(topup: Any) -> RailTopUp:
    return RailTopUp(
        external_id=topup.id,
        arrived=topup.status == "succeeded",
        failed=topup.status in ("failed", "canceled", "reversed"),
        sentence=topup.failure_message or "",
    )
