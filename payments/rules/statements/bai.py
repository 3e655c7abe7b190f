"""BAI2 cash management files: records 01 02 03 16 49 98 99, continued by 88. Pure.

Read here and not with the ``bai2`` package, which refuses a whole file for one account that does not
add up; we hold that account and keep the others. Amounts have no point: they are in minor units.
Source: BAI2 record layouts; type codes 100-399 are credits and 400-699 debits.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from carebudget.money import PENCE_LIMIT

from .model import Line, Statement, StatementUnreadable, keep_the_good, shown, tidy

FORMAT = "bai2"
OPENING, CLOSING = "010", "015"
CREDITS, DEBITS = range(100, 400), range(400, 700)
NO_AMOUNT = "890"
"""A detail that is only a message."""

_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}")
CONTINUED = "88"


@dataclass
class _Record:
    """A record with what its 88 records add, in fields; the text keeps its commas."""

    row: int
    code: str
    body: str
    more: list[str] = field(default_factory=list)

    @property
    def fields(self) -> list[str]:
        """All fields, with the slash that ends each row taken off."""
        rows = [_without_slash(part) for part in (self.body, *self.more)]
        return [cell.strip() for row in rows for cell in row.split(",")]


def looks_like_bai2(content: bytes) -> bool:
    """Whether these bytes begin a BAI2 file."""
    return content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"01,")


def read_bai2(content: bytes) -> list[Statement]:
    """All accounts of a file, each a statement. Raises ``StatementUnreadable`` when none can be read."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    records = list(_records(text))
    read: list[Statement | StatementUnreadable] = []
    group: _Record | None = None
    account: list[_Record] = []
    for record in records:
        if account and record.code in ("49", "03", "02", "98", "99"):
            read.append(_read(account, group, record if record.code == "49" else None))
            account = []
        if record.code == "02":
            group = record
        elif record.code == "03" or (record.code == "16" and account):
            account.append(record)
    if account:
        read.append(_read(account, group, None))
    if read and (not records or records[-1].code != "99"):
        read.append(StatementUnreadable("bai2_cut_off", "The file breaks off: it has no end (99)."))
    return keep_the_good(FORMAT, read)


def _without_slash(row: str) -> str:
    return row.rstrip().removesuffix("/")


def _records(text: str) -> Iterator[_Record]:
    current: _Record | None = None
    for n, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        code, _, body = row.strip().partition(",")
        if code == CONTINUED and current is not None:
            current.more.append(body)
            continue
        if current is not None:
            yield current
        current = _Record(n, code, body)
    if current is not None:
        yield current


def _read(
    records: Sequence[_Record], group: _Record | None, trailer: _Record | None
) -> Statement | StatementUnreadable:
    try:
        return _statement(records, group, trailer)
    except StatementUnreadable as error:
        return error


def _statement(
    records: Sequence[_Record], group: _Record | None, trailer: _Record | None
) -> Statement:
    head, details = records[0], records[1:]
    heading = group.fields if group else []
    day = _day(_at(heading, 3), f"Row {group.row if group else head.row}")
    currency = _at(head.fields, 1) or _at(heading, 5) or "GBP"
    balances, control = _summary(head)
    problems = []
    if OPENING not in balances:
        problems.append("There is no opening balance.")
    if CLOSING not in balances:
        problems.append("There is no closing balance.")
    lines = []
    for detail in details:
        code, amount, line = _detail(detail, day)
        control += amount
        if line is not None:
            lines.append(line)
        elif amount and code != NO_AMOUNT:
            problems.append(
                f"Row {detail.row}: type {shown(code)} does not say whether money went in or out."
            )
    if trailer is None:
        problems.append("The account has no closing record (49), so lines may be missing.")
    elif _amount(_at(trailer.fields, 0), trailer) != control:
        problems.append("The account’s control total (49) is not the sum of its amounts.")
    return Statement(
        format=FORMAT,
        account=tidy(_at(head.fields, 0), 40),
        currency=currency.upper(),
        statement_id=tidy(f"{_at(head.fields, 0)} {day}", 80),
        sequence="",
        opening_pence=balances.get(OPENING),
        closing_pence=balances.get(CLOSING),
        opening_date=day,
        closing_date=day,
        lines=tuple(line for line in lines if line.amount_pence),
        problems=tuple(problems),
    )


def _summary(head: _Record) -> tuple[dict[str, int], int]:
    """Balances by type, and the sum of every amount in the account's record."""
    cells = head.fields[2:]
    balances: dict[str, int] = {}
    control = 0
    place = 0
    while place < len(cells):
        code, amount = _at(cells, place), _at(cells, place + 1)
        place += 3
        funds = _at(cells, place)
        place += 1 + _extra_cells(cells, place, funds)
        if not code:
            continue
        pence = _amount(amount, head) if amount else 0
        control += pence
        if amount:
            balances.setdefault(code, pence)
    return balances, control


def _extra_cells(cells: Sequence[str], place: int, funds: str) -> int:
    """How many fields a funds type brings with it: value date and time, or days of availability."""
    if funds == "V":
        return 2
    if funds == "S":
        return 3
    if funds == "D":
        count = _at(cells, place + 1)
        return 1 + 2 * int(count) if count.isascii() and count.isdigit() and len(count) < 3 else 1
    return 0


def _detail(record: _Record, day: date) -> tuple[str, int, Line | None]:
    """Type, amount as it stands for the control total, and the line when the type is a movement."""
    rows = _without_slash(record.body).split(",")
    code, amount, funds = _at(rows, 0), _at(rows, 1), _at(rows, 2)
    pence = _amount(amount, record) if amount else 0
    if not (code.isascii() and code.isdigit()):
        raise StatementUnreadable(
            "type_unreadable", f"Row {record.row}: “{shown(code)}” is not a type of movement."
        )
    sign = 1 if int(code) in CREDITS else -1 if int(code) in DEBITS else 0
    if not sign:
        return code, pence, None
    after = 3 + _extra_cells(rows, 2, funds)
    value = _at(rows, 3) if funds == "V" else ""
    words = [",".join(rows[after + 2 :]), *(_without_slash(row) for row in record.more)]
    return (
        code,
        pence,
        Line(
            booked_on=day,
            amount_pence=sign * pence,
            value_on=_day(value, f"Row {record.row}") if value else None,
            bank_reference=tidy(_at(rows, after), 80),
            reference=tidy(_at(rows, after + 1), 140),
            text=tidy(" ".join(word for word in words if word), 1000),
        ),
    )


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if 0 <= place < len(cells) else ""


def _amount(text: str, record: _Record) -> int:
    if not _AMOUNT.fullmatch(text):
        raise StatementUnreadable(
            "amount_unreadable", f"Row {record.row}: “{shown(text)}” is not an amount in pence."
        )
    pence = int(text)
    if abs(pence) >= PENCE_LIMIT:
        raise StatementUnreadable(
            "amount_too_large", f"Row {record.row}: {text} is more than the system can hold."
        )
    return pence


def _day(text: str, where: str) -> date:
    if not text:
        raise StatementUnreadable("date_missing", f"{where}: there is no date.")
    try:
        if not re.fullmatch(r"[0-9]{6}", text):
            raise ValueError(text)
        return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007  (a day, not a moment)
    except ValueError as error:
        raise StatementUnreadable(
            "date_unreal", f"{where}: “{shown(text)}” is not a date."
        ) from error
