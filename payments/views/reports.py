"""A report as a page, as CSV and as XLSX: the same columns and rows, so that they never differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from carebudget import clock
from carebudget.sheets import CSV_TYPE, XLSX_TYPE, Cell, Money, csv_bytes, xlsx_bytes

from .lists import address_with, page_of

ROWS_LIMIT = 500_000
"""More than any council has accounts; a spreadsheet takes twice as many."""


@dataclass(frozen=True)
class Shown:
    """One cell: a value, and where its figure can be opened."""

    value: Cell
    href: str = ""

    @property
    def pence(self) -> int | None:
        """The amount, when it is money."""
        return self.value.pence if isinstance(self.value, Money) else None

    @property
    def day(self) -> date | None:
        """The day, when it is one."""
        return self.value if isinstance(self.value, date) else None


Row = list[Shown]


@dataclass(frozen=True)
class Report:
    """What a report shows. ``row`` makes a row of each member of ``source``, on the page asked for alone."""

    title: str
    name: str
    lead: str
    headings: Sequence[str]
    numeric: frozenset[int]
    source: Any
    row: Callable[[Any], Row]
    total: Row | None = None
    empty: str = "There is nothing to show for this day."
    here: str = ""
    context: dict[str, Any] = field(default_factory=dict)


def money(pence: int, href: str = "") -> Shown:
    """A cell with an amount."""
    return Shown(Money(pence), href)


def answer(request: HttpRequest, report: Report, form: Any = None) -> HttpResponse:
    """The page, or the file that ``as`` asks for."""
    form_of = request.GET.get("as", "")
    if form_of in ("csv", "xlsx"):
        return _file(report, form_of)
    page = page_of(request, report.source)
    columns = [(heading, n in report.numeric) for n, heading in enumerate(report.headings)]
    rows = [
        [(cell, *column) for cell, column in zip(report.row(one), columns, strict=True)]
        for one in page.object_list
    ]
    return render(
        request,
        "payments/finance/month_report.html",
        {
            "report": report,
            "form": form,
            "page": page,
            "columns": columns,
            "rows": rows,
            "total": [(c, *column) for c, column in zip(report.total or (), columns, strict=False)],
            "csv": address_with(request, **{"as": "csv"}),
            "xlsx": address_with(request, **{"as": "xlsx"}),
            **report.context,
        },
    )


def _file(report: Report, form_of: str) -> HttpResponse:
    source = report.source[:ROWS_LIMIT]
    rows = [[cell.value for cell in report.row(one)] for one in source]
    if report.total is not None:
        rows.append([cell.value for cell in report.total])
    if form_of == "csv":
        return download(csv_bytes(report.headings, rows), f"{report.name}.csv", CSV_TYPE)
    book = xlsx_bytes(report.title, report.headings, rows, made_at=clock.now())
    return download(book, f"{report.name}.xlsx", XLSX_TYPE)


def download(content: bytes, name: str, content_type: str) -> HttpResponse:
    """A file to keep."""
    answered = HttpResponse(content, content_type=content_type)
    answered["Content-Disposition"] = f'attachment; filename="{name}"'
    return answered
