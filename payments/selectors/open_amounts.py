"""The two sides of reconciling as pages show them: counted by age, filtered, a page at a time.

``selectors.reconciling`` gives the same things to the matching passes, all at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate

from carebudget import clock
from carebudget.money import Pence, parse_pounds

from ..models import StatementAccount, StatementLine
from ..rules.matching import OpenItem
from .reconciling import (
    at_the_rail,
    open_items,
    payments_back,
    payments_out,
    suggest_among,
    topups_moved,
    unexplained_lines,
)

WEEK, MONTH = timedelta(days=7), timedelta(days=31)
AGES = {
    "today": "Today",
    "week": "Last 7 days",
    "month": "Last 31 days",
    "older": "Older",
}
FOUND_LIMIT = 50


@dataclass(frozen=True)
class Age:
    """How much of one side is of one age: a count and a sum in pence."""

    key: str
    label: str
    count: int
    pence: Pence


def _of_age(age: str, day: str) -> Q:
    """The condition that a date field ``day`` is of this age."""
    today = clock.today()
    bounds: dict[str, tuple[date | None, date | None]] = {
        "today": (today, None),
        "week": (today - WEEK, today),
        "month": (today - MONTH, today - WEEK),
        "older": (None, today - MONTH),
    }
    first, before = bounds[age]
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{day}__gte": first})
    if before is not None:
        condition &= Q(**{f"{day}__lt": before})
    return condition


def _aged(rows: QuerySet[Any], day: str, pence: str) -> dict[str, tuple[int, Pence]]:
    wanted: dict[str, Any] = {}
    for age in AGES:
        wanted[f"{age}_n"] = Count("pk", filter=_of_age(age, day))
        wanted[f"{age}_p"] = Sum(pence, filter=_of_age(age, day), default=0)
    found = rows.order_by().aggregate(**wanted)
    return {age: (found[f"{age}_n"], found[f"{age}_p"]) for age in AGES}


def lines_by_age(account: StatementAccount) -> list[Age]:
    """Lines of an account that nobody has explained, by age, in one query."""
    found = _aged(unexplained_lines(account), "booked_on", "amount_pence")
    return [Age(age, AGES[age], *found[age]) for age in AGES]


def items_by_age(account: StatementAccount) -> list[Age]:
    """Amounts of ours that an account's statements have not shown, by age, in three queries."""
    parts = [_aged(rows, "day", "pence") for rows in _item_rows(account)]
    return [
        Age(
            age, AGES[age], sum(part[age][0] for part in parts), sum(part[age][1] for part in parts)
        )
        for age in AGES
    ]


def _item_rows(account: StatementAccount) -> list[QuerySet[Any]]:
    """Payments, payments that came back and top-ups, each with the same names for the same things."""

    def dated(field: str) -> TruncDate:
        return TruncDate(field, tzinfo=clock.LONDON)

    payee = Coalesce(F("provider__name"), Value(""))
    run = F("run__reference")
    out = payments_out(account).annotate(
        kind=Value("payment"), ref=F("reference"), pence=-F("amount_pence"), day=dated("sent_at"),
        payee=payee, of_run=run,
    )  # fmt: skip
    back = payments_back(account).annotate(
        kind=Value("returned"), ref=F("reference"), pence=F("amount_pence"), day=dated("returned_at"),
        payee=payee, of_run=run,
    )  # fmt: skip
    sign = 1 if at_the_rail(account) else -1
    topups = topups_moved(account).annotate(
        kind=Value("topup"), ref=F("reference"), pence=F("amount_pence") * sign,
        day=TruncDate(Coalesce("arrived_at", "asked_at"), tzinfo=clock.LONDON),
        payee=Value(""), of_run=Coalesce(run, Value("")),
    )  # fmt: skip
    return [out, back, topups]


def open_item_rows(
    account: StatementAccount, *, pence: Pence | None = None, words: str = "", age: str = ""
) -> QuerySet[Any]:
    """Amounts of ours not seen, oldest first, as rows of kind, ref, pence, day, payee, of_run."""
    narrowed = []
    for rows in _item_rows(account):
        if pence is not None:
            rows = rows.filter(amount_pence=abs(pence))
        if words:
            rows = rows.filter(
                Q(ref__icontains=words) | Q(payee__icontains=words) | Q(of_run__iexact=words)
            )
        if age in AGES:
            rows = rows.filter(_of_age(age, "day"))
        narrowed.append(rows.order_by().values("kind", "ref", "pence", "day", "payee", "of_run"))
    out, back, topups = narrowed
    return out.union(back, topups, all=True).order_by("day", "ref", "kind")


