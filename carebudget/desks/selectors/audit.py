"""The record as the auditor reads it: events in plain words, what changed, and where each stands in its chain."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from carebudget.audit.models import AuditEvent
from carebudget.audit.selectors import RecordSearch, search_record
from carebudget.money import format_pence
from carebudget.people.models import User
from carebudget.text import sentence
from plans.selectors import TimelineItem, as_item

from .family import chains_of_own_family

EXPORT_LIMIT = 50_000
"""Rows of one file. A spreadsheet that is larger helps nobody; narrow the search instead."""

NAMED_BY_ID = frozenset({"user", "worker"})
"""Changes whose value is the public id of a user."""

KINDS = {
    "case": "Case",
    "person": "Person",
    "user": "Sign-in",
    "assessment": "Questions",
    "budget": "Budget",
    "plan": "Plan",
    "challenge": "Challenge",
    "agreement": "Agreement",
    "invoice": "Invoice",
    "run": "Payment run",
    "payment": "Payment",
    "topup": "Top-up",
    "provider": "Provider",
    "statements": "Statements of",
    "statement": "Bank statement",
    "account": "Account",
    "file": "Statement file",
    "line": "Line of a statement",
    "pack": "Programme",
    "setting": "Setting",
}
CHANGES = {
    "annual_pence": "A year",
    "indicative_pence": "Indicative budget",
    "personal_pence": "Personal budget",
    "total_pence": "Total",
    "amount_pence": "Amount",
    "rate_pence": "Price",
    "limit_pence": "Limit",
    "from": "Before",
    "to": "After",
    "external_id": "Number at the payment service",
    "obligation": "Pays",
    "digest": "Fingerprint",
    "unmet": "Parts of life that cannot be managed",
    "bank_changed": "The bank account changed",
}


@dataclass(frozen=True)
class RecordLine:
    """One event as it is shown: in words, with what it is about, its case if it has one, and what changed."""

    event: AuditEvent
    item: TimelineItem
    about: str
    case: str
    href: str
    changes: tuple[tuple[str, str], ...]
    erased: bool


def found_events(user: User, search: RecordSearch) -> QuerySet[AuditEvent]:
    """What matches, without the record of the user's own family."""
    return search_record(search, without=chains_of_own_family(user))


def actors_called(name: str) -> tuple[str, ...]:
    """Public ids of everyone whose name or e-mail address has ``name`` in it; ``""`` stands for the system."""
    words = name.strip()
    users = User.objects.filter(full_name__icontains=words) | User.objects.filter(
        email__iexact=words
    )
    ids = [str(public_id) for public_id in users.values_list("public_id", flat=True)[:500]]
    return (*ids, "") if words.lower() in "carebudget" and len(words) > 2 else tuple(ids)


def record_lines(events: Iterable[AuditEvent]) -> list[RecordLine]:
    """The events in words. One query for the people that changes name, however many there are."""
    rows = list(events)
    names = _names(rows)
    return [_line(event, names) for event in rows]


def _names(events: list[AuditEvent]) -> dict[str, str]:
    ids = {
        str(value)
        for event in events
        for key, value in event.changes.items()
        if key in NAMED_BY_ID and _is_uuid(value)
    }
    found = User.objects.filter(public_id__in=ids).values_list("public_id", "full_name")
    return {str(public_id): name for public_id, name in found}


def _is_uuid(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def _line(event: AuditEvent, names: dict[str, str]) -> RecordLine:
    words = getattr(event, "words", None)
    case = next((key for key in (event.subject, event.chain.key) if case_page(key)), "")
    return RecordLine(
        event=event,
        item=as_item(event),
        about=about_words(event.subject),
        case=about_words(case),
        href=case_page(case),
        changes=tuple(changes_in_words(event.changes, names)),
        erased=words is not None and words.erased_at is not None,
    )


def about_words(subject: str) -> str:
    """``"plan:PLN-7K2QFA"`` as ``"Plan PLN-7K2QFA"``."""
    kind, _, reference = subject.partition(":")
    return f"{KINDS.get(kind, kind.replace('_', ' ').capitalize())} {reference}".strip()


def case_page(subject: str) -> str:
    """The page of the case that a subject or a chain names; ``""`` for anything else."""
    kind, _, reference = subject.partition(":")
    return f"/cases/{reference}/" if kind == "case" and reference else ""


def changes_in_words(
    changes: dict[str, Any], names: dict[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Each thing that changed as a label and a value that a person reads; what was before comes first."""
    for key, value in sorted(changes.items(), key=lambda change: change[0] != "from"):
        if value is None or value in ("", [], {}):
            continue
        label = CHANGES.get(key) or sentence(key.removesuffix("_pence").replace("_", " "))[:-1]
        if key in NAMED_BY_ID:
            value = (names or {}).get(str(value), value)
        yield label, _in_words(key, value)


def _in_words(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key.endswith("_pence") and isinstance(value, int):
        return format_pence(value)
    if isinstance(value, list):
        return ", ".join(_in_words(key, one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{label}: {words}" for label, words in changes_in_words(value))
    words = str(value)
    return words.replace("_", " ") if words.islower() and " " not in words else words


# -- export ----------------------------------------------------------------------------------

COLUMNS = (
    "when (UTC)", "who", "role", "for whom", "what", "verb", "about", "reason", "changes", "chain", "place in chain", "hash",
)  # fmt: skip


def export_rows(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """The events as lines of CSV, at most ``EXPORT_LIMIT``; read in batches, so that memory stays flat."""
    yield "\ufeff" + _csv_line(COLUMNS)
    for event in events[:EXPORT_LIMIT].iterator(chunk_size=2000):
        item = as_item(event)
        words = (event.words.words if hasattr(event, "words") else None) or {}
        yield _csv_line(
            (
                f"{event.at:%Y-%m-%d %H:%M:%S}",
                str(words.get("actor", "name erased")),
                item.role,
                str(words.get("on_behalf_of", "")),
                item.what,
                event.verb,
                event.subject,
                item.reason,
                json.dumps(event.changes, ensure_ascii=False, sort_keys=True),
                event.chain.key,
                str(event.sequence),
                event.hash,
            )
        )


def _csv_line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def safe_cell(words: str) -> str:
    """Words that no spreadsheet takes for a formula: an apostrophe goes before anything that could be one.

    Source: OWASP, CSV injection. Full-width signs count too, and so do signs behind spaces or quotes.
    """
    first = words.lstrip(" \t\r\n\"'\u00a0")[:1]
    starts_oddly = words[:1] in ("\t", "\r", "\n")
    return f"'{words}" if (first and first in "=+-@|%＝＋－＠") or starts_oddly else words
