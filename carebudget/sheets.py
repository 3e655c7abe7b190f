"""Tables that leave the system as CSV or XLSX. Money is a number; no text is ever a formula. Knows no model.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break would be worked out by a
spreadsheet: text like that gets an apostrophe before it (OWASP, CSV injection).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from .money import Pence, decimal_string

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SHEET_NAME_LIMIT = 31
WIDTH_LIMIT = 60
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Money:
    """An amount in pence that the sheet shows in pounds, as a number."""

    pence: Pence


Cell: TypeAlias = str | int | date | Money | None


def plain_text(text: str) -> str:
    """The text as no spreadsheet will take it for a formula; control characters are left out."""
    dangerous = text.lstrip(" \u00a0").startswith(FORMULA) or text.startswith(FORMULA)
    clean = "".join(c if c >= " " or c in "\t\r\n" else " " for c in text)
    return f"'{clean}" if dangerous else clean


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file, UTF-8 with a mark so that Excel reads the pound sign; lines end as RFC 4180 says."""
    text = io.StringIO(newline="")
    write = csv.writer(text, lineterminator="\r\n").writerow
    write([plain_text(one) for one in headings])
    for row in rows:
        write([_in_csv(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _in_csv(cell: Cell) -> str | int:
    if isinstance(cell, Money):
        return decimal_string(cell.pence)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return cell
    return plain_text(cell or "")


def xlsx_bytes(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, made_at: datetime
) -> bytes:
    """A workbook of one sheet. The same rows and moment give the same bytes."""
    from xlsxwriter import Workbook

    held = io.BytesIO()
    book = Workbook(
        held,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )  # fmt: skip
    book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
    sheet = book.add_worksheet(_sheet_name(title))
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {
        Money: book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"}),
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
    }
    widths = [len(one) for one in headings]
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, plain_text(heading), bold)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, Money):
                sheet.write_number(line, column, Decimal(cell.pence) / 100, formats[Money])
            elif isinstance(cell, date):
                sheet.write_datetime(line, column, cell, formats[date])
            elif isinstance(cell, int):
                sheet.write_number(line, column, cell)
            elif cell:
                sheet.write_string(line, column, plain_text(cell))
            widths[column] = max(widths[column], len(str(_in_csv(cell))))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, WIDTH_LIMIT) + 2)
    book.close()
    return held.getvalue()


def _sheet_name(title: str) -> str:
    clean = "".join(" " if c in "[]:*?/\\'" else c for c in title)
    return clean[:SHEET_NAME_LIMIT].strip() or "Sheet"
