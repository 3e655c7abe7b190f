"""A forecast as a picture: where each bar, dot and line stands. Draws what the table beside it says."""

from dataclasses import dataclass

from carebudget.money import Pence, format_pounds
from payments.rules.forecast import Forecast, Row

WIDTH, LEFT, TOP, HEIGHT, FOOT = 720, 74, 14, 210, 46
KINDS = ("spent", "waiting", "promised", "planned")


@dataclass(frozen=True)
class Block:
    """One part of a month's bar."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Slot:
    """One month: its bar, where the expected sum and the month's part of the budget stand, its name."""

    x: float
    centre: float
    width: float
    words: str
    year: str
    blocks: tuple[Block, ...]
    expected_y: float
    available_y: float


@dataclass(frozen=True)
class Line:
    """A line across with its amount."""

    y: float
    words: str


@dataclass(frozen=True)
class Picture:
    """The whole picture, its size, and what it says in words."""

    slots: tuple[Slot, ...]
    lines: tuple[Line, ...]
    points: str
    steps: str
    width: int
    height: int
    left: int
    base: int
    words: str


def picture_of_forecast(found: Forecast) -> Picture | None:
    """The picture of a forecast; ``None`` when there is no month."""
    if not found.rows:
        return None
    top = _top(max(max(_stack(row), row.expected, row.available) for row in found.rows))
    wide = (WIDTH - LEFT) / len(found.rows)
    slots = tuple(_slot(row, n, wide, top, found) for n, row in enumerate(found.rows))
    lines = tuple(Line(_y(top * n // 4, top), format_pounds(top * n // 4)) for n in range(5))
    return Picture(
        slots=slots,
        lines=lines,
        points=" ".join(f"{slot.centre},{slot.expected_y}" for slot in slots),
        steps=" ".join(
            f"{round(LEFT + n * wide, 1)},{slot.available_y} {round(LEFT + (n + 1) * wide, 1)},{slot.available_y}"
            for n, slot in enumerate(slots)
        ),
        width=WIDTH,
        height=TOP + HEIGHT + FOOT,
        left=LEFT,
        base=TOP + HEIGHT,
        words=_spoken(found),
    )


def _slot(row: Row, n: int, wide: float, top: Pence, found: Forecast) -> Slot:
    blocks, below = [], 0
    for kind in KINDS:
        pence = max(0, getattr(row, kind))
        if pence:
            y = _y(below + pence, top)
            blocks.append(Block(kind, y, round(_y(below, top) - y, 1)))
        below += pence
    left = LEFT + n * wide
    months = len(found.rows)
    return Slot(
        x=round(left + wide * 0.18, 1),
        centre=round(left + wide / 2, 1),
        width=round(wide * 0.64, 1),
        words=f"{row.month:%b}" if months <= 14 or n % 3 == 0 else "",
        year=f"{row.month:%Y}" if n == 0 or row.month.month == 1 else "",
        blocks=tuple(blocks),
        expected_y=_y(max(0, row.expected), top),
        available_y=_y(max(0, row.available), top),
    )


def _stack(row: Row) -> Pence:
    return sum(max(0, getattr(row, kind)) for kind in KINDS)


def _y(pence: Pence, top: Pence) -> float:
    return round(TOP + HEIGHT - HEIGHT * pence / top, 1)


def _top(most: Pence) -> Pence:
    """A round sum in whole pounds, at least ``most``, that divides by four."""
    step = 400
    while step * 5 < most:
        step *= 10
    for times in (1, 2, 3, 5):
        if step * times >= most:
            return step * times
    return step * 10


def _spoken(found: Forecast) -> str:
    total = found.total
    first, last = found.rows[0].month, found.rows[-1].month
    left = (
        f"{format_pounds(total.unspent)} is left at the end"
        if total.unspent >= 0
        else f"it is {format_pounds(-total.unspent)} too little"
    )
    return (
        f"Month by month from {first:%B %Y} to {last:%B %Y}: {format_pounds(total.spent)} is spent, "
        f"{format_pounds(total.committed)} waits, is promised or planned. {format_pounds(total.expected)} "
        f"is expected to be spent of {format_pounds(total.available)}, so {left}. The table has every figure."
    )
