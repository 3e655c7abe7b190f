"""From a mapping (the YAML of a pack) to a checked ``Pack``; every refusal names its path. Pure.

Questions about an outcome are written once in the pack under ``outcome_questions`` and asked for every
outcome, so that each is asked in the same way.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from .pack import (
    Adjustment,
    AllocationTable,
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
        charged=bool(top.get("charged")),
        outcomes=outcomes,
        ways=tuple(
            Way(w.words("key"), w.words("title"), w.words("words")) for w in top.each("ways")
        ),
        wellbeing=tuple((w.words("key"), w.words("title")) for w in top.each("wellbeing")),
        eligibility=_eligibility(top.inside("eligibility")),
        sections=sections,
        allocation=_allocation(top.inside("allocation")),
        criteria=tuple(_criterion(c, n) for n, c in enumerate(top.each("criteria"), start=1)),
        limits=tuple(
            DelegatedLimit(
                r.words("level"), r.whole("pence", None), bool(r.get("above_indicative", False))
            )
            for r in top.each("delegated_limits")
        ),
        stages=tuple(
            StageTime(r.words("stage"), int(r.whole("usual_days") or 0), r.words("held_by"))
            for r in top.each("time_limits")
        ),
        reviews=_reviews(top.inside("review_timetable")),
    )
    _check(pack)
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
            raise PackError(f"{self.path}.{key}", "must be words")
        return " ".join(str(value).split())

    def whole(self, key: str, default: Any = ...) -> int | None:
        value = self.get(key, default)
        if value is None and default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise PackError(f"{self.path}.{key}", "must be a whole number")
        return value

    def fraction(self, key: str, default: Any = ...) -> Fraction:
        value = self.get(key, default)
        try:
            return Fraction(str(value))
        except (ValueError, ZeroDivisionError) as error:
            raise PackError(f"{self.path}.{key}", "must be a number like 3/4 or 12.5") from error

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
        required=bool(row.get("required", True)),
        options=options,
        role=row.words("role", ""),
        outcome=outcome,
    )


def _option(row: _Reader) -> Option:
    points = row.whole("points", 0) or 0
    share = row.fraction("share", "0")
    if points < 0:
        raise PackError(f"{row.path}.points", "must not be negative")
    if not 0 <= share <= 1:
        raise PackError(f"{row.path}.share", "must be between 0 and 1")
    return Option(
        key=row.words("key"),
        label=row.words("label"),
        hint=row.words("hint", ""),
        points=points,
        share=share,
        means_unable=bool(row.get("means_unable", False)),
    )


def _eligibility(row: _Reader) -> EligibilityTest:
    return EligibilityTest(
        outcomes_needed=row.whole("outcomes_needed") or 0,
        cause_question=row.words("cause_question"),
        wellbeing_question=row.words("wellbeing_question"),
        health_question=row.words("health_question", ""),
        source=row.words("source"),
        words_eligible=row.words("words_eligible"),
        words_not_eligible=row.words("words_not_eligible"),
        what_else_helps=row.listed("what_else_helps"),
        how_to_challenge=row.words("how_to_challenge"),
    )


def _allocation(row: _Reader) -> AllocationTable:
    method = row.words("method")
    if method not in METHODS:
        raise PackError(f"{row.path}.method", f"must be one of {', '.join(METHODS)}")
    table = AllocationTable(
        method=method,
        knots=_pairs(row, "knots", "points", "pence") if method == "linear" else (),
        pence_per_point=(row.whole("pence_per_point") or 0) if method == "per_point" else 0,
        bands=_pairs(row, "bands", "from_points", "pence") if method == "bands" else (),
        prices=tuple(
            (
                p.words("question"),
                p.words("option"),
                p.whole("pence") or 0,
                p.fraction("units_a_year"),
            )
            for p in row.each("prices")
        )
        if method == "price_list"
        else (),
        adjustments=tuple(_adjustment(a) for a in row.each("adjustments", [])),
        round_to_pence=row.whole("round_to_pence", 1) or 1,
        minimum_pence=row.whole("minimum_pence", 0) or 0,
        maximum_pence=row.whole("maximum_pence", None),
    )
    if table.maximum_pence is not None and table.maximum_pence < table.minimum_pence:
        raise PackError(f"{row.path}.maximum_pence", "must not be below the minimum")
    return table


def _pairs(row: _Reader, key: str, left: str, right: str) -> tuple[tuple[int, int], ...]:
    pairs = tuple((r.whole(left) or 0, r.whole(right) or 0) for r in row.each(key))
    if not pairs:
        raise PackError(f"{row.path}.{key}", "must not be empty")
    for n in range(1, len(pairs)):
        if pairs[n][0] <= pairs[n - 1][0]:
            raise PackError(f"{row.path}.{key}[{n}].{left}", "must be above the one before it")
        if pairs[n][1] < pairs[n - 1][1]:
            raise PackError(f"{row.path}.{key}[{n}].{right}", "gives less for more need")
    return pairs


def _adjustment(row: _Reader) -> Adjustment:
    found = Adjustment(
        key=row.words("key"),
        label=row.words("label"),
        question=row.words("question"),
        option=row.words("option"),
        pence=row.whole("pence", 0) or 0,
        percent=row.fraction("percent", "0"),
    )
    if found.pence < 0 or found.percent < 0:
        raise PackError(row.path, "gives less for more need")
    return found


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
    return ReviewTimetable(
        first_from_weeks=row.whole("first_from_weeks") or 0,
        first_to_weeks=row.whole("first_to_weeks") or 0,
        then_every_weeks=row.whole("then_every_weeks") or 0,
    )


def _check(pack: Pack) -> None:
    keys = [question.key for question in pack.questions]
    for key in keys:
        if keys.count(key) > 1:
            raise PackError("pack.sections", f"the question “{key}” stands twice")
    test = pack.eligibility
    for name in ("cause_question", "wellbeing_question", "health_question"):
        key = getattr(test, name)
        if key and key not in keys:
            raise PackError(f"pack.eligibility.{name}", f"“{key}” is not a question of this pack")
    if not 1 <= test.outcomes_needed <= len(pack.outcomes):
        raise PackError(
            "pack.eligibility.outcomes_needed", "must be between 1 and the number of outcomes"
        )
    for n, adjustment in enumerate(pack.allocation.adjustments):
        if adjustment.question not in keys or not pack.question(adjustment.question).option(
            adjustment.option
        ):
            raise PackError(
                f"pack.allocation.adjustments[{n}]", "names no option of a question of this pack"
            )
    for outcome in pack.outcomes:
        roles = {question.role for question in pack.questions if question.outcome == outcome.key}
        for role in ("need", "ways"):
            if role not in roles:
                raise PackError("pack.sections", f"nothing asks for the {role} of “{outcome.key}”")
    levels = [limit.level for limit in pack.limits]
    if levels != ["worker", "manager", "panel"]:
        raise PackError("pack.delegated_limits", "must be worker, manager and panel, in this order")
