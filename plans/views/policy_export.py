"""The workbench's figures as files for a spreadsheet or a program: small counts left out, no case named."""

import csv
import io
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.text import slugify

from carebudget import clock
from plans.models import ProgrammePack
from plans.selectors.policy_report import Report

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins like this is worked out by a spreadsheet instead of shown."""


def report_as_csv(pack: ProgrammePack, report: Report, *, title: str = "") -> HttpResponse:
    """Section, group, measure, figure: one figure a row."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["Section", "Group", "Measure", "Figure"])
    about = [
        ("About", "Programme", "Name", pack.title),
        ("About", "Programme", "Version", pack.version),
        ("About", "Programme", "Proposal", title),
        ("About", "Programme", "Worked out on", clock.today().isoformat()),
    ]
    for line in report.lines:
        about.append(("Table", line.label, "Before", line.one))
        about.append(("Table", line.label, "After", line.other))
    for row in [*about, *report.shown.as_rows()]:
        rows.writerow([harmless(cell) for cell in row])
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_name(pack)}.csv"'
    return response


def report_as_json(pack: ProgrammePack, report: Report, *, title: str = "") -> JsonResponse:
    """The same figures for a program; what is left out is ``null``. Money in pence."""
    found: dict[str, Any] = {
        "programme": pack.key,
        "version": pack.version,
        "proposal": title,
        "worked_out_on": clock.today().isoformat(),
        **report.as_data(),
    }
    response = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{_name(pack)}.json"'
    return response


def harmless(cell: str) -> str:
    """The words, so that no spreadsheet takes them for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def _name(pack: ProgrammePack) -> str:
    return slugify(f"policy {pack.key} {pack.version.replace('.', '-')}")
