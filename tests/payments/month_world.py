"""A council's October: a person's support invoiced, paid by a bank file, and seen on the bank's statement.

Everything is made through the services, on the days on which it would happen.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from carebudget import clock
from payments import services
from payments.models import AccountKind, Entry, Invoice, PaymentRun, Period, StatementLine
from payments.rules.statements import Line, Statement, write_camt053
from payments.services import ledger
from payments.services.accounts import statement_account
from tests.factories.worlds import AgreementFactory, InvoiceFactory, finance
from tests.payments.file_world import payable_by_file
from tests.payments.file_world import sent as sent_by_file

OCTOBER = date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)
OPENING = 500_000


def on(day: date, hour: int = 10) -> AbstractContextManager[None]:
    """That day, at that hour."""
    return clock.travel(datetime(day.year, day.month, day.day, hour, tzinfo=clock.LONDON))


def october(day: int, hour: int = 10) -> AbstractContextManager[None]:
    """A day in October 2026."""
    return on(date(2026, 10, day), hour)


def november(day: int, hour: int = 10) -> AbstractContextManager[None]:
    """A day in November 2026."""
    return on(date(2026, 11, day), hour)


def statement(
    *lines: Line, first: date, last: date, opening: int = OPENING, name: str = "WREN-10"
) -> bytes:
    """A statement of the bank from ``first`` to ``last`` that adds up."""
    return write_camt053(
        Statement(
            format="camt.053",
            account="20000012345678",
            currency="GBP",
            statement_id=name,
            sequence="1",
            opening_pence=opening,
            closing_pence=opening + sum(line.amount_pence for line in lines),
            opening_date=first,
            closing_date=last,
            lines=tuple(lines),
        )
    )


def bring_in(*lines: Line, first: date = OCTOBER, last: date = date(2026, 10, 31), **more: object) -> None:  # fmt: skip
    """Bring a statement in, and match what can be matched."""
    name = str(more.get("name", "WREN-10"))
    services.import_statement(
        account=statement_account("bank"),
        name=f"{name}.xml",
        content=statement(*lines, first=first, last=last, **more),  # type: ignore[arg-type]
        by=finance()[0],
    )
    services.reconcile()


@dataclass
class Month:
    """October as it was."""

    run: PaymentRun
    invoice: Invoice
    period: Period
    received: int
    paid: int


def a_paid_month(*, brought: bool = True) -> Month:
    """Two invoices paid on 21 October, £1,000 received on the 5th, and the statement of the month.

    Needs the settings of Bacs. With ``brought`` the statement is in and every line explained.
    """
    with october(12):
        agreement = AgreementFactory(provider=payable_by_file())
    with october(19):
        invoices = [InvoiceFactory(agreement=agreement, state="approved") for _ in range(2)]
        officer, checker = finance()
        run = services.make_run(by=officer, rail="bacs")
        services.submit_run(run=run, by=officer)
        services.approve_run(run=run, reason="Checked.", by=checker)
        submission = sent_by_file(run)
    if brought:
        with november(2):
            bring_in(
                Line(booked_on=date(2026, 10, 5), amount_pence=100_000, text="COUNCIL TREASURY"),
                Line(
                    booked_on=date(2026, 10, 21),
                    amount_pence=-run.total_pence,
                    text="BACS",
                    reference=submission.reference,
                ),
            )
            services.explain_line(
                line=StatementLine.objects.get(amount_pence=100_000),
                explanation="funding",
                reason="The monthly transfer.",
                by=finance()[0],
            )
    run.refresh_from_db()
    return Month(run, invoices[0], Period(first_on=OCTOBER), 100_000, run.total_pence)


REASONS = {"earlier": "We began in October."}


def close(period: Period | None = None, **reasons: str) -> Period:
    """The officer asks and the checker closes, today."""
    officer, checker = finance()
    asked = services.ask_to_close(
        period=period or Period(first_on=OCTOBER), reasons=reasons, by=officer
    )
    return services.close_month(period=asked, words="I looked at each check.", by=checker)


def reopen(period: Period) -> Period:
    """The checker asks and the officer agrees."""
    officer, checker = finance()
    asked = services.ask_to_reopen(
        period=period, reason="An invoice was entered twice.", by=checker
    )
    return services.reopen_month(period=asked, reason="I have seen the invoice.", by=officer)


def post(pence: int, day: date, *, key: str, kind: AccountKind = AccountKind.SUSPENSE) -> Entry:
    """A plain entry between two accounts."""
    return ledger.post_entry(
        key=key,
        event="test",
        description=f"Test {key}",
        legs=[
            (ledger.account("authority:test", kind=AccountKind.AUTHORITY, name="Test"), pence),
            (ledger.account(f"{kind}:test", kind=kind, name="Test"), -pence),
        ],
        effective_on=day,
    )


def reasons_for_all(period: Period) -> dict[str, str]:
    """A reason for each check that does not hold now."""
    officer, _ = finance()
    checks = services.check_month(period=period, by=officer)
    return {one.key: "Looked into; it is as it must be." for one in checks if not one.holds}


def days(first: date, count: int) -> list[date]:
    """Days from the first on."""
    return [first + timedelta(days=n) for n in range(count)]
