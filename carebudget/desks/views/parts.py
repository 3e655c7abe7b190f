"""Every part of the page language with all its states, for whoever builds a page. Only in the demo."""

import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.people.access import PUBLIC, needs
from plans.models import Stage
from plans.rules.allocation import allocate
from plans.selectors import NextAction, StageStep, TimelineItem
from plans.selectors.progress import WAY
from plans.services.packs import bundled_keys, bundled_pack

from ..forms.parts import RIGHT, WRONG, SpecimenForm
from ..templatetags.parts import MEANINGS
from .demo import only_in_the_demo

STORY = "I want to go out again, and to cook for my grandson on Sundays."


@needs(PUBLIC)
@only_in_the_demo
@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """All parts, with how each is written."""
    page = Paginator(range(95), 20).get_page(request.GET.get("page") or 3)
    return render(
        request,
        "desks/parts.html",
        {
            "sections": SECTIONS,
            "colours": sorted(_states_by_colour().items()),
            "forms": [
                ("empty", SpecimenForm(auto_id="empty_%s")),
                ("filled in", SpecimenForm(initial=RIGHT | {"day": clock.today()}, auto_id="filled_%s")),
                ("wrong", SpecimenForm(WRONG, auto_id="wrong_%s")),
            ],
            "wrong": SpecimenForm(WRONG, auto_id="wrong_%s"),
            "meters": METERS,
            "plan_meters": PLAN_METERS,
            "plan_budget": PLAN_BUDGET,
            "trackers": _trackers(),
            "timeline": _timeline(),
            "allocation": _allocation(),
            "work": _work(),
            "tasks": TASKS,
            "rows": ROWS,
            "cards": [
                {"title": "Your plan", "words": "The council agreed it on 3 March 2026.", "state": "agreed", "label": "Agreed", "href": "#cards", "action": "Read your plan"},
                {"title": "Your money", "words": "There is nothing to see before your plan is agreed."},
            ],
            "action": NextAction("Look at the plan", "Margaret has sent it. Agree it, return it, or pass it up.", "#next", clock.today() + timedelta(days=4)),
            "refusal": Refused("specimen", "You cannot agree this plan yourself.", "Pass it up with what you recommend."),
            "conflict": Conflict("specimen", "This plan is “Agreed”, so it has already moved on.", "Look at it again before you do anything else."),
            "confirmation": _without_h1("parts/confirmation.html", {"title": "Your plan is sent", "reference": "PLN-7K2QFA", "next": "Samira Okafor reads it. You hear from her by 3 March."}),
            "person": _without_h1("parts/person.html", {"name": "Margaret Ashdown", "words": "Case CAS-7K2QFA, with Samira Okafor since 3 March 2026"}),
            "story": STORY,
            "now": clock.now(),
            "document": SimpleNamespace(public_id="019b0000-0000-7000-8000-000000000000", title="Your indicative budget CAS-7K2QFA"),
            "page": page,
            "bars": [
                {"label": "Making your plan", "width": 40.0, "longer": 80.0, "words": "half within 12 working days, nine in ten within 24 working days"},
                {"label": "Working out your budget", "width": 10.0, "longer": None, "words": "half within 3 working days"},
                {"label": "Looking at how it works", "width": None, "longer": None, "words": "too few to say"},
            ],
            **_progress(),
        },
    )  # fmt: skip


@needs(PUBLIC)
@only_in_the_demo
@require_safe
def parts_progress(request: HttpRequest) -> HttpResponse:
    """The progress part as it comes again and again; it starts anew every minute."""
    return render(request, "parts/progress.html", _progress())


SECTIONS = (
    ("words", "Headings and words"),
    ("buttons", "Buttons and links"),
    ("tags", "States as tags"),
    ("sums", "Sums"),
    ("budget", "Budget meter"),
    ("plan", "Plan meter"),
    ("way", "Stage tracker"),
    ("story", "Timeline"),
    ("working", "Working of a budget"),
    ("bars", "Bars"),
    ("table", "Tables"),
    ("next", "What to do now"),
    ("work", "Lists of work"),
    ("cards", "Cards of a case"),
    ("tasks", "Task list"),
    ("summary", "Summary list"),
    ("empty", "Nothing there yet"),
    ("quote", "Somebody’s own words"),
    ("people", "Person"),
    ("done", "Confirmation"),
    ("refused", "Refused"),
    ("busy", "Progress"),
    ("pages", "Pages of a list"),
    ("forms", "Forms"),
    ("layout", "Layout"),
)

