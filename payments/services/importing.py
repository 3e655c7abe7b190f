"""Bringing statements in: each file is stored once, each line once, and what does not add up is held.

Reading a file and trusting it are two questions: ``payments.rules.statements`` answers the first, the
balance check here the second, and a person decides about what is held. One bad statement never loses
the good ones beside it.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

from ..models import Statement, StatementAccount, StatementFile, StatementLine, StatementState
from ..rules.statements import CsvProfile, Line, StatementUnreadable, read_statements
from ..rules.statements import Statement as ReadStatement

BATCH = 5000
COUNTS = (StatementState.ACCEPTED, StatementState.ACCEPTED_ANYWAY)
ACCOUNT_NUMBER_LENGTH = 8

_NOT_NUMBER = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True)
class Imported:
    """What became of one statement of a file. ``statement`` is missing when it was left out."""

    statement: Statement | None
    title: str
    new_lines: int = 0
    known_lines: int = 0
    problems: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """A person must look at it before its lines count."""
        return self.statement is not None and self.statement.state == StatementState.HELD

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        if self.statement is None:
            return f"Left out. {' '.join(self.problems)}"
        if self.held:
            return f"Held for you to look at. {' '.join(self.problems)}"
        known = f", {plural(self.known_lines, 'line')} known already" if self.known_lines else ""
        return f"{plural(self.new_lines, 'new line')}{known}."


@dataclass(frozen=True)
class ImportReport:
    """What became of a file. ``again`` when the same file had been brought before."""

    file: StatementFile
    statements: tuple[Imported, ...]
    again: bool = False

    @property
    def new_lines(self) -> int:
        """Lines that were not known before."""
        return sum(one.new_lines for one in self.statements)

    @property
    def held(self) -> int:
        """Statements that wait for a person."""
        return sum(one.held for one in self.statements)

    @property
    def sentence(self) -> str:
        """The outcome of the whole file in words."""
        if self.again:
            return f"{self.file.name} was brought in before. Nothing was added."
        words = f"{self.file.name}: {plural(self.new_lines, 'new line')}"
        if self.held:
            words += f", {plural(self.held, 'statement')} held for you to look at"
        return f"{words}."


def import_statement(
    *,
    account: StatementAccount,
    name: str,
    content: bytes,
    by: User | None,
    profile: CsvProfile | None = None,
) -> ImportReport:
    """Store a file and its lines. The same file, or the same line in another file, adds nothing.

    ``by`` is ``None`` for a command or a watched directory. Raises ``Refused`` beside ``file`` when
    nothing of it can be read, or none of it is for this account.
    """
    if by is not None:
        require(by, "payments.reconcile")
    refuse_too_large(len(content))
    digest = hashlib.sha256(content).hexdigest()
    standing = account.files.filter(sha256=digest).defer("content").first()
    if standing is not None:
        return ImportReport(standing, tuple(_known(standing)), again=True)
    try:
        read = read_statements(content, filename=name, profile=profile)
    except StatementUnreadable as error:
        raise Refused(f"statement_{error.code}", error.sentence, field="file") from error
    wrong = [_not_for(account, one) for one in read]
    if all(wrong):
        raise Refused("statement_not_ours", f"{name}: {wrong[0]}", field="file")
    return _store(account, name, content, digest, list(zip(read, wrong, strict=True)), by)


def refuse_too_large(size: int) -> None:
    """Refuse a file of so many bytes when it is above the limit; a page asks before reading it."""
    if size > settings.STATEMENT_FILE_LIMIT_BYTES:
        limit = settings.STATEMENT_FILE_LIMIT_BYTES // (1024 * 1024)
        raise Refused(
            "file_too_large", f"The file is larger than {limit} MB.", "Split it.", field="file"
        )


def _known(file: StatementFile) -> list[Imported]:
    return [
        Imported(one, _title(one.statement_id, file.name), 0, one.lines.count())
        for one in file.statements.all()
    ]


def _title(statement_id: str, name: str) -> str:
    return statement_id or name


@transaction.atomic
def _store(
    account: StatementAccount,
    name: str,
    content: bytes,
    digest: str,
    read: Sequence[tuple[ReadStatement, str]],
    by: User | None,
) -> ImportReport:
    StatementAccount.objects.select_for_update().get(pk=account.pk)
    file, new = StatementFile.objects.get_or_create(
        account=account,
        sha256=digest,
        defaults={
            "name": name[:160],
            "format": read[0][0].format[:20],
            "content": content,
            "brought_by": by,
            "brought_at": clock.now(),
        },
    )
    if not new:
        return ImportReport(file, tuple(_known(file)), again=True)
    outcome = tuple(_take(account, file, one, wrong) for one, wrong in read)
    report = ImportReport(file, outcome)
    record(
        chain=chain_of(account),
        verb="statement.imported",
        subject=f"file:{file.public_id}",
        by=by,
        changes={
            "sha256": digest,
            "format": file.format,
            "new_lines": report.new_lines,
            "held": report.held,
            "left_out": sum(one.statement is None for one in outcome),
        },
    )
    return report


def chain_of(account: StatementAccount) -> str:
    """The key of the audit chain of an account's statements."""
    return f"statements:{account.code}"


