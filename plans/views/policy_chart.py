"""The distribution of budgets as a picture: where each bar stands. Draws from what may be shown only."""

from dataclasses import dataclass

from carebudget.money import format_pounds
from plans.rules.policy_publishing import Shown

WIDTH, HEIGHT, FOOT = 640, 200, 40
LEFT_OUT_HEIGHT = 10
"""A bar that is left out has one height, so that the picture says no more than the table."""


@dataclass(frozen=True)
class ChartBar:
    """One bar: where it stands, and whether its count is left out."""

    x: float
    y: float
    width: float
    height: float
    left_out: bool


@dataclass(frozen=True)
class Slot:
    """The bars of one range of budgets, before and after, and the words under them."""

    x: float
    words: str
    before: ChartBar
    after: ChartBar


@dataclass(frozen=True)
class Chart:
    """The picture: its slots, its size, and what it says in words."""

    slots: tuple[Slot, ...]
    width: int
    height: int
    foot: int
    words: str


def chart_of(shown: Shown) -> Chart | None:
    """The picture of the distribution before and after; ``None`` when there is nothing to show."""
    if not shown.bars:
        return None
    counts = [count or 0 for bar in shown.bars for count in (bar.before, bar.after)]
    most = max([*counts, 1])
    wide = WIDTH / len(shown.bars)
    slots = []
    for n, bar in enumerate(shown.bars):
        left = n * wide
        slots.append(
            Slot(
                x=round(left + wide / 2, 1),
                words=_words(bar.to_pence) if len(shown.bars) <= 8 or n % 2 == 0 else "",
                before=_bar(left + wide * 0.1, wide * 0.38, bar.before, most),
                after=_bar(left + wide * 0.52, wide * 0.38, bar.after, most),
            )
        )
    spoken = "; ".join(
        f"{bar.label}: {_spoken(bar.before)} before, {_spoken(bar.after)} after"
        for bar in shown.bars
    )
    return Chart(tuple(slots), WIDTH, HEIGHT, HEIGHT + FOOT, f"How many people have: {spoken}")


def _bar(x: float, width: float, count: int | None, most: int) -> ChartBar:
    height = LEFT_OUT_HEIGHT if count is None else round((HEIGHT - 20) * count / most, 1)
    return ChartBar(round(x, 1), round(HEIGHT - height, 1), round(width, 1), height, count is None)


def _words(pence: int) -> str:
    """The upper end, short: ``£5,000`` or ``£25k``."""
    if pence >= 1_000_000 and pence % 100_000 == 0:
        return f"£{pence // 100_000}k"
    return format_pounds(pence)


def _spoken(count: int | None) -> str:
    return "left out" if count is None else f"{count:,}"
