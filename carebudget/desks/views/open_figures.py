"""The open figures: for anybody, signed in or not. Pictures are drawn from the same figures as the tables."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carebudget.people.access import PUBLIC, needs
from carebudget.text import plural
from plans.models import ProgrammePack
from plans.rules.stages import usual_days

from ..selectors import open_figures as figures
from ..selectors.open_figures import TIMED_STAGES, Duration, Share


@needs(PUBLIC)
@require_safe
def open_figures(request: HttpRequest) -> HttpResponse:
    """How long things take, where people are, how plans and invoices fare, and what the rules are."""
    stages = figures.stage_durations()
    invoices = figures.invoice_durations()
    people = figures.people_by_stage()
    decisions = figures.decisions_on_plans()
    return render(
        request,
        "desks/open_figures.html",
        {
            "since": figures.a_year_ago(),
            "stages": stages,
            "stage_bars": _time_bars(stages),
            "people": people,
            "people_bars": _count_bars(people),
            "decisions": decisions,
            "decision_bars": _count_bars(decisions),
            "invoices": invoices,
            "invoice_bars": _time_bars(invoices),
            "paid_in_time": figures.paid_in_time(),
            "packs": figures.current_packs(),
        },
    )


@needs(PUBLIC, load=figures.current_pack_by_key)
@require_safe
def open_rules(request: HttpRequest, pack: ProgrammePack) -> HttpResponse:
    """The rules of one programme: what counts, how points become money, who may agree, how long it takes."""
    rules = pack.rules
    times = [
        {"label": str(stage.label), "days": days}
        for stage in TIMED_STAGES
        if (days := usual_days(rules, stage.value))
    ]
    return render(
        request, "desks/open_figures_rules.html", {"pack": pack, "rules": rules, "times": times}
    )


def _time_bars(rows: Sequence[Duration]) -> list[dict[str, Any]]:
    """Half of the people (dark), and up to nine in ten (light), on one scale for all rows."""
    most = max((row.longest_tenth or row.median or 0 for row in rows), default=0)
    scale = figures.scale_of(max(most, 1))
    return [
        {
            "label": row.label,
            "width": round(100 * row.median / scale, 1) if row.median is not None else None,
            "longer": round(100 * row.longest_tenth / scale, 1) if row.longest_tenth else None,
            "words": _bar_words(row),
        }
        for row in rows
    ]


def _bar_words(row: Duration) -> str:
    if row.median is None:
        return "too few to say"
    words = f"half {_within(row.median)}"
    return f"{words}, nine in ten {_within(row.longest_tenth)}" if row.longest_tenth is not None else words  # fmt: skip


def _within(days: int) -> str:
    return f"within {plural(days, 'working day')}" if days else "on the same day"


def _count_bars(rows: Sequence[Share]) -> list[dict[str, Any]]:
    widths = figures.widths([row.count for row in rows])
    return [
        {"label": row.label, "width": width, "longer": None, "words": row.count_words}
        for row, width in zip(rows, widths, strict=True)
    ]
