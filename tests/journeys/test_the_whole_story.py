"""The main journey in a real Chromium: eight people, each in a browser context of their own, and axe.

The same story that ``bin/demo --check`` walks over bare HTTP; here with JavaScript, on phones where
people have phones, with a real worker process, real webhooks and the real SDK.
"""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail

from carebudget.audit.services import sign_checkpoint, verify_audit
from carebudget.desks.seeding.bank import bank_files
from carebudget.desks.seeding.people import PASSWORD, add_staff, totp_secret
from carebudget.desks.seeding.stand_in import sandbox
from carebudget.desks.selectors.demo import code_now
from carebudget.desks.walking.story import Story
from carebudget.notify.services import deliver_waiting
from payments.models import Payment, StatementLine, WebhookEvent
from payments.services import verify_ledger
from plans.services import load_packs
from tests.journeys.conftest import Visitor
from tests.workers import Worker, beat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class TestSite:
    """Browsers, letters, codes and the bank, as the story needs them."""

    __test__ = False

    def __init__(self, visitor: Callable[..., Visitor]) -> None:
        self.visitor = visitor

    def walker(self, name: str, *, phone: bool = False) -> Visitor:
        """A browser context of somebody's own."""
        return self.visitor(name, phone=phone)

    def invitation(self, email: str) -> str:
        """The newest letter to somebody."""
        deliver_waiting()
        letters = [letter for letter in mail.outbox if letter.to == [email]]
        links = [re.search(r"/invitation/[\w-]+/", str(letter.body)) for letter in letters]
        return next(link[0] for link in reversed(links) if link)

    def code(self, email: str) -> str:
        """What the authenticator app shows now."""
        return code_now(totp_secret(email))

    def bank_files(self) -> list[tuple[str, bytes]]:
        """What the council's bank saw."""
        return bank_files()

    def staff_password(self) -> str:
        """The invented council's."""
        return PASSWORD


@pytest.fixture
def ticking() -> Iterator[None]:
    """A beat for the worker: the same tasks, more often than in earnest."""
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(1.0):
            beat()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_from_a_referral_to_a_paid_and_reconciled_invoice(
    visitor: Callable[..., Visitor],
    worker: Callable[..., Worker],
    ticking: None,
    stripe_sandbox: Any,
    live_server: Any,
    settings: Any,
) -> None:
    settings.SITE_URL = live_server.url
    settings.SECOND_FACTOR_REQUIRED_FOR_STAFF = True
    stripe_sandbox.webhook_url = f"{live_server.url}/webhooks/stripe/"
    load_packs()
    add_staff()
    sign_checkpoint()
    worker()
    told: list[str] = []
    story = Story(TestSite(visitor), told.append)

    story.tell()

    stripe_sandbox.webhook_url = None
    assert len(told) == 17
    assert len(story.people) == 8
    payment = Payment.objects.get()
    moved = sandbox("summary")["transfers_by_payment"]
    assert [one["amount"] for one in moved[str(payment.public_id)]] == [22_400]
    assert payment.state == "settled"
    assert WebhookEvent.objects.filter(type="transfer.created").exists()
    assert [one.reference for one in StatementLine.objects.exclude(state="matched")] == [
        "ACCOUNT CHARGE"
    ]
    assert verify_ledger().holds
    assert verify_audit().holds
    assert sum(len(set(one.visited)) for one in story.people.values()) > 60  # type: ignore[attr-defined]
