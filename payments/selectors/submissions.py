"""Submissions as batches for their writers, and what is left to hand over or to hear about."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from carebudget.money import Pence

from ..models import PayeeAccount, Payment, PaymentRun, PaymentState, Submission
from ..payees.sealing import open_details
from ..rules.batches import Batch, BatchItem


def batch_of(submission: Submission) -> Batch:
    """Everything the file is made of, as it was when the submission was begun. Raises ``CannotOpen``."""
    payees = PayeeAccount.objects.filter(submission_items__submission=submission).distinct()
    opened = {row.pk: open_details(row.sealed, reference=row.reference) for row in payees}
    rows = submission.items.order_by("position").values_list(
        "payment__reference", "payment__amount_pence", "name", "payee_id", "day"
    )
    items = tuple(
        BatchItem(
            reference=reference,
            amount_pence=pence,
            name=name,
            details=opened[payee],
            day=day,
        )
        for reference, pence, name, payee, day in rows.iterator(chunk_size=5000)
    )
    return Batch(
        reference=submission.reference,
        run_reference=submission.run.reference,
        serial=submission.serial,
        created_at=submission.started_at,
        items=items,
        profile=submission.profile,
    )


def waiting_for_a_file(run: PaymentRun) -> QuerySet[Payment]:
    """Approved payments of a run on a file rail that are in no file yet."""
    return run.payments.filter(state=PaymentState.RELEASED, rail=run.rail).order_by("id")


@dataclass(frozen=True)
class Heard:
    """What reports have said of a submission: payments and pence without a word, and by what was said."""

    silent: int
    silent_pence: Pence
    accepted: int
    back: int


def heard_of(submission: Submission) -> Heard:
    """How much of a submission nobody has said anything about yet. Silence is not success."""
    found = submission.items.aggregate(
        silent=Count("id", filter=Q(outcome__in=["", "pending"])),
        silent_pence=Sum("payment__amount_pence", filter=Q(outcome__in=["", "pending"])),
        accepted=Count("id", filter=Q(outcome="accepted")),
        back=Count("id", filter=Q(outcome__in=["rejected", "returned"])),
    )
    return Heard(found["silent"], found["silent_pence"] or 0, found["accepted"], found["back"])