METERS = (
    ("Nothing spent", {"total": 1200000, "spent": 0, "held": 0, "committed": 0}),
    ("In the middle", {"total": 1200000, "spent": 310050, "held": 42000, "committed": 560000}),
    ("All promised", {"total": 1200000, "spent": 640000, "held": 0, "committed": 560000}),
    ("Over", {"total": 1200000, "spent": 700000, "held": 60000, "committed": 620000}),
)
PLAN_METERS = (
    ("Nothing yet", 0, "£12,000.00 a year is left to plan with."),
    ("Below", 845000, "£3,550.00 a year is left."),
    ("Exactly", 1200000, "You have used all of the budget."),
    ("Over", 1410000, "£2,100.00 a year more than the budget. Somebody senior looks at why."),
)
PLAN_BUDGET = 1200000
TASKS = (
    {"title": "What is important to you", "href": "#tasks", "done": True},
    {"title": "What you want to change", "href": "#tasks", "words": "Begun", "colour": "yellow", "hint": "Two wishes so far"},
    {"title": "Who will help you", "href": "#tasks"},
    {"title": "Send the plan", "href": "#tasks", "words": "Cannot be done yet", "colour": "grey"},
)  # fmt: skip
ROWS = (
    {"key": "Name", "value": "Margaret Ashdown", "href": "#summary"},
    {"key": "Address", "value": "4 Willow Terrace\nWrenbury", "href": "#summary"},
    {"key": "Born", "value": "9 April 1946"},
)


def _states_by_colour() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"blue": ["sending", "reported", "new"]}
    for state, colour in MEANINGS.items():
        found.setdefault(colour, []).append(state)
    return found


def _trackers() -> list[tuple[str, list[StageStep]]]:
    today = clock.today()
    return [
        ("At the start", _way(0, due_in=3)),
        ("In the middle", _way(4, due_in=6)),
        ("Late", _way(5, due_in=-4)),
        ("Arrived", _way(7, due_in=None)),
        ("No budget this time", _refused_way(clock.midnight(today - timedelta(days=2)))),
    ]


def _way(here: int, *, due_in: int | None) -> list[StageStep]:
    today = clock.today()
    steps = []
    for n, stage in enumerate(WAY):
        began = clock.midnight(today - timedelta(days=9 * (here - n) + 5))
        current = n == here
        steps.append(
            StageStep(
                stage=stage.value,
                label=str(stage.label),
                status="done" if n < here else "current" if current else "to_come",
                entered_at=began if n <= here else None,
                left_at=began + timedelta(days=9) if n < here else None,
                due_on=today + timedelta(days=due_in) if current and due_in is not None else None,
                held_by="Samira Okafor" if current else "",
                usual_days=10 if due_in is not None else None,
            )
        )
    return steps


def _refused_way(since: datetime) -> list[StageStep]:
    def step(stage: Stage, status: str) -> StageStep:
        left = since if status == "done" else None
        return StageStep(stage.value, str(stage.label), status, since, left, None, "", None)

    return [
        step(Stage.REFERRED, "done"),
        step(Stage.ASSESSING, "done"),
        step(Stage.NOT_ELIGIBLE, "current"),
    ]


def _timeline() -> list[TimelineItem]:
    def item(days: int, who: str, role: str, what: str, reason: str = "") -> TimelineItem:
        at = clock.now() - timedelta(days=days)
        return TimelineItem(at, who, role, what, reason, {}, "", "")

    return [
        item(0, "David Pell", "Team manager", "agreed the plan: £12,000.00", "It answers all seven questions."),
        item(2, "Samira Okafor", "Social worker", "passed the plan up", "I recommend it."),
        item(5, "Ruth Ashdown, for Margaret Ashdown", "Family or friend who helps", "sent the plan: £12,000.00"),
        item(40, "name erased", "", "asked for help"),
    ]  # fmt: skip


def _allocation() -> Any:
    """The working of somebody with some needs, by the rules that are shipped."""
    pack = bundled_pack(bundled_keys()[0])
    answers: dict[str, Any] = {}
    for n, question in enumerate(pack.questions):
        if question.role == "need":
            answers[question.key] = question.options[min(n % 4, len(question.options) - 1)].key
        elif question.role == "unpaid":
            answers[question.key] = question.options[n % 3].key
        elif question.role == "adjustment":
            answers[question.key] = question.options[1].key
    return allocate(pack, answers)


def _work() -> list[dict[str, Any]]:
    today = clock.today()
    return [
        {"title": "Margaret Ashdown", "href": "#work", "words": "The plan waits to be agreed. CAS-7K2QFA", "due_on": today - timedelta(days=2), "state": "submitted", "label": "Sent"},
        {"title": "Brightside Home Care, INV-9PW3HT", "href": "#work", "words": "Four visits in the week from 2 March", "due_on": today + timedelta(days=5), "state": "received", "label": "Waits for the person", "amount": 21440},
        {"title": "Handy Neighbours, INV-2XX4RB", "href": "#work", "words": "The person does not agree", "state": "disputed", "label": "Not agreed", "amount": 0},
    ]  # fmt: skip


def _without_h1(template: str, context: dict[str, Any]) -> SafeString:
    """A part that brings the page’s one ``h1``, as a specimen on a page that has one already."""
    html = render_to_string(template, context)
    return mark_safe(html.replace("<h1", "<h3").replace("</h1", "</h3"))  # noqa: S308


def _progress() -> dict[str, Any]:
    percent = min(100, int(time.time()) % 60 * 2)
    words = f"{percent} of 100 invoices are looked at." if percent < 100 else "All 100 invoices are looked at."  # fmt: skip
    return {"percent": percent, "words": words, "href": "/parts/progress/"}
