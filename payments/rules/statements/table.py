"""Statements as CSV, as banks let people download them; the columns are a profile's. Pure."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime

from .model import Line, Statement, StatementUnreadable, minor_units, with_fingerprints

ROWS_LIMIT = 1_000_000


@dataclass(frozen=True)
class CsvProfile:
    """Which column means what. Either ``amount`` (signed) or ``paid_out`` and ``paid_in``."""

    name: str = "usual"
    date: str = "Date"
    description: str = "Description"
    reference: str = "Reference"
    amount: str = ""
    paid_out: str = "Debit"
    paid_in: str = "Credit"
    balance: str = "Balance"
    account: str = "Account"
    date_formats: tuple[str, ...] = ("%d/%m/%Y", "%Y-%m-%d", "%d %b %Y", "%d/%m/%y")
    newest_first: bool | None = None


USUAL = CsvProfile()


def read_csv(content: bytes, profile: CsvProfile = USUAL) -> list[Statement]:
    """The one statement of a CSV file. Raises ``StatementUnreadable`` naming the row at fault."""
    rows = _rows(content)
    header = {name.strip().lower(): n for n, name in enumerate(rows[0])}
    needed = [profile.date, *([profile.amount] if profile.amount else [profile.paid_out, profile.paid_in])]
    missing = [name for name in needed if name.lower() not in header]
    if missing:
        raise StatementUnreadable("columns_missing", f"The file has no column called {' or '.join(missing)}.")
    body = [(n, row) for n, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not body:
        raise StatementUnreadable("no_lines", "The file has a heading but no lines.")
    read = [_line(row, header, profile, f"row {n}") for n, row in body]
    newest_first = profile.newest_first
    if newest_first is None:
        newest_first = read[0][0].booked_on > read[-1][0].booked_on
    ordered = list(reversed(read)) if newest_first else read
    lines = [line for line, _ in ordered if line.amount_pence]
    balances = [balance for _, balance in ordered]
    opening = closing = None
    problems = []
    if all(balance is not None for balance in balances):
        opening = (balances[0] or 0) - ordered[0][0].amount_pence
        closing = balances[-1]
        running = opening
        for (line, balance), (n, _) in zip(ordered, reversed(body) if newest_first else body, strict=True):
            running += line.amount_pence
            if balance != running:
                problems.append(f"Row {n}: the balance does not follow from the row before it.")
                break
    else:
        problems.append("The file has no complete balance column, so nothing proves that no line is missing.")
    account = _cell(body[0][1], header, profile.account)
    days = [line.booked_on for line, _ in ordered]
    return [
        Statement(
            format="csv",
            account=account,
            currency="GBP",
            statement_id=f"{min(days)} to {max(days)}",
            sequence="",
            opening_pence=opening,
            closing_pence=closing,
            opening_date=min(days),
            closing_date=max(days),
            lines=with_fingerprints(account, lines),
            problems=tuple(problems),
        )
    ]


def _rows(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise StatementUnreadable("not_text", "The file is not text.")
    if "\x00" in text:
        raise StatementUnreadable("not_text", "The file is not text.")
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise StatementUnreadable("csv_broken", f"The file is not a proper CSV file: {error}.") from error
    if not rows or len(rows[0]) < 3:
        raise StatementUnreadable("not_csv", "The file is not a bank statement in CSV.")
    if len(rows) > ROWS_LIMIT:
        raise StatementUnreadable("too_long", f"The file has more than {ROWS_LIMIT:,} rows. Split it.")
    return rows


def _cell(row: list[str], header: dict[str, int], name: str) -> str:
    place = header.get(name.lower())
    return row[place].strip() if place is not None and place < len(row) else ""


def _line(row: list[str], header: dict[str, int], profile: CsvProfile, where: str) -> tuple[Line, int | None]:
    if profile.amount:
        amount = minor_units(_plain(_cell(row, header, profile.amount)), where)
    else:
        out, into = _cell(row, header, profile.paid_out), _cell(row, header, profile.paid_in)
        if bool(out) == bool(into):
            raise StatementUnreadable("amount_missing", f"{where}: there must be one amount, either out or in.")
        amount = -abs(minor_units(_plain(out), where)) if out else abs(minor_units(_plain(into), where))
    balance = _cell(row, header, profile.balance)
    line = Line(
        booked_on=_date(_cell(row, header, profile.date), profile, where),
        amount_pence=amount,
        reference=_cell(row, header, profile.reference)[:140],
        text=_cell(row, header, profile.description)[:1000],
    )
    return line, minor_units(_plain(balance), where) if balance else None


def _plain(text: str) -> str:
    return text.replace(",", "").replace("£", "").strip()


def _date(text: str, profile: CsvProfile, where: str) -> date:
    for pattern in profile.date_formats:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  (a day, not a moment)
        except ValueError:
            continue
    raise StatementUnreadable("date_unreal", f"{where}: “{text[:30]}” is not a date.")
