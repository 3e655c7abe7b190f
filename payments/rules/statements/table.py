"""Statements as CSV, as banks let people download them; the columns are a profile's. Pure."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from .model import Line, Statement, StatementUnreadable, keep_the_good, minor_units, shown, tidy

FORMAT = "csv"
ROWS_LIMIT = 1_000_000
HEADING_WITHIN = 20
"""Banks put the account's name and dates above the heading; it must stand within these rows."""

_THOUSANDS = re.compile(r"^([+-]?)([0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]*)?$")


@dataclass(frozen=True)
class CsvProfile:
    """Which column means what. Either ``amount`` (signed) or ``paid_out`` and ``paid_in``.

    ``amount_sign`` says what a positive figure in the ``amount`` column is: money in, or money out
    as on card statements. ``newest_first`` is found out from the file when it is ``None``.
    """

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
    counterparty: str = "Counterparty"
    value_date: str = "Value date"
    bank_reference: str = "Bank reference"
    amount_sign: Literal["money_in", "money_out"] = "money_in"
    currency: str = "GBP"


USUAL = CsvProfile()
SIGNED = CsvProfile(name="one signed column", amount="Amount")
PAID = CsvProfile(name="paid out and paid in", paid_out="Paid out", paid_in="Paid in")
MONEY = CsvProfile(name="money out and money in", paid_out="Money out", paid_in="Money in")
KNOWN = (USUAL, SIGNED, PAID, MONEY)

Header = dict[str, int]
Row = tuple[int, list[str]]


def read_csv(content: bytes, profile: CsvProfile | None = None) -> list[Statement]:
    """The statements of a CSV file, one for each account in it.

    Without a profile, the usual column names are tried. Raises ``StatementUnreadable`` naming the
    row at fault, or the columns that are missing.
    """
    rows = _rows(content)
    place, header, profile = _heading(rows, (profile,) if profile else KNOWN)
    body = [(n, row) for n, row in rows[place + 1 :] if any(cell.strip() for cell in row)]
    if not body:
        raise StatementUnreadable("no_lines", "The file has a heading but no lines.")
    accounts: dict[str, list[Row]] = {}
    for n, row in body:
        accounts.setdefault(tidy(_cell(row, header, profile.account), 40), []).append((n, row))
    read: list[Statement | StatementUnreadable] = []
    for account, mine in accounts.items():
        try:
            read.append(_statement(account, mine, header, profile))
        except StatementUnreadable as error:
            read.append(error)
    return keep_the_good(FORMAT, read)


def _rows(content: bytes) -> list[Row]:
    text = _decoded(content)
    if "\x00" in text:
        raise StatementUnreadable("not_text", "The file is not text.")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        for row in reader:
            if row:
                rows.append((reader.line_num, row))
            if len(rows) > ROWS_LIMIT:
                raise StatementUnreadable(
                    "too_long", f"The file has more than {ROWS_LIMIT:,} rows. Split it."
                )
    except csv.Error as error:
        raise StatementUnreadable(
            "csv_broken",
            f"The file is not a proper CSV file: row {reader.line_num} breaks off or has a stray quote.",
        ) from error
    if not rows or all(len(row) < 3 for _, row in rows[:HEADING_WITHIN]):
        raise StatementUnreadable("not_csv", "The file is not a bank statement in CSV.")
    return rows


def _decoded(content: bytes) -> str:
    encodings = ("utf-8-sig", "cp1252")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16", "utf-16")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise StatementUnreadable("not_text", "The file is not text.")


def _heading(rows: Sequence[Row], profiles: Sequence[CsvProfile]) -> tuple[int, Header, CsvProfile]:
    for place, (_, row) in enumerate(rows[:HEADING_WITHIN]):
        header = {" ".join(name.lower().split()): n for n, name in enumerate(row)}
        for profile in profiles:
            if all(name.lower() in header for name in _needed(profile)):
                return place, header, profile
    present = {" ".join(name.lower().split()) for _, row in rows[:HEADING_WITHIN] for name in row}
    missing = [name for name in _needed(profiles[0]) if name.lower() not in present]
    raise StatementUnreadable(
        "columns_missing",
        f"The file has no column called {' or '.join(missing)}."
        if missing
        else "The columns do not stand in one heading.",
    )


def _needed(profile: CsvProfile) -> list[str]:
    money = [profile.amount] if profile.amount else [profile.paid_out, profile.paid_in]
    return [profile.date, *money]


