"""Bringing in reports about files that were sent: each file counts once, each payment once.

A line that fits nothing of ours, or not exactly, is kept and shown with the reason, and moves nothing. Money
that came back is owed again through ``return_payment``; when the report blames the payee's account, nothing
more is paid there until a person has new details.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.machine import move
from carebudget.money import format_pence
from carebudget.people.access import require
from carebudget.people.models import User
from carebudget.text import plural

from ..models import (
    FileDirection,
    PayeeAccount,
    RailFile,
    ResultLine,
    ResultState,
    Submission,
    SubmissionItem,
    SubmissionState,
)
from ..payees.sealing import new_file_key, seal_file
from ..rails import get_file_rail, kind_of
from ..rails.protocol import NotSetUp, RailKind
from ..rules.batches import (
    Outcome,
    ResultItem,
    Results,
    ResultsUnreadable,
    Scope,
    references_perhaps_in,
)
from .handing_over import SENT
from .payees import find_fault, lock_payees
from .sending import return_payment
from .submission_money import give_back

BACK = (Outcome.REJECTED, Outcome.RETURNED)
REFERENCE_LENGTH = 60


@dataclass(frozen=True)
class ResultsReport:
    """What became of a report. ``again`` when the same file had been brought before."""

    file: RailFile
    lines: tuple[ResultLine, ...]
    again: bool = False

    def _count(self, state: ResultState) -> int:
        return sum(line.state == state for line in self.lines)

    @property
    def taken(self) -> int:
        """Lines that changed something."""
        return self._count(ResultState.TAKEN)

    @property
    def unknown(self) -> tuple[ResultLine, ...]:
        """Lines that fit nothing of ours: a person must find out what they are."""
        return tuple(line for line in self.lines if line.state == ResultState.UNKNOWN)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.again:
            return f"{self.file.name} was brought in before. Nothing was changed."
        words = f"{self.file.name}: {plural(self.taken, 'line')} taken"
        known = self._count(ResultState.KNOWN)
        if known:
            words += f", {known:,} known already"
        if self.unknown:
            words += f", {len(self.unknown):,} that {'fits' if len(self.unknown) == 1 else 'fit'} nothing of ours"
        return f"{words}."


def import_results(*, rail: str, name: str, content: bytes, by: User) -> ResultsReport:
    """Read a report of a file rail and act on it, all or nothing. The same file again changes nothing.

    Raises ``Refused`` beside ``file`` when it is no report that can be trusted, or is about a submission
    that nobody has marked as sent.
    """
    require(by, "payments.import_results")
    if rail not in settings.PAYMENT_RAILS or kind_of(rail) != RailKind.FILE:
        raise Refused("rail_unknown", "Say which way of paying this report is about.", field="rail")
    if len(content) > settings.STATEMENT_FILE_LIMIT_BYTES:
        raise Refused("file_too_large", "The file is too large to be such a report.", field="file")
    digest = hashlib.sha256(content).hexdigest()
    standing = _brought_before(rail, digest)
    if standing is not None:
        return standing
    try:
        read = get_file_rail(rail).read_results(content)
    except ResultsUnreadable as error:
        raise Refused(f"results_{error.code}", f"{name}: {error.sentence}", field="file") from error
    except NotSetUp as error:
        raise Refused("rail_not_set_up", str(error), field="rail") from error
    return _take_in(rail, name, content, digest, read, by)


def _brought_before(rail: str, digest: str) -> ResultsReport | None:
    file = RailFile.objects.filter(rail=rail, direction=FileDirection.IN, sha256=digest).first()
    return ResultsReport(file, tuple(file.results.all()), again=True) if file else None


@transaction.atomic
def _take_in(
    rail: str, name: str, content: bytes, digest: str, read: Results, by: User
) -> ResultsReport:
    sealed_key = new_file_key()
    file, new = RailFile.objects.get_or_create(
        rail=rail,
        direction=FileDirection.IN,
        sha256=digest,
        defaults={
            "name": name[:160],
            "format": read.format,
            "sealed_content": seal_file(content, sealed_key=sealed_key),
            "sealed_key": sealed_key,
            "brought_by": by,
            "brought_at": clock.now(),
        },
    )
    if not new:
        return ResultsReport(file, tuple(file.results.all()), again=True)
    taking = _Taking(rail, file, read.items, by)
    lines = taking.all_of_them()
    ResultLine.objects.bulk_create(lines, batch_size=5000)
    taking.blame_accounts()
    report = ResultsReport(file, tuple(lines))
    record(
        chain=f"rail:{rail}",
        verb="results.imported",
        subject=f"file:{file.public_id}",
        by=by,
        changes={
            "sha256": digest,
            "format": read.format,
            "lines": len(lines),
            "taken": report.taken,
            "unknown": [line.position for line in report.unknown],
        },
    )
    return report


class _Taking:
    """One report while it is taken in: its submissions are locked, its payments looked up in one query."""

    def __init__(self, rail: str, file: RailFile, items: tuple[ResultItem, ...], by: User) -> None:
        self.rail, self.file, self.items, self.by = rail, file, items, by
        self.named = {item.position: references_perhaps_in(item.words) for item in items}
        self.blamed: dict[int, str] = {}
        wanted = {name for names in self.named.values() for name in names}
        rows = SubmissionItem.objects.filter(
            payment__reference__in=wanted, submission__rail=rail, living=True
        )
        files = {item.submission for item in items if item.submission}
        ids = set(rows.values_list("submission_id", flat=True)) | set(
            Submission.objects.filter(reference__in=files, rail=rail).values_list("pk", flat=True)
        )
        locked = Submission.objects.select_for_update(of=("self",)).filter(pk__in=ids)
        self.submissions = {
            row.reference: row for row in locked.select_related("run").order_by("id")
        }
        self.rows = {
            row.payment.reference: row
            for row in rows.filter(submission__in=ids).select_related("payment", "submission")
        }

    def all_of_them(self) -> list[ResultLine]:
        """Act on every line. Raises ``Refused`` when one is about a file that nobody has marked as sent.

        What is said of single payments goes first: it knows better than what is said of all of them.
        """
        lines = [self._of_payment(one) for one in self.items if one.scope is Scope.PAYMENT]
        lines += [self._of_file(one) for one in self.items if one.scope is Scope.DAY]
        lines += [self._of_file(one) for one in self.items if one.scope is Scope.WHOLE]
        return sorted(lines, key=lambda line: line.position)

    def _of_payment(self, item: ResultItem) -> ResultLine:
        line = self._line(item)
        found = [self.rows[name] for name in self.named[item.position] if name in self.rows]
        if len(found) != 1:
            return _unknown(line, "No payment that we have sent this way has this reference.")
        row = found[0]
        line.payment, line.submission = row.payment, row.submission
        self._refuse_unsent(row.submission)
        if item.submission and row.submission.reference != item.submission:
            return _unknown(line, f"The report is about another file, {item.submission}.")
        if item.amount_pence is not None and item.amount_pence != row.payment.amount_pence:
            return _unknown(
                line,
                f"The report says {format_pence(item.amount_pence)}, and our payment is "
                f"{format_pence(row.payment.amount_pence)}.",
            )
        return self._act(line, item, row)

    def _act(self, line: ResultLine, item: ResultItem, row: SubmissionItem) -> ResultLine:
        if row.outcome in BACK:
            line.problem = "" if item.outcome in BACK else "It came back before."
            line.state = ResultState.KNOWN
            return line
        if item.outcome in BACK:
            return_payment(
                payment=row.payment,
                code=f"{self.rail}:{item.code}"[:60],
                sentence=item.sentence,
                by=self.by,
            )
            if item.blames_account:
                self.blamed[row.payee_id] = item.sentence
        elif row.outcome == item.outcome or row.outcome == Outcome.ACCEPTED:
            line.state = ResultState.KNOWN
            return line
        _set_outcome([row], item.outcome)
        return line

    def _of_file(self, item: ResultItem) -> ResultLine:
        """What is said of a whole file, or of one of its days, is said of each of its payments."""
        line = self._line(item)
        submission = self.submissions.get(item.submission)
        if submission is None:
            return _unknown(line, "We have sent no such file this way.")
        line.submission = submission
        if submission.state == SubmissionState.WITHDRAWN:
            return _unknown(line, "This file was withdrawn.")
        self._refuse_unsent(submission)
        items = submission.items.filter(living=True).exclude(outcome__in=BACK)
        if item.day is not None:
            items = items.filter(day=item.day)
        if not items.exists():
            line.state = ResultState.KNOWN
            return line
        if item.outcome in BACK:
            rows = list(items)
            give_back(
                submission=submission,
                items=items,
                code=f"{self.rail}:{item.code}"[:60],
                sentence=item.sentence,
                by=self.by,
            )
            _set_outcome(rows, item.outcome)
        elif item.outcome is Outcome.ACCEPTED:
            self._accept(submission, item, list(items.exclude(outcome=Outcome.ACCEPTED)))
        else:
            _set_outcome(list(items.filter(outcome="")), item.outcome)
        return line

    def _accept(self, submission: Submission, item: ResultItem, rows: list[SubmissionItem]) -> None:
        _set_outcome(rows, Outcome.ACCEPTED)
        if item.scope is Scope.WHOLE and submission.state == SubmissionState.SENT:
            move(submission, "acknowledge")
            record(
                chain=submission.run.chain,
                verb="submission.acknowledged",
                subject=f"submission:{submission.reference}",
                by=self.by,
                changes={"state": submission.state, "report": self.file.sha256},
            )

    def _refuse_unsent(self, submission: Submission) -> None:
        if self.submissions[submission.reference].state not in SENT:
            raise Refused(
                "submission_not_sent",
                f"This report is about {submission.reference}, which nobody has marked as sent.",
                "Find out how it reached the bank, mark it as sent, and bring the report in again.",
                field="file",
            )

    def _line(self, item: ResultItem) -> ResultLine:
        return ResultLine(
            file=self.file,
            position=item.position,
            outcome=item.outcome,
            reference=item.words[:REFERENCE_LENGTH],
            amount_pence=item.amount_pence,
            code=item.code[:20],
            sentence=item.sentence[:400],
            state=ResultState.TAKEN,
        )

    def blame_accounts(self) -> None:
        """Nothing more is paid to accounts that the report says cannot be paid."""
        accounts = list(PayeeAccount.objects.filter(pk__in=self.blamed).order_by("id"))
        lock_payees(accounts)
        for account in accounts:
            find_fault(account=account, sentence=self.blamed[account.pk], by=self.by)


def _unknown(line: ResultLine, problem: str) -> ResultLine:
    line.state, line.problem = ResultState.UNKNOWN, problem
    return line


def _set_outcome(rows: Iterable[SubmissionItem], outcome: Outcome) -> None:
    ids = []
    for row in rows:
        row.outcome = outcome
        ids.append(row.pk)
    SubmissionItem.objects.filter(pk__in=ids).update(outcome=outcome, outcome_at=clock.now())
