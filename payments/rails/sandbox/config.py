"""How one sandbox is set up. Values only; nothing here reads the environment or the clock."""

from dataclasses import dataclass

DAY = 86_400
API_VERSION = "2026-10-28.endive"


@dataclass
class Config:
    """Settings of one server. Delays are in seconds; the webhook address may change while it runs."""

    api_key: str = "sk_test_sandbox"
    webhook_url: str | None = None
    webhook_secret: str = "whsec_sandbox"  # noqa: S105 - a public test value, like Stripe's own
    public_url: str = ""
    # How long a top-up waits before its money is there.
    topup_delay: float = 1.0
    # How long after money arrives an automatic payout starts, and then reaches the bank.
    payout_delay: float = 5.0
    payout_arrival_delay: float = 5.0
    # Stripe removes idempotency keys once they are at least this old.
    idempotency_window: float = DAY
    # The first wait before a webhook is tried again; each wait is twice the one before.
    webhook_retry_first: float = 1.0
    webhook_retry_longest: float = 300.0
    webhook_attempts: int = 15
    webhook_timeout: float = 10.0
    # A link is opened within this time, and its form filled in within the next.
    link_lifetime: int = 300
    form_lifetime: int = 3_600
