"""The resource allocation system: from answers to an indicative sum, exact and explained. Pure.

Seven steps: need points; less willing and able unpaid support; net points summed; the table; named
adjustments in order; rounding, minimum and maximum; the amount with every step. The tests are
transparent, timely, sufficient (Care and Support Statutory Guidance, chapter 11); the courts expect
reasons for the sum (R (Savva) v Kensington and Chelsea). None of it ever gives less for more need.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from carebudget.money import Pence, format_pence, round_half_up
from carebudget.text import plural

from .eligibility import asked
from .pack import AllocationTable, Pack

WEEKS_A_YEAR = 52


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
        return format_pence(round_half_up(figure))
    whole, part = divmod(figure, 1)
    fraction = {Fraction(1, 4): "¼", Fraction(1, 2): "½", Fraction(3, 4): "¾", Fraction(0): ""}.get(
        part, f" {part}"
    )
    words = f"{int(whole) or ('' if part and fraction else 0)}{fraction}"
    return f"{words} point{'' if figure == 1 else 's'}"


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


def allocate(pack: Pack, answers: Mapping[str, Any]) -> Allocation:
    """The allocation for verified answers. Deterministic; the order of answers does not matter."""
    steps: list[Step] = []
    points = _net_points(pack, answers, steps)
    table = pack.allocation
    money = _by_table(table, points, pack, answers, steps)
    for adjustment in table.adjustments:
        chosen = answers.get(adjustment.question)
        if chosen == adjustment.option or (
            isinstance(chosen, list) and adjustment.option in chosen
        ):
            added = adjustment.pence + money * adjustment.percent / 100
            money += added
            detail = (
                f"{adjustment.percent}% of the sum so far"
                if adjustment.percent
                else "a fixed sum each year"
            )
            steps.append(
                Step(
                    f"adjustment.{adjustment.key}", adjustment.label, detail, added, "pence", money
                )
            )
    annual = _rounded(table, money, steps)
    return Allocation(annual_pence=annual, points=points, steps=tuple(steps))


def _net_points(pack: Pack, answers: Mapping[str, Any], steps: list[Step]) -> Fraction:
    total = Fraction(0)
    for outcome in pack.outcomes:
        need = asked(pack, outcome.key, "need")
        chosen = need.option(str(answers.get(need.key))) if need else None
        if chosen is None or chosen.points == 0:
            continue
        support = asked(pack, outcome.key, "unpaid")
        share = Fraction(0)
        detail = f"{plural(chosen.points, 'point')}: {chosen.label}"
        if support is not None:
            helped = support.option(str(answers.get(support.key)))
            if helped is not None and helped.share:
                share = helped.share
                detail += f"; family and friends are willing and able to do {helped.label.lower()}"
        net = chosen.points * (1 - share)
        total += net
        steps.append(Step(f"need.{outcome.key}", outcome.title, detail, net, "points", total))
    steps.append(
        Step("points", "Points in all", "the points above added up", total, "points", total)
    )
    return total


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
    for (low, low_pence), (high, high_pence) in zip(knots, knots[1:], strict=False):
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
        share = Fraction(0)
        support = asked(pack, question.outcome, "unpaid") if question.outcome else None
        if support is not None and (helped := support.option(str(answers.get(support.key)))):
            share = helped.share
        cost = pence * units * (1 - share)
        total += cost
        label = pack.outcome(question.outcome).title if question.outcome else question.text
        steps.append(
            Step(
                f"price.{key}",
                label,
                f"{units} times a year at {format_pence(pence)}",
                cost,
                "pence",
                total,
            )
        )
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
