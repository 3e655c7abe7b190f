"""A year's figures, an authority's own policy and the pension ages, as checked values. Pure.

A figure that a table lacks is never guessed: whoever asks for it gets ``MissingLine``, which names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from carebudget.money import Pence

from .charging_kinds import CAPITAL, INCOME, LINES, titles

COUNTED, IGNORED, PART, HALF, LESS_SALE_COSTS = (
    "counted", "ignored", "part", "half", "less_sale_costs",
)  # fmt: skip
NET, GROSS = "net", "gross"
KEEPS = {"savings_credit": ("savings_credit_single", "savings_credit_couple")}
"""What a partly counted income keeps, where it differs between one person and a couple."""


class FiguresError(ValueError):
    """A table or policy that makes no sense. ``path`` names the place."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(f"{path}: {message}")


class MissingLine(LookupError):
    """The rules need a figure that the table does not have; ``sentence`` names it in plain words."""

    def __init__(self, table: str, line: str, words: str) -> None:
        self.table, self.line, self.words = table, line, words
        self.sentence = f"The table for {table} has no figure for {words}."
        super().__init__(self.sentence)


@dataclass(frozen=True)
class Treatment:
    """How one kind of income or capital counts. ``keeps`` names the line that is left out of it."""

    how: str
    keeps: str = ""
    source: str = ""


@dataclass(frozen=True)
class Capital:
    """The limits and what savings between them are taken to bring in (regulations 12, 20, 24, 25)."""

    lower_pence: Pence
    upper_pence: Pence
    step_pence: Pence
    step_income_pence: Pence
    sale_costs_percent: int
    kinds: Mapping[str, Treatment]


@dataclass(frozen=True)
class ChargingTable:
    """One year's figures. ``complete`` says whether every line is there."""

    key: str
    version: str
    title: str
    complete: bool
    in_force_from: date
    in_force_to: date
    source: str
    lines: Mapping[str, Pence]
    sources: Mapping[str, str]
    capital: Capital
    income: Mapping[str, Treatment]
    reablement_weeks: int
    adaptation_pence: Pence
    missing: tuple[str, ...]

    def line(self, key: str) -> Pence:
        """One figure, in pence a week. Raises ``MissingLine`` when the table has none."""
        if key not in self.lines:
            raise MissingLine(self.key, key, LINES[key])
        return self.lines[key]

    @property
    def in_words(self) -> str:
        """The title within a sentence."""
        return self.title[0].lower() + self.title[1:]

    def in_force_on(self, day: date) -> bool:
        """Whether these are the figures of that day."""
        return self.in_force_from <= day <= self.in_force_to

    def kept_of(self, kind: str, *, couple: bool) -> Pence:
        """How much a week of a partly counted income is not counted."""
        keeps = self.income[kind].keeps
        single_and_couple = KEEPS.get(keeps, (keeps, keeps))
        return self.line(single_and_couple[couple])


@dataclass(frozen=True)
class LocalPolicy:
    """What one authority adds to the law: more for the person, never less."""

    authority: str
    version: str
    title: str
    in_force_from: date
    guarantee_percent: Fraction
    disability_standard_pence: Pence
    free_below_pence: Pence
    direct_payments: str
    source: str

    @property
    def net(self) -> bool:
        """Whether a direct payment is paid with the contribution already taken off."""
        return self.direct_payments == NET


@dataclass(frozen=True)
class AgeBand:
    """Everybody born on or after ``born_from`` reaches pension age on a day, or at an age."""

    born_from: date
    reached_on: date | None
    years: int
    months: int


@dataclass(frozen=True)
class PensionAges:
    """When people reach pension-credit age, by their date of birth."""

    version: str
    bands: tuple[AgeBand, ...]
    settled_for_births_before: date
    not_before: date

    def reached(self, born: date, on: date) -> bool:
        """Whether somebody has reached pension-credit age by a day. Raises ``MissingLine``."""
        if born >= self.settled_for_births_before:
            if on >= self.not_before:
                raise MissingLine("pension ages", "pension_age", f"people born on {born:%-d %B %Y}")
            return False
        band = next((one for one in reversed(self.bands) if born >= one.born_from), self.bands[0])
        return on >= (band.reached_on or _months_after(born, 12 * band.years + band.months))


