"""What the pages about paying show: answers in words, the working, its picture. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from carebudget.money import format_pence, format_pounds
from plans.forms.charging import HOUSEHOLD_CHOICES, SUPPORT_CHOICES
from plans.models import FinancialAnswer, FinancialEvidence
from plans.rules.charging_kinds import (
    CAPITAL,
    DISABILITY_COSTS,
    HOUSING,
    INCOME,
    PERIODS,
    PREMIUMS,
    titles,
)
from plans.rules.charging_questions import MoneySection, chosen_kinds, is_done, sections_for
from plans.rules.charging_result import Contribution
from plans.rules.charging_table import Capital

KINDS = {"capital": CAPITAL, "income": INCOME, "housing": HOUSING, "disability": DISABILITY_COSTS}
SECTION_OF = {
    "support.kind": "support",
    "support.cost": "cost",
    "date_of_birth": "born",
    "household": "household",
    "partner_date_of_birth": "household",
    "children": "household",
    "premiums": "extras",
    "capital_band": "savings",
}
GROUP_SECTIONS = {"capital": "savings-amounts", "housing": "home", "disability": "disability-costs"}
QUESTIONS = {
    "support.kind": "What the support is for",
    "support.cost": "What it costs a week",
    "date_of_birth": "Born",
    "household": "Lives with a partner",
    "partner_date_of_birth": "Partner born",
    "children": "Children at home",
    "premiums": "Disability and caring",
    "capital_band": "Savings",
}


@dataclass(frozen=True)
class Said:
    """One question with its answer in words, who gave it, and what it was corrected to."""

    question: str
    title: str
    words: str
    answer: FinancialAnswer | None = None
    corrected: str = ""


@dataclass(frozen=True)
class Page:
    """One page of questions: how far it is, what was said, and what is attached to it."""

    section: MoneySection
    done: bool
    said: list[Said]
    evidence: list[FinancialEvidence]
    has_amounts: bool = False


def section_of(question: str) -> str:
    """The page on which a question is asked."""
    group, _, _ = question.partition(".")
    if group == "income":
        return "income"
    return SECTION_OF.get(question) or GROUP_SECTIONS.get(group, "")


def title_of(question: str) -> str:
    """A question in few words."""
    group, _, kind = question.partition(".")
    return titles(KINDS[group])[kind] if group in KINDS else QUESTIONS.get(question, question)


def in_words(question: str, value: Any, limits: Capital) -> str:
    """An answer as a person reads it."""
    group, _, _ = question.partition(".")
    if value is None:
        return "Nothing"
    if question == "household":
        return dict(HOUSEHOLD_CHOICES).get(value, str(value))
    if question in ("date_of_birth", "partner_date_of_birth"):
        return f"{date.fromisoformat(value):%-d %B %Y}"
    if question == "premiums":
        return "; ".join(titles(PREMIUMS)[one] for one in value) or "None of these"
    if question == "capital_band":
        return band_words(value, limits)
    if question == "support.kind":
        return dict(SUPPORT_CHOICES).get(value, str(value))
    if group == "capital" or question == "support.cost":
        return format_pence(value)
    if isinstance(value, Mapping):
        if "pence" not in value:
            return "Yes"
        return f"{format_pence(value['pence'])} {PERIODS[value['every']][0]}"
    return str(value)


def band_words(band: str, limits: Capital) -> str:
    """The band of savings with its limits."""
    lower, upper = format_pounds(limits.lower_pence), format_pounds(limits.upper_pence)
    return {
        "below": f"{lower} or less",
        "between": f"More than {lower}, up to {upper}",
        "above": f"More than {upper}",
    }.get(band, band)


def pages_of(
    values: Mapping[str, Any],
    limits: Capital,
    *,
    calculator: bool = False,
    answers: Mapping[str, FinancialAnswer] | None = None,
    evidence: Mapping[str, list[FinancialEvidence]] | None = None,
) -> list[Page]:
    """Every page that applies, with what was said on it; income and its sums are one."""
    shown: dict[str, list[Said]] = {}
    questions = dict.fromkeys([*values, *(answers or {})])
    for question in sorted(questions, key=_order):
        key = section_of(question)
        if not key:
            continue
        answer = (answers or {}).get(question)
        counts = values.get(question)
        own = answer.value if answer else counts
        corrected = ""
        if answer and answer.corrected:
            corrected = in_words(question, answer.verified_value, limits)
        shown.setdefault(key, []).append(
            Said(question, title_of(question), in_words(question, own, limits), answer, corrected)
        )
    return [
        Page(
            section=one,
            done=is_done(one.key, values),
            said=shown.get(one.key, []),
            evidence=(evidence or {}).get(one.key, []),
            has_amounts=one.key == "income" and bool(chosen_kinds(values)),
        )
        for one in sections_for(values, calculator=calculator)
    ]


def _order(question: str) -> tuple[int, int]:
    group, _, kind = question.partition(".")
    if group in KINDS:
        return (list(KINDS).index(group) + 10, list(titles(KINDS[group])).index(kind))
    return (list(QUESTIONS).index(question), 0) if question in QUESTIONS else (99, 0)


@dataclass(frozen=True)
class Bar:
    """One bar of the picture: what it stands for, and its two parts in per cent of the widest."""

    title: str
    first: float
    second: float
    first_words: str
    second_words: str


def picture_of(result: Contribution, pays: int | None = None) -> list[Bar]:
    """What comes in beside what is kept, and what the support costs beside who pays it.

    ``pays`` is what a person decided, where that is less than the rules say.
    """
    pays = result.pence_a_week if pays is None else pays
    if pays is None or result.nothing_charged:
        return []
    income, cost = result.income_pence, result.cost_pence or 0
    widest = max(income, cost, 1)
    bars = []
    if income:
        kept = income - min(pays, income)
        bars.append(
            Bar(
                "What comes in that counts",
                _part(min(pays, income), widest),
                _part(kept, widest),
                f"{format_pence(min(pays, income))} you pay",
                f"{format_pence(kept)} you keep",
            )
        )
    if cost:
        bars.append(
            Bar(
                "What the support costs",
                _part(pays, widest),
                _part(cost - pays, widest),
                f"{format_pence(pays)} you pay",
                f"{format_pence(cost - pays)} the council pays",
            )
        )
    return bars


def _part(pence: int, widest: int) -> float:
    return round(1000 * pence / widest) / 10
