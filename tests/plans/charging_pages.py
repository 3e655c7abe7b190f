"""A legal world for the tests of paying: May 2016, when the figures are complete; Margaret's plan is agreed."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from PIL import Image

from carebudget import clock
from plans.models import FinancialAssessment
from plans.rules.charging_questions import from_finances
from plans.selectors import open_finances, standing_charge
from plans.services import (
    Terms,
    decide_charge,
    save_finances,
    start_finances,
    submit_finances,
    verify_finances,
)
from tests.plans.page_world import World, plan_agreed, world

THEN = datetime(2016, 5, 2, 10, tzinfo=UTC)
COST = 12442
"""Her agreed plan costs £6,470.00 a year; a fifty-second of it is 124.42, fractions left out."""

FINANCES: dict[str, Any] = {
    "household": "single",
    "children": 0,
    "premiums": [],
    "capital_band": "between",
    "capital": {"bank": 1600000},
    "income": {
        "state_pension": {"pence": 23000, "every": "week"},
        "attendance_allowance": {"pence": 29460, "every": "four_weeks"},
        "earnings": None,
    },
    "housing": {"council_tax": {"pence": 12000, "every": "month"}},
    "disability": {"alarm": {"pence": 500, "every": "week"}},
}
PAYS = 7695
"""230.00 + 73.65 + 7.00 (savings) = 310.65; less 189.00, Council Tax 27.70 and 17.00 = 76.95."""


@contextmanager
def in_2016() -> Iterator[World]:
    """The world, with the clock in May 2016."""
    with clock.travel(THEN):
        w = world()
        plan_agreed(w)
        yield w


def answers(**changes: Any) -> dict[str, Any]:
    """Answers by question, for every page that the person is asked."""
    values = from_finances(FINANCES | changes)
    return {
        key: value
        for key, value in values.items()
        if key not in ("seen.support", "seen.born", "seen.cost")
    }


def begun(w: World, **changes: Any) -> FinancialAssessment:
    """The questions are answered by mother and daughter, and not sent."""
    assessment = start_finances(case=w.case, by=w.ruth)
    values = list(answers(**changes).items())
    save_finances(assessment=assessment, values=dict(values[: len(values) // 2]), by=w.ruth)
    save_finances(assessment=assessment, values=dict(values[len(values) // 2 :]), by=w.margaret)
    return opened(w)


def sent(w: World, **changes: Any) -> FinancialAssessment:
    """The answers are with the council."""
    submit_finances(assessment=begun(w, **changes), by=w.ruth)
    return opened(w)


def checked(w: World, **changes: Any) -> FinancialAssessment:
    """Answers and papers were looked at together."""
    verify_finances(
        assessment=sent(w, **changes), corrections={}, note="The statements agree.", by=w.samira
    )
    return opened(w)


def decided(w: World, *, on: date | None = None, **changes: Any) -> FinancialAssessment:
    """It is decided what Margaret pays."""
    decide_charge(
        assessment=checked(w, **changes),
        terms=Terms(on or clock.today(), COST),
        reason="As the rules say.",
        by=w.samira,
    )
    return standing(w)


def opened(w: World) -> FinancialAssessment:
    """The assessment that is on its way."""
    found = open_finances(w.case.person)
    assert found is not None
    return found


def standing(w: World) -> FinancialAssessment:
    """The decision that stands."""
    found = standing_charge(w.case.person)
    assert found is not None
    return found


def photo(kind: str = "PNG", size: tuple[int, int] = (60, 80), **options: Any) -> io.BytesIO:
    """A photo of a paper."""
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **options)
    out.seek(0)
    out.name = f"statement.{kind.lower()}"
    return out


PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def pdf(inside: bytes = b"") -> io.BytesIO:
    """A small PDF, with something inside it."""
    out = io.BytesIO(PDF.replace(b"/Catalog", b"/Catalog " + inside))
    out.name = "letter.pdf"
    return out
