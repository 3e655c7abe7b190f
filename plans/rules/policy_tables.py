"""An allocation table as the data of its pack file, and as lines that can be read and compared. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from carebudget.money import format_pence

from .allocation import decimal_words
from .pack import Adjustment, AllocationTable, Pack
from .policy_answers import counted_questions

METHOD_WORDS = {
    "linear": "Points become money along straight lines between these steps.",
    "per_point": "Each point is worth the same.",
    "bands": "Each band gives one sum, from its first point on.",
    "price_list": "Each need has a price for what would meet it.",
}


def with_table(content: Mapping[str, Any], allocation: Mapping[str, Any]) -> Pack:
    """The pack with another table. Raises ``PackError`` whose path begins with ``pack.allocation``."""
    return Pack.from_mapping({**content, "allocation": allocation})


def table_as_data(table: AllocationTable) -> dict[str, Any]:
    """The table as a pack file writes it; exact numbers as ``"5"`` or ``"25/2"``."""
    found: dict[str, Any] = {"method": table.method}
    match table.method:
        case "linear":
            found["knots"] = [{"points": at, "pence": pence} for at, pence in table.knots]
        case "per_point":
            found["pence_per_point"] = table.pence_per_point
        case "bands":
            found["bands"] = [{"from_points": at, "pence": pence} for at, pence in table.bands]
        case _:
            found["prices"] = [
                {"question": key, "option": option, "pence": pence, "units_a_year": str(units)}
                for key, option, pence, units in table.prices
            ]
    found["adjustments"] = [_adjustment_as_data(one) for one in table.adjustments]
    found["round_to_pence"] = table.round_to_pence
    found["minimum_pence"] = table.minimum_pence
    found["maximum_pence"] = table.maximum_pence
    return found


def _adjustment_as_data(one: Adjustment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": one.key,
        "label": one.label,
        "question": one.question,
        "option": one.option,
    }
    if one.pence:
        found["pence"] = one.pence
    if one.percent:
        found["percent"] = str(one.percent)
    return found


@dataclass(frozen=True)
class Line:
    """One figure of a table: what it is called, and the figure in words. Equal keys are the same figure."""

    key: tuple[str, ...]
    label: str
    words: str


def lines_of(pack: Pack, table: AllocationTable) -> tuple[Line, ...]:
    """Every figure of a table in order, in words."""
    lines: list[Line] = []
    for points, pence in table.knots:
        lines.append(Line(("points", f"{points:09}"), f"At {points} points", format_pence(pence)))
    for start, pence in table.bands:
        lines.append(Line(("points", f"{start:09}"), f"From {start} points", format_pence(pence)))
    if table.method == "per_point":
        lines.append(Line(("point",), "Each point", format_pence(table.pence_per_point)))
    for key, option, pence, units in table.prices:
        words = f"{format_pence(pence)}, {decimal_words(units)} times a year"
        lines.append(Line(("price", key, option), answer_words(pack, key, option), words))
    for one in table.adjustments:
        lines.append(Line(("adjustment", one.key), one.label, adjustment_words(one)))
    maximum = table.maximum_pence
    return (
        *lines,
        Line(("rounding",), "Rounded to the nearest", format_pence(table.round_to_pence)),
        Line(("minimum",), "Never less than", format_pence(table.minimum_pence)),
        Line(
            ("maximum",),
            "Never more than",
            "No limit" if maximum is None else format_pence(maximum),
        ),
    )


def adjustment_words(one: Adjustment) -> str:
    """What an adjustment adds, in words."""
    parts = []
    if one.percent:
        parts.append(f"{decimal_words(one.percent)}% more")
    if one.pence:
        parts.append(f"{format_pence(one.pence)} a year more")
    return " and ".join(parts) or "nothing more"


def answer_words(pack: Pack, key: str, option: str) -> str:
    """A question and one of its answers."""
    question = pack.question(key)
    chosen = question.option(option)
    return f"{question.text} “{chosen.label if chosen else option}”"


NAMED_BY_ADJUSTMENTS = ("adjustment", "need")


def answers_to_choose(pack: Pack) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Every answer that an adjustment can name: question, and its options as ``question=option`` and words."""
    asked = [q for q in counted_questions(pack) if q.role in NAMED_BY_ADJUSTMENTS]
    return tuple(
        (q.text, tuple((f"{q.key}={option.key}", option.label) for option in q.options))
        for q in sorted(asked, key=lambda q: NAMED_BY_ADJUSTMENTS.index(q.role))
    )


@dataclass(frozen=True)
class Beside:
    """One figure of two tables side by side; empty where a table has no such figure."""

    label: str
    one: str
    other: str

    @property
    def differs(self) -> bool:
        """Whether the tables differ here."""
        return self.one != self.other


def beside(
    pack: Pack, table: AllocationTable, other_pack: Pack, other: AllocationTable
) -> tuple[Beside, ...]:
    """Two tables, figure by figure, in the order of the first and then what only the other has."""
    mine = {line.key: line for line in lines_of(pack, table)}
    theirs = {line.key: line for line in lines_of(other_pack, other)}
    found = [
        Beside(
            label=(mine.get(key) or theirs[key]).label,
            one=mine[key].words if key in mine else "",
            other=theirs[key].words if key in theirs else "",
        )
        for key in sorted({**mine, **theirs}, key=_order(mine, theirs))
    ]
    return tuple(found)


def _order(mine: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Any:
    """Steps by their points; everything else in the order of the tables."""
    kinds = ("points", "point", "price", "adjustment", "rounding", "minimum", "maximum")
    places = {key: n for n, key in enumerate([*mine, *(k for k in theirs if k not in mine)])}

    def place(key: tuple[str, ...]) -> tuple[int, str, int]:
        return kinds.index(key[0]), key[1] if key[0] == "points" else "", places[key]

    return place


def same_table(one: AllocationTable, other: AllocationTable) -> bool:
    """Whether two tables give everybody the same because they say the same."""
    return table_as_data(one) == table_as_data(other)


def exact(words: str) -> Fraction:
    """``"12.5"`` or ``"25/2"`` as an exact number. Raises ``ValueError``."""
    try:
        return Fraction(words.strip())
    except ZeroDivisionError as error:
        raise ValueError(words) from error
