"""From a mapping (the YAML of a pack) to a checked ``Pack``; every refusal names its path. Pure.

Here each value is looked at by itself; whether the parts fit together is ``consistency``'s business.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from .consistency import check_sense
from .pack import (
    Adjustment,
    AllocationTable,
    Condition,
    Criterion,
    DelegatedLimit,
    EligibilityTest,
    Option,
    Outcome,
    Pack,
    PackError,
    Question,
    ReviewTimetable,
    Section,
    StageTime,
    Way,
)

KINDS = ("single", "multi", "text", "yes_no", "number")
METHODS = ("linear", "per_point", "bands", "price_list")


def read_pack(mapping: Mapping[str, Any]) -> Pack:
    """Build and check a pack. Raises ``PackError`` with the path of what is wrong."""
    top = _Reader(mapping, "pack")
    outcomes = tuple(
        Outcome(o.words("key"), o.words("title"), o.words("source"), o.words("words"))
        for o in top.each("outcomes")
    )
    sections = tuple(_section(s, outcomes) for s in top.each("sections"))
    pack = Pack(
        key=top.words("key"),
        version=top.words("version"),
        title=top.words("title"),
        legal_basis=top.words("legal_basis"),
        charged=top.truth("charged"),
        outcomes=outcomes,
        ways=tuple(
            Way(w.words("key"), w.words("title"), w.words("words")) for w in top.each("ways")
        ),
        wellbeing=tuple((w.words("key"), w.words("title")) for w in top.each("wellbeing", [])),
        eligibility=_eligibility(top.inside("eligibility")),
        sections=sections,
        allocation=_allocation(top.inside("allocation")),
        criteria=tuple(_criterion(c, n) for n, c in enumerate(top.each("criteria"), start=1)),
        limits=tuple(
            DelegatedLimit(
                r.words("level"), r.count_or_none("pence"), r.truth("above_indicative", False)
            )
            for r in top.each("delegated_limits")
        ),
        stages=tuple(_stage(r) for r in top.each("time_limits")),
        reviews=_reviews(top.inside("review_timetable")),
    )
    check_sense(pack)
    return pack


class _Reader:
    """A mapping and its path, so that every refusal can say where."""

    def __init__(self, mapping: Any, path: str) -> None:
        if not isinstance(mapping, Mapping):
            raise PackError(path, "must be a group of named values")
        self.mapping, self.path = mapping, path

    def get(self, key: str, default: Any = ...) -> Any:
        if key in self.mapping:
            return self.mapping[key]
        if default is ...:
            raise PackError(f"{self.path}.{key}", "is missing")
        return default

    def words(self, key: str, default: Any = ...) -> str:
        value = self.get(key, default)
        if (
            not isinstance(value, str | int)
            or isinstance(value, bool)
            or (default is ... and not str(value).strip())
        ):
            raise PackError(
                f"{self.path}.{key}", "must be words (put figures and yes or no in quotes)"
            )
        return " ".join(str(value).split())

    def count(self, key: str, default: Any = ...) -> int:
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise PackError(f"{self.path}.{key}", "must be a whole number")
        if value < 0:
            raise PackError(f"{self.path}.{key}", "must not be negative")
        return value

    def count_or_none(self, key: str, default: Any = ...) -> int | None:
        return None if self.get(key, default) is None else self.count(key)

    def truth(self, key: str, default: Any = ...) -> bool:
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise PackError(f"{self.path}.{key}", "must be true or false")
        return value

    def fraction(self, key: str, default: Any = ...) -> Fraction:
        value = self.get(key, default)
        try:
            found = Fraction(str(value))
        except (ValueError, ZeroDivisionError) as error:
            raise PackError(f"{self.path}.{key}", "must be a number like 3/4 or 12.5") from error
        if found < 0:
            raise PackError(f"{self.path}.{key}", "must not be negative")
        return found

    def inside(self, key: str) -> "_Reader":
        return _Reader(self.get(key), f"{self.path}.{key}")

    def each(self, key: str, default: Any = ...) -> list["_Reader"]:
        rows = self.get(key, default)
        if not isinstance(rows, list):
            raise PackError(f"{self.path}.{key}", "must be a list")
        return [_Reader(row, f"{self.path}.{key}[{n}]") for n, row in enumerate(rows)]

    def listed(self, key: str) -> tuple[str, ...]:
        rows = self.get(key)
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise PackError(f"{self.path}.{key}", "must be a list of words")
        return tuple(" ".join(row.split()) for row in rows)


def _section(row: _Reader, outcomes: tuple[Outcome, ...]) -> Section:
    return Section(
        key=row.words("key"),
        title=row.words("title"),
        intro=row.words("intro", ""),
        questions=tuple(_question(q, outcomes) for q in row.each("questions")),
    )


def _question(row: _Reader, outcomes: tuple[Outcome, ...]) -> Question:
    kind = row.words("kind")
    if kind not in KINDS:
        raise PackError(f"{row.path}.kind", f"must be one of {', '.join(KINDS)}")
    outcome = row.words("outcome", "")
    if outcome and all(o.key != outcome for o in outcomes):
        raise PackError(f"{row.path}.outcome", f"“{outcome}” is not an outcome of this pack")
    options = tuple(_option(o) for o in row.each("options", []))
    if kind in ("single", "multi") and len(options) < 2:
        raise PackError(f"{row.path}.options", "must offer two options or more")
    if len({option.key for option in options}) != len(options):
        raise PackError(f"{row.path}.options", "has the same key twice")
    return Question(
        key=row.words("key"),
        kind=kind,
        text=row.words("text"),
        easy_read=row.words("easy_read"),
        hint=row.words("hint", ""),
        required=row.truth("required", True),
        options=options,
        role=row.words("role", ""),
        outcome=outcome,
    )


def _option(row: _Reader) -> Option:
    share = row.fraction("share", "0")
    if share > 1:
        raise PackError(f"{row.path}.share", "must be between 0 and 1")
    return Option(
        key=row.words("key"),
        label=row.words("label"),
        hint=row.words("hint", ""),
        points=row.count("points", 0),
        share=share,
        means_unable=row.truth("means_unable", False),
    )


def _eligibility(row: _Reader) -> EligibilityTest:
    return EligibilityTest(
        outcomes_needed=row.count("outcomes_needed"),
        cause_question=row.words("cause_question", ""),
        wellbeing_question=row.words("wellbeing_question", ""),
        health_question=row.words("health_question", ""),
        source=row.words("source"),
        words_eligible=row.words("words_eligible"),
        words_not_eligible=row.words("words_not_eligible"),
        what_else_helps=row.listed("what_else_helps"),
        how_to_challenge=row.words("how_to_challenge"),
        conditions=tuple(
            Condition(c.words("key"), c.words("title"), c.words("question"), c.words("words_unmet"))
            for c in row.each("conditions", [])
        ),
    )


def _allocation(row: _Reader) -> AllocationTable:
    method = row.words("method")
    if method not in METHODS:
        raise PackError(f"{row.path}.method", f"must be one of {', '.join(METHODS)}")
    table = AllocationTable(
        method=method,
        knots=_pairs(row, "knots", "points", "pence") if method == "linear" else (),
        pence_per_point=row.count("pence_per_point") if method == "per_point" else 0,
        bands=_pairs(row, "bands", "from_points", "pence") if method == "bands" else (),
        prices=tuple(
            (
                p.words("question"),
                p.words("option"),
                p.count("pence"),
                p.fraction("units_a_year"),
            )
            for p in row.each("prices")
        )
        if method == "price_list"
        else (),
        adjustments=tuple(_adjustment(a) for a in row.each("adjustments", [])),
        round_to_pence=row.count("round_to_pence", 1),
        minimum_pence=row.count("minimum_pence", 0),
        maximum_pence=row.count_or_none("maximum_pence", None),
    )
    if table.round_to_pence == 0:
        raise PackError(f"{row.path}.round_to_pence", "must be 1 or more")
    if table.maximum_pence is not None and table.maximum_pence < table.minimum_pence:
        raise PackError(f"{row.path}.maximum_pence", "must not be below the minimum")
    return table


def _pairs(row: _Reader, key: str, left: str, right: str) -> tuple[tuple[int, int], ...]:
    pairs = tuple((r.count(left), r.count(right)) for r in row.each(key))
    if not pairs:
        raise PackError(f"{row.path}.{key}", "must not be empty")
    for n in range(1, len(pairs)):
        if pairs[n][0] <= pairs[n - 1][0]:
            raise PackError(f"{row.path}.{key}[{n}].{left}", "must be above the one before it")
        if pairs[n][1] < pairs[n - 1][1]:
            raise PackError(f"{row.path}.{key}[{n}].{right}", "gives less for more need")
    return pairs


def _adjustment(row: _Reader) -> Adjustment:
    return Adjustment(
        key=row.words("key"),
        label=row.words("label"),
        question=row.words("question"),
        option=row.words("option"),
        pence=row.count("pence", 0),
        percent=row.fraction("percent", "0"),
    )


def _criterion(row: _Reader, number: int) -> Criterion:
    return Criterion(
        key=row.words("key"),
        number=number,
        question=row.words("question"),
        help=row.words("help"),
        easy_read=row.words("easy_read"),
        returned_if=row.words("returned_if"),
        needs=row.words("needs", "words"),
    )


def _reviews(row: _Reader) -> ReviewTimetable:
    found = ReviewTimetable(
        first_from_weeks=row.count("first_from_weeks"),
        first_to_weeks=row.count("first_to_weeks"),
        then_every_weeks=row.count("then_every_weeks"),
        direct_payment_first_weeks=row.count("direct_payment_first_weeks", 26),
        direct_payment_then_weeks=row.count("direct_payment_then_weeks", 52),
    )
    if found.first_to_weeks < found.first_from_weeks:
        raise PackError(f"{row.path}.first_to_weeks", "must not be before first_from_weeks")
    return found


def _stage(row: _Reader) -> StageTime:
    usual = row.count("usual_days")
    found = StageTime(
        stage=row.words("stage"),
        usual_days=usual,
        held_by=row.words("held_by"),
        target_days=row.count("target_days", usual),
    )
    if found.target_days > usual:
        raise PackError(f"{row.path}.target_days", "must not be above usual_days")
    return found
