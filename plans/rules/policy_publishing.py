"""The effect of a change as it may be shown and exported: with what would point at people left out. Pure.

``None`` stands for a count or a sum that is left out. Totals of money are always shown: they are what a
council's budget says. Money of a group is shown where the number of its people is. How budgets are spread
is not shown while it is left out how many fall to nothing: the bars of nothing would say it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from carebudget.money import Pence, decimal_string, format_pence, format_pounds

from .allocation import MINUS
from .policy_effect import LESS, MORE, NOTHING, OUTCOMES, Bar, Division, Effect
from .policy_suppression import TOTAL, Cell, Moves, leave_out, leave_out_of_bars

LEFT_OUT = "left out"


@dataclass(frozen=True)
class ShownGroup:
    """What may be shown of one group."""

    label: str
    people: int | None
    counts: tuple[int | None, ...]
    before_pence: Pence | None
    after_pence: Pence | None

    @property
    def change_words(self) -> str:
        """By how much the group's budgets rise or fall in all."""
        if self.before_pence is None or self.after_pence is None:
            return LEFT_OUT
        return signed(self.after_pence - self.before_pence)


@dataclass(frozen=True)
class ShownDivision:
    """What may be shown of one grouping; no rows when that is nothing."""

    key: str
    title: str
    rows: tuple[ShownGroup, ...]

    @property
    def leaves_out(self) -> bool:
        """Whether something is left out of what is shown."""
        return any(row.people is None or None in row.counts for row in self.rows)


@dataclass(frozen=True)
class ShownBar:
    """How many people have a budget in a range, as far as it may be shown."""

    label: str
    to_pence: Pence
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Shown:
    """Everything that may be shown."""

    people: int | None
    counts: tuple[int | None, ...]
    before_pence: Pence
    after_pence: Pence
    gained_pence: Pence | None
    lost_pence: Pence | None
    divisions: tuple[ShownDivision, ...]
    bars: tuple[ShownBar, ...]

    @property
    def change_pence(self) -> Pence:
        """By how much the budgets rise in all."""
        return self.after_pence - self.before_pence

    @property
    def sentence(self) -> str:
        """What happens to the total, in words."""
        if self.change_pence == 0:
            return f"The total stays {format_pence(self.before_pence)} a year."
        verb = "rises" if self.change_pence > 0 else "falls"
        return (
            f"The total {verb} by {format_pence(abs(self.change_pence))} a year, "
            f"from {format_pence(self.before_pence)} to {format_pence(self.after_pence)}."
        )

    @property
    def named_counts(self) -> tuple[tuple[str, int | None], ...]:
        """How many get more, the same, less, and fall to nothing."""
        return tuple(zip(OUTCOMES, self.counts, strict=True))

    @property
    def leaves_out(self) -> bool:
        """Whether something is left out, so that the page must say why."""
        parts: list[int | None] = [self.people, *self.counts]
        parts += [count for bar in self.bars for count in (bar.before, bar.after)]
        return None in parts or any(d.leaves_out or not d.rows for d in self.divisions)

    def as_data(self) -> dict[str, Any]:
        """JSON data; what is left out is ``null``."""
        return {
            "people": self.people,
            "counts": _named(self.counts),
            "before_pence": self.before_pence,
            "after_pence": self.after_pence,
            "change_pence": self.change_pence,
            "gained_pence": self.gained_pence,
            "lost_pence": self.lost_pence,
            "divisions": [
                {
                    "key": division.key,
                    "title": division.title,
                    "shown": bool(division.rows),
                    "groups": [
                        {
                            "group": row.label,
                            "people": row.people,
                            "counts": _named(row.counts),
                            "before_pence": row.before_pence,
                            "after_pence": row.after_pence,
                        }
                        for row in division.rows
                    ],
                }
                for division in self.divisions
            ],
            "distribution": [
                {"budget": bar.label, "people_before": bar.before, "people_after": bar.after}
                for bar in self.bars
            ],
        }

    def as_rows(self) -> Iterable[tuple[str, str, str, str]]:
        """Section, group, measure and figure, one a row, for a table of figures; money in pounds."""
        yield "All", "Everybody", "People", _figure(self.people)
        yield from _rows("All", "Everybody", self.counts, self.before_pence, self.after_pence)
        yield "All", "Everybody", "Pounds more for those who get more", _pounds(self.gained_pence)
        yield "All", "Everybody", "Pounds less for those who get less", _pounds(self.lost_pence)
        for division in self.divisions:
            for row in division.rows:
                yield division.title, row.label, "People", _figure(row.people)
                yield from _rows(
                    division.title, row.label, row.counts, row.before_pence, row.after_pence
                )
        for bar in self.bars:
            yield "Budgets a year", bar.label, "People before", _figure(bar.before)
            yield "Budgets a year", bar.label, "People after", _figure(bar.after)


