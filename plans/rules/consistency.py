"""Whether the parts of a pack fit together: no name that leads nowhere, nothing asked twice. Pure.

Single values are checked where they are read; here are the rules that need the whole pack.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

from .pack import Adjustment, Option, Pack, PackError, Question

LEVELS = ("worker", "manager", "panel")
GATES = ("cause", "condition", "health", "wellbeing")
ABOUT_AN_OUTCOME = ("need", "ways", "unpaid")
ROLES = ("", "words", *GATES, "adjustment", *ABOUT_AN_OUTCOME)
NEEDED_BY_PLAN = ("words", "outcomes", "supports")
TAKEN_ADDRESSES = ("check",)
"""Sections have the address of their key, beside the page on which all answers are checked."""


def check_sense(pack: Pack) -> None:
    """Raise ``PackError`` for the first thing in the pack that does not fit the rest."""
    _names_stand_once(pack)
    _questions_fit(pack)
    _eligibility_can_be_decided(pack)
    _every_outcome_is_asked_about(pack)
    _allocation_names_real_answers(pack)
    _more_need_is_never_cheaper(pack)
    _more_need_never_loses_an_adjustment(pack)
    _limits_rise(pack)
    _criteria_need_what_a_plan_has(pack)


def placed_questions(pack: Pack) -> Iterator[tuple[str, Question]]:
    """Every question with its path in the pack."""
    for at, section in enumerate(pack.sections):
        for n, question in enumerate(section.questions):
            yield f"pack.sections[{at}].questions[{n}]", question


def _names_stand_once(pack: Pack) -> None:
    groups = {
        "outcomes": [o.key for o in pack.outcomes],
        "ways": [w.key for w in pack.ways],
        "sections": [s.key for s in pack.sections],
        "criteria": [c.key for c in pack.criteria],
        "time_limits": [s.stage for s in pack.stages],
    }
    for name, keys in groups.items():
        if not keys:
            raise PackError(f"pack.{name}", "must not be empty")
        _no_twins([(f"pack.{name}[{n}]", key) for n, key in enumerate(keys)])
    may_be_empty = {
        "pack.wellbeing": [key for key, _ in pack.wellbeing],
        "pack.eligibility.conditions": [c.key for c in pack.eligibility.conditions],
        "pack.allocation.adjustments": [a.key for a in pack.allocation.adjustments],
    }
    for path, keys in may_be_empty.items():
        _no_twins([(f"{path}[{n}]", key) for n, key in enumerate(keys)])
    _no_twins([(path, question.key) for path, question in placed_questions(pack)])


def _no_twins(named: list[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for path, key in named:
        if key in seen:
            raise PackError(path, f"“{key}” stands twice")
        seen.add(key)


def _questions_fit(pack: Pack) -> None:
    ways = {way.key for way in pack.ways}
    for at, section in enumerate(pack.sections):
        if not section.questions:
            raise PackError(f"pack.sections[{at}].questions", "must not be empty")
        if section.key in TAKEN_ADDRESSES:
            raise PackError(
                f"pack.sections[{at}].key", f"“{section.key}” is another page’s address"
            )
    for path, question in placed_questions(pack):
        if question.role not in ROLES:
            raise PackError(f"{path}.role", f"must be one of {', '.join(ROLES[1:])}")
        if question.role in ABOUT_AN_OUTCOME and not question.outcome:
            raise PackError(f"{path}.outcome", "must name the outcome that this is about")
        if question.role == "ways":
            _options_are(path, question, ways, "a way of this pack")
        if question.role in ("need", "unpaid") and question.kind != "single":
            raise PackError(f"{path}.kind", "must be single, so that one answer is chosen")


def _options_are(path: str, question: Question, known: set[str], what: str) -> None:
    if question.kind != "multi":
        raise PackError(f"{path}.kind", "must be multi, so that several can be true")
    for n, option in enumerate(question.options):
        if option.key not in known:
            raise PackError(f"{path}.options[{n}].key", f"“{option.key}” is not {what}")


def _eligibility_can_be_decided(pack: Pack) -> None:
    test = pack.eligibility
    placed = {question.key: (path, question) for path, question in placed_questions(pack)}
    gates = [
        ("pack.eligibility.cause_question", test.cause_question, "cause"),
        ("pack.eligibility.health_question", test.health_question, "health"),
        ("pack.eligibility.wellbeing_question", test.wellbeing_question, "wellbeing"),
    ] + [
        (f"pack.eligibility.conditions[{n}].question", condition.question, "condition")
        for n, condition in enumerate(test.conditions)
    ]
    if not test.cause_question and not test.conditions:
        raise PackError("pack.eligibility", "must have a cause_question, or conditions, or both")
    for path, key, role in gates:
        if not key:
            continue
        if key not in placed:
            raise PackError(path, f"“{key}” is not a question of this pack")
        where, question = placed[key]
        if role == "wellbeing":
            parts = {part for part, _ in pack.wellbeing}
            _options_are(where, question, parts, "a part of wellbeing in this pack")
        else:
            _answers_decide(path, question)
        if question.role != role:
            raise PackError(f"{where}.role", f"must be {role}, because eligibility asks it")
    named = {key for _, key, _ in gates}
    for path, question in placed_questions(pack):
        if question.role in GATES and question.key not in named:
            raise PackError(f"{path}.role", "is for a question that eligibility names")
    if pack.wellbeing and not test.wellbeing_question:
        raise PackError("pack.wellbeing", "has parts that no wellbeing_question asks about")
    if not 1 <= test.outcomes_needed <= len(pack.outcomes):
        raise PackError(
            "pack.eligibility.outcomes_needed", "must be between 1 and the number of outcomes"
        )


def _answers_decide(path: str, question: Question) -> None:
    """Some answer meets the condition, and some other does not: else it is no condition."""
    if question.kind == "yes_no":
        return
    meeting = [option for option in question.options if option.means_unable]
    if not meeting:
        raise PackError(
            path, f"no answer to “{question.key}” has means_unable, so it cannot be met"
        )
    if question.kind == "single" and len(meeting) == len(question.options):
        raise PackError(
            path, f"every answer to “{question.key}” has means_unable, so it is always met"
        )


def _every_outcome_is_asked_about(pack: Pack) -> None:
    for n, outcome in enumerate(pack.outcomes):
        asked = [(p, q) for p, q in placed_questions(pack) if q.outcome == outcome.key]
        for role in ("need", "ways"):
            if all(question.role != role for _, question in asked):
                raise PackError(
                    f"pack.outcomes[{n}]", f"nothing asks for the {role} of “{outcome.key}”"
                )
        for role in ABOUT_AN_OUTCOME:
            twice = [path for path, question in asked if question.role == role][1:]
            if twice:
                raise PackError(twice[0], f"the {role} of “{outcome.key}” is asked more than once")


def _allocation_names_real_answers(pack: Pack) -> None:
    found = {question.key: question for question in pack.questions}
    named = [
        (f"pack.allocation.adjustments[{n}]", a.question, a.option)
        for n, a in enumerate(pack.allocation.adjustments)
    ] + [
        (f"pack.allocation.prices[{n}]", question, option)
        for n, (question, option, _, _) in enumerate(pack.allocation.prices)
    ]
    for path, key, option in named:
        if key not in found or found[key].option(option) is None:
            raise PackError(path, "names no option of a question of this pack")
    priced: set[tuple[str, str]] = set()
    for n, (key, option, _, _) in enumerate(pack.allocation.prices):
        path = f"pack.allocation.prices[{n}]"
        if found[key].kind != "single":
            raise PackError(path, f"“{key}” takes several answers; only one can have a price")
        if (key, option) in priced:
            raise PackError(path, "prices the same answer twice")
        priced.add((key, option))


def _more_need_is_never_cheaper(pack: Pack) -> None:
    """In a price list, an option with more need points must not cost less a year."""
    cost = {(key, option): pence * units for key, option, pence, units in pack.allocation.prices}
    for n, (key, option, _, _) in enumerate(pack.allocation.prices):
        for greater in _with_more_need(pack.question(key), option):
            if cost.get((key, greater.key), Fraction(0)) < cost[key, option]:
                raise PackError(
                    f"pack.allocation.prices[{n}]",
                    f"“{key}: {greater.key}” gives less for more need than “{option}”",
                )


def _more_need_never_loses_an_adjustment(pack: Pack) -> None:
    """Among adjustments that stand together, more need adds as much in fixed pence and in percent.

    They are compared where they stand, because what is added before a percentage grows with it.
    """
    at = 0
    for key, together in groupby(pack.allocation.adjustments, key=lambda a: a.question):
        block, question = list(together), pack.question(key)
        for n, adjustment in enumerate(block if question.kind == "single" else []):
            growth, fixed = _effect(block, adjustment.option)
            for greater in _with_more_need(question, adjustment.option):
                grows, adds = _effect(block, greater.key)
                if grows < growth or adds < fixed:
                    raise PackError(
                        f"pack.allocation.adjustments[{at + n}]",
                        f"gives less for the answer “{greater.label}”, which is more need"
                        f" than “{_label(question, adjustment.option)}”",
                    )
        at += len(block)


def _label(question: Question, option_key: str) -> str:
    option = question.option(option_key)
    return option.label if option else option_key


def _effect(adjustments: list[Adjustment], option: str) -> tuple[Fraction, Fraction]:
    """What an option makes of a sum: by how much it is multiplied, and the pence added to that."""
    growth, fixed = Fraction(1), Fraction(0)
    for adjustment in adjustments:
        if adjustment.option == option:
            growth *= 1 + adjustment.percent / 100
            fixed = fixed * (1 + adjustment.percent / 100) + adjustment.pence
    return growth, fixed


def _with_more_need(question: Question, option_key: str) -> list[Option]:
    """The options of a question that mean more need than this one: more points, or less unpaid help."""
    option = question.option(option_key)
    if option is None:
        return []
    mine = (option.points, -option.share)
    return [other for other in question.options if (other.points, -other.share) > mine]


def _limits_rise(pack: Pack) -> None:
    path = "pack.delegated_limits"
    if tuple(limit.level for limit in pack.limits) != LEVELS:
        raise PackError(path, "must be worker, manager and panel, in this order")
    if pack.limits[-1].pence is not None or not pack.limits[-1].above_indicative:
        raise PackError(f"{path}[2]", "the panel must be able to agree any plan")
    worker, manager = pack.limits[0].pence, pack.limits[1].pence
    if manager is not None and (worker is None or worker > manager):
        raise PackError(f"{path}[1].pence", "must not be below the worker’s limit")


def _criteria_need_what_a_plan_has(pack: Pack) -> None:
    for n, criterion in enumerate(pack.criteria):
        if criterion.needs not in NEEDED_BY_PLAN:
            raise PackError(
                f"pack.criteria[{n}].needs", f"must be one of {', '.join(NEEDED_BY_PLAN)}"
            )
