"""Which line settles what: strongest reasons first, and never by chance. Pure.

Passes: our reference in the line; the rail's own id; another reference of the payment; several
references in one line; one line for a whole group; amount and days when only one fits on both sides.
An amount must always be exact. Two candidates that are equally good leave a line open, with
suggestions. The result does not depend on the order of lines or payments.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import nsmallest

from carebudget.money import Pence, format_pence
from carebudget.text import plural

from .references import any_stands_in, named_in, payee_named, references_in

WINDOW = timedelta(days=5)
SUGGESTION_WINDOW = timedelta(days=60)
SUGGESTIONS_LIMIT = 5
SCORE_REFERENCE = 80
SCORE_AMOUNT = 70
SCORE_PAYEE = 15
SCORE_LEAST = 10


@dataclass(frozen=True)
class OpenLine:
    """A statement line that is not explained; money out is negative.

    ``words`` is all its text: reference, remittance text, counterparty. ``source_id`` and ``group``
    are what a rail says: the transfer's id, and its transfer group or payout.
    """

    id: int
    booked_on: date
    amount_pence: Pence
    words: str
    source_id: str = ""
    group: str = ""


@dataclass(frozen=True)
class OpenItem:
    """Something a line could settle: a payment or a top-up, with the amount the line must show.

    ``day`` is when it is expected; ``earliest`` and ``latest`` replace the usual window around it.
    ``group`` is a run's reference or a rail's group. ``also_known_as`` are other references the bank
    may show: an invoice number, a mandate.
    """

    id: str
    reference: str
    amount_pence: Pence
    day: date
    external_id: str = ""
    group: str = ""
    payee: str = ""
    also_known_as: tuple[str, ...] = ()
    earliest: date | None = None
    latest: date | None = None

    def expects(self, day: date) -> bool:
        """Whether a line of this day is within the window."""
        return (self.earliest or self.day - WINDOW) <= day <= (self.latest or self.day + WINDOW)


@dataclass(frozen=True)
class Found:
    """A line and the items it settles, with the pass and the reason in words."""

    line: int
    items: tuple[str, ...]
    pass_name: str
    why: str


@dataclass(frozen=True)
class Suggestion:
    """What might fit, best first, with the reason in words. ``score`` is 0 to 100."""

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


def match(lines: Iterable[OpenLine], items: Iterable[OpenItem]) -> MatchResult:
    """Match what is certain, suggest what is not. Ids must be unique on either side."""
    table = _Table(lines, items)
    _by_reference(table)
    _by_external_id(table)
    _by_other_reference(table)
    _by_several_references(table)
    _by_group(table)
    _by_amount_and_days(table)
    return MatchResult(
        matches=tuple(table.found),
        suggestions=tuple(_suggest(table)),
        open_lines=tuple(table.lines),
        open_items=tuple(table.items),
    )


class _Table:
    """What is still open, what each line names, and what was found so far."""

    def __init__(self, lines: Iterable[OpenLine], items: Iterable[OpenItem]) -> None:
        self.lines = {line.id: line for line in sorted(lines, key=lambda x: x.id)}
        self.items = {item.id: item for item in sorted(items, key=lambda x: x.id)}
        self.found: list[Found] = []
        counted = Counter(item.reference for item in self.items.values() if item.reference)
        self.references = {
            item.reference: item for item in self.items.values() if counted[item.reference] == 1
        }
        self.groups: dict[str, tuple[OpenItem, ...]] = _grouped(self.items.values())
        self.named = named_in(
            {line.id: line.words for line in self.lines.values()},
            (*self.references, *self.groups),
        )
        self.fits_a_total: set[int] = set()

    def payments_named(self, line: OpenLine) -> list[OpenItem]:
        """The items whose reference of ours stands in the line, matched by now or not."""
        return [self.references[n] for n in sorted(self.named[line.id]) if n in self.references]

    def groups_named(self, line: OpenLine) -> set[str]:
        """The groups the line names, in words or by the rail's field."""
        names = {name for name in self.named[line.id] if name in self.groups}
        return names | ({line.group} & self.groups.keys())

    def names_something(self, line: OpenLine) -> bool:
        """Whether the line says itself what it is for, so that its amount alone proves nothing."""
        return bool(self.named[line.id] or line.group or references_in(line.words))

    def take(self, line: OpenLine, items: Sequence[OpenItem], pass_name: str, why: str) -> None:
        del self.lines[line.id]
        for item in items:
            del self.items[item.id]
        self.found.append(Found(line.id, tuple(item.id for item in items), pass_name, why))

    def take_single_claims(
        self, claims: Mapping[str, Sequence[OpenLine]], pass_name: str, why: str
    ) -> None:
        """Take each item that exactly one line of its amount claims; two such lines stay open."""
        for item_id, claimed in sorted(claims.items()):
            item = self.items[item_id]
            exact = [line for line in claimed if line.amount_pence == item.amount_pence]
            if len(exact) == 1:
                self.take(exact[0], [item], pass_name, f"{why} {_said_of(item)}")


