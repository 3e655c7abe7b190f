"""The resource allocation system: from answers to an indicative sum, exact and explained. Pure.

Seven steps: need points; less willing and able unpaid support; net points summed; the table; named
adjustments in order; rounding, minimum and maximum; the amount with every step. The tests are
transparent, timely, sufficient (Care and Support Statutory Guidance, chapter 11); the courts expect
reasons for the sum (R (Savva) v Kensington and Chelsea). None of it ever gives less for more need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import lcm
from typing import Any

from carebudget.money import Pence, format_pence, round_half_up

from .eligibility import asked
from .pack import Adjustment, AllocationTable, Option, Pack

WEEKS_A_YEAR = 52
MINUS = "−"


@dataclass(frozen=True)
class LocalAdjustment:
    """A named change that the pack does not know of, such as this year's local prices.

    ``percent`` may be negative where prices are lower; it keeps the order of needs, so that more
    need still never gets less. Raises ``ValueError`` for anything that would turn that order round.
    """

    key: str
    label: str
    percent: Fraction = Fraction(0)
    pence: Pence = 0

    def __post_init__(self) -> None:
        if self.percent < -100 or self.pence < 0:
            raise ValueError(f"The adjustment “{self.label}” would give less for more need")


@dataclass(frozen=True)
class Step:
    """One line of the working: what it is, its figure, and the running total after it."""

    key: str
    label: str
    detail: str
    figure: Fraction
    unit: str
    running: Fraction

    def as_data(self) -> dict[str, Any]:
        """JSON data; fractions as ``"7/4"``."""
        return {
            "key": self.key,
            "label": self.label,
            "detail": self.detail,
            "figure": str(self.figure),
            "unit": self.unit,
            "running": str(self.running),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Step":
        """The step that ``as_data`` wrote."""
        return cls(
            data["key"],
            data["label"],
            data["detail"],
            Fraction(data["figure"]),
            data["unit"],
            Fraction(data["running"]),
        )

    @property
    def shown(self) -> str:
        """The figure in words a person reads."""
        return _shown(self.figure, self.unit)

    @property
    def shown_running(self) -> str:
        """The running total in words a person reads."""
        return _shown(self.running, self.unit)


def _shown(figure: Fraction, unit: str) -> str:
    if unit == "pence":
        return format_pence(round_half_up(figure)).replace("-", MINUS)
    whole, part = divmod(abs(figure), 1)
    fraction = {Fraction(1, 4): "¼", Fraction(1, 2): "½", Fraction(3, 4): "¾", Fraction(0): ""}.get(
        part, f" {part}"
    )
    words = f"{int(whole) or ('' if part else 0)}{fraction}".strip()
    sign = MINUS if figure < 0 else ""
    return f"{sign}{words} point{'' if abs(figure) == 1 else 's'}"


@dataclass(frozen=True)
class Allocation:
    """An indicative budget in pence a year, with its working."""

    annual_pence: Pence
    points: Fraction
    steps: tuple[Step, ...]

    @property
    def weekly_pence(self) -> Pence:
        """A fifty-second of the year, halves up: for the page, never for adding up."""
        return round_half_up(Fraction(self.annual_pence, WEEKS_A_YEAR))

    def as_data(self) -> dict[str, Any]:
        """The whole working as JSON data."""
        return {
            "annual_pence": self.annual_pence,
            "weekly_pence": self.weekly_pence,
            "points": str(self.points),
            "steps": [step.as_data() for step in self.steps],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Allocation":
        """The allocation that ``as_data`` wrote."""
        return cls(
            data["annual_pence"],
            Fraction(data["points"]),
            tuple(Step.from_data(s) for s in data["steps"]),
        )


def allocate(
    pack: Pack,
    answers: Mapping[str, Any],
    local_adjustments: Sequence[LocalAdjustment] = (),
) -> Allocation:
    """The allocation for verified answers. Deterministic; the order of answers does not matter.

    ``local_adjustments`` follow the pack's own, in the order given. The steps counted in points add
    up to the net points (a price list shows none), and the steps counted in pence add up to the sum.
    """
    steps: list[Step] = []
    points = _net_points(pack, answers, steps)
    table = pack.allocation
    if table.method == "price_list":
        steps.clear()  # The points are kept for comparing needs; no penny of this sum comes from them.
    money = _by_table(table, points, pack, answers, steps)
    for adjustment in table.adjustments:
        chosen = answers.get(adjustment.question)
        if chosen == adjustment.option or (
            isinstance(chosen, list) and adjustment.option in chosen
        ):
            money = _adjusted(adjustment, money, steps)
    for local in local_adjustments:
        money = _adjusted(local, money, steps)
    annual = _rounded(table, money, steps)
    return Allocation(annual_pence=annual, points=points, steps=tuple(steps))


def _adjusted(
    adjustment: Adjustment | LocalAdjustment, money: Fraction, steps: list[Step]
) -> Fraction:
    added = adjustment.pence + money * adjustment.percent / 100
    parts = []
    if adjustment.percent:
        parts.append(f"{decimal_words(adjustment.percent)}% of the sum so far")
    if adjustment.pence:
        parts.append("a fixed sum each year")
    total = money + added
    steps.append(
        Step(
            f"adjustment.{adjustment.key}",
            adjustment.label,
            " and ".join(parts) or "changes nothing",
            added,
            "pence",
            total,
        )
    )
    return total


def decimal_words(figure: Fraction) -> str:
    """``Fraction(25, 2)`` → ``"12.5"``; a fraction that has no short decimal stays one."""
    exact = Fraction(round(figure * 1000), 1000)
    if exact != figure:
        return str(figure)
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


@dataclass(frozen=True)
class _Area:
    """What the answers about one outcome count, looked up once for a pack.

    Points are whole; a share is a whole number of the parts that ``points_are_parts_of`` names, so
    that adding up needs no fractions.
    """

    key: str
    title: str
    need: str
    unpaid: str
    points: Mapping[str, tuple[int, str]]
    shares: Mapping[str, tuple[int, str]]


@lru_cache(maxsize=64)
def points_are_parts_of(pack: Pack) -> int:
    """The common denominator of all shares of unpaid help: net points are whole numbers of its parts."""
    return lcm(*(option.share.denominator for q in pack.questions for option in q.options))


@lru_cache(maxsize=64)
def _areas(pack: Pack) -> tuple[_Area, ...]:
    parts = points_are_parts_of(pack)
    areas = []
    for outcome in pack.outcomes:
        need, unpaid = asked(pack, outcome.key, "need"), asked(pack, outcome.key, "unpaid")
        if need is None:
            continue
        areas.append(
            _Area(
                key=outcome.key,
                title=outcome.title,
                need=need.key,
                unpaid=unpaid.key if unpaid else "",
                points={o.key: (o.points, o.label) for o in need.options if o.points},
                shares={
                    o.key: (int(o.share * parts), o.label.lower())
                    for o in (unpaid.options if unpaid else ())
                    if o.share
                },
            )
        )
    return tuple(areas)


@lru_cache(maxsize=4096)
def _in_parts(count: int, parts: int) -> Fraction:
    return Fraction(count, parts)


def _net_points(pack: Pack, answers: Mapping[str, Any], steps: list[Step]) -> Fraction:
    parts = points_are_parts_of(pack)
    total = 0
    for area in _areas(pack):
        points, words = area.points.get(str(answers.get(area.need)), (0, ""))
        if not points:
            continue
        total += points * parts
        figure, running = _in_parts(points, 1), _in_parts(total, parts)
        steps.append(Step(f"need.{area.key}", area.title, words, figure, "points", running))
        share, said = area.shares.get(str(answers.get(area.unpaid)), (0, ""))
        if share:
            total -= points * share
            figure, running = _in_parts(-points * share, parts), _in_parts(total, parts)
            label = f"{area.title}: unpaid help"
            detail = f"family or friends are willing and able: {said}"
            steps.append(Step(f"unpaid.{area.key}", label, detail, figure, "points", running))
    net = _in_parts(total, parts)
    steps.append(Step("points", "Points in all", "the points above added up", net, "points", net))
    return net


def _unpaid(pack: Pack, outcome: str, answers: Mapping[str, Any]) -> Option | None:
    question = asked(pack, outcome, "unpaid")
    return question.option(str(answers.get(question.key))) if question else None


def _by_table(
    table: AllocationTable,
    points: Fraction,
    pack: Pack,
    answers: Mapping[str, Any],
    steps: list[Step],
) -> Fraction:
    match table.method:
        case "linear":
            money, detail = linear(table.knots, points)
        case "per_point":
            money = points * table.pence_per_point
            detail = f"{format_pence(table.pence_per_point)} for each point"
        case "bands":
            money, detail = banded(table.bands, points)
        case "price_list":
            return _priced(table, pack, answers, steps)
        case other:
            raise ValueError(f"unknown method {other}")
    steps.append(Step("table", "Points turned into money", detail, money, "pence", money))
    return money


def linear(knots: tuple[tuple[int, int], ...], points: Fraction) -> tuple[Fraction, str]:
    """Straight lines between the knots; level before the first and after the last."""
    if points <= knots[0][0]:
        return Fraction(knots[0][1]), f"{_shown(points, 'points')}: the lowest step of the table"
    for (low, low_pence), (high, high_pence) in pairwise(knots):
        if points <= high:
            money = low_pence + (points - low) * Fraction(high_pence - low_pence, high - low)
            return money, (
                f"between {low} points ({format_pence(low_pence)}) and {high} points ({format_pence(high_pence)})"
            )
    return Fraction(knots[-1][1]), f"{knots[-1][0]} points or more: the highest step of the table"


def banded(bands: tuple[tuple[int, int], ...], points: Fraction) -> tuple[Fraction, str]:
    """The sum of the highest band that the points reach; nothing below the first."""
    reached = [(start, pence) for start, pence in bands if points >= start]
    if not reached:
        return Fraction(0), f"below {bands[0][0]} points nothing is given"
    start, pence = reached[-1]
    return Fraction(pence), f"the band that starts at {start} points"


def _priced(
    table: AllocationTable, pack: Pack, answers: Mapping[str, Any], steps: list[Step]
) -> Fraction:
    total = Fraction(0)
    for key, option, pence, units in table.prices:
        if answers.get(key) != option:
            continue
        question = pack.question(key)
        helped = _unpaid(pack, question.outcome, answers)
        share = helped.share if helped else Fraction(0)
        cost = pence * units * (1 - share)
        total += cost
        label = pack.outcome(question.outcome).title if question.outcome else question.text
        detail = f"{decimal_words(units)} times a year at {format_pence(pence)}"
        if helped and share:
            detail += f", less what family or friends do: {helped.label.lower()}"
        steps.append(Step(f"price.{key}", label, detail, cost, "pence", total))
    return total


def _rounded(table: AllocationTable, money: Fraction, steps: list[Step]) -> Pence:
    unit = table.round_to_pence
    rounded = round_half_up(money / unit) * unit
    annual = max(rounded, table.minimum_pence)
    if table.maximum_pence is not None:
        annual = min(annual, table.maximum_pence)
    detail = f"to the nearest {format_pence(unit)}" if unit > 1 else "to the penny"
    if annual != rounded:
        detail += f", then kept between {format_pence(table.minimum_pence)} and " + (
            format_pence(table.maximum_pence) if table.maximum_pence is not None else "no limit"
        )
    steps.append(
        Step("rounding", "Rounded", detail, Fraction(annual) - money, "pence", Fraction(annual))
    )
    return annual