def _rows(
    section: str,
    group: str,
    counts: tuple[int | None, ...],
    before: Pence | None,
    after: Pence | None,
) -> Iterable[tuple[str, str, str, str]]:
    for name, count in zip(OUTCOMES, counts, strict=True):
        yield section, group, name, _figure(count)
    yield section, group, "Pounds a year before", _pounds(before)
    yield section, group, "Pounds a year after", _pounds(after)


def _figure(count: int | None) -> str:
    return LEFT_OUT if count is None else str(count)


def _pounds(amount: Pence | None) -> str:
    return LEFT_OUT if amount is None else decimal_string(amount)


def signed(change: Pence) -> str:
    """A change in words: ``+£1``, ``−£1.50``, or that there is none."""
    return f"{'+' if change > 0 else MINUS}{format_pounds(abs(change))}" if change else "no change"


def _named(counts: tuple[int | None, ...]) -> dict[str, int | None]:
    return dict(zip(("more", "same", "less", "nothing"), counts, strict=True))


def publish(effect: Effect) -> Shown:
    """What of an effect may be shown."""
    tables = [[row.counts for row in division.rows] for division in effect.divisions]
    hidden = leave_out(effect.counts, tables)
    counts = tuple(
        None if hidden.everything or n in hidden.columns else count
        for n, count in enumerate(effect.counts)
    )
    whose = None in (counts[MORE], counts[LESS], counts[NOTHING])
    return Shown(
        people=None if hidden.everything else effect.people,
        counts=counts,
        before_pence=effect.before_pence,
        after_pence=effect.after_pence,
        gained_pence=None if whose else effect.gained_pence,
        lost_pence=None if whose else effect.lost_pence,
        divisions=tuple(
            _division(division, cells)
            for division, cells in zip(effect.divisions, hidden.tables, strict=True)
        ),
        bars=() if counts[NOTHING] is None else _bars(effect.bars),
    )


def _division(division: Division, hidden: frozenset[Cell] | None) -> ShownDivision:
    if hidden is None:
        return ShownDivision(division.key, division.title, ())
    rows = []
    for r, row in enumerate(division.rows):
        known = (r, TOTAL) not in hidden
        rows.append(
            ShownGroup(
                label=row.label,
                people=row.people if known else None,
                counts=tuple(
                    None if (r, c) in hidden else count for c, count in enumerate(row.counts)
                ),
                before_pence=row.before_pence if known else None,
                after_pence=row.after_pence if known else None,
            )
        )
    return ShownDivision(division.key, division.title, tuple(rows))


def _bars(bars: tuple[Bar, ...]) -> tuple[ShownBar, ...]:
    hidden = leave_out_of_bars(
        [Moves(bar.before, bar.after, bar.stayed, bar.unchanged) for bar in bars]
    )
    if hidden is None:
        return ()
    return tuple(
        ShownBar(
            label=bar.label,
            to_pence=bar.to_pence,
            before=None if n in hidden else bar.before,
            after=None if n in hidden else bar.after,
        )
        for n, bar in enumerate(bars)
    )
