"""What somebody pays towards their support, exact and explained. Pure.

Contribution a week = max(0, min(cost, income that counts + tariff income - guarantee - housing costs -
disability-related expenditure)); savings above the upper limit mean the whole cost. Sources: Care Act
2014 sections 14 and 17; SI 2014/2672; Care and Support Statutory Guidance, chapter 8, annexes B and C.

Every figure is turned into whole pence a week on the way in, each time to the person's advantage
(regulation 11), so that the working can be added up by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from carebudget.money import Pence, format_pence, format_pounds
from carebudget.text import plural

from .allocation import Step, decimal_words
from .answers import AnswerError
from .charging_finances import (
    ADULT_AT,
    OLDEST,
    Finances,
    Support,
    down_to_the_penny,
    up_to_the_penny,
)
from .charging_kinds import (
    DISABILITY_COSTS,
    HOUSING,
    INCOME,
    LINES,
    PERIODS,
    SUPPORT,
    kind_of,
    titles,
)
from .charging_result import Contribution, Working
from .charging_table import (
    HALF,
    IGNORED,
    LESS_SALE_COSTS,
    PART,
    ChargingTable,
    LocalPolicy,
    PensionAges,
    age_on,
)

PERCENT = Fraction(1, 100)


@dataclass(frozen=True)
class Figures:
    """What the rules go by: a year's table, the authority's policy, the pension ages, and the day."""

    table: ChargingTable
    policy: LocalPolicy
    ages: PensionAges
    on: date


def contribution(finances: Finances, figures: Figures) -> Contribution:
    """What somebody pays a week towards support that costs so much a week.

    Raises ``MissingLine`` when the table lacks a figure that is needed, and ``AnswerError`` when the
    answers cannot be used, such as somebody below 18.
    """
    _check_age(finances, figures)
    cost, free = chargeable(finances.support, figures.table)
    if (
        finances.support
        and free
        and all(never_charged(one, figures.table) for one in finances.support)
    ):
        return _nothing(figures, free)
    working = Working()
    capital = counted_capital(finances.capital, figures.table)
    if finances.capital_band == "above" or capital > figures.table.capital.upper_pence:
        return _whole_cost(figures, cost, free, working)
    _income(finances, figures.table, working)
    tariff(capital, figures.table, working)
    income = working.running
    _guarantee(finances, figures, working)
    _housing(finances, working)
    _disability(finances, figures, working)
    kept = income - working.running
    _result(figures.policy, cost, working)
    pays = working.running
    return Contribution(
        pence_a_week=pays,
        full_cost=False,
        nothing_charged=False,
        cost_pence=cost,
        income_pence=income,
        kept_pence=kept,
        steps=(*free, *working.steps),
        sentence=_in_words(pays, income, kept, cost),
        **_by(figures),
    )


def _by(figures: Figures) -> dict[str, Any]:
    return {
        "table": figures.table.key,
        "table_version": figures.table.version,
        "policy": figures.policy.authority,
        "policy_version": figures.policy.version,
        "on": figures.on.isoformat(),
    }


def _check_age(finances: Finances, figures: Figures) -> None:
    age = age_on(finances.date_of_birth, figures.on)
    if age < ADULT_AT:
        raise AnswerError(
            "finances.date_of_birth", f"these rules are for people of {ADULT_AT} and over"
        )
    if age > OLDEST:
        raise AnswerError("finances.date_of_birth", "check the year")
    partner = finances.partner_date_of_birth
    if partner is not None and not 0 <= age_on(partner, figures.on) <= OLDEST:
        raise AnswerError("finances.partner_date_of_birth", "check the year")


# ---- support that is never charged


def never_charged(support: Support, table: ChargingTable) -> str:
    """Why a support is free, in words; ``""`` when it may be charged.

    Source: SI 2014/2672 regulation 3; Mental Health Act 1983 s.117; Care Act 2014 s.14.
    """
    match support.kind:
        case "assessment":
            return "finding out what you need is free"
        case "aftercare":
            return "after a stay in hospital under section 117 support is free"
        case "aids":
            return "equipment and aids are free"
        case "adaptation" if support.price_pence <= table.adaptation_pence:
            return f"a change to the home that costs {format_pounds(table.adaptation_pence)} or less is free"
        case "reablement" if support.week <= table.reablement_weeks:
            return f"help to get back on your feet is free for up to {plural(table.reablement_weeks, 'week')}"
    return ""


def chargeable(support: Sequence[Support], table: ChargingTable) -> tuple[Pence | None, list[Step]]:
    """What the support that may be charged costs a week (``None``: not known), and what is free."""
    working = Working()
    cost = 0
    for n, one in enumerate(support):
        why = never_charged(one, table)
        if not why:
            cost += one.pence_a_week
            continue
        title = kind_of(SUPPORT, one.kind).title
        detail = f"{format_pence(one.pence_a_week)} a week, not charged: {why}"
        working.add(f"result.free.{n}.{one.kind}", title, detail, 0)
    return (cost if support else None), working.steps


# ---- capital


def counted_capital(capital: Mapping[str, Pence], table: ChargingTable) -> Pence:
    """The capital that counts, in pence (regulations 18 to 24, schedule 2)."""
    total = 0
    for key, pence in capital.items():
        how = table.capital.kinds[key].how
        if how == HALF:
            pence = down_to_the_penny(Fraction(pence, 2))
        elif how == LESS_SALE_COSTS:
            pence = down_to_the_penny(pence * (100 - table.capital.sale_costs_percent) * PERCENT)
        elif how == IGNORED:
            continue
        total += pence
    return total


def tariff(capital: Pence, table: ChargingTable, working: Working) -> None:
    """£1 a week for each £250 **or part** above the lower limit (regulation 25)."""
    rules = table.capital
    above = max(0, capital - rules.lower_pence)
    parts = -(-above // rules.step_pence)
    if not parts:
        working.add(
            "income.tariff",
            "Savings",
            f"{format_pounds(rules.lower_pence)} or less: nothing is added for them",
            0,
        )
        return
    detail = (
        f"{format_pounds(capital)} counts, {format_pounds(above)} above {format_pounds(rules.lower_pence)}: "
        f"{format_pounds(rules.step_income_pence)} for each {format_pounds(rules.step_pence)} or part, "
        f"{plural(parts, 'part')}"
    )
    working.add("income.tariff", "Savings", detail, parts * rules.step_income_pence)


# ---- income


def _income(finances: Finances, table: ChargingTable, working: Working) -> None:
    for key, amount in finances.income.items():
        title = titles(INCOME)[key]
        treatment = table.income[key]
        if treatment.how == IGNORED:
            working.add(f"income.{key}", title, "does not count", 0)
            continue
        if amount is None:
            raise AnswerError(f"finances.income.{key}", "say how much it is, and how often")
        weekly = down_to_the_penny(amount.weekly)
        said = _said(amount.pence, amount.every)
        if treatment.how == PART:
            kept = min(weekly, table.kept_of(key, couple=finances.couple))
            detail = f"{said}; {format_pence(kept)} a week of it does not count"
            working.add(f"income.{key}", title, detail, weekly - kept)
        else:
            working.add(f"income.{key}", title, said, weekly)


def _said(pence: Pence, every: str) -> str:
    return f"{format_pence(pence)} {PERIODS[every][0]}"


# ---- what is kept


def _guarantee(finances: Finances, figures: Figures, working: Working) -> None:
    """The minimum income guarantee (regulation 7), and what the authority adds to it."""
    table = figures.table
    start = working.running
    base = guarantee_line(finances, figures)
    working.add("keep.guarantee", "The guarantee", f"for {LINES[base]}", -table.line(base))
    if finances.children:
        each = table.line("child")
        working.add(
            "keep.children",
            "Children",
            f"{format_pence(each)} for each of {plural(finances.children, 'child', 'children')}",
            -each * finances.children,
        )
    added_lines = premium_lines(finances, figures)
    for line in added_lines:
        working.add(f"keep.{line}", _premium_words(line), "added", -table.line(line))
    for line in _asked_for(finances):
        if line not in added_lines:
            working.add(f"keep.{line}", _premium_words(line), "ends at pension age", 0)
    percent = figures.policy.guarantee_percent
    if percent:
        by_law = start - working.running
        added = up_to_the_penny(by_law * percent * PERCENT)
        detail = f"{decimal_words(percent)}% of {format_pence(by_law)}, by our own policy"
        working.add("keep.local", "What the council adds to it", detail, -added)


def at_pension_age(finances: Finances, figures: Figures) -> bool:
    """Whether the person, or either of a couple, has reached pension-credit age."""
    if figures.ages.reached(finances.date_of_birth, figures.on):
        return True
    partner = finances.partner_date_of_birth
    return partner is not None and figures.ages.reached(partner, figures.on)


def guarantee_line(finances: Finances, figures: Figures) -> str:
    """Which line of the table is somebody's guarantee (regulation 7(2) to (4)).

    Somebody with a child and no partner is a lone parent; at pension age they are a single person
    at pension age as well, which gives them more.
    """
    pension = at_pension_age(finances, figures)
    if finances.couple:
        return "couple_pension" if pension else "couple"
    if pension:
        return "single_pension"
    if finances.children:
        return "lone_parent"
    return "single_18_24" if age_on(finances.date_of_birth, figures.on) < 25 else "single_25"


def premium_lines(finances: Finances, figures: Figures) -> list[str]:
    """Which premiums are added (regulation 7(5) to (7)).

    The two for disability are those of Income Support, which ends at pension age.
    """
    pension = at_pension_age(finances, figures)
    return [line for line in _asked_for(finances) if line == "carer" or not pension]


def _asked_for(finances: Finances) -> list[str]:
    who = "couple" if finances.couple else "single"
    return [one if one == "carer" else f"{one}_{who}" for one in finances.premiums]


def _premium_words(line: str) -> str:
    words = LINES[line].removeprefix("the ")
    return words[0].upper() + words[1:]


def _housing(finances: Finances, working: Working) -> None:
    for key, amount in finances.housing.items():
        weekly = up_to_the_penny(amount.weekly)
        detail = _said(amount.pence, amount.every)
        working.add(f"keep.housing.{key}", titles(HOUSING)[key], detail, -weekly)


def _disability(finances: Finances, figures: Figures, working: Working) -> None:
    """The standard sum or what is spent, whichever is more; only where a disability benefit counts.

    Source: SI 2014/2672 schedule 1 paragraph 4.
    """
    counted = [
        key
        for key in finances.income
        if kind_of(INCOME, key).for_disability and figures.table.income[key].how != IGNORED
    ]
    if not counted:
        return
    spent = {key: up_to_the_penny(one.weekly) for key, one in finances.disability.items()}
    standard = figures.policy.disability_standard_pence
    if sum(spent.values()) > standard:
        for key, weekly in spent.items():
            amount = finances.disability[key]
            working.add(
                f"keep.disability.{key}",
                titles(DISABILITY_COSTS)[key],
                f"{_said(amount.pence, amount.every)}, because of your disability",
                -weekly,
            )
    elif standard:
        detail = "the standard sum: you need not show what you spend"
        if spent:
            detail = f"the standard sum, which is not less than the {format_pence(sum(spent.values()))} you spend"
        working.add("keep.disability", "Because of your disability", detail, -standard)


# ---- what it comes to


def _result(policy: LocalPolicy, cost: Pence | None, working: Working) -> None:
    """Never below nothing, never a sum too small to ask for, never above the cost."""
    if working.running < 0:
        working.add("result.floor", "Never below nothing", "you keep all of it", -working.running)
    if cost is not None and working.running > cost:
        detail = f"your support costs {format_pence(cost)} a week"
        working.add(
            "result.cost", "Never more than the support costs", detail, cost - working.running
        )
    if 0 < working.running < policy.free_below_pence:
        detail = f"less than {format_pence(policy.free_below_pence)} a week is not asked for"
        working.add("result.small", "Too small to ask for", detail, -working.running)
    working.add("result.pays", "You pay a week", "what is left", 0)


def _nothing(figures: Figures, free: list[Step]) -> Contribution:
    return Contribution(
        pence_a_week=0,
        full_cost=False,
        nothing_charged=True,
        cost_pence=0,
        income_pence=0,
        kept_pence=0,
        steps=tuple(free),
        sentence="You pay nothing. This support is free, whatever you have.",
        **_by(figures),
    )


def _whole_cost(
    figures: Figures, cost: Pence | None, free: list[Step], working: Working
) -> Contribution:
    limit = format_pounds(figures.table.capital.upper_pence)
    words = f"Your savings are more than {limit}, so you pay the whole cost"
    if cost is not None:
        detail = f"savings above {limit}: the whole cost"
        working.add("result.whole_cost", "You pay a week", detail, cost)
        words += f": {format_pence(cost)} a week"
    return Contribution(
        pence_a_week=cost,
        full_cost=True,
        nothing_charged=False,
        cost_pence=cost,
        income_pence=0,
        kept_pence=0,
        steps=(*free, *working.steps),
        sentence=f"{words}.",
        **_by(figures),
    )


def _in_words(pays: Pence, income: Pence, kept: Pence, cost: Pence | None) -> str:
    comes = f"{format_pence(income)} a week counts as income, and you may keep {format_pence(kept)} of it."
    if kept >= income:
        comes = f"{format_pence(income)} a week counts as income, and you keep all of it: you may keep up to {format_pence(kept)}."
    if not pays:
        return f"You pay nothing. {comes}"
    if cost is None:
        return f"You pay at most {format_pence(pays)} a week, and never more than the support costs. {comes}"
    if pays == cost:
        return f"You pay {format_pence(pays)} a week, which is all that the support costs. {comes}"
    return f"You pay {format_pence(pays)} a week towards support that costs {format_pence(cost)}. {comes}"
