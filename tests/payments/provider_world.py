"""A provider's world for the tests of pages: Brightside, who speaks for it, and whom it supports.

Built through the services once a module, inside a transaction of its own that is rolled back at the
end; each test sees it fresh, because what a test writes is rolled back before the next.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape
from typing import Any

from django.db import transaction

from carebudget import clock
from carebudget.people.models import User
from payments import services as money
from payments.models import (
    AgreementState,
    Invoice,
    PayoutAccount,
    PayoutState,
    ServiceAgreement,
)
from plans.models import Case, SupportPlan
from providers.models import Provider
from tests.factories.worlds import CaseFactory, ProviderFactory, UserFactory, client_of, finance


@dataclass
class ProviderWorld:
    """Brightside supports Edith, and George asks for it; Larkfield is somebody else's."""

    provider: Provider
    lena: User
    other_provider: Provider
    other_member: User
    officer: User
    auditor: User
    running_pk: int
    offered_pk: int
    draft: SupportPlan

    @property
    def running(self) -> ServiceAgreement:
        """The agreement with Edith, as it is now."""
        return self._agreement(self.running_pk)

    @property
    def offered(self) -> ServiceAgreement:
        """The agreement that George offers, as it is now."""
        return self._agreement(self.offered_pk)

    @property
    def edith(self) -> User:
        """Edith’s own sign-in."""
        return client_of(self.running.case)

    @property
    def case(self) -> Case:
        """Edith’s case."""
        return self.running.case

    def _agreement(self, pk: int) -> ServiceAgreement:
        return ServiceAgreement.objects.select_related(
            "provider", "case__person__user", "plan"
        ).get(pk=pk)


@contextmanager
def built_for_the_module(blocker: Any) -> Iterator[ProviderWorld]:
    """The world, gone again after the module’s last test."""
    with blocker.unblock(), transaction.atomic():
        yield provider_world()
        transaction.set_rollback(True)


def provider_world() -> ProviderWorld:
    """Everything above, through the services."""
    provider = ProviderFactory(name="Brightside Home Care")
    other = ProviderFactory(name="Larkfield Support")
    supported = CaseFactory(
        stage="live", level="low", providers=[provider], full_name="Edith Marlow", helper=True
    )
    asking = CaseFactory(
        stage="agreed", level="low", providers=[provider], full_name="George Penny"
    )
    (offered,) = money.offer_agreements(plan=asking.plans.get(), by=client_of(asking))
    drafting = CaseFactory(
        stage="planning", level="low", providers=[provider], full_name="Hilda Frost"
    )
    officer, _ = finance()
    return ProviderWorld(
        provider=provider,
        lena=money.members_of(provider)[0],
        other_provider=other,
        other_member=money.members_of(other)[0],
        officer=officer,
        auditor=UserFactory(full_name="Iris Vane", role="auditor"),
        running_pk=supported.agreements.get().pk,
        offered_pk=offered.pk,
        draft=drafting.plans.get(),
    )


def one_more_running(w: ProviderWorld, description: str) -> ServiceAgreement:
    """Another running agreement, for lists that must be long: Hilda’s plan can still grow."""
    support = w.draft.supports.order_by("id")[0]
    support.pk = None
    support.description = description
    support.save()
    terms = {
        name: getattr(w.running, name)
        for name in ("rate_pence", "unit", "quantity", "frequency", "starts_on", "ends_on", "limit_pence", "offered_by")
    }  # fmt: skip
    return ServiceAgreement.objects.create(
        case=w.draft.case,
        plan=w.draft,
        support=support,
        provider=w.provider,
        description=description,
        state=AgreementState.LIVE,
        **terms,
    )


def said(response: Any) -> str:
    """What the page says, a space where its markup was."""
    text = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r" ([,.:;!?”])", r"\1", " ".join(text.split()))


def make_ready(provider: Provider) -> PayoutAccount:
    """A payout account that the payment service calls ready, without asking it."""
    return PayoutAccount.objects.create(
        provider=provider,
        external_id=f"acct_{provider.reference}",
        state=PayoutState.READY,
        bank_last4="2345",
    )


def last_week(n: int = 0) -> date:
    """A day on which support was given."""
    return clock.today() - timedelta(days=7 + n)


def typed_date(name: str, day: date) -> dict[str, str]:
    """A date as three boxes send it."""
    return {
        f"{name}_day": str(day.day),
        f"{name}_month": str(day.month),
        f"{name}_year": str(day.year),
    }


def typed_line(n: int, day: date, quantity: str = "2", rate: str = "20.00", what: str = "Support at home") -> dict[str, str]:  # fmt: skip
    """One line as the page sends it."""
    return {
        **typed_date(f"lines-{n}-service_date", day),
        f"lines-{n}-description": what,
        f"lines-{n}-quantity": quantity,
        f"lines-{n}-rate_pence": rate,
    }


def typed_invoice(number: str = "B-1", **more: str) -> dict[str, str]:
    """An invoice of two lines as the page sends it."""
    return {
        "number": number,
        **typed_date("period_from", last_week(1)),
        **typed_date("period_to", last_week()),
        **typed_line(0, last_week(1)),
        **typed_line(1, last_week(), quantity="1.5"),
        **more,
    }


def again(invoice: Invoice) -> Invoice:
    """The invoice as it is now."""
    return Invoice.objects.select_related("provider", "case__person__user", "agreement").get(
        pk=invoice.pk
    )
