"""The shared parts of pages, for ``{% load parts %}``. Each tag draws one template of ``templates/parts/``."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from carebudget import clock
from carebudget.money import format_pence, format_pounds, round_half_up
from carebudget.text import plural

register = template.Library()

MEANINGS = {
    "green": "green", "active": "green", "agreed": "green", "approved": "green", "accepted": "green",
    "live": "green", "paid": "green", "settled": "green", "matched": "green", "ready": "green",
    "confirmed": "green", "passed": "green", "upheld": "green", "closed": "grey", "sent": "green",
    "verified": "green", "decided": "green", "eligible": "green", "arrived": "green", "succeeded": "green",
    "agreed_with_conditions": "green", "accepted_anyway": "green",
    "draft": "grey", "ended": "grey", "superseded": "grey", "withdrawn": "grey", "cancelled": "grey",
    "planned": "grey", "credited": "grey", "to_come": "grey", "open": "yellow",
    "failed": "red", "rejected": "red", "declined": "red", "returned": "orange", "disputed": "red",
    "held": "red", "exception": "orange", "suspended": "orange", "restricted": "orange",
    "not_eligible": "orange", "queried": "orange", "overdue": "red", "not_upheld": "orange",
}  # fmt: skip
"""Colour by meaning: green is done or good, orange wants a look, red is wrong, blue is on its way."""


@register.filter
def pence(value: Any) -> str:
    """``123450`` as ``£1,234.50``."""
    return format_pence(int(value)) if value is not None and value != "" else ""


@register.filter
def pounds(value: Any) -> str:
    """``123400`` as ``£1,234``; pence only when there are some."""
    return format_pounds(int(value)) if value is not None and value != "" else ""


@register.filter
def a_week(value: Any) -> str:
    """A yearly sum as what it comes to in a week."""
    from fractions import Fraction

    return format_pence(round_half_up(Fraction(int(value), 52)))


@register.filter
def day(value: date | datetime | None) -> str:
    """``3 March 2026``."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return f"{value:%-d %B %Y}"


@register.filter
def moment(value: datetime | None) -> str:
    """``3 March 2026 at 2:05pm``."""
    if not value:
        return ""
    local = timezone.localtime(value)
    return f"{local:%-d %B %Y} at {local:%-I:%M}{local:%p}".replace("AM", "am").replace("PM", "pm")


@register.filter
def since(value: date | datetime | None) -> str:
    """``today``, ``yesterday``, ``12 days ago``."""
    if not value:
        return ""
    then = timezone.localtime(value).date() if isinstance(value, datetime) else value
    days = (clock.today() - then).days
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{plural(days, 'day')} ago" if days > 0 else f"in {plural(-days, 'day')}"


@register.filter
def is_late(value: date | None) -> bool:
    """Whether a date has passed."""
    return value is not None and value < clock.today()


@register.filter
def initials(name: str) -> str:
    """``Margaret Ashdown`` as ``MA``."""
    words = str(name).split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else ""


@register.filter
def quantity(value: Any) -> str:
    """``2.50`` as ``2.5``, ``3.00`` as ``3``."""
    words = str(value)
    return words.rstrip("0").rstrip(".") if "." in words else words


@register.filter
def in_fours(value: Any) -> str:
    """``12345678`` as ``1234 5678``: easier to type from a page."""
    words = str(value)
    return " ".join(words[start : start + 4] for start in range(0, len(words), 4))