def _not_for(account: StatementAccount, read: ReadStatement) -> str:
    """Why a statement is not for this account, in words; empty when it may be."""
    if read.currency and read.currency != account.currency:
        return f"The statement is in {read.currency}, and {account.name} is in {account.currency}."
    if account.number and read.account and not _same_number(account.number, read.account):
        return f"The statement is of account {read.account}, not of {account.number}."
    return ""


def _same_number(ours: str, theirs: str) -> bool:
    """The same account, whether written as an IBAN, with a sort code, or as the bare number."""
    one, two = (_NOT_NUMBER.sub("", text.upper()) for text in (ours, theirs))
    shorter, longer = sorted((one, two), key=len)
    return longer.endswith(shorter) and (len(shorter) >= ACCOUNT_NUMBER_LENGTH or one == two)


def _take(
    account: StatementAccount, file: StatementFile, read: ReadStatement, wrong: str
) -> Imported:
    title = _title(read.statement_id, file.name)
    if wrong:
        return Imported(None, title, problems=(wrong,))
    problems = _why_held(read)
    statement = Statement.objects.create(
        file=file,
        account=account,
        statement_id=read.statement_id,
        sequence=read.sequence,
        from_date=read.opening_date,
        to_date=read.closing_date,
        opening_pence=read.opening_pence,
        closing_pence=read.closing_pence,
        difference_pence=read.difference_pence,
        problems=problems or _notes(account, read),
        parsed_lines=[_as_data(line) for line in read.lines] if problems else [],
        state=StatementState.HELD if problems else StatementState.ACCEPTED,
    )
    if problems:
        return Imported(statement, title, problems=tuple(problems))
    new = _add_lines(statement, [_as_data(line) for line in read.lines])
    return Imported(statement, title, new, len(read.lines) - new, tuple(statement.problems))


def _why_held(read: ReadStatement) -> list[str]:
    """Every reason to hold a statement, in words; empty when it adds up."""
    problems = list(read.problems)
    if read.difference_pence:
        problems.append(
            f"Opening balance and lines make {format_pence(_made(read))}, and the closing balance is "
            f"{format_pence(read.closing_pence or 0)}: {format_pence(abs(read.difference_pence))} "
            f"{'is missing' if read.difference_pence > 0 else 'too much'}."
        )
    return problems


def _made(read: ReadStatement) -> int:
    return (read.opening_pence or 0) + read.sum_pence


def _notes(account: StatementAccount, read: ReadStatement) -> list[str]:
    """What is worth knowing of a statement that adds up: above all, that one before it seems missing."""
    notes = list(read.notes)
    before = account.statements.filter(state__in=COUNTS)
    if before.exists() and not before.filter(closing_pence=read.opening_pence).exists():
        notes.append(
            f"No statement that we have ends with its opening balance of "
            f"{format_pence(read.opening_pence or 0)}. One before it may be missing."
        )
    return notes


def _as_data(line: Line) -> dict[str, Any]:
    return {
        "fingerprint": line.fingerprint,
        "booked_on": line.booked_on.isoformat(),
        "amount_pence": line.amount_pence,
        "counterparty": line.counterparty,
        "reference": line.reference,
        "text": line.text,
        "external_id": line.bank_reference,
    }


def _add_lines(statement: Statement, lines: Sequence[dict[str, Any]]) -> int:
    """Add the lines that are not known yet; returns how many those were."""
    rows = (
        StatementLine(
            account=statement.account, statement=statement, imported_at=clock.now(), **line
        )
        for line in lines
    )
    StatementLine.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return statement.lines.count()


@transaction.atomic
def accept_statement(*, statement: Statement, reason: str, by: User) -> Statement:
    """A person has looked at what does not add up, and takes the lines, with a reason."""
    row = _held(statement, reason, by)
    move(row, "accept_anyway", by=by, reason=reason.strip())
    new = _add_lines(row, row.parsed_lines)
    _record_decision(row, "statement.accepted", by, reason, {"new_lines": new})
    return row


@transaction.atomic
def reject_statement(*, statement: Statement, reason: str, by: User) -> Statement:
    """A person has looked at what does not add up, and leaves the lines out, with a reason."""
    row = _held(statement, reason, by)
    move(row, "reject", by=by, reason=reason.strip())
    _record_decision(row, "statement.rejected", by, reason, {})
    return row


def _held(statement: Statement, reason: str, by: User) -> Statement:
    require(by, "payments.reconcile")
    if not reason.strip():
        raise Refused("reason_missing", "Say why. It is kept in the record.", field="reason")
    return (
        Statement.objects.select_for_update(of=("self",))
        .select_related("account")
        .get(pk=statement.pk)
    )


def _record_decision(
    statement: Statement, verb: str, by: User, reason: str, changes: dict[str, Any]
) -> None:
    record(
        chain=chain_of(statement.account),
        verb=verb,
        subject=f"statement:{statement.public_id}",
        by=by,
        reason=reason.strip(),
        changes={"difference_pence": statement.difference_pence, **changes},
    )
