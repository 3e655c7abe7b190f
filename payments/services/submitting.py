"""Payments that leave in files, exactly once.

1. Approved payments of a run are *claimed* into a submission and that is committed: a payment is in one
   living submission, and the database says so. What may not be paid any more is held instead.
2. The file is *built* from what was claimed, and kept sealed with its digest. Building again gives the same
   bytes, or says that something is wrong.
3. Somebody takes the file out of the house: each time is in the record.
4. A **second** person says that the bank has it and repeats its sum: then, and in one transaction, every
   payment is entered in the ledger and is *sent*. Until then nothing is known of them.
5. Reports bring the outcomes (``results``). No outcome means unknown, never failed.
6. Before its cut-off a submission can be *withdrawn*; what nobody ever took out of the house, at any time.

The first two steps are here, the others in ``handing_over`` and ``results``. Locks: payees, then the run,
then its payments, each by id.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.people.access import require
from carebudget.people.models import User
from carebudget.text import plural

from ..models import (
    SERIAL_SEQUENCE,
    FileDirection,
    PayeeAccount,
    Payment,
    PaymentRun,
    RailFile,
    RunState,
    Submission,
    SubmissionItem,
    SubmissionState,
)
from ..payees.sealing import CannotOpen, new_file_key, seal_file
from ..rails import get_file_rail, kind_of
from ..rails.protocol import FileRail, Limits, NotSetUp, RailKind
from ..rules.batches import CannotWrite, WrittenFile
from ..selectors.payees import not_payable_now
from ..selectors.submissions import batch_of, waiting_for_a_file
from .holding import hold_payment

BATCH = 5000
CLAIMED = """
    UPDATE payments_payment p
    SET state = 'sending', claimed_at = %s, first_claimed_at = %s, next_look_at = NULL
    FROM unnest(%s::bigint[]) d (payment)
    WHERE p.id = d.payment AND p.state = 'released'