def _months_after(day: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def age_on(born: date, day: date) -> int:
    """Whole years on a day; somebody born on 29 February has a birthday on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def read_table(content: Mapping[str, Any]) -> ChargingTable:
    """A table from the data of its file, whose shape the schema has checked. Raises ``FiguresError``."""
    lines: Mapping[str, Any] = content["lines"]
    capital: Mapping[str, Any] = content["capital"]
    table = ChargingTable(
        key=content["key"],
        version=content["version"],
        title=content["title"],
        complete=content["complete"],
        in_force_from=_day(content["in_force_from"], "in_force_from"),
        in_force_to=_day(content["in_force_to"], "in_force_to"),
        source=" ".join(content["source"].split()),
        lines={key: row["pence"] for key, row in lines.items()},
        sources={key: " ".join(row["source"].split()) for key, row in lines.items()},
        capital=Capital(
            **{
                name: capital[name]
                for name in (
                    "lower_pence", "upper_pence", "step_pence", "step_income_pence", "sale_costs_percent",
                )
            },
            kinds={key: Treatment(row["treatment"]) for key, row in capital["kinds"].items()},
        ),
        income={
            key: Treatment(row["treatment"], row.get("keeps", ""), row["source"])
            for key, row in content["income"].items()
        },
        reablement_weeks=content["never_charged"]["reablement_weeks"],
        adaptation_pence=content["never_charged"]["adaptation_pence"],
        missing=tuple(content["missing"]),
    )  # fmt: skip
    _check_table(table)
    return table


def _check_table(table: ChargingTable) -> None:
    if table.in_force_to < table.in_force_from:
        raise FiguresError("in_force_to", "is before in_force_from")
    if table.capital.upper_pence <= table.capital.lower_pence:
        raise FiguresError("capital.upper_pence", "must be above the lower limit")
    absent = [key for key in LINES if key not in table.lines]
    unlisted = [key for key in absent if key not in table.missing]
    if unlisted:
        raise FiguresError("missing", f"does not list “{unlisted[0]}”, which has no figure")
    for key in table.missing:
        if key in table.lines:
            raise FiguresError("missing", f"lists “{key}”, which has a figure")
    if table.complete and absent:
        raise FiguresError("complete", f"is true, but there is no figure for {LINES[absent[0]]}")
    if not table.complete and not absent:
        raise FiguresError("complete", "is false, but no line is missing")
    for name, kinds, known in (
        ("income", table.income, titles(INCOME)),
        ("capital.kinds", table.capital.kinds, titles(CAPITAL)),
    ):
        for key in known:
            if key not in kinds:
                raise FiguresError(f"{name}.{key}", "is missing")
    for key, treatment in table.income.items():
        if treatment.how == PART and not treatment.keeps:
            raise FiguresError(f"income.{key}.keeps", "is missing: how much of it is not counted?")


def read_policies(content: Mapping[str, Any]) -> tuple[LocalPolicy, ...]:
    """The versions of an authority's policy, oldest first. Raises ``FiguresError``."""
    found: list[LocalPolicy] = []
    for n, row in enumerate(content["versions"]):
        path = f"versions[{n}]"
        policy = LocalPolicy(
            authority=content["authority"],
            version=row["version"],
            title=content["title"],
            in_force_from=_day(row["in_force_from"], f"{path}.in_force_from"),
            guarantee_percent=Fraction(row["guarantee_percent"]),
            disability_standard_pence=row["disability_standard_pence"],
            free_below_pence=row["free_below_pence"],
            direct_payments=row["direct_payments"],
            source=" ".join(row["source"].split()),
        )
        if found and policy.in_force_from <= found[-1].in_force_from:
            raise FiguresError(f"{path}.in_force_from", "must be after the version before it")
        if any(older.version == policy.version for older in found):
            raise FiguresError(f"{path}.version", f"“{policy.version}” stands twice")
        found.append(policy)
    return tuple(found)


def read_pension_ages(content: Mapping[str, Any]) -> PensionAges:
    """The pension ages from the data of their file. Raises ``FiguresError``."""
    bands: list[AgeBand] = []
    for n, row in enumerate(content["bands"]):
        path = f"bands[{n}]"
        reached = row.get("reached_on")
        band = AgeBand(
            born_from=_day(row["born_from"], f"{path}.born_from"),
            reached_on=_day(reached, f"{path}.reached_on") if reached else None,
            years=row.get("years", 0),
            months=row.get("months", 0),
        )
        if bands and band.born_from <= bands[-1].born_from:
            raise FiguresError(f"{path}.born_from", "must be after the band before it")
        bands.append(band)
    return PensionAges(
        version=content["version"],
        bands=tuple(bands),
        settled_for_births_before=_day(
            content["settled_for_births_before"], "settled_for_births_before"
        ),
        not_before=_day(content["not_before"], "not_before"),
    )


def table_on(tables: Sequence[ChargingTable], day: date) -> ChargingTable | None:
    """The table whose figures are those of a day; the newest where two claim it."""
    holding = [one for one in tables if one.in_force_on(day)]
    return max(holding, key=lambda one: one.in_force_from) if holding else None


def policy_on(versions: Sequence[LocalPolicy], day: date) -> LocalPolicy | None:
    """The policy that holds on a day: the newest that has begun."""
    begun = [one for one in versions if one.in_force_from <= day]
    return begun[-1] if begun else None


def _day(words: str, path: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise FiguresError(path, f"“{words}” is not a day like 2026-04-06") from error
