"""What comes out of charging: the contribution with every step of its working, as data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from carebudget.money import Pence, format_pence

from .allocation import Step

GROUPS = (
    ("income", "What comes in that counts"),
    ("keep", "What you keep"),
    ("result", "What it comes to"),
)
"""The parts of the working, by the first word of a step's key."""


@dataclass(frozen=True)
class Contribution:
    """What somebody pays a week, in pence, with its working.

    ``pence_a_week`` is ``None`` only when somebody pays the whole cost and the cost is not known.
    ``cost_pence`` is what the support that may be charged costs a week; ``None`` when not known.
    """

    pence_a_week: Pence | None
    full_cost: bool
    nothing_charged: bool
    cost_pence: Pence | None
    income_pence: Pence
    kept_pence: Pence
    table: str
    table_version: str
    policy: str
    policy_version: str
    on: str
    steps: tuple[Step, ...]
    sentence: str

    def as_data(self) -> dict[str, Any]:
        """The whole working as JSON data."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return found | {"steps": [step.as_data() for step in self.steps]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Contribution":
        """The contribution that ``as_data`` wrote."""
        steps = tuple(Step.from_data(step) for step in data["steps"])
        return cls(**{**data, "steps": steps})

    @property
    def groups(self) -> list[tuple[str, list[Step]]]:
        """The steps under their headings, for a page."""
        found = [
            (title, [step for step in self.steps if step.key.split(".")[0] == name])
            for name, title in GROUPS
        ]
        return [(title, steps) for title, steps in found if steps]


class Working:
    """Steps as they are written down, each with the running total after it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.running = 0

    def add(self, key: str, label: str, detail: str, pence: Pence) -> None:
        """One more step."""
        self.running += pence
        self.steps.append(
            Step(key, label, detail, Fraction(pence), "pence", Fraction(self.running))
        )


def without_full_assessment(ground: str, pays: Pence, cost: Pence, on: date) -> Contribution:
    """What is paid where a light touch took the place of the rules (regulation 10). ``ground`` in words."""
    working = Working()
    working.add("result.light", "Without a full assessment", ground[0].lower() + ground[1:], pays)
    words = f"You pay {format_pence(pays)} a week" if pays else "You pay nothing"
    return Contribution(
        pence_a_week=pays,
        full_cost=pays == cost,
        nothing_charged=False,
        cost_pence=cost,
        income_pence=0,
        kept_pence=0,
        table="",
        table_version="",
        policy="",
        policy_version="",
        on=on.isoformat(),
        steps=tuple(working.steps),
        sentence=f"{words}. This was decided without a full assessment.",
    )