def lines_to_explain(
    account: StatementAccount, *, pence: Pence | None = None, words: str = "", age: str = ""
) -> QuerySet[StatementLine]:
    """Lines nobody has explained, oldest first, narrowed by amount (either way), text and age."""
    rows = unexplained_lines(account)
    if pence is not None:
        rows = rows.filter(amount_pence__in=[pence, -pence])
    if words:
        rows = rows.filter(
            Q(counterparty__icontains=words)
            | Q(reference__icontains=words)
            | Q(text__icontains=words)
        )
    if age in AGES:
        rows = rows.filter(_of_age(age, "booked_on"))
    return rows


def total_of(rows: QuerySet[Any], pence: str) -> Pence:
    """The sum of what is listed."""
    return rows.order_by().aggregate(total=Sum(pence))["total"] or 0


def line_by_id(public_id: str) -> StatementLine:
    """The line with its account. May raise ``DoesNotExist``."""
    return (
        StatementLine.objects.select_related("account", "statement__file")
        .defer("statement__file__content", "statement__parsed_lines")
        .get(public_id=public_id)
    )


@dataclass(frozen=True)
class Candidate:
    """Something of ours that a line may settle. ``value`` is what the page sends: an item or a whole run."""

    value: str
    title: str
    payee: str
    day: date
    pence: Pence
    why: str
    score: int
    chosen: bool


@dataclass(frozen=True)
class Candidates:
    """What to choose from for one line. ``more`` were found but are not shown."""

    suggested: tuple[Candidate, ...]
    found: tuple[Candidate, ...]
    chosen_pence: Pence
    chosen_count: int
    more: int
    items: tuple[str, ...]


def candidates(line: StatementLine, *, find: str = "", chosen: Sequence[str] = ()) -> Candidates:
    """What a line may settle: suggestions with reasons, then what ``find`` finds, with ticks kept.

    ``chosen`` are values of candidates; ``items`` are the items they stand for, each once.
    """
    items = {item.id: item for item in open_items(line.account)}
    ticked = list(dict.fromkeys(chosen))
    picked = _picked(items, ticked)
    suggested = [
        _candidate(item, ticked, one.why, one.score)
        for item, one in suggest_among(line, items.values())
    ]
    known = {one.value for one in suggested}
    searched = _search(items, find) if find.strip() else []
    kept = [
        _candidate(items[value], ticked)
        for value in ticked
        if value in items and value not in known
    ]
    known |= {one.value for one in kept}
    runs = _whole_runs(items, [line.group, find.strip().upper(), *_runs_of(ticked)], ticked)
    fresh = [item for item in searched if item.id not in known]
    found = [*runs, *kept, *(_candidate(item, ticked) for item in fresh[:FOUND_LIMIT])]
    return Candidates(
        suggested=tuple(suggested),
        found=tuple(found),
        chosen_pence=sum(items[item].amount_pence for item in picked if item in items),
        chosen_count=sum(item in items for item in picked),
        more=max(0, len(fresh) - FOUND_LIMIT),
        items=tuple(picked),
    )


def _runs_of(values: Sequence[str]) -> list[str]:
    return [value.removeprefix("run:") for value in values if value.startswith("run:")]


def _picked(items: dict[str, OpenItem], ticked: Sequence[str]) -> list[str]:
    """Every item that is chosen, alone or with its whole run, once each."""
    found: dict[str, None] = {}
    for value in ticked:
        if value.startswith("run:"):
            run = value.removeprefix("run:")
            found.update(dict.fromkeys(i.id for i in items.values() if i.group == run))
        else:
            found[value] = None
    return list(found)


def _candidate(item: OpenItem, ticked: Sequence[str], why: str = "", score: int = 0) -> Candidate:
    kind, _, reference = item.id.partition(":")
    return Candidate(
        value=item.id,
        title=f"{reference} coming back" if kind == "returned" else reference,
        payee=item.payee,
        day=item.day,
        pence=item.amount_pence,
        why=why,
        score=score,
        chosen=item.id in ticked,
    )


def _whole_runs(
    items: dict[str, OpenItem], runs: Sequence[str], ticked: Sequence[str]
) -> list[Candidate]:
    """All that is open of a run as one thing to choose: a bank often shows a run as one line."""
    found = []
    for run in dict.fromkeys(run for run in runs if run):
        members = [item for item in items.values() if item.group == run]
        if len(members) > 1:
            found.append(
                Candidate(
                    value=f"run:{run}",
                    title=f"The whole of {run}",
                    payee=f"{len(members):,} payments",
                    day=max(item.day for item in members),
                    pence=sum(item.amount_pence for item in members),
                    why="",
                    score=0,
                    chosen=f"run:{run}" in ticked,
                )
            )
    return found


def _search(items: dict[str, OpenItem], find: str) -> list[OpenItem]:
    words = find.strip().lower()
    try:
        pence = abs(parse_pounds(words))
    except ValueError:
        pence = 0
    return [
        item
        for item in items.values()
        if words in f"{item.id} {item.reference} {item.group} {item.payee}".lower()
        or (pence and abs(item.amount_pence) == pence)
    ]
