"""What a run was narrowed to, in words, and the choices there are."""

from datetime import date
from typing import Any

from carebudget.money import format_pence
from carebudget.people.models import Person, Team
from carebudget.text import join_words, plural
from plans.models import ProgrammePack
from providers.models import Provider

from ..models import PaymentRun

NAMED = 3


def programmes() -> list[tuple[str, str]]:
    """Key and title of every programme, by title; the newest version's title counts."""
    rows = ProgrammePack.objects.order_by("key", "-pk").values_list("key", "title")
    return sorted(dict(reversed(list(rows))).items(), key=lambda one: one[1])


def teams() -> list[str]:
    """The names of the teams."""
    return list(Team.objects.order_by("name").values_list("name", flat=True))


def narrowed_to(run: PaymentRun) -> list[tuple[str, str]]:
    """What the run was narrowed to when it was made, as names and values for a list of facts."""
    kept: dict[str, Any] = run.wanted
    found: list[tuple[str, str]] = []
    if key := kept.get("pack"):
        found.append(("Programme", dict(programmes()).get(key, key)))
    if team := kept.get("team"):
        found.append(("Team", team))
    payees = [*kept.get("payees", []), *([kept["payee"]] if kept.get("payee") else [])]
    if payees:
        found.append(("Payees", _names(payees)))
    if due_by := kept.get("due_by"):
        found.append(("Due by", f"{date.fromisoformat(due_by):%-d %B %Y}"))
    if (least := kept.get("from_pence")) is not None:
        found.append(("From", format_pence(least)))
    if (most := kept.get("to_pence")) is not None:
        found.append(("Up to", format_pence(most)))
    if chosen := kept.get("chosen"):
        found.append(("Chosen by hand", plural(chosen, "invoice")))
    return found


def _names(references: list[str]) -> str:
    shown = references[:NAMED]
    providers = Provider.objects.filter(reference__in=shown).values_list("name", flat=True)
    people = Person.objects.filter(reference__in=shown).values_list("full_name", flat=True)
    names = sorted([*providers, *people])
    more = len(references) - NAMED
    return join_words([*names, f"{more} more"] if more > 0 else names)
