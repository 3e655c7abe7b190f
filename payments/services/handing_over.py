"""Taking a file to the bank, saying that it has it, and taking it back. See ``submitting`` for the whole way."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, NotAllowed, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.people.access import require
from carebudget.people.models import User
from carebudget.text import plural

from ..models import FileDirection, Submission, SubmissionState
from ..payees.sealing import CannotOpen, open_file
from ..rails import get_file_rail
from ..selectors.payees import changes_waiting, not_payable_now
from ..selectors.submissions import cut_off_of
from .submission_money import enter_as_sent, give_back, refuse_stake, release_again
from .submitting import locked, record_of

SENT = (SubmissionState.SENT, SubmissionState.ACKNOWLEDGED)


@dataclass(frozen=True)
class HandedOut:
    """A file on its way out of the house."""

    name: str
    content: bytes = field(repr=False)
    sha256: str


def hand_out_submission(*, submission: Submission, by: User) -> HandedOut:
    """The file, to be taken to the bank. Each time is in the record; too late, or once sent, it is refused."""
    require(by, "payments.make_submission", submission.run)
    return _hand_out(submission, by)


@transaction.atomic
def _hand_out(submission: Submission, by: User) -> HandedOut:
    row = locked(submission)
    if row.state != SubmissionState.BUILT:
        raise Conflict(
            "submission_not_ready", f"This submission is “{row.get_state_display().lower()}”."
        )
    _refuse_too_late(row)
    _refuse(not_payable_now(_destinations(row)))
    file = row.files.get(direction=FileDirection.OUT)
    try:
        content = open_file(file.sealed_content, sealed_key=bytes(row.sealed_key))
    except CannotOpen as error:
        raise Refused(
            "file_cannot_be_opened", str(error), "Tell whoever looks after the system."
        ) from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise Conflict("file_differs", "The file is not what was kept. Do not hand it over.")
    if row.handed_out_at is None:
        row.handed_out_at, row.handed_out_to = clock.now(), by
        row.save(update_fields=["handed_out_at", "handed_out_to"])
    record_of(row, "submission.handed_out", by, sha256=file.sha256)
    return HandedOut(file.name, content, file.sha256)


def _refuse_too_late(submission: Submission) -> None:
    cut_off = cut_off_of(submission)
    if clock.now() > cut_off:
        raise Refused(
            "too_late",
            f"It is too late: this file was due by {cut_off:%H:%M on %-d %B}.",
            "Withdraw this submission and start another for a later day.",
        )


def _first_day(submission: Submission) -> date:
    return submission.items.order_by("day").values_list("day", flat=True)[0]


def _refuse(reasons: Mapping[str, str]) -> None:
    if reasons:
        raise Refused(
            "payee_changed",
            next(iter(reasons.values())),
            "Withdraw this submission and start another: what may not be paid is left out.",
        )


def _destinations(submission: Submission) -> list[str]:
    return list(submission.items.values_list("payee__reference", flat=True).distinct())


def mark_submission_sent(
    *, submission: Submission, count: int, total_pence: Pence, by: User
) -> Submission:
    """A second person says that the bank has the file, and repeats its figures. The ledger is entered.

    Raises ``NotAllowed`` for whoever made it or has a stake in it, ``Refused`` when the figures differ.
    Saying it twice changes nothing.
    """
    require(by, "payments.send_submission", submission.run)
    row = _mark_sent(submission, count, total_pence, by)
    from .sending import finish_runs

    finish_runs()
    return row


@transaction.atomic
def _mark_sent(submission: Submission, count: int, total_pence: Pence, by: User) -> Submission:
    row = locked(submission)
    if row.started_by_id == by.pk:
        raise NotAllowed(
            "submission_four_eyes", "You made this file, so somebody else says that it was sent."
        )
    if row.state in SENT and row.sent_by_id == by.pk:
        return row
    if row.state == SubmissionState.BUILT and row.handed_out_at is None:
        raise Refused(
            "not_handed_out", "Nobody has taken this file yet.", "Take it to the bank first."
        )
    refuse_stake(submission=row, by=by)
    _refuse_other_figures(row, count, total_pence)
    if row.state == SubmissionState.BUILT:
        _refuse(changes_waiting(_destinations(row)))
    move(row, "mark_sent", by=by)
    enter_as_sent(submission=row, by=by)
    sha256 = row.files.get(direction=FileDirection.OUT).sha256
    record_of(row, "submission.sent", by, sha256=sha256)
    return row


def _refuse_other_figures(submission: Submission, count: int, total_pence: Pence) -> None:
    if count != submission.payment_count:
        raise Refused(
            "count_differs",
            f"The file has {plural(submission.payment_count, 'payment')}, not {count:,}.",
            "Compare it with what the bank shows.",
            field="count",
        )
    if total_pence != submission.total_pence:
        raise Refused(
            "total_differs",
            f"The file makes {format_pence(submission.total_pence)}, not {format_pence(total_pence)}.",
            "Compare it with what the bank shows.",
            field="total_pence",
        )


@transaction.atomic
def acknowledge_submission(
    *, submission: Submission, count: int, total_pence: Pence, by: User
) -> Submission:
    """The bank's own report of the file says how many and how much: it must be what we sent.

    Raises ``Refused`` when it is not: then something happened to the file on its way.
    """
    require(by, "payments.send_submission", submission.run)
    row = locked(submission)
    if row.state == SubmissionState.ACKNOWLEDGED:
        return row
    _refuse_other_figures(row, count, total_pence)
    move(row, "acknowledge")
    record_of(row, "submission.acknowledged", by)
    return row


@transaction.atomic
def withdraw_submission(*, submission: Submission, reason: str, by: User) -> Submission:
    """Take a submission back: its payments may go in another file, or, if it was sent, are due again.

    What nobody has taken out of the house may be withdrawn at any time. A file that was taken may still
    reach the bank: only before its cut-off, by somebody other than whoever took it. One marked as sent is
    withdrawn at the bank first, before the cut-off too, and its entries are turned round.
    """
    require(by, "payments.send_submission", submission.run)
    if not reason.strip():
        raise Refused(
            "reason_missing",
            "Say why, and how you know that the bank does not have it.",
            field="reason",
        )
    row = locked(submission)
    if row.state == SubmissionState.WITHDRAWN:
        return row
    if row.handed_out_at is not None:
        if by.pk in (row.handed_out_to_id, row.sent_by_id):
            raise NotAllowed(
                "withdrawal_four_eyes",
                "You took this file to the bank, so somebody else withdraws it.",
            )
        _refuse_after_cut_off(row, by)
    was_sent = row.state in SENT
    move(row, "withdraw", by=by, reason=reason.strip())
    if was_sent:
        give_back(
            submission=row,
            items=row.items.filter(living=True),
            code="withdrawn",
            sentence=f"Its file {row.reference} was withdrawn at the bank.",
            by=by,
        )
    else:
        release_again(submission=row)
    row.items.update(living=False)
    record_of(row, "submission.withdrawn", by, reason=reason.strip(), was_sent=was_sent)
    return row


def _refuse_after_cut_off(submission: Submission, by: User) -> None:
    """Later, a finance manager may say so of a file not marked as sent, once its money would have shown."""
    if clock.now() <= cut_off_of(submission):
        return
    calendar = get_file_rail(submission.rail).calendar
    shown = clock.midnight(calendar.arrives_on(_first_day(submission)) + timedelta(days=1))
    never_marked = submission.state not in SENT
    if never_marked and clock.now() >= shown and by.has_perm("payments.approve_run", submission):
        return
    raise Refused(
        "too_late_to_withdraw",
        f"This file was due by {cut_off_of(submission):%H:%M on %-d %B}, and somebody had taken it to the bank.",
        "Ask the bank whether it has it. If it has, say that it was sent. If it never had it, a finance "
        f"manager may withdraw it from {shown:%-d %B}."
        if never_marked
        else "Money that comes back is brought in with the bank’s report.",
    )