"""
"""``Payment.claim`` for a whole file."""

PROBLEMS_SHOWN = 3


def start_submission(
    *,
    run: PaymentRun,
    by: User,
    day: date | None = None,
    days: Mapping[str, date] | None = None,
) -> Submission:
    """Claim what is approved in a run, up to the rail's limits, for one file. Call again for the rest.

    ``day`` is the day the rail is told (the first it can have, if not given); ``days`` gives single
    payments another, by reference. Raises ``Refused`` when there is nothing, the day cannot be had or the
    rail is not set up.
    """
    require(by, "payments.make_submission", run)
    rail = _file_rail(run.rail)
    profile = _profile(rail)
    chosen = day or rail.calendar.first_day(clock.now())
    for one in {chosen, *(days or {}).values()}:
        refusal = rail.calendar.refusal(one, clock.now())
        if refusal:
            raise Refused("day_not_possible", refusal, "Choose another day.", field="day")
    strangers = set(days or {}) - set(run.payments.values_list("reference", flat=True))
    if strangers:
        raise Refused("not_in_run", f"{min(strangers)} is not in this run.", field="day")
    hold_what_may_not_be_paid(run=run, by=by)
    return _claim(run, rail, profile, chosen, dict(days or {}), by)


def _file_rail(name: str) -> FileRail:
    if kind_of(name) != RailKind.FILE:
        raise Refused("rail_sends_itself", "The payments of this run are not sent in files.")
    return get_file_rail(name)


def _profile(rail: FileRail) -> dict[str, str]:
    try:
        return rail.profile()
    except NotSetUp as error:
        raise Refused(
            "rail_not_set_up", str(error), "Tell whoever looks after the system."
        ) from error


@transaction.atomic
def hold_what_may_not_be_paid(*, run: PaymentRun, by: User) -> int:
    """Hold payments whose payee changed since the run was approved. Returns how many that was."""
    waiting = waiting_for_a_file(run)
    _lock_payees(waiting)
    _locked_run(run)
    rail = get_file_rail(run.rail)
    held = 0
    reasons = not_payable_now(set(waiting.values_list("destination", flat=True)))
    doubtful = waiting.filter(
        Q(destination__in=list(reasons))
        | Q(amount_pence__gt=min(rail.limits.payment_pence, rail.limits.batch_pence))
    )
    for payment in doubtful.select_for_update(of=("self",)).select_related("run"):
        why = reasons.get(payment.destination) or rail.limits.refusal(payment.amount_pence)
        if why:
            hold_payment(payment=payment, sentence=why, by=by)
            held += 1
    return held


def _lock_payees(payments: Any) -> dict[str, PayeeAccount]:
    """The accounts these payments go to, locked, so that none changes while they are claimed."""
    wanted = set(payments.values_list("destination", flat=True))
    rows = PayeeAccount.objects.select_for_update().filter(reference__in=wanted).order_by("id")
    return {row.reference: row for row in rows}


def _locked_run(run: PaymentRun) -> PaymentRun:
    row = PaymentRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if row.state not in (RunState.APPROVED, RunState.SENDING):
        raise Conflict("run_not_approved", f"This run is “{row.get_state_display()}”.")
    return row


@transaction.atomic
def _claim(
    run: PaymentRun,
    rail: FileRail,
    profile: dict[str, str],
    day: date,
    days: dict[str, date],
    by: User,
) -> Submission:
    waiting = waiting_for_a_file(run)
    payees = _lock_payees(waiting)
    row = _locked_run(run)
    unpayable = not_payable_now(list(payees))
    ready = [
        payment
        for payment in waiting.select_for_update(of=("self",)).only(
            "reference", "amount_pence", "destination"
        )
        if payment.destination in payees and payment.destination not in unpayable
    ]
    payments = _within(ready, rail.limits)
    if not payments:
        raise Refused(
            "nothing_to_submit",
            "No payment of this run waits for a file.",
            "Look at the run: payments may be held, or in a file already.",
        )
    submission = Submission.objects.create(
        rail=rail.name,
        run=row,
        serial=_next_serial(),
        day=day,
        profile=profile,
        payment_count=len(payments),
        total_pence=sum(payment.amount_pence for payment in payments),
        sealed_key=new_file_key(),
        started_by=by,
        started_at=clock.now(),
    )
    _put_in(submission, payments, payees, days)
    if row.state == RunState.APPROVED:
        move(row, "start_sending")
    record_of(submission, "submission.started", by, day=day.isoformat(), serial=submission.serial)
    return submission


def _within(payments: list[Payment], limits: Limits) -> list[Payment]:
    """The first payments that one file may carry."""
    kept: list[Payment] = []
    total = 0
    for payment in payments:
        total += payment.amount_pence
        if len(kept) == limits.batch_count or total > limits.batch_pence:
            break
        kept.append(payment)
    return kept


def _next_serial() -> int:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT nextval(%s)", [SERIAL_SEQUENCE])
            return int(cursor.fetchone()[0])
    except DatabaseError as error:
        raise Refused(
            "serials_used_up",
            "Every serial number of six digits has been used.",
            "Ask Bacs for another service user number.",
        ) from error


def _put_in(
    submission: Submission,
    payments: list[Payment],
    payees: Mapping[str, PayeeAccount],
    days: Mapping[str, date],
) -> None:
    """Claim them all at once: the same change as ``Payment.claim``, for a whole file in one statement."""
    try:
        with transaction.atomic():
            SubmissionItem.objects.bulk_create(
                (
                    SubmissionItem(
                        submission=submission,
                        payment=payment,
                        payee=payees[payment.destination],
                        position=position,
                        day=days.get(payment.reference, submission.day),
                        name=payees[payment.destination].name,
                    )
                    for position, payment in enumerate(payments, start=1)
                ),
                batch_size=BATCH,
            )
    except IntegrityError as error:
        raise Conflict(
            "payment_in_another_file", "One of these payments is in another file already."
        ) from error
    moment = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED, [moment, moment, [payment.pk for payment in payments]])
        claimed = cursor.rowcount
    if claimed != len(payments):
        raise Conflict("payments_moved_on", "One of these payments has moved on meanwhile.")


def build_submission(*, submission: Submission, by: User) -> RailFile:
    """Make the file and keep it. Again it gives the same file, after proving that it would be the same.

    Raises ``Refused`` with the reasons when the rail cannot carry it, ``Conflict`` when it was withdrawn or
    when what it is made of is not what it was.
    """
    require(by, "payments.make_submission", submission.run)
    return _build(submission, by)


@transaction.atomic
def _build(submission: Submission, by: User) -> RailFile:
    row = locked(submission)
    if row.state == SubmissionState.WITHDRAWN:
        raise Conflict("submission_withdrawn", "This submission was withdrawn.")
    written = _written(row)
    digest = hashlib.sha256(written.content).hexdigest()
    kept = row.files.filter(direction=FileDirection.OUT).first()
    if kept is not None:
        if kept.sha256 != digest:
            raise Conflict(
                "file_differs",
                "The file would not be the same again, so something it is made of was changed.",
                "Do not hand it over. Tell whoever looks after the system.",
            )
        return kept
    file = RailFile.objects.create(
        rail=row.rail,
        direction=FileDirection.OUT,
        submission=row,
        name=written.name,
        format=written.format,
        sealed_content=seal_file(written.content, sealed_key=bytes(row.sealed_key)),
        sha256=digest,
        brought_by=by,
        brought_at=clock.now(),
    )
    move(row, "mark_built")
    record_of(row, "submission.built", by, sha256=digest, format=written.format)
    return file


def _written(submission: Submission) -> WrittenFile:
    try:
        return get_file_rail(submission.rail).write(batch_of(submission))
    except CannotWrite as error:
        shown = " ".join(problem.sentence for problem in error.problems[:PROBLEMS_SHOWN])
        more = len(error.problems) - PROBLEMS_SHOWN
        raise Refused(
            "file_cannot_be_written",
            f"{shown} And {plural(more, 'more problem')}." if more > 0 else shown,
            "Withdraw this submission, mend what is wrong, and start another.",
        ) from error
    except CannotOpen as error:
        raise Refused(
            "details_cannot_be_opened", str(error), "Tell whoever looks after the system."
        ) from error


def locked(submission: Submission) -> Submission:
    """The submission with its run, locked."""
    return (
        Submission.objects.select_for_update(of=("self",))
        .select_related("run")
        .get(pk=submission.pk)
    )


def record_of(
    submission: Submission, verb: str, by: User | None, *, reason: str = "", **changes: object
) -> None:
    """One event about a submission on its run's chain, with its figures."""
    record(
        chain=submission.run.chain,
        verb=verb,
        subject=f"submission:{submission.reference}",
        by=by,
        reason=reason,
        changes={
            "state": submission.state,
            "rail": submission.rail,
            "count": submission.payment_count,
            "total_pence": submission.total_pence,
            **changes,
        },
    )
