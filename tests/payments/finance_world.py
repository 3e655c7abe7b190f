"""The people of finance and their daily matter, for the tests of finance's pages.

Everything is made through the services (see ``tests.factories.worlds``), so that a page is only ever
shown what can really happen.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from carebudget import clock
from carebudget.desks.seeding.world import sandbox
from carebudget.people.models import FamilyTie, User
from payments import services
from payments.models import Invoice, Payment, PaymentRun, ServiceAgreement, StatementLine
from payments.rules.statements import Line, Statement, write_camt053
from payments.services.accounts import statement_account
from providers.models import ProviderMember
from tests.factories.worlds import (
    AgreementFactory,
    InvoiceFactory,
    UserFactory,
    finance,
)


@dataclass
class Finance:
    """Who works with money, who only reads, and who has no business here."""

    officer: User
    manager: User
    auditor: User
    stranger: User


def people() -> Finance:
    """A finance officer, a finance manager, an auditor and a client."""
    officer, manager = finance()
    return Finance(
        officer,
        manager,
        UserFactory(full_name="Iris Vane", role="auditor"),
        UserFactory(full_name="Ken Strange", role="client"),
    )


def draft_run(count: int = 1, *, by: User | None = None, submitted: bool = False) -> PaymentRun:
    """A run of ``count`` invoices of one provider who can be paid. Needs the sandbox."""
    agreement = AgreementFactory(payable=True)
    for _ in range(count):
        InvoiceFactory(agreement=agreement, state="approved")
    maker = by or finance()[0]
    run = services.make_run(by=maker)
    return services.submit_run(run=run, by=maker) if submitted else run


def approved(run: PaymentRun) -> PaymentRun:
    """The run, approved by the manager; nothing is sent yet."""
    return services.approve_run(run=run, reason="Checked.", by=finance()[1])


def sent(run: PaymentRun) -> PaymentRun:
    """The run, approved, with money brought, and every payment sent."""
    approved(run)
    for _ in range(3):
        services.send_due()
    run.refresh_from_db()
    return run


def refused_payment(run: PaymentRun) -> Payment:
    """The first payment of a submitted run, refused because the payee's account is closed."""
    payment = run.payments.order_by("pk")[0]
    sandbox(f"accounts/{payment.destination}/close", {})
    sent(run)
    payment.refresh_from_db()
    assert payment.state == "failed"
    return payment


def lost_payment(run: PaymentRun) -> Payment:
    """The only payment of a submitted run, sent off without an answer coming back."""
    approved(run)
    services.ensure_funds()
    services.ensure_funds()
    sandbox("faults", {"lose_request": {"every": 1, "paths": ["/v1/transfers"]}})
    services.send_due()
    payment = run.payments.get()
    assert payment.unknown_since is not None
    return payment


def long_ago(payment: Payment) -> Payment:
    """The payment was first sent off two days ago: the rail has forgotten its key."""
    Payment.objects.filter(pk=payment.pk).update(first_claimed_at=clock.now() - timedelta(hours=48))
    payment.refresh_from_db()
    return payment


def bank_file(*lines: Line, statement_id: str = "WREN-1", missing_pence: int = 0) -> bytes:
    """A camt.053 file of the bank; with ``missing_pence`` it does not add up."""
    total = sum(line.amount_pence for line in lines)
    return write_camt053(
        Statement(
            format="camt.053",
            account="20000012345678",
            currency="GBP",
            statement_id=statement_id,
            sequence="1",
            opening_pence=500_000,
            closing_pence=500_000 + total + missing_pence,
            opening_date=clock.today(),
            closing_date=clock.today(),
            lines=tuple(lines),
        )
    )


def bank_line(pence: int, *, text: str = "INTEREST", days_ago: int = 0, **more: Any) -> Line:
    """One line of the bank, some days ago."""
    booked_on = clock.today() - timedelta(days=days_ago)
    return Line(booked_on=booked_on, amount_pence=pence, text=text, **more)


def brought(
    *lines: Line, name: str = "bank.xml", account: str = "bank", **more: Any
) -> services.ImportReport:
    """A statement with these lines, brought in by the officer."""
    return services.import_statement(
        account=statement_account(account),
        name=name,
        content=bank_file(*lines, **more),
        by=finance()[0],
    )


def open_line(pence: int = 1234, **more: Any) -> StatementLine:
    """A line of the bank that nobody has explained."""
    brought(bank_line(pence, **more))
    return StatementLine.objects.get(amount_pence=pence)


def make_family(user: User, about: Invoice | ServiceAgreement | Payment) -> None:
    """The user has declared that the person is family."""
    FamilyTie.objects.create(user=user, person=about.case.person, relationship="nephew")


def make_member(user: User, about: Invoice | ServiceAgreement | Payment) -> None:
    """The user also works for the provider."""
    assert about.provider is not None
    ProviderMember.objects.create(provider=about.provider, user=user)


def get(client: Client, who: User | None, path: str, **query: Any) -> Any:
    """The page at ``path`` as this person gets it."""
    client.logout() if who is None else client.force_login(who)
    return client.get(path, query)


def post(client: Client, who: User | None, path: str, **data: Any) -> Any:
    """Send this person's form to ``path``."""
    client.logout() if who is None else client.force_login(who)
    return client.post(path, data)


def queries_at(client: Client, who: User, path: str) -> int:
    """How many queries the page at ``path`` takes."""
    client.force_login(who)
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)