def _by_reference(table: _Table) -> None:
    by_source: dict[str, list[OpenItem]] = defaultdict(list)
    for item in table.items.values():
        by_source[item.external_id].append(item)
    claims: dict[str, list[OpenLine]] = defaultdict(list)
    for line in table.lines.values():
        named = table.payments_named(line)
        others = by_source.get(line.source_id, ()) if line.source_id else ()
        if len(named) == 1 and (not others or named[0] in others):
            claims[named[0].id].append(line)
    table.take_single_claims(claims, "reference", "same reference")


def _by_external_id(table: _Table) -> None:
    counted = Counter(item.external_id for item in table.items.values() if item.external_id)
    known = {i.external_id: i for i in table.items.values() if counted[i.external_id] == 1}
    claims: dict[str, list[OpenLine]] = defaultdict(list)
    for line in table.lines.values():
        item = known.get(line.source_id) if line.source_id else None
        if item is not None and all(named == item for named in table.payments_named(line)):
            claims[item.id].append(line)
    table.take_single_claims(claims, "rail id", "the rail’s own id of")


def _by_other_reference(table: _Table) -> None:
    """A reference that is not ours, as a whole word, with the amount; unique on both sides."""
    by_amount = _by_amount(table.items.values())
    fits: list[tuple[OpenLine, OpenItem]] = []
    for line in table.lines.values():
        if table.named[line.id] or line.source_id:
            continue
        candidates = [item for item in by_amount.get(line.amount_pence, ()) if item.also_known_as]
        fits += [
            (line, item) for item in candidates if any_stands_in(item.also_known_as, line.words)
        ]
    for line, item in _only_pairs(fits):
        table.take(line, [item], "reference and amount", f"its own reference for {_said_of(item)}")


def _by_several_references(table: _Table) -> None:
    """One line that names several payments and is exactly their sum."""
    claims: dict[tuple[str, ...], list[OpenLine]] = defaultdict(list)
    for line in table.lines.values():
        named = table.payments_named(line)
        everything_open = all(item.id in table.items for item in named)
        if len(named) > 1 and everything_open and _sum(named) == line.amount_pence:
            claims[tuple(item.id for item in named)].append(line)
    wanted = Counter(item for ids, claimed in claims.items() for item in ids for _ in claimed)
    for ids, claimed in sorted(claims.items()):
        if all(wanted[item] == 1 for item in ids):
            items = [table.items[item] for item in ids]
            why = f"names {plural(len(ids), 'payment')} that make {_said(_sum(items))}"
            table.take(claimed[0], items, "several references", why)


def _by_group(table: _Table) -> None:
    """One line for all that is open of a run: named, or the only total that fits in its days."""
    totals = _open_groups(table)
    claims: dict[str, list[OpenLine]] = defaultdict(list)
    for line in table.lines.values():
        named = table.groups_named(line)
        if len(named) == 1 and not table.payments_named(line):
            claims[named.pop()].append(line)
    for group, claimed in sorted(claims.items()):
        items = totals.get(group, ())
        exact = [line for line in claimed if items and line.amount_pence == _sum(items)]
        if len(exact) == 1:
            table.take(exact[0], items, "group", _whole(group, items))
    _by_group_total(table)


def _by_group_total(table: _Table) -> None:
    """A total that no line names: only for a group of which nothing was matched yet."""
    by_total: dict[Pence, list[str]] = defaultdict(list)
    totals = {g: i for g, i in _open_groups(table).items() if len(i) == len(table.groups[g]) > 1}
    for group, items in totals.items():
        by_total[_sum(items)].append(group)
    by_amount = _by_amount(table.items.values())
    fits: list[tuple[OpenLine, str]] = []
    for line in table.lines.values():
        if table.names_something(line) or line.source_id:
            continue
        fitting = [
            group
            for group in by_total.get(line.amount_pence, ())
            if all(item.expects(line.booked_on) for item in totals[group])
        ]
        if fitting:
            table.fits_a_total.add(line.id)
        if not any(item.expects(line.booked_on) for item in by_amount.get(line.amount_pence, ())):
            fits += [(line, group) for group in fitting]
    lines, groups = Counter(line.id for line, _ in fits), Counter(group for _, group in fits)
    for line, group in fits:
        if lines[line.id] == 1 and groups[group] == 1:
            items = totals[group]
            table.take(
                line, items, "group total", f"the only total that fits: {_whole(group, items)}"
            )


