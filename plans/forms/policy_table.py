"""An allocation table as it is typed on the policy workbench.

What a table may look like is decided where packs are read (``plans.rules``); here a refusal is only put
beside the box at fault. The form carries every row of the table, so that it stands for itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from carebudget.money import format_pounds
from carebudget.people.forms_kit import PoundsField
from plans.models import ProgrammePack
from plans.rules.allocation import decimal_words
from plans.rules.pack import AllocationTable, Pack, PackError
from plans.rules.policy_tables import answer_words, answers_to_choose, exact, with_table

MOST_STEPS = 40
MOST_ADJUSTMENTS = 30
BLANK_STEPS = 1
ROUNDINGS = (1, 100, 500, 1000, 5200, 10000)
MOST_PERCENT = 1000


class ExactField(forms.CharField):
    """A number that is not money, exact: ``12.5`` or ``1/3``. Gives the words, to be kept as typed."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(required=False, max_length=20, **kwargs)

    def clean(self, value: Any) -> str:
        words = str(super().clean(value) or "").strip().removesuffix("%").strip()
        if not words:
            return ""
        try:
            number = exact(words)
        except ValueError as error:
            raise ValidationError("Enter a number, like 5 or 12.5", code="number") from error
        if not 0 <= number <= self.most:
            raise ValidationError(f"Enter a number from 0 to {self.most:,}", code="size")
        return str(number)


