"""Prepaid cards: the file that loads money onto them, and the answers. Columns are data. Pure.

Every card provider asks for other columns, so a profile names them. No cell can be taken for a formula by
a spreadsheet (OWASP, *CSV injection*), and a totals line closes the file, so that half a file is noticed.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from carebudget.money import Pence, decimal_string, format_pence, parse_pounds
from carebudget.text import plural

from .batches import (
    Batch,
    BatchItem,
    CannotWrite,
    Outcome,
    Problem,
    ResultItem,
    Results,
    ResultsUnreadable,
    WrittenFile,
)
from .payee_details import PrepaidCard

FORMAT, RESULT_FORMAT = "prepaid-csv", "prepaid-results-csv"
FIELDS = ("card", "amount", "reference", "name", "day", "batch", "run", "serial", "currency")
"""What a column may hold."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
ROWS_LIMIT = 100_000
TEXT_LENGTH = 60


@dataclass(frozen=True)
class PrepaidProfile:
    """One card provider's file. ``columns`` are pairs of heading and field, in their order.

    ``amounts`` is ``pounds`` or ``pence``. ``results`` names the columns of the answers, and ``statuses``
    what the provider's words mean.
    """

    columns: tuple[tuple[str, str], ...] = (
        ("Card reference", "card"),
        ("Amount", "amount"),
        ("Payment reference", "reference"),
        ("Name", "name"),
        ("Load date", "day"),
    )
    amounts: str = "pounds"
    delimiter: str = ","
    day_format: str = "%d/%m/%Y"
    total: str = "TOTAL"
    limit_pence: Pence = 500_000
    results: Mapping[str, str] = field(
        default_factory=lambda: {
            "reference": "Payment reference",
            "amount": "Amount",
            "status": "Status",
            "reason": "Reason",
        }
    )
    statuses: Mapping[str, Outcome] = field(
        default_factory=lambda: {
            "loaded": Outcome.ACCEPTED,
            "pending": Outcome.PENDING,
            "rejected": Outcome.REJECTED,
            "returned": Outcome.RETURNED,
        }
    )

    def problems(self) -> list[Problem]:
        """What is wrong with the profile, in words."""
        fields = [name for _, name in self.columns]
        found = [
            Problem(
                "columns",
                f"The card file has a column “{heading}” for “{name}”, which is not known.",
            )
            for heading, name in self.columns
            if name not in FIELDS
        ]
        found += [
            Problem("columns", f"The card file has no column for the {name}.")
            for name in ("card", "amount", "reference")
            if name not in fields
        ]
        if self.amounts not in ("pounds", "pence"):
            found.append(Problem("amounts", "Amounts are in pounds or in pence."))
        return found