@register.filter
def group(value: Any) -> str:
    """``1234567`` as ``1,234,567``."""
    return f"{int(value):,}" if value is not None and value != "" else ""


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """One value of a mapping, for keys that are only known on the page."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


@register.simple_block_tag
def way_back(content: str) -> str:
    """What stands before the page, as a landmark of its own; nothing when there is nothing."""
    if not content.strip():
        return ""
    return format_html('<nav aria-label="Way back">{}</nav>', mark_safe(content))  # noqa: S308


@register.inclusion_tag("parts/status.html")
def status(state: str, label: str = "") -> dict[str, str]:
    """A state as a tag, coloured by meaning. ``{% status plan.state plan.get_state_display %}``."""
    return {
        "label": label or str(state).replace("_", " "),
        "colour": MEANINGS.get(str(state), "blue"),
    }


@register.inclusion_tag("parts/amount.html")
def amount(value: Any, words: str = "", size: str = "", week: bool = False) -> dict[str, Any]:
    """A sum, large, with words under it and, for yearly sums, what it comes to in a week."""
    return {"value": value, "words": words, "size": size, "week": week}


@register.inclusion_tag("parts/budget_meter.html")
def budget_meter(
    total: int,
    spent: int = 0,
    held: int = 0,
    committed: int = 0,
    what: str = "budget",
    opens: str | None = None,
) -> dict[str, Any]:
    """A budget as picture and words: spent, waiting, promised, and what is free. All in pence.

    ``opens``: the address of the page that opens each figure, at ``#spent`` and so on.
    """
    used = spent + held + committed
    whole = max(total, used, 1)
    widths = [round(1000 * part / whole) / 10 for part in (spent, held, committed)]
    over = max(0, used - total)
    bars = []
    start = 0.0
    for name, width in zip(("spent", "held", "committed"), widths, strict=True):
        if width:
            bars.append({"name": name, "x": round(start, 1), "width": width})
        start += width
    if over:
        bars.append(
            {
                "name": "over",
                "x": round(100 * total / whole, 1),
                "width": round(100 * over / whole, 1),
            }
        )
    return {
        "total": total, "spent": spent, "held": held, "committed": committed,
        "free": max(0, total - used), "over": over, "bars": bars, "what": what, "opens": opens,
    }  # fmt: skip


@register.inclusion_tag("parts/plan_meter.html")
def plan_meter(total: int, budget: int, sentence: str) -> dict[str, Any]:
    """What a plan costs beside its indicative budget; redrawn while somebody types. All in pence."""
    whole = max(total, budget, 1)
    within = min(total, budget)
    return {
        "total": total, "budget": budget, "left": budget - total, "over": max(0, total - budget), "sentence": sentence,
        "width": round(100 * within / whole, 1), "over_x": round(100 * budget / whole, 1),
        "over_width": round(100 * max(0, total - budget) / whole, 1),
    }  # fmt: skip


@register.inclusion_tag("parts/stage_tracker.html")
def stage_tracker(steps: Iterable[Any]) -> dict[str, Any]:
    """The way from asking for help to living the plan, with who has it and since when."""
    return {"steps": list(steps)}


@register.inclusion_tag("parts/timeline.html")
def timeline(items: Iterable[Any]) -> dict[str, Any]:
    """What happened, newest first: items with ``at``, ``who``, ``role``, ``what``, ``reason``."""
    return {"items": list(items)}


@register.inclusion_tag("parts/working.html")
def working(allocation: Any) -> dict[str, Any]:
    """The working of an allocation: a picture of the needs, and every step with its running total."""
    needs = [step for step in allocation.steps if step.key.startswith(("need.", "price."))]
    most = max((step.figure for step in needs), default=1) or 1
    bars = [
        {
            "label": step.label,
            "words": step.shown,
            "width": round(float(step.figure / most) * 100, 1),
        }
        for step in needs
    ]
    return {
        "steps": allocation.steps,
        "priced": any(step.unit == "pence" for step in needs),
        "bars": bars,
        "annual": allocation.annual_pence,
    }


@register.inclusion_tag("parts/error_summary.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """Everything that is wrong with one or more forms, each linked to its field."""
    found = []
    for form in forms:
        if not form:
            continue
        for one in form if hasattr(form, "management_form") else [form]:
            found += _errors_of(one)
        if hasattr(form, "non_form_errors"):
            found += [{"href": "", "text": error} for error in form.non_form_errors()]
    return {"errors": found}


def _errors_of(form: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    if not form.is_bound:
        return found
    for name, errors in form.errors.items():
        for error in errors:
            if name == "__all__":
                found.append({"href": "", "text": error})
            else:
                field = form[name]
                widget_type = field.widget_type
                suffix = (
                    "_0" if widget_type in ("radioselect", "checkboxselectmultiple", "date") else ""
                )
                found.append({"href": f"#{field.auto_id}{suffix}", "text": error})
    return found


@register.inclusion_tag("parts/pagination.html", takes_context=True)
def pagination(context: Any, page: Any) -> dict[str, Any]:
    """Links to the pages of a Django ``Page``, keeping the rest of the address."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    return {"page": page, "query": query.urlencode()}
