"""Which line settles what: strongest reasons first, and never by chance. Pure.

Passes: our reference in the line; the rail's own id; one line for a whole group; amount and days when
only one fits on both sides. Two candidates that are equally good leave a line open, with suggestions.
The result does not depend on the order of lines or payments.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from carebudget.money import Pence, format_pence

REFERENCE = re.compile(r"\b(PAY|TOP|RUN)[\s\-./]{0,2}([2-9A-HJKMNP-TV-Z]{6})\b", re.IGNORECASE)
WINDOW = timedelta(days=5)
SUGGESTIONS_LIMIT = 5


@dataclass(frozen=True)
class OpenLine:
    """A statement line that is not explained; money out is negative."""

    id: int
    booked_on: date
    amount_pence: Pence
    words: str
    source_id: str = ""


@dataclass(frozen=True)
class OpenItem:
    """Something a line could settle: a payment or a top-up, with the amount the line must show."""

    id: str
    reference: str
    amount_pence: Pence
    day: date
    external_id: str = ""
    group: str = ""


@dataclass(frozen=True)
class Found:
    """A line and the items it settles, with the pass and the reason in words."""

    line: int
    items: tuple[str, ...]
    pass_name: str
    why: str


@dataclass(frozen=True)
class Suggestion:
    """What might fit, best first, with the reason in words."""

    line: int
    item: str
    score: int
    why: str


@dataclass(frozen=True)
class MatchResult:
    """What was found, what might fit, and what stays open on either side."""

    matches: tuple[Found, ...]
    suggestions: tuple[Suggestion, ...]
    open_lines: tuple[int, ...]
    open_items: tuple[str, ...]


def references_in(words: str) -> set[str]:
    """Our references in a line's words, however they were written."""
    return {f"{kind.upper()}-{code.upper()}" for kind, code in REFERENCE.findall(words)}


class _Table:
    """What is still open, and what was found so far."""

    def __init__(self, lines: Iterable[OpenLine], items: Iterable[OpenItem]) -> None:
        self.lines = {line.id: line for line in sorted(lines, key=lambda x: x.id)}
        self.items = {item.id: item for item in sorted(items, key=lambda x: x.id)}
        self.found: list[Found] = []

    def take(self, line: OpenLine, items: Sequence[OpenItem], pass_name: str, why: str) -> None:
        del self.lines[line.id]
        for item in items:
            del self.items[item.id]
        self.found.append(Found(line.id, tuple(item.id for item in items), pass_name, why))


def match(lines: Iterable[OpenLine], items: Iterable[OpenItem]) -> MatchResult:
    """Match what is certain, suggest what is not."""
    table = _Table(lines, items)
    _by_external_id(table)
    _by_reference(table)
    _by_group(table)
    _by_amount_and_days(table)
    return MatchResult(
        matches=tuple(table.found),
        suggestions=tuple(_suggest(table)),
        open_lines=tuple(table.lines),
        open_items=tuple(table.items),
    )


def _by_external_id(table: _Table) -> None:
    known: dict[str, list[OpenItem]] = defaultdict(list)
    for item in table.items.values():
        if item.external_id:
            known[item.external_id].append(item)
    claims: dict[str, list[OpenLine]] = defaultdict(list)
    for line in table.lines.values():
        if line.source_id in known:
            claims[line.source_id].append(line)
    for source, claimed in claims.items():
        if (
            len(claimed) == 1
            and len(known[source]) == 1
            and claimed[0].amount_pence == known[source][0].amount_pence
        ):
            item = known[source][0]
            table.take(
                claimed[0],
                [item],
                "rail id",
                f"the rail’s own id of {item.reference} and {_said(item.amount_pence)}",
            )


def _by_reference(table: _Table) -> None:
    known = {item.reference: item for item in table.items.values()}
    claims: dict[str, list[OpenLine]] = defaultdict(list)
    for line in table.lines.values():
        named = {reference for reference in references_in(line.words) if reference in known}
        if len(named) == 1:
            claims[named.pop()].append(line)
    for reference, claimed in claims.items():
        item = known[reference]
        exact = [line for line in claimed if line.amount_pence == item.amount_pence]
        if len(exact) == 1 and item.id in table.items:
            table.take(
                exact[0],
                [item],
                "reference",
                f"same reference {reference} and {_said(item.amount_pence)}",
            )


def _by_group(table: _Table) -> None:
    groups: dict[str, list[OpenItem]] = defaultdict(list)
    for item in table.items.values():
        if item.group:
            groups[item.group].append(item)
    for line in list(table.lines.values()):
        named = [group for group in references_in(line.words) if group in groups]
        if len(named) != 1:
            continue
        items = [item for item in groups[named[0]] if item.id in table.items]
        if items and sum(item.amount_pence for item in items) == line.amount_pence:
            table.take(
                line,
                items,
                "group",
                f"the whole of {named[0]}, {len(items)} payments, {_said(line.amount_pence)}",
            )


def _by_amount_and_days(table: _Table) -> None:
    fits_line: dict[int, list[OpenItem]] = defaultdict(list)
    fits_item: dict[str, list[OpenLine]] = defaultdict(list)
    by_amount: dict[Pence, list[OpenItem]] = defaultdict(list)
    for item in table.items.values():
        by_amount[item.amount_pence].append(item)
    for line in table.lines.values():
        if references_in(line.words):
            continue
        for item in by_amount[line.amount_pence]:
            if abs(line.booked_on - item.day) <= WINDOW:
                fits_line[line.id].append(item)
                fits_item[item.id].append(line)
    for line_id, items in sorted(fits_line.items()):
        if len(items) == 1 and len(fits_item[items[0].id]) == 1:
            line = table.lines[line_id]
            table.take(
                line,
                items,
                "amount and days",
                f"the only one of {_said(line.amount_pence)} within {WINDOW.days} days: {items[0].reference}",
            )


def _suggest(table: _Table) -> list[Suggestion]:
    by_amount: dict[Pence, list[OpenItem]] = defaultdict(list)
    by_reference = {item.reference: item for item in table.items.values()}
    for item in table.items.values():
        by_amount[item.amount_pence].append(item)
    found = []
    for line in table.lines.values():
        scored: dict[str, tuple[int, str]] = {}
        for reference in references_in(line.words):
            if reference in by_reference:
                item = by_reference[reference]
                scored[item.id] = (
                    80,
                    f"same reference {reference}, but {_said(item.amount_pence)} was expected",
                )
        for item in by_amount[line.amount_pence]:
            days = abs((line.booked_on - item.day).days)
            score = max(10, 70 - 3 * days)
            if item.id not in scored:
                scored[item.id] = (score, f"same amount, {days} days apart: {item.reference}")
        best = sorted(scored.items(), key=lambda pair: (-pair[1][0], pair[0]))[:SUGGESTIONS_LIMIT]
        found += [Suggestion(line.id, item, score, why) for item, (score, why) in best]
    return found


def _said(pence: Pence) -> str:
    return f"{format_pence(abs(pence))} {'out' if pence < 0 else 'in'}"