def _by_amount_and_days(table: _Table) -> None:
    by_amount = _by_amount(table.items.values())
    fits: list[tuple[OpenLine, OpenItem]] = []
    for line in table.lines.values():
        # A line that says what it is for, and yet was not matched above, contradicts a mere amount.
        # One that is also the total of a run could be either.
        if table.names_something(line) or line.source_id or line.id in table.fits_a_total:
            continue
        fits += [
            (line, item)
            for item in by_amount.get(line.amount_pence, ())
            if item.expects(line.booked_on)
        ]
    for line, item in _only_pairs(fits):
        why = f"the only one of {_said(line.amount_pence)} in the days around: {item.reference}"
        table.take(line, [item], "amount and days", why)


def _suggest(table: _Table) -> list[Suggestion]:
    by_amount = _by_amount(table.items.values())
    found = []
    for line in table.lines.values():
        scored: dict[str, tuple[int, str]] = {}
        for item in table.payments_named(line):
            if item.id in table.items:
                scored[item.id] = (SCORE_REFERENCE, _named_but(line, item))
        near = (
            item
            for item in by_amount.get(line.amount_pence, ())
            if item.id not in scored and abs(line.booked_on - item.day) <= SUGGESTION_WINDOW
        )
        ranked = ((_amount_score(line, item), item) for item in near)
        best = nsmallest(SUGGESTIONS_LIMIT, ranked, key=lambda pair: (-pair[0][0], pair[1].id))
        scored.update((item.id, score) for score, item in best)
        ordered = sorted(scored.items(), key=lambda pair: (-pair[1][0], pair[0]))
        found += [
            Suggestion(line.id, item_id, score, why)
            for item_id, (score, why) in ordered[:SUGGESTIONS_LIMIT]
        ]
    return found


def _named_but(line: OpenLine, item: OpenItem) -> str:
    if line.amount_pence == item.amount_pence:
        return f"same reference {_said_of(item)}, and so does something else"
    return f"same reference {item.reference}, but {_said(item.amount_pence)} was expected"


def _amount_score(line: OpenLine, item: OpenItem) -> tuple[int, str]:
    days = abs((line.booked_on - item.day).days)
    score = SCORE_AMOUNT - 3 * days
    why = f"same amount, {plural(days, 'day')} apart: {item.reference}"
    if payee_named(item.payee, line.words):
        score += SCORE_PAYEE
        why += f", and it names {item.payee}"
    return max(SCORE_LEAST, score), why


# -- small parts --------------------------------------------------------------------------------


def _grouped(items: Iterable[OpenItem]) -> dict[str, tuple[OpenItem, ...]]:
    groups: dict[str, list[OpenItem]] = defaultdict(list)
    for item in items:
        if item.group:
            groups[item.group].append(item)
    return {group: tuple(members) for group, members in groups.items()}


def _open_groups(table: _Table) -> dict[str, tuple[OpenItem, ...]]:
    return _grouped(table.items.values())


def _by_amount(items: Iterable[OpenItem]) -> dict[Pence, list[OpenItem]]:
    found: dict[Pence, list[OpenItem]] = defaultdict(list)
    for item in items:
        found[item.amount_pence].append(item)
    return found


def _only_pairs(fits: Sequence[tuple[OpenLine, OpenItem]]) -> list[tuple[OpenLine, OpenItem]]:
    """Pairs where the line fits nothing else and nothing else fits the item."""
    lines = Counter(line.id for line, _ in fits)
    items = Counter(item.id for _, item in fits)
    return [(li, it) for li, it in fits if lines[li.id] == 1 and items[it.id] == 1]


def _sum(items: Iterable[OpenItem]) -> Pence:
    return sum(item.amount_pence for item in items)


def _whole(group: str, items: Sequence[OpenItem]) -> str:
    return f"the whole of {group}, {plural(len(items), 'payment')}, {_said(_sum(items))}"


def _said_of(item: OpenItem) -> str:
    return f"{item.reference} and amount {format_pence(abs(item.amount_pence))}"


def _said(pence: Pence) -> str:
    return f"{format_pence(abs(pence))} {'out' if pence < 0 else 'in'}"
