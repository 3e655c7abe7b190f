"""The questions about money: in which order they come, which are needed, and how answers become finances.

Pure. An answer is kept under a flat name such as ``income.esa``; ``{}`` there means that somebody ticked
the kind and has not said how much. The same names serve the public calculator and the full assessment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import AnswerError
from .charging_finances import check_finances
from .charging_kinds import CAPITAL_BANDS, INCOME, SUPPORT, kind_of, titles

GROUPS = ("capital", "income", "housing", "disability")
_SOMEBODY = {"date_of_birth": "1950-01-01"}


@dataclass(frozen=True)
class MoneySection:
    """One page of questions. ``evidence`` says what to attach, where something is worth attaching."""

    key: str
    title: str
    intro: str = ""
    evidence: str = ""
    calculator_only: bool = False


SECTIONS = (
    MoneySection(
        "support", "What the support is for", "Some support is always free.", calculator_only=True
    ),
    MoneySection(
        "born", "When you were born", "What you may keep depends on your age.", calculator_only=True
    ),
    MoneySection(
        "household", "Who you live with", "You may keep more if you have children at home."
    ),
    MoneySection(
        "extras", "Disability and caring", "Each of these can mean that you may keep more."
    ),
    MoneySection(
        "savings",
        "Savings",
        "The home you live in never counts. Neither do your belongings.",
        "A bank or building society statement of the last month for each account.",
    ),
    MoneySection(
        "savings-amounts", "How much you have in savings", "Leave a box empty if you have none."
    ),
    MoneySection(
        "income",
        "Money that comes in",
        "Tick everything you get. We only ask how much for what counts.",
        "The letter about each benefit or pension, or a statement that shows it coming in.",
    ),
    MoneySection("income-amounts", "How much comes in", "The newest letter or statement says it."),
    MoneySection(
        "home",
        "Your home",
        "You keep the money for these. Leave a box empty if you do not pay it.",
        "Your rent book or rent letter, and the Council Tax bill.",
    ),
    MoneySection(
        "disability-costs",
        "Extra costs because of a disability",
        "You keep the money for these. Leave a box empty if you do not pay for it.",
        "Receipts or bills for what you spend.",
    ),
    MoneySection(
        "cost",
        "What the support costs",
        "You never pay more than your support costs.",
        calculator_only=True,
    ),
)


def section(key: str) -> MoneySection:
    """The section with this key. Raises ``KeyError``."""
    for one in SECTIONS:
        if one.key == key:
            return one
    raise KeyError(key)


def applies(key: str, values: Mapping[str, Any], *, calculator: bool) -> bool:
    """Whether a page has anything to ask, after what was said so far."""
    if section(key).calculator_only and not calculator:
        return False
    support = values.get("support.kind", "care")
    if calculator and support not in ("", "care"):
        return key == "support"
    match key:
        case "savings-amounts":
            return values.get("capital_band") == "between"
        case "income-amounts":
            return bool(chosen_kinds(values))
        case "disability-costs":
            return gets_disability_benefit(values)
        case "extras" | "income" | "home":
            return values.get("capital_band") != "above"
    return True


def sections_for(values: Mapping[str, Any], *, calculator: bool = False) -> list[MoneySection]:
    """The pages that somebody is asked, in order."""
    return [one for one in SECTIONS if applies(one.key, values, calculator=calculator)]


def chosen_kinds(values: Mapping[str, Any]) -> list[str]:
    """Kinds of income that were ticked and whose sum matters, in order."""
    if values.get("capital_band") == "above":
        return []
    return [kind.key for kind in INCOME if kind.asks_amount and f"income.{kind.key}" in values]


def gets_disability_benefit(values: Mapping[str, Any]) -> bool:
    """Whether a benefit for disability was ticked whose sum counts."""
    return any(kind_of(INCOME, key).for_disability for key in chosen_kinds(values))


def is_done(key: str, values: Mapping[str, Any]) -> bool:
    """Whether a page has been answered, so far as it must be."""
    if f"seen.{key}" not in values:
        return False
    match key:
        case "savings-amounts":
            return any(name.startswith("capital.") for name in values)
        case "income-amounts":
            return all(values[f"income.{kind}"] for kind in chosen_kinds(values))
    return True


def unfinished(values: Mapping[str, Any], *, calculator: bool = False) -> list[MoneySection]:
    """The pages that still wait for an answer."""
    return [
        one for one in sections_for(values, calculator=calculator) if not is_done(one.key, values)
    ]


def check_money_answer(question: str, value: Any) -> Any:
    """The value of one question in its right shape. Raises ``AnswerError``."""
    group, _, kind = question.partition(".")
    match group:
        case "income" if value == {}:
            if kind not in titles(INCOME):
                raise AnswerError(f"finances.{question}", "there is no such kind of income")
            return value
        case "capital" | "income" | "housing" | "disability" if kind:
            return check_finances({**_SOMEBODY, group: {kind: value}}).as_data()[group][kind]
        case "seen":
            if kind not in {one.key for one in SECTIONS} or value is not True:
                raise AnswerError(f"finances.{question}", "there is no such page")
            return value
        case "support":
            return _support_answer(kind, value)
        case "household":
            partner = {"partner_date_of_birth": "1950-01-01"} if value == "couple" else {}
            return check_finances({**_SOMEBODY, "household": value, **partner}).household
        case "partner_date_of_birth":
            check_finances({**_SOMEBODY, "household": "couple", question: value})
            return value
        case "date_of_birth":
            check_finances({question: value})
            return value
        case "children" | "premiums":
            found = check_finances({**_SOMEBODY, question: value})
            return found.children if question == "children" else list(found.premiums)
        case "capital_band":
            if value not in CAPITAL_BANDS:
                raise AnswerError(
                    "finances.capital_band", f"choose one of: {', '.join(CAPITAL_BANDS)}"
                )
            return value
    raise AnswerError(f"finances.{question}", "there is no such question about money")


def _support_answer(kind: str, value: Any) -> Any:
    if kind == "kind" and value in titles(SUPPORT):
        return value
    if kind == "cost":
        check_finances({**_SOMEBODY, "support": [{"kind": "care", "pence_a_week": value}]})
        return value
    raise AnswerError(f"finances.support.{kind}", f"choose one of: {', '.join(titles(SUPPORT))}")


def as_finances(values: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping that ``check_finances`` reads, from answers by question.

    What no longer matters is left out: sums of savings when only the band was asked for, a partner's
    birthday when there is no partner, costs of a disability without a benefit for it.
    """
    found: dict[str, Any] = {}
    for question, value in values.items():
        group, _, kind = question.partition(".")
        if group in GROUPS:
            found.setdefault(group, {})[kind] = value or None
        elif group not in ("seen", "support"):
            found[question] = value
    if found.get("household") != "couple":
        found.pop("partner_date_of_birth", None)
    if found.get("capital_band") != "between":
        found.pop("capital", None)
    elif "capital" in found:
        found["capital"] = {kind: pence or 0 for kind, pence in found["capital"].items()}
    if found.get("capital_band") == "above":
        for group in ("income", "housing", "disability"):
            found.pop(group, None)
    if not gets_disability_benefit(values):
        found.pop("disability", None)
    kind = values.get("support.kind", "care") or "care"
    cost = values.get("support.cost")
    if cost is not None or kind != "care":
        found["support"] = [{"kind": kind, "pence_a_week": cost or 0}]
    return found


def from_finances(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Answers by question from finances, every page marked as seen: what ``as_finances`` came from."""
    values: dict[str, Any] = {}
    for name, value in mapping.items():
        if name in GROUPS:
            values |= {f"{name}.{kind}": {} if one is None else one for kind, one in value.items()}
        elif name != "support":
            values[name] = value
    if "capital" in mapping and "capital_band" not in mapping:
        values["capital_band"] = "between"
    values.setdefault("capital_band", "below")
    values.setdefault("household", "single")
    for one in SECTIONS:
        values[f"seen.{one.key}"] = True
    return values