class PointsField(forms.IntegerField):
    """Whole points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            min_value=0,
            max_value=100_000,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-4"}),
            error_messages={
                "invalid": "Enter whole points, like 30",
                "min_value": "Enter points of 0 or more",
                "max_value": "Enter fewer points",
            },
            **kwargs,
        )


@dataclass(frozen=True)
class Row:
    """One row of the table as it is typed: what it is about, and its boxes."""

    words: str
    boxes: tuple[BoundField, ...]


class TableForm(forms.Form):
    """An allocation table: its steps or prices, its adjustments, rounding, minimum and maximum."""

    def __init__(self, data: Any = None, *, pack: ProgrammePack, table: AllocationTable) -> None:
        super().__init__(data)
        self.pack, self.table, self.rules = pack, table, pack.rules
        self.label_suffix = ""
        self.changed: Pack | None = None
        match table.method:
            case "linear":
                self._steps(table.knots)
            case "bands":
                self._steps(table.bands)
            case "per_point":
                self._add(
                    "pence_per_point",
                    PoundsField(label="Pounds for each point"),
                    table.pence_per_point,
                )
            case _:
                self._prices()
        self._adjustments()
        self._limits()

    def _add(self, name: str, field: forms.Field, initial: Any) -> None:
        field.initial = initial
        self.fields[name] = field

    def _steps(self, steps: tuple[tuple[int, int], ...]) -> None:
        sent = [int(n) for n in re.findall(r"\bpoints_(\d{1,2})\b", " ".join(self.data))]
        count = min(max([*sent, len(steps) + BLANK_STEPS - 1]) + 1, MOST_STEPS)
        for n in range(count):
            points, pence = steps[n] if n < len(steps) else (None, None)
            self._add(f"points_{n}", PointsField(label=f"Points of step {n + 1}"), points)
            money = PoundsField(label=f"Pounds a year at step {n + 1}", required=False)
            self._add(f"pence_{n}", money, pence)

    def _prices(self) -> None:
        for n, (key, option, pence, units) in enumerate(self.table.prices):
            words = answer_words(self.rules, key, option)
            self._add(f"price_{n}", PoundsField(label=f"Price of one: {words}"), pence)
            often = ExactField(label=f"Times a year: {words}", most=100_000, widget=_narrow())
            self._add(f"units_{n}", often, decimal_words(units))

    def _adjustments(self) -> None:
        for n in range(self._adjustment_count()):
            one = self.table.adjustments[n] if n < len(self.table.adjustments) else None
            label = self.data.get(f"adjustment_{n}_label", one.label if one else "")
            named = f"{one.question}={one.option}" if one else ""
            for name, value in (
                ("key", one.key if one else ""),
                ("label", label),
                ("answer", named),
            ):
                hidden = forms.CharField(widget=forms.HiddenInput, max_length=120)
                self._add(f"adjustment_{n}_{name}", hidden, value)
            self._add(
                f"adjustment_{n}_pence",
                PoundsField(label=f"Pounds a year: {label}", required=False),
                one.pence or None if one else None,
            )
            percent = ExactField(label=f"Per cent: {label}", most=MOST_PERCENT, widget=_narrow())
            worth = decimal_words(one.percent) if one and one.percent else ""
            self._add(f"adjustment_{n}_percent", percent, worth)
            drop = forms.BooleanField(label="Take out", required=False)
            self._add(f"adjustment_{n}_drop", drop, False)
        self._new_adjustment()

    def _adjustment_count(self) -> int:
        if not self.is_bound:
            return len(self.table.adjustments)
        sent = [int(n) for n in re.findall(r"\badjustment_(\d{1,2})_key\b", " ".join(self.data))]
        return min(max(sent, default=-1) + 1, MOST_ADJUSTMENTS)

    def _new_adjustment(self) -> None:
        choices: list[Any] = [("", "No further adjustment"), *answers_to_choose(self.rules)]
        self._add(
            "new_answer",
            forms.ChoiceField(label="For this answer", choices=choices, required=False),
            "",
        )
        name = forms.CharField(label="What to call it", max_length=80, required=False)
        self._add("new_label", name, "")
        self._add("new_pence", PoundsField(label="Pounds a year", required=False), None)
        self._add(
            "new_percent", ExactField(label="Per cent", most=MOST_PERCENT, widget=_narrow()), ""
        )

    def _limits(self) -> None:
        units = sorted({*ROUNDINGS, self.table.round_to_pence})
        self._add(
            "round_to_pence",
            forms.TypedChoiceField(
                label="Round to the nearest",
                choices=[(unit, format_pounds(unit)) for unit in units],
                coerce=int,
            ),
            self.table.round_to_pence,
        )
        low = PoundsField(label="Never less than", required=False)
        self._add("minimum_pence", low, self.table.minimum_pence)
        high = PoundsField(label="Never more than", required=False)
        high.help_text = "Empty: no limit."
        self._add("maximum_pence", high, self.table.maximum_pence)

    # -- what is typed, as a table ----------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """The table must be one that a pack may have; what is wrong stands beside its box."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        allocation, boxes = self._allocation(cleaned)
        if self.errors:
            return cleaned
        try:
            self.changed = with_table(self.pack.content, allocation)
        except PackError as error:
            box = _box_of(error.path, boxes)
            self.add_error(box if box in self.fields else None, _plainly(error))
        return cleaned

    @property
    def typed_table(self) -> AllocationTable:
        """The table as typed; only after ``is_valid``."""
        assert self.changed is not None
        return self.changed.allocation

    def _allocation(self, typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The table as a pack file has it, and which box each of its parts came from."""
        boxes: dict[str, str] = {}
        found: dict[str, Any] = {"method": self.table.method}
        match self.table.method:
            case "linear":
                found["knots"] = self._typed_steps(typed, "knots", "points", boxes)
            case "bands":
                found["bands"] = self._typed_steps(typed, "bands", "from_points", boxes)
            case "per_point":
                found["pence_per_point"] = typed["pence_per_point"]
            case _:
                found["prices"] = self._typed_prices(typed, boxes)
        found["adjustments"] = self._typed_adjustments(typed, boxes)
        found["round_to_pence"] = typed["round_to_pence"]
        found["minimum_pence"] = typed["minimum_pence"] or 0
        found["maximum_pence"] = typed["maximum_pence"]
        return found, boxes

    def _typed_steps(
        self, typed: Mapping[str, Any], group: str, left: str, boxes: dict[str, str]
    ) -> list[dict[str, int]]:
        steps: list[dict[str, int]] = []
        for n in range(MOST_STEPS):
            points, pence = typed.get(f"points_{n}"), typed.get(f"pence_{n}")
            if points is None and pence is None:
                continue
            if points is None:
                self.add_error(
                    f"points_{n}", "Enter the points of this step, or empty its pounds too."
                )
            elif pence is None:
                self.add_error(
                    f"pence_{n}", "Enter the pounds of this step, or empty its points too."
                )
            else:
                path = f"{group}[{len(steps)}]"
                boxes[f"{path}.{left}"], boxes[f"{path}.pence"] = f"points_{n}", f"pence_{n}"
                steps.append({left: points, "pence": pence})
        if not steps and not self.errors:
            self.add_error("points_0", "Enter at least one step.")
        return steps

    def _typed_prices(
        self, typed: Mapping[str, Any], boxes: dict[str, str]
    ) -> list[dict[str, Any]]:
        prices = []
        for n, (key, option, _, _) in enumerate(self.table.prices):
            boxes[f"prices[{n}]"] = f"price_{n}"
            prices.append(
                {
                    "question": key,
                    "option": option,
                    "pence": typed[f"price_{n}"],
                    "units_a_year": typed[f"units_{n}"] or "0",
                }
            )
        return prices

    def _typed_adjustments(
        self, typed: Mapping[str, Any], boxes: dict[str, str]
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for n in range(self._adjustment_count()):
            if typed[f"adjustment_{n}_drop"]:
                continue
            boxes[f"adjustments[{len(found)}]"] = f"adjustment_{n}_pence"
            question, _, option = typed[f"adjustment_{n}_answer"].partition("=")
            found.append(
                {
                    "key": typed[f"adjustment_{n}_key"],
                    "label": typed[f"adjustment_{n}_label"],
                    "question": question,
                    "option": option,
                    "pence": typed[f"adjustment_{n}_pence"] or 0,
                    "percent": typed[f"adjustment_{n}_percent"] or "0",
                }
            )
        if typed["new_answer"] or typed["new_label"] or typed["new_pence"] or typed["new_percent"]:
            boxes[f"adjustments[{len(found)}]"] = "new_pence"
            found += self._typed_new(typed, {one["key"] for one in found})
        return found

    def _typed_new(self, typed: Mapping[str, Any], known: set[str]) -> list[dict[str, Any]]:
        if not typed["new_answer"]:
            self.add_error("new_answer", "Choose the answer that the new adjustment is for.")
        if not typed["new_label"]:
            self.add_error("new_label", "Give the new adjustment a name that people can read.")
        if not typed["new_pence"] and not typed["new_percent"]:
            self.add_error("new_pence", "Enter pounds a year, or a per cent below.")
        if self.errors:
            return []
        question, _, option = typed["new_answer"].partition("=")
        key = f"{question}_{option}"[:56]
        return [
            {
                "key": next(
                    k for k in (key, *(f"{key}_{n}" for n in range(2, 99))) if k not in known
                ),
                "label": typed["new_label"],
                "question": question,
                "option": option,
                "pence": typed["new_pence"] or 0,
                "percent": typed["new_percent"] or "0",
            }
        ]

    # -- for the page -----------------------------------------------------------------------

    def steps(self) -> Iterator[Row]:
        """Points and pounds of each step."""
        n = 0
        while f"points_{n}" in self.fields:
            yield Row(f"Step {n + 1}", (self[f"points_{n}"], self[f"pence_{n}"]))
            n += 1

    def prices(self) -> Iterator[Row]:
        """Price and times a year of each answer."""
        for n, (key, option, _, _) in enumerate(self.table.prices):
            words = answer_words(self.rules, key, option)
            yield Row(words, (self[f"price_{n}"], self[f"units_{n}"]))

    def adjustments(self) -> Iterator[Row]:
        """Pounds, per cent and the box to take it out, of each adjustment; then what says which it is."""
        names = ("pence", "percent", "drop", "key", "label", "answer")
        for n in range(self._adjustment_count()):
            label = str(self[f"adjustment_{n}_label"].value())
            yield Row(label, tuple(self[f"adjustment_{n}_{name}"] for name in names))


def _narrow() -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "decimal", "class": "govuk-input--width-5"})


def _box_of(path: str, boxes: Mapping[str, str]) -> str:
    """The box behind ``pack.allocation.knots[2].pence``, or behind the row it is in."""
    inside = path.removeprefix("pack.allocation.")
    return boxes.get(inside) or boxes.get(inside.rpartition(".")[0]) or inside


def _plainly(error: PackError) -> str:
    if error.path == "pack.allocation.prices":
        return f"A price is wrong: {error.message}."
    words = {
        "must be above the one before it": "The points must be above those of the step before.",
        "gives less for more need": "This gives less for more need. Make it at least as much as the step before.",
        "must not be below the minimum": "The most must not be below the least.",
    }
    return words.get(error.message, f"This {error.message}.")