def neutral(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: an apostrophe before a dangerous start."""
    flat = " ".join(text.replace("\x00", "").split())
    return (
        f"'{flat}" if flat.startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else flat
    )


def write_prepaid(batch: Batch, profile: PrepaidProfile) -> WrittenFile:
    """The file of a batch. Raises ``CannotWrite`` with everything that is wrong, in words."""
    found = [*profile.problems(), *_problems(batch, profile)]
    if found:
        raise CannotWrite(found)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=profile.delimiter, lineterminator="\r\n")
    writer.writerow([neutral(heading) for heading, _ in profile.columns])
    for item in batch.items:
        writer.writerow([_cell(name, item, batch, profile) for _, name in profile.columns])
    writer.writerow([profile.total, str(len(batch.items)), _amount(batch.total_pence, profile)])
    return WrittenFile(f"{batch.reference}.csv", FORMAT, out.getvalue().encode("utf-8"))


def _problems(batch: Batch, profile: PrepaidProfile) -> list[Problem]:
    found = [] if batch.items else [Problem("empty", "There is no payment in this submission.")]
    seen: set[str] = set()
    for item in batch.items:
        if not isinstance(item.details, PrepaidCard):
            found.append(
                Problem("account", f"{item.reference} is not paid to a card.", item.reference)
            )
        if not 0 < item.amount_pence <= profile.limit_pence:
            found.append(
                Problem(
                    "amount",
                    f"{item.reference}: {format_pence(item.amount_pence)} cannot be put on a card at once. "
                    f"The most is {format_pence(profile.limit_pence)}.",
                    item.reference,
                )
            )
        if item.reference in seen:
            found.append(Problem("twice", f"{item.reference} is in this submission twice."))
        if neutral(item.reference) != item.reference or not item.reference:
            found.append(
                Problem("reference", f"The reference “{item.reference[:40]}” cannot be carried.")
            )
        seen.add(item.reference)
    return found


def _cell(name: str, item: BatchItem, batch: Batch, profile: PrepaidProfile) -> str:
    assert isinstance(item.details, PrepaidCard)
    match name:
        case "card":
            return neutral(item.details.card)
        case "amount":
            return _amount(item.amount_pence, profile)
        case "reference":
            return item.reference
        case "name":
            return neutral(item.name[:TEXT_LENGTH])
        case "day":
            return item.day.strftime(profile.day_format)
        case "batch":
            return batch.reference
        case "run":
            return batch.run_reference
        case "serial":
            return str(batch.serial)
        case _:
            return "GBP"


def _amount(pence: Pence, profile: PrepaidProfile) -> str:
    return str(pence) if profile.amounts == "pence" else decimal_string(pence)


def read_prepaid_results(content: bytes, profile: PrepaidProfile) -> Results:
    """The card provider's answers. Raises ``ResultsUnreadable`` when the file is not whole."""
    rows = _rows(content, profile)
    heading = [cell.strip() for cell in rows[0]]
    missing = [name for name in profile.results.values() if name not in heading]
    if missing:
        raise ResultsUnreadable("columns", f"The file has no column called “{missing[0]}”.")
    last = rows[-1]
    if last[0].strip() != profile.total or len(last) < 3 or len(rows) < 2:
        raise ResultsUnreadable(
            "no_total", f"The file does not end with its {profile.total} line. It may be cut short."
        )
    places = {field: heading.index(name) for field, name in profile.results.items()}
    items = [
        _result(position, row, places, profile) for position, row in enumerate(rows[1:-1], start=1)
    ]
    _refuse_cut_short(items, last, profile)
    return Results(RESULT_FORMAT, tuple(items))


def _rows(content: bytes, profile: PrepaidProfile) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text), delimiter=profile.delimiter, strict=True)
        rows = [row for row in reader if any(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ResultsUnreadable("not_csv", "The file cannot be read as CSV.") from error
    if not rows:
        raise ResultsUnreadable("empty", "The file is empty.")
    if len(rows) > ROWS_LIMIT:
        raise ResultsUnreadable("too_long", f"The file has more than {ROWS_LIMIT:,} lines.")
    return rows


def _result(
    position: int, row: Sequence[str], places: Mapping[str, int], profile: PrepaidProfile
) -> ResultItem:
    if len(row) <= max(places.values()):
        raise ResultsUnreadable("ragged", f"Line {position} has too few cells.")
    cells = {name: row[place].strip() for name, place in places.items()}
    status = cells["status"].lower()
    outcome = profile.statuses.get(status)
    if outcome is None:
        raise ResultsUnreadable(
            "status",
            f"Line {position} has the status “{cells['status'][:20]}”, which is not known.",
        )
    reason = cells["reason"].removeprefix("'")[:200]
    if outcome in (Outcome.REJECTED, Outcome.RETURNED) and not reason:
        reason = "The card provider gives no reason."
    return ResultItem(
        position=position,
        outcome=outcome,
        words=cells["reference"],
        amount_pence=_pence(cells["amount"], position, profile),
        code=status,
        sentence=reason,
        blames_account=outcome in (Outcome.REJECTED, Outcome.RETURNED),
    )


def _pence(amount: str, position: int, profile: PrepaidProfile) -> Pence:
    where = f"Line {position}" if position else "The total"
    try:
        if profile.amounts == "pence":
            pence = int(amount) if amount.isascii() and amount.isdigit() else -1
        else:
            pence = parse_pounds(amount)
    except ValueError as error:
        raise ResultsUnreadable("amount", f"{where}: “{amount[:20]}” is no amount.") from error
    if pence < 0:
        raise ResultsUnreadable("amount", f"{where}: “{amount[:20]}” is no amount.")
    return pence


def _refuse_cut_short(
    items: Sequence[ResultItem], last: Sequence[str], profile: PrepaidProfile
) -> None:
    found = sum(item.amount_pence or 0 for item in items)
    if last[1].strip() != str(len(items)) or _pence(last[2].strip(), 0, profile) != found:
        raise ResultsUnreadable(
            "cut_short",
            f"The file says {last[1].strip()[:10]} lines and {last[2].strip()[:20]}, and it has "
            f"{plural(len(items), 'line')} and {format_pence(found)}. It may be cut short.",
        )
