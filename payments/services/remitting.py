"""Remittance advice: one per payee and run, as a document and a message. A payee is a provider or a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from carebudget import clock
from carebudget.audit.services import record
from carebudget.money import format_pence
from carebudget.notify.services import keep_document, send_to_all
from carebudget.people.models import Person, User
from carebudget.text import plural
from plans.selectors import clients_and_helpers
from providers.models import Provider

from ..models import Payment, PaymentRun, PaymentState, RemittanceAdvice, RunState
from ..rails import kind_of
from ..rails.protocol import RailKind
from .agreements import members_of

PAID = (PaymentState.SENT, PaymentState.SETTLED)
RUNS_AT_ONCE = 20


@dataclass(frozen=True)
class _Payee:
    """Whoever gets the advice, and everything of one run that was paid to them."""

    provider: Provider | None
    person: Person | None
    payments: list[Payment]

    @property
    def subject(self) -> str:
        """What the document is about, which decides who may open it."""
        return f"{'provider' if self.provider else 'person'}:{self.reference}"

    @property
    def reference(self) -> str:
        payee = self.provider or self.person
        assert payee is not None
        return payee.reference

    @property
    def href(self) -> str:
        if self.provider:
            return "/provider/payments/"
        return f"/my-budget/{self.payments[0].case.reference}/money/"

    def readers(self) -> list[User]:
        """Who is told: those who speak for the provider, or the person and who helps them."""
        if self.provider:
            return list(members_of(self.provider))
        return list(clients_and_helpers(self.payments[0].case))


def send_remittances(*, run: PaymentRun) -> int:
    """Make and send what is missing; returns how many were new. Safe to repeat after a crash."""
    return sum(_send_one(run, payee) for payee in _without_advice(run))


def _without_advice(run: PaymentRun) -> Iterator[_Payee]:
    """Payees one after the other, so that a large run is never held in memory."""
    rows = (
        run.payments.filter(~Exists(_advised(run=run.pk)), state__in=PAID)
        .select_related("provider", "person", "invoice", "case__person")
        .order_by("provider_id", "person_id", "id")
    )
    for _, paid in groupby(
        rows.iterator(chunk_size=2000), key=lambda p: (p.provider_id, p.person_id)
    ):
        payments = list(paid)
        yield _Payee(payments[0].provider, payments[0].person, payments)


def _advised(**of_run: Any) -> QuerySet[RemittanceAdvice]:
    """The advice that a payment's payee has got for its run."""
    return RemittanceAdvice.objects.filter(
        Q(provider=OuterRef("provider")) | Q(person=OuterRef("person")), **of_run
    )


@transaction.atomic
def _send_one(run: PaymentRun, payee: _Payee) -> int:
    total = sum(payment.amount_pence for payment in payee.payments)
    count = len(payee.payments)
    document = keep_document(
        key=f"remittance:{run.reference}:{payee.reference}",
        kind="remittance",
        title=f"Remittance advice {run.reference}",
        subject=payee.subject,
        template="documents/remittance.html",
        context={
            "run": run,
            "payee": payee.provider.name if payee.provider else payee.payments[0].case.person,
            "payments": payee.payments,
            "total_pence": total,
            "by_file": kind_of(run.rail) == RailKind.FILE,
        },
    )
    _, new = RemittanceAdvice.objects.get_or_create(
        run=run,
        provider=payee.provider,
        person=payee.person,
        defaults={
            "total_pence": total,
            "payment_count": count,
            "document": document,
            "created_at": clock.now(),
        },
    )
    if not new:
        return 0
    record(
        chain=run.chain,
        verb="remittance.sent",
        subject=payee.subject,
        by=None,
        changes={
            "total_pence": total,
            "payments": [payment.reference for payment in payee.payments],
        },
    )
    send_to_all(
        to=payee.readers(),
        key=f"remittance:{run.reference}:{payee.reference}",
        title=f"{format_pence(total)} is on its way to you",
        body=f"We have sent {plural(count, 'payment')} to your account. The remittance advice says what for.",
        href=payee.href,
        document=document,
    )
    return 1


def send_missing_remittances() -> int:
    """What the beat does: runs that were sent, but whose remittances were cut short."""
    unadvised = Payment.objects.filter(
        ~Exists(_advised(run=OuterRef("run"))), run=OuterRef("pk"), state__in=PAID
    )
    runs = PaymentRun.objects.filter(
        Exists(unadvised), state__in=[RunState.SENT, RunState.CLOSED]
    ).order_by("id")[:RUNS_AT_ONCE]
    return sum(send_remittances(run=run) for run in list(runs))
