"""Submissions as batches for their writers, and what is left to hand over or to hear about."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from carebudget.money import Pence

from ..models import (
    FileDirection,
    PayeeAccount,
    Payment,
    PaymentRun,
    PaymentState,
    RailFile,
    ResultState,
    Submission,
)
from ..payees.sealing import open_details
from ..rails import get_file_rail
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


def submissions() -> QuerySet[Submission]:
    """Every file, the newest first."""
    return Submission.objects.select_related("run", "started_by", "sent_by")


def submission_by_reference(reference: str) -> Submission:
    """One file with who dealt with it. May raise ``DoesNotExist``."""
    return Submission.objects.select_related(
        "run", "started_by", "handed_out_to", "sent_by", "withdrawn_by"
    ).get(reference=reference)


def cut_off_of(submission: Submission) -> datetime:
    """Until when the file can be handed over, and taken back: that of its earliest day."""
    first = submission.items.order_by("day").values_list("day", flat=True)[0]
    return get_file_rail(submission.rail).calendar.cut_off(first)


def reports() -> QuerySet[RailFile]:
    """Reports that were brought in, the newest first, with ``lines`` and how many were ``unknown``."""
    return (
        RailFile.objects.filter(direction=FileDirection.IN)
        .defer("sealed_content")
        .select_related("brought_by")
        .annotate(
            lines=Count("results"),
            unknown=Count("results", filter=Q(results__state=ResultState.UNKNOWN)),
        )
    )


def report_by_id(public_id: str) -> RailFile:
    """One report. May raise ``DoesNotExist``."""
    rows = RailFile.objects.filter(direction=FileDirection.IN).defer("sealed_content")
    return rows.select_related("brought_by").get(public_id=public_id)


def submissions_of_run(run: PaymentRun) -> QuerySet[Submission]:
    """The files of a run, the newest first."""
    return run.submissions.select_related("started_by", "sent_by")


def file_with(payment: Payment) -> Submission | None:
    """The file that a payment is in, if it is in one."""
    item = payment.submission_items.filter(living=True).select_related("submission").first()
    return item.submission if item else None


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
