"""Summer 2026: Margaret pays £15.00 a week towards support that costs £20.00, and June is invoiced.

Everything is made through the services, on the days on which it would really happen.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from carebudget import clock
from carebudget.people.models import User
from payments import services as money
from payments.models import ContributionAccount, ContributionCharge, Invoice, ServiceAgreement
from plans.models import Case, FinancialAssessment, LightTouch
from plans.selectors import case_by_reference
from plans.services import decide_lightly
from tests.factories.worlds import (
    AgreementFactory,
    CaseFactory,
    ProviderFactory,
    client_of,
    crew,
    finance,
    member_of,
)
from tests.payments.finance_world import bank_line, brought

JUNE = date(2026, 6, 1)
"""A Monday, and the first day of a period of four weeks."""
BILLED_ON = date(2026, 7, 13)
DUE_ON = date(2026, 8, 10)


def on(day: date) -> Any:
    """Travel to the morning of a day."""
    return clock.travel(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


@dataclass
class Owing:
    """Margaret, her agreement, and who works with money."""

    agreement: ServiceAgreement
    officer: User
    manager: User

    @property
    def case(self) -> Case:
        return case_by_reference(self.agreement.case.reference)

    @property
    def client(self) -> User:
        return client_of(self.case)

    @property
    def account(self) -> ContributionAccount:
        return ContributionAccount.objects.select_related(
            "ledger_account", "person", "case__person"
        ).get(person=self.agreement.case.person_id)

    @property
    def bill(self) -> ContributionCharge:
        return self.account.charges.get()

    def owed(self) -> int:
        return self.account.owed_pence


def pays(
    case: Case, pence: int = 1500, *, from_day: date = JUNE, cost: int = 8000
) -> FinancialAssessment:
    """It is decided what the person pays a week."""
    return decide_lightly(
        case=case_by_reference(case.reference),
        ground=LightTouch.SMALL,
        effective_on=from_day,
        cost_pence=cost,
        contribution_pence=pence,
        agreed=True,
        reason="She said that she can pay this, and we agreed.",
        by=crew().worker,
    )


def begun(pence: int = 1500, *, name: str = "Margaret Ashdown") -> Owing:
    """On 1 June support runs and it is decided what is paid."""
    with on(JUNE):
        provider = ProviderFactory()
        case = CaseFactory(stage="live", level="low", providers=[provider], full_name=name)
        agreement = case.agreements.select_related("provider", "case__person__user", "plan").get()
        pays(case, pence)
        officer, manager = finance()
    return Owing(agreement, officer, manager)


def invoiced(
    owing: Owing, first: date = JUNE, *, weeks: int = 4, quantity: str = "1", number: str = "JUNE"
) -> Invoice:
    """Support was given every week from a day on, invoiced and confirmed."""
    days = [first + timedelta(days=7 * n) for n in range(weeks)]
    with on(days[-1] + timedelta(days=8)):
        sent = money.send_invoice(
            agreement=owing.agreement,
            number=number,
            period_from=days[0],
            period_to=days[-1] + timedelta(days=6),
            lines=[
                money.InvoiceLineDraft(
                    day, "Support", Decimal(quantity), owing.agreement.rate_pence
                )
                for day in days
            ],
            by=member_of(owing.agreement.provider),
        )
        return money.confirm_invoice(invoice=sent, by=owing.client)


def billed(pence: int = 1500, **more: Any) -> Owing:
    """June is billed and told: 4 × £15.00 = £60.00, due on 10 August."""
    owing = begun(pence, **more)
    invoiced(owing)
    with on(BILLED_ON):
        assert money.raise_contributions() == 1
        money.send_statements()
    return owing


def came_in(owing: Owing, pence: int, *, day: date = BILLED_ON, words: str = "") -> int:
    """The bank shows money with the person's reference, and the beat takes it."""
    with on(day):
        text = words or f"M ASHDOWN {owing.account.reference}"
        brought(
            bank_line(pence, text=text),
            name=f"bank-{day}-{pence}.xml",
            statement_id=f"WREN-{day}-{pence}",
        )
        return money.receive_named()


__all__ = ["AgreementFactory", "Owing", "begun", "billed", "came_in", "invoiced", "on", "pays"]
