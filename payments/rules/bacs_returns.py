"""Reading reports of returned credits (ARUCS), and of unpaid debits (ARUDD) with the same shape. Pure.

Bacs delivers these through the bank's or bureau's software, each with its own export. ``docs/rails.md``
describes the two forms that are read here, CSV and XML. Both state their count and sum, so that a report
which was cut short is never taken for a whole one.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from carebudget.money import Pence, decimal_string, format_pence, parse_pounds
from carebudget.text import plural

from .batches import Outcome, ResultItem, Results, ResultsUnreadable

FORMAT_CSV, FORMAT_XML = "arucs-csv", "arucs-xml"
ROWS_LIMIT = 100_000
TOTAL = "TOTAL"


@dataclass(frozen=True)
class Reason:
    """Why money came back, in words; ``blames_account`` when the same account cannot be paid again."""

    sentence: str
    blames_account: bool = False


RETURNED_CREDITS: Mapping[str, Reason] = {
    "0": Reason("The account details were wrong.", blames_account=True),
    "2": Reason("The account holder has died.", blames_account=True),
    "3": Reason("The account has been moved to another bank.", blames_account=True),
    "5": Reason("There is no such account.", blames_account=True),
    "B": Reason("The account is closed.", blames_account=True),
    "C": Reason("It was sent back because the council asked for it."),
}
UNPAID_DEBITS: Mapping[str, Reason] = {
    "0": Reason("The bank asks to speak to the payer."),
    "1": Reason("The payer has cancelled the instruction.", blames_account=True),
    "2": Reason("The payer has died.", blames_account=True),
    "3": Reason("The account has been moved to another bank.", blames_account=True),
    "4": Reason("The payer says they were told too late or not at all."),
    "5": Reason("There is no such account.", blames_account=True),
    "6": Reason("There is no instruction to collect.", blames_account=True),
    "7": Reason("The amount differs from what the payer was told."),
    "8": Reason("It was collected too early."),
    "9": Reason("It was collected too late."),
    "A": Reason("The name that collects differs from the one agreed."),
    "B": Reason("The account is closed.", blames_account=True),
}
COLUMNS = ("Reference", "Amount", "Return code")
"""Columns that a CSV report must have; others are kept out of what we store and show."""


def read_returned_credits(content: bytes, *, service_user: str) -> Results:
    """The returns in a report. Raises ``ResultsUnreadable`` when it is not whole, or not ours."""
    return _read(content, service_user, RETURNED_CREDITS, root="ReturnedCredits")


def read_unpaid_debits(content: bytes, *, service_user: str) -> Results:
    """The same for collections that were not paid, with their own codes."""
    return _read(content, service_user, UNPAID_DEBITS, root="UnpaidDebits")


def _read(
    content: bytes, service_user: str, reasons: Mapping[str, Reason], *, root: str
) -> Results:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Results(FORMAT_XML, tuple(_from_xml(content, service_user, reasons, root)))
    return Results(FORMAT_CSV, tuple(_from_csv(content, service_user, reasons)))


# -- XML ----------------------------------------------------------------------------------------


def _from_xml(
    content: bytes, service_user: str, reasons: Mapping[str, Reason], root: str
) -> list[ResultItem]:
    try:
        report: Any = ElementTree.fromstring(content, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ResultsUnreadable("not_xml", "The report cannot be read. It is not whole.") from error
    if report.tag != root:
        raise ResultsUnreadable(
            "other_report", f"This is a report of another kind: {report.tag[:40]}, not {root}."
        )
    _refuse_other_user(report.get("serviceUser", ""), service_user)
    rows = [
        (row.get("reference", ""), row.get("amount", ""), row.get("code", ""))
        for row in report.iterfind("Return")
    ]
    items = _items(rows, reasons)
    _refuse_cut_short(items, report.get("count", ""), report.get("total", ""))
    return items


# -- CSV ----------------------------------------------------------------------------------------


def _from_csv(content: bytes, service_user: str, reasons: Mapping[str, Reason]) -> list[ResultItem]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ResultsUnreadable("not_text", "The report is not a text file.") from error
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if any(row)]
    except csv.Error as error:
        raise ResultsUnreadable("not_csv", "The report cannot be read as CSV.") from error
    if not rows:
        raise ResultsUnreadable("empty", "The report is empty.")
    heading = [cell.strip() for cell in rows[0]]
    missing = [name for name in COLUMNS if name not in heading]
    if missing:
        raise ResultsUnreadable(
            "columns", f"The report has no column called “{missing[0]}” in its first line."
        )
    last = rows[-1]
    if last[0].strip().upper() != TOTAL or len(last) < 3 or len(rows) < 2:
        raise ResultsUnreadable(
            "no_total", "The report does not end with its TOTAL line, so it may be cut short."
        )
    places = [heading.index(name) for name in COLUMNS]
    body = []
    for row in rows[1:-1]:
        if len(row) != len(heading):
            raise ResultsUnreadable("ragged", "A line of the report has too many or too few cells.")
        if "Service user" in heading:
            _refuse_other_user(row[heading.index("Service user")].strip(), service_user)
        body.append(tuple(row[place].strip() for place in places))
    items = _items(body, reasons)
    _refuse_cut_short(items, last[1].strip(), last[2].strip())
    return items


# -- what both share ----------------------------------------------------------------------------


def _items(rows: Iterable[tuple[str, ...]], reasons: Mapping[str, Reason]) -> list[ResultItem]:
    items = []
    for position, (reference, amount, code) in enumerate(rows, start=1):
        if position > ROWS_LIMIT:
            raise ResultsUnreadable("too_long", f"The report has more than {ROWS_LIMIT:,} lines.")
        reason = reasons.get(code.upper())
        if reason is None:
            raise ResultsUnreadable(
                "code",
                f"Line {position} has the code “{code[:10]}”, which is not a code of this report.",
            )
        items.append(
            ResultItem(
                position=position,
                outcome=Outcome.RETURNED,
                words=reference,
                amount_pence=_pence(amount, f"Line {position}"),
                code=code.upper(),
                sentence=reason.sentence,
                blames_account=reason.blames_account,
            )
        )
    return items


def _pence(amount: str, where: str) -> Pence:
    try:
        pence = parse_pounds(amount)
    except ValueError as error:
        raise ResultsUnreadable(
            "amount", f"{where}: the amount “{amount[:20]}” cannot be read."
        ) from error
    if pence < 0:
        raise ResultsUnreadable("amount", f"{where}: the amount is below zero.")
    return pence


def _refuse_other_user(found: str, ours: str) -> None:
    if found != ours:
        raise ResultsUnreadable(
            "other_user", f"The report is for service user {found or 'nobody'}, not for {ours}."
        )


def _refuse_cut_short(items: list[ResultItem], count: str, total: str) -> None:
    found = sum(item.amount_pence or 0 for item in items)
    stated = _pence(total, "The total")
    if count != str(len(items)) or stated != found:
        raise ResultsUnreadable(
            "cut_short",
            f"The report says {count or 'no'} lines and £{decimal_string(stated)}, and it has "
            f"{plural(len(items), 'line')} and {format_pence(found)}. It may be cut short.",
        )
