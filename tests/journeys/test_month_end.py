"""Month end in a real Chromium: the statement in, its exception cleared, two people, the journal out."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client

from carebudget import clock
from carebudget.people.models import User
from payments.models import JournalBatch, StatementLine, Submission
from payments.rules.statements import Line
from payments.services import verify_ledger
from payments.services.accounts import statement_account
from tests.factories.worlds import InvoiceFactory, finance
from tests.journeys.conftest import Visitor
from tests.payments.file_world import BACS
from tests.payments.month_world import OCTOBER, a_paid_month, october, statement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Everywhere:
    """The clock of every thread, the server's too, stands still; ``clock.travel`` still works."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def get(self) -> datetime:
        return self.moment

    def set(self, moment: datetime) -> datetime:
        before, self.moment = self.moment, moment
        return before

    def reset(self, before: datetime) -> None:
        self.moment = before


@pytest.fixture(autouse=True)
def third_of_november(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.BACS = dict(BACS)
    moment = datetime(2026, 11, 3, 10, tzinfo=clock.LONDON)
    monkeypatch.setattr(clock, "_travelled_to", Everywhere(moment))


def signed_in(visitor: Callable[..., Visitor], user: User, *, phone: bool = False) -> Visitor:
    """Somebody who has signed in already."""
    found = visitor(user.full_name, phone=phone)
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    found.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": found.base_url}])
    return found


def test_an_officer_and_a_manager_close_a_month_and_its_journal_agrees_with_the_bank(
    visitor: Callable[..., Visitor],
) -> None:
    month = a_paid_month(brought=False)
    with october(28):
        InvoiceFactory(agreement=month.invoice.agreement, state="confirmed")
    statement_account("bank")
    lines = [
        Line(booked_on=date(2026, 10, 5), amount_pence=100_000, text="COUNCIL TREASURY"),
        Line(
            booked_on=date(2026, 10, 21),
            amount_pence=-month.run.total_pence,
            text="BACS",
            reference=Submission.objects.get().reference,
        ),
    ]
    content = statement(*lines, first=OCTOBER, last=date(2026, 10, 31))
    officer_user, manager_user = finance()
    officer = signed_in(visitor, officer_user)

    officer.go("/payments/months/").sees("Close October 2026")
    officer.follow("Look at October 2026").press("Run the checks")
    officer.sees(
        "Council bank account: no statement of this month was brought in.",
        "Accruals to enter: £20.00",
    )
    officer.go("/payments/reconciling/statements/new/").upload(
        "Statement files", ("october.xml", content)
    )
    officer.choose("Council bank account").press("Bring").go("/payments/reconciling/")
    officer.press("Run the matching")
    line = StatementLine.objects.get(amount_pence=100_000)
    officer.go(f"/payments/reconciling/lines/{line.public_id}/")
    officer.choose("Money that the council put in or took out").fill(
        "How do you know?", "The monthly transfer."
    )
    officer.press("Explain the line").go("/payments/months/2026-10/")
    officer.press("Enter the accruals").press("Run the checks again").sees("Everything holds")
    officer.press("Ask to close October 2026").sees("another finance manager must close it")

    manager = signed_in(visitor, manager_user, phone=True)
    manager.go("/payments/months/").sees("October 2026 waits for a second person")
    manager.follow("Look at October 2026").fill("What did you check?", "Each check, and the bank.")
    manager.press("Close October 2026").sees("The month is closed.")
    manager.press("Make the pack").sees("Personal budgets: October 2026 (PDF)")

    officer.go("/payments/months/2026-10/").follow(JournalBatch.objects.get().reference)
    officer.press("Make the file").sees("It stays as it is, byte for byte.")
    found = re.search(r"/payments/months/journal-files/[\w-]+/", officer.source)
    assert found
    file = officer.download(found[0]).decode("utf-8-sig")
    bank = next(row for row in csv.DictReader(io.StringIO(file)) if row["Subjective"] == "B4000")
    assert bank["Debit"] == "1000.00"
    assert bank["Credit"] == f"{month.run.total_pence / 100:.2f}"
    for path in ("trial-balance/?on=2026-10-31", "payables/?on=2026-10-31", "receivables/", "budgets/", "journals/", "entries/?kind=bank"):  # fmt: skip
        officer.go(f"/payments/months/{path}")
        manager.go(f"/payments/months/{path}")
    manager.go("/payments/months/profiles/new/").go("/payments/months/2026-10/")
    assert verify_ledger().holds
