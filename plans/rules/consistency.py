"""Whether the parts of a pack fit together: no name that leads nowhere, nothing asked twice. Pure.

Single values are checked where they are read; here are the rules that need the whole pack.
"""

from fractions import Fraction

from .pack import Pack, PackError, Question

LEVELS = ("worker", "manager", "panel")
ROLES = ("", "words", "cause", "health", "wellbeing", "adjustment", "need", "ways", "unpaid")
NEEDED_BY_PLAN = ("words", "outcomes", "supports")


def check_sense(pack: Pack) -> None:
    """Raise ``PackError`` for the first thing in the pack that does not fit the rest."""
    _names_stand_once(pack)
    _questions_fit(pack)
    _eligibility_can_be_decided(pack)
    _every_outcome_is_asked_about(pack)
    _allocation_names_real_answers(pack)
    _limits_rise(pack)


def _names_stand_once(pack: Pack) -> None:
    groups = {
        "outcomes": [o.key for o in pack.outcomes],
        "ways": [w.key for w in pack.ways],
        "wellbeing": [key for key, _ in pack.wellbeing],
        "sections": [s.key for s in pack.sections],
        "criteria": [c.key for c in pack.criteria],
        "time_limits": [s.stage for s in pack.stages],
    }
    for name, keys in groups.items():
        if not keys:
            raise PackError(f"pack.{name}", "must not be empty")
        _no_twins(f"pack.{name}", keys)
    _no_twins("pack.sections", [question.key for question in pack.questions])
    _no_twins("pack.allocation.adjustments", [a.key for a in pack.allocation.adjustments])


def _no_twins(path: str, keys: list[str]) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise PackError(path, f"“{key}” stands twice")


def _questions_fit(pack: Pack) -> None:
    ways = {way.key for way in pack.ways}
    for at, section in enumerate(pack.sections):
        if not section.questions:
            raise PackError(f"pack.sections[{at}].questions", "must not be empty")
        for n, question in enumerate(section.questions):
            path = f"pack.sections[{at}].questions[{n}]"
            if question.role not in ROLES:
                raise PackError(f"{path}.role", f"must be one of {', '.join(ROLES[1:])}")
            if question.role in ("need", "ways", "unpaid") and not question.outcome:
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
    found = {question.key: question for question in pack.questions}
    for name in ("cause_question", "wellbeing_question", "health_question"):
        key = getattr(test, name)
        if not key:
            continue
        path = f"pack.eligibility.{name}"
        if key not in found:
            raise PackError(path, f"“{key}” is not a question of this pack")
        if name == "wellbeing_question":
            parts = {part for part, _ in pack.wellbeing}
            _options_are(path, found[key], parts, "a part of wellbeing in this pack")
        elif not can_say_yes(found[key]):
            raise PackError(path, f"no answer to “{key}” has means_unable, so it cannot be met")
    if not 1 <= test.outcomes_needed <= len(pack.outcomes):
        raise PackError(
            "pack.eligibility.outcomes_needed", "must be between 1 and the number of outcomes"
        )


def can_say_yes(question: Question) -> bool:
    """Whether some answer to the question counts as yes."""
    return question.kind == "yes_no" or any(option.means_unable for option in question.options)


def _every_outcome_is_asked_about(pack: Pack) -> None:
    for outcome in pack.outcomes:
        asked = [question for question in pack.questions if question.outcome == outcome.key]
        for role in ("need", "ways"):
            if all(question.role != role for question in asked):
                raise PackError("pack.sections", f"nothing asks for the {role} of “{outcome.key}”")
        for role in ("need", "ways", "unpaid"):
            if sum(question.role == role for question in asked) > 1:
                raise PackError(
                    "pack.sections", f"the {role} of “{outcome.key}” is asked more than once"
                )


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
    _more_need_is_never_cheaper(pack)


def _more_need_is_never_cheaper(pack: Pack) -> None:
    """In a price list, an option with more need points must not cost less a year."""
    cost = {(key, option): pence * units for key, option, pence, units in pack.allocation.prices}
    if len(cost) < len(pack.allocation.prices):
        raise PackError("pack.allocation.prices", "prices the same answer twice")
    for question in pack.questions:
        if all(key != question.key for key, _ in cost):
            continue
        for option in question.options:
            mine = cost.get((question.key, option.key), Fraction(0))
            for lesser in question.options:
                less = cost.get((question.key, lesser.key), Fraction(0))
                if lesser.points < option.points and less > mine:
                    raise PackError(
                        "pack.allocation.prices",
                        f"“{question.key}: {option.key}” gives less for more need",
                    )


def _limits_rise(pack: Pack) -> None:
    path = "pack.delegated_limits"
    if tuple(limit.level for limit in pack.limits) != LEVELS:
        raise PackError(path, "must be worker, manager and panel, in this order")
    if pack.limits[-1].pence is not None or not pack.limits[-1].above_indicative:
        raise PackError(f"{path}[2]", "the panel must be able to agree any plan")
    worker, manager = pack.limits[0].pence, pack.limits[1].pence
    if manager is not None and (worker is None or worker > manager):
        raise PackError(f"{path}[1].pence", "must not be below the worker’s limit")
    for n, criterion in enumerate(pack.criteria):
        if criterion.needs not in NEEDED_BY_PLAN:
            raise PackError(
                f"pack.criteria[{n}].needs", f"must be one of {', '.join(NEEDED_BY_PLAN)}"
            )
