"""The pack of a closed month for the section 151 officer: one PDF, kept as it was made.

Source of the duty: Local Government Act 1972, section 151.
"""

from typing import Any

from django.db import transaction

from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.notify.models import Document
from carebudget.notify.services import keep_document
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import AccountKind, Period
from ..selectors.month_reports import closed_before
from .checking_months import locked


@transaction.atomic
def month_pack(*, period: Period, by: User) -> Document:
    """The pack of the last closing, made once. Raises ``Refused`` when the month is not closed."""
    require(by, "payments.check_month", period)
    row = locked(period)
    if not row.shut:
        raise Refused("month_not_closed", f"{row} is not closed.", "Close it first.")
    key = f"month-pack:{row.month}:{row.closings}"
    kept = Document.objects.filter(key=key).first()
    if kept is not None:
        return kept
    document = keep_document(
        key=key,
        kind="month_pack",
        title=f"Personal budgets: {row}"
        + (f", closing {row.closings}" if row.closings > 1 else ""),
        subject=f"month:{row.month}",
        template="documents/month_pack.html",
        context=pack_of(row),
    )
    record(
        chain=row.chain,
        verb="month.pack_made",
        subject=f"month:{row.month}",
        by=by,
        changes={"sha256": document.sha256, "closing": row.closings},
    )
    return document


def pack_of(period: Period) -> dict[str, Any]:
    """What the pack says, from what the closing kept."""
    before = closed_before(period)
    then = before.figures.get("balances", {}) if before else {}
    figures = period.figures
    lines = [
        {
            "label": kind.label,
            "before": then.get(kind.value, 0),
            "moved": figures["movements"].get(kind.value, 0),
            "pence": figures["balances"].get(kind.value, 0),
        }
        for kind in AccountKind
        if kind.value in figures["balances"] or then.get(kind.value)
    ]
    for line in lines:
        line["changed"] = line["pence"] - line["before"]
    checks = list(period.checks.select_related("reason_by"))
    return {
        "period": period,
        "before": before,
        "lines": lines,
        "entries": figures["entries"],
        "entries_before": before.figures.get("entries", 0) if before else None,
        "debits": sum(max(line["pence"], 0) for line in lines),
        "credits": -sum(min(line["pence"], 0) for line in lines),
        "checks": checks,
        "exceptions": [one for one in checks if not one.holds],
        "batches": list(period.batches.order_by("number")),
    }
