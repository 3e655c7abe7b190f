"""Remittance advice: one per payee and run, as a document and a message."""

from itertools import groupby

from django.db import transaction
from django.db.models import Exists, OuterRef

from carebudget import clock
from carebudget.audit.services import record
from carebudget.money import format_pence
from carebudget.notify.services import keep_document, send_to_all

from ..models import Payment, PaymentRun, PaymentState, RemittanceAdvice, RunState
from .agreements import members_of

PAID = (PaymentState.SENT, PaymentState.SETTLED)
RUNS_AT_ONCE = 20


def send_remittances(*, run: PaymentRun) -> int:
    """Make and send what is missing; returns how many were new. Safe to repeat after a crash."""
    done = run.remittances.values_list("provider_id", flat=True)
    rows = (
        run.payments.filter(state__in=PAID, provider__isnull=False)
        .exclude(provider__in=list(done))
        .select_related("provider", "invoice", "case")
        .order_by("provider_id", "id")
    )
    made = 0
    for _, payments in groupby(rows, key=lambda payment: payment.provider_id):
        made += _send_one(run, list(payments))
    return made


@transaction.atomic
def _send_one(run: PaymentRun, payments: list[Payment]) -> int:
    provider = payments[0].provider
    assert provider is not None
    total = sum(payment.amount_pence for payment in payments)
    document = keep_document(
        key=f"remittance:{run.reference}:{provider.reference}",
        kind="remittance",
        title=f"Remittance advice {run.reference}",
        subject=f"provider:{provider.reference}",
        template="documents/remittance.html",
        context={"run": run, "provider": provider, "payments": payments, "total_pence": total},
    )
    _, new = RemittanceAdvice.objects.get_or_create(
        run=run,
        provider=provider,
        defaults={
            "total_pence": total,
            "payment_count": len(payments),
            "document": document,
            "created_at": clock.now(),
        },
    )
    if not new:
        return 0
    record(
        chain=run.chain,
        verb="remittance.sent",
        subject=f"provider:{provider.reference}",
        by=None,
        changes={"total_pence": total, "payments": [payment.reference for payment in payments]},
    )
    send_to_all(
        to=members_of(provider),
        key=f"remittance:{run.reference}:{provider.reference}",
        title=f"{format_pence(total)} is on its way to you",
        body=f"We have sent {len(payments)} payment{'s' if len(payments) != 1 else ''} to your account. The remittance advice lists the invoices.",
        href="/provider/payments/",
        document=document,
    )
    return 1


def send_missing_remittances() -> int:
    """What the beat does: runs that were sent, but whose remittances were cut short."""
    advised = RemittanceAdvice.objects.filter(run=OuterRef("run"), provider=OuterRef("provider"))
    unadvised = Payment.objects.filter(
        ~Exists(advised), run=OuterRef("pk"), state__in=PAID, provider__isnull=False
    )
    runs = PaymentRun.objects.filter(
        Exists(unadvised), state__in=[RunState.SENT, RunState.CLOSED]
    ).order_by("id")[:RUNS_AT_ONCE]
    return sum(send_remittances(run=run) for run in list(runs))