def _statement(account: str, rows: Sequence[Row], header: Header, profile: CsvProfile) -> Statement:
    read = [(n, *_line(row, header, profile, f"Row {n}")) for n, row in rows]
    if _newest_first(read, profile):
        read.reverse()
    opening = closing = None
    problems = []
    balances = [balance for _, _, balance in read]
    if None not in balances:
        opening = (balances[0] or 0) - read[0][1].amount_pence
        closing = balances[-1]
        fault = _first_fault(read)
        if fault is not None:
            problems.append(f"Row {fault}: the balance does not follow from the row before it.")
    else:
        problems.append(
            "The file has no complete balance column, so nothing proves that no line is missing."
        )
    days = [line.booked_on for _, line, _ in read]
    return Statement(
        format=FORMAT,
        account=account,
        currency=profile.currency,
        statement_id=f"{min(days)} to {max(days)}",
        sequence="",
        opening_pence=opening,
        closing_pence=closing,
        opening_date=min(days),
        closing_date=max(days),
        lines=tuple(line for _, line, _ in read if line.amount_pence),
        problems=tuple(problems),
    )


ReadRow = tuple[int, Line, int | None]


def _newest_first(read: Sequence[ReadRow], profile: CsvProfile) -> bool:
    """From the days; when all are the same day, from which way round the balances follow."""
    if profile.newest_first is not None:
        return profile.newest_first
    first, last = read[0][1].booked_on, read[-1][1].booked_on
    if first != last:
        return first > last
    if any(balance is None for _, _, balance in read):
        return False
    return _first_fault(read) is not None and _first_fault(read[::-1]) is None


def _first_fault(read: Sequence[ReadRow]) -> int | None:
    """The first row whose balance is not the one before it and its own amount."""
    running = (read[0][2] or 0) - read[0][1].amount_pence
    for n, line, balance in read:
        running += line.amount_pence
        if balance != running:
            return n
    return None


def _cell(row: Sequence[str], header: Header, name: str) -> str:
    place = header.get(name.lower()) if name else None
    return row[place].strip() if place is not None and place < len(row) else ""


def _line(
    row: Sequence[str], header: Header, profile: CsvProfile, where: str
) -> tuple[Line, int | None]:
    balance = _cell(row, header, profile.balance)
    value = _cell(row, header, profile.value_date)
    line = Line(
        booked_on=_date(_cell(row, header, profile.date), profile, where),
        amount_pence=_amount(row, header, profile, where),
        value_on=_date(value, profile, where) if value else None,
        bank_reference=tidy(_cell(row, header, profile.bank_reference), 80),
        counterparty=tidy(_cell(row, header, profile.counterparty), 140),
        reference=tidy(_cell(row, header, profile.reference), 140),
        text=tidy(_cell(row, header, profile.description), 1000),
    )
    return line, minor_units(_plain(balance), where, profile.currency) if balance else None


def _amount(row: Sequence[str], header: Header, profile: CsvProfile, where: str) -> int:
    def pence(name: str) -> int | None:
        text = _cell(row, header, name)
        return minor_units(_plain(text), where, profile.currency) if text else None

    if profile.amount:
        amount = pence(profile.amount)
        if amount is None:
            raise StatementUnreadable("amount_missing", f"{where}: there is no amount.")
        return amount if profile.amount_sign == "money_in" else -amount
    out, into = pence(profile.paid_out), pence(profile.paid_in)
    # Many banks fill the other column with 0.00, and some show money out with a minus.
    if out and into:
        raise StatementUnreadable(
            "amount_twice", f"{where}: there is an amount out and an amount in; only one can be."
        )
    if out is None and into is None:
        raise StatementUnreadable("amount_missing", f"{where}: there is no amount out or in.")
    return -abs(out) if out else abs(into or 0)


def _plain(text: str) -> str:
    """A figure as banks print it, without currency, thousands commas, brackets or a trailing minus.

    ``"12,50"`` is left as it is and so refused: reading a decimal comma as a thousands comma would
    make it a hundred times as much.
    """
    cleaned = re.sub(r"[\s\u00a0]|£|GBP", "", text).replace("\u2212", "-")
    if cleaned.startswith("(") and cleaned.endswith(")"):
        cleaned = f"-{cleaned[1:-1]}"
    elif cleaned.endswith("-") or cleaned.upper().endswith("DR"):
        cleaned = f"-{cleaned.rstrip('-drDR')}"
    elif cleaned.upper().endswith("CR"):
        cleaned = cleaned[:-2]
    grouped = _THOUSANDS.match(cleaned)
    return cleaned.replace(",", "") if grouped else cleaned


def _date(text: str, profile: CsvProfile, where: str) -> date:
    for pattern in profile.date_formats:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007  (a day, not a moment)
        except ValueError:
            continue
    if not text:
        raise StatementUnreadable("date_missing", f"{where}: there is no date.")
    raise StatementUnreadable("date_unreal", f"{where}: “{shown(text)}” is not a date.")
