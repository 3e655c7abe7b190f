"""What a pack may not say: each fault is refused with its place and in plain words."""

import re

import pytest

from plans.rules.pack import Pack, PackError
from tests.plans.rules.rule_world import mapping


def spoil(content, path, value):
    """Set what stands at a path like ``sections.1.questions.0.kind``; ``None`` takes it away."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        content = content[part]
    if value is None:
        del content[last]
    else:
        content[last] = value


def place(path):
    """How a refusal names a path: ``sections.1.key`` → ``pack.sections[1].key``."""
    return "pack." + re.sub(r"\.(\d+)", r"[\1]", path)


FAULTS = [
    ("version", 2026.1, "must be words (put figures and yes or no in quotes)"),
    ("title", None, "is missing"),
    ("charged", "no", "must be true or false"),
    ("sections", "all", "must be a list"),
    ("sections", [], "must not be empty"),
    ("ways", [], "must not be empty"),
    ("eligibility", [], "must be a group of named values"),
    ("eligibility.outcomes_needed", 0, "must be between 1 and the number of outcomes"),
    ("eligibility.outcomes_needed", 11, "must be between 1 and the number of outcomes"),
    ("eligibility.outcomes_needed", -2, "must not be negative"),
    ("eligibility.health_question", "x", "“x” is not a question of this pack"),
    ("eligibility.wellbeing_question", "x", "“x” is not a question of this pack"),
    ("eligibility.cause_question", "x", "“x” is not a question of this pack"),
    ("eligibility.cause_question", "nights", "no answer to “nights” has means_unable, so it cannot be met"),
    ("eligibility.what_else_helps", "ask", "must be a list of words"),
    ("sections.1.questions.1.kind", "essay", "must be one of single, multi, text, yes_no, number"),
    ("sections.1.questions.1.kind", "multi", "must be single, so that one answer is chosen"),
    ("sections.1.questions.3.kind", "multi", "must be single, so that one answer is chosen"),
    ("sections.1.questions.2.options", [], "must offer two options or more"),
    ("allocation.knots.1.points", 0, "must be above the one before it"),
    ("sections.1.questions.2.kind", "single", "must be multi, so that several can be true"),
    ("sections.1.questions.1.role", "want", "must be one of words, cause, condition, health, wellbeing, adjustment, need, ways, unpaid"),
    ("sections.1.questions.1.outcome", "art", "“art” is not an outcome of this pack"),
    ("sections.1.questions.1.outcome", "", "must name the outcome that this is about"),
    ("sections.1.questions.1.required", "yes", "must be true or false"),
    ("sections.1.questions.1.easy_read", " ", "must be words (put figures and yes or no in quotes)"),
    ("sections.1.questions", [], "must not be empty"),
    ("sections.1.questions.1.options", [], "must offer two options or more"),
    ("sections.1.questions.1.options.1.points", -4, "must not be negative"),
    ("sections.1.questions.3.options.1.share", "5/4", "must be between 0 and 1"),
    ("sections.1.questions.3.options.1.share", "lots", "must be a number like 3/4 or 12.5"),
    ("sections.1.questions.2.options.0.key", "bored", "“bored” is not a way of this pack"),
    ("sections.2.key", "check", "“check” is another page’s address"),
    ("allocation.method", "guess", "must be one of linear, per_point, bands, price_list"),
    ("allocation.knots", [], "must not be empty"),
    ("allocation.knots.2.pence", 1, "gives less for more need"),
    ("allocation.knots.2.points", 10, "must be above the one before it"),
    ("allocation.knots.0.pence", -1, "must not be negative"),
    ("allocation.round_to_pence", 0, "must be 1 or more"),
    ("allocation.adjustments.0.pence", -5, "must not be negative"),
    ("allocation.adjustments.3.percent", "-5", "must not be negative"),
    ("criteria", [], "must not be empty"),
    ("time_limits", [], "must not be empty"),
    ("eligibility.health_question", "nights", "no answer to “nights” has means_unable, so it cannot be met"),
    ("eligibility.cause_question", "good_day", "no answer to “good_day” has means_unable, so it cannot be met"),
    ("sections.0.questions.1.role", "words", "must be cause, because eligibility asks it"),
    ("sections.0.questions.3.role", "cause", "is for a question that eligibility names"),
    ("criteria.1.needs", "luck", "must be one of words, outcomes, supports"),
    ("delegated_limits.1.pence", 700000, "must not be below the worker’s limit"),
    ("delegated_limits.1.pence", None, "is missing"),
    ("time_limits.0.target_days", 9, "must not be above usual_days"),
    ("review_timetable.first_to_weeks", 5, "must not be before first_from_weeks"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), FAULTS)
def test_a_broken_pack_is_refused_with_the_place_and_the_fault(path, value, message):
    refused_at(path, value, place(path), message)


MUST_BE_THERE = {
    "": "key version title legal_basis charged ways outcomes eligibility sections allocation criteria "
    "delegated_limits time_limits review_timetable",
    "ways.1": "key title words",
    "wellbeing.1": "key title",
    "outcomes.1": "key title source words",
    "eligibility": "outcomes_needed source words_eligible words_not_eligible what_else_helps "
    "how_to_challenge",
    "sections.1": "key title questions",
    "sections.1.questions.1": "key kind text easy_read",
    "sections.1.questions.1.options.1": "key label",
    "allocation": "method knots",
    "allocation.knots.1": "points pence",
    "allocation.adjustments.1": "key label question option",
    "criteria.1": "key question help easy_read returned_if",
    "delegated_limits.1": "level pence",
    "time_limits.1": "stage usual_days held_by",
    "review_timetable": "first_from_weeks first_to_weeks then_every_weeks",
}


@pytest.mark.parametrize(
    "path",
    [f"{at}.{name}".strip(".") for at, names in MUST_BE_THERE.items() for name in names.split()],
)
def test_what_must_be_there_and_is_not_is_named(path):
    refused_at(path, None, place(path), "is missing")


@pytest.mark.parametrize(
    "path",
    ["ways.1", "wellbeing.1", "outcomes.1", "sections.1", "sections.1.questions.1", "criteria.1",
     "sections.1.questions.1.options.1", "allocation.knots.1", "allocation.adjustments.1",
     "delegated_limits.1", "time_limits.1", "eligibility", "allocation", "review_timetable"],
)  # fmt: skip
def test_what_must_be_a_group_and_is_words_is_refused(path):
    refused_at(path, "words", place(path), "must be a group of named values")


@pytest.mark.parametrize(
    "path",
    ["ways", "wellbeing", "outcomes", "sections", "sections.1.questions", "criteria", "time_limits",
     "sections.1.questions.1.options", "allocation.knots", "allocation.adjustments",
     "delegated_limits"],
)  # fmt: skip
def test_what_must_be_a_list_and_is_a_group_is_refused(path):
    refused_at(path, {"one": 1}, place(path), "must be a list")


@pytest.mark.parametrize("value", [None, [], {}, True, 1.5])
def test_words_must_be_words(value):
    content = mapping()
    content["title"] = value
    with pytest.raises(PackError, match=r"^pack\.title: must be words \(put figures and yes or no"):
        Pack.from_mapping(content)


@pytest.mark.parametrize("value", [True, "9", 1.5, []])
def test_whole_numbers_must_be_whole_numbers(value):
    refused_at(
        "sections.1.questions.1.options.1.points",
        value,
        "pack.sections[1].questions[1].options[1].points",
        "must be a whole number",
    )


FAULTS_ELSEWHERE = [
    ("eligibility.wellbeing_question", "nutrition_ways", "pack.sections[1].questions[2].options[0].key", "“cannot” is not a part of wellbeing in this pack"),
    ("sections.1.questions.1.outcome", "toilet", "pack.outcomes[0]", "nothing asks for the need of “nutrition”"),
    ("sections.1.questions.2.outcome", "toilet", "pack.outcomes[0]", "nothing asks for the ways of “nutrition”"),
    ("sections.1.questions.3.outcome", "toilet", "pack.sections[3].questions[3]", "the unpaid of “toilet” is asked more than once"),
    ("sections.1.questions.1.key", "cause", "pack.sections[1].questions[1]", "“cause” stands twice"),
    ("sections.1.questions.1.options.1.key", "none", "pack.sections[1].questions[1].options", "has the same key twice"),
    ("sections.2.key", "nutrition", "pack.sections[2]", "“nutrition” stands twice"),
    ("outcomes.1.key", "nutrition", "pack.sections[2].questions[0].outcome", "“hygiene” is not an outcome of this pack"),
    ("ways.1.key", "cannot", "pack.ways[1]", "“cannot” stands twice"),
    ("allocation.minimum_pence", 9200000, "pack.allocation.maximum_pence", "must not be below the minimum"),
    ("allocation.adjustments.0.option", "x", "pack.allocation.adjustments[0]", "names no option of a question of this pack"),
    ("allocation.adjustments.1.key", "rural", "pack.allocation.adjustments[3]", "“rural” stands twice"),
    ("criteria.1.key", "important", "pack.criteria[1]", "“important” stands twice"),
    ("wellbeing.1.key", "dignity", "pack.wellbeing[1]", "“dignity” stands twice"),
    ("outcomes", [], "pack.sections[1].questions[0].outcome", "“nutrition” is not an outcome of this pack"),
    ("wellbeing", [], "pack.sections[11].questions[0].options[0].key", "“dignity” is not a part of wellbeing in this pack"),
    ("eligibility.cause_question", None, "pack.eligibility", "must have a cause_question, or conditions, or both"),
    ("eligibility.wellbeing_question", None, "pack.sections[11].questions[0].role", "is for a question that eligibility names"),
    ("eligibility.health_question", "cause", "pack.sections[0].questions[1].role", "must be health, because eligibility asks it"),
    ("sections.0.questions.1.options.1.means_unable", True, "pack.eligibility.cause_question", "every answer to “cause” has means_unable, so it is always met"),
    ("delegated_limits.0.level", "boss", "pack.delegated_limits", "must be worker, manager and panel, in this order"),
    ("delegated_limits.0.pence", 3500001, "pack.delegated_limits[1].pence", "must not be below the worker’s limit"),
    ("delegated_limits.2.pence", 9000000, "pack.delegated_limits[2]", "the panel must be able to agree any plan"),
    ("delegated_limits.2.above_indicative", False, "pack.delegated_limits[2]", "the panel must be able to agree any plan"),
    ("time_limits.1.stage", "referred", "pack.time_limits[1]", "“referred” stands twice"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "where", "message"), FAULTS_ELSEWHERE)
def test_what_no_longer_fits_is_refused_where_it_is_to_be_mended(path, value, where, message):
    refused_at(path, value, where, message)


def refused_at(path, value, where, message):
    """Set ``value`` at ``path``, and see the pack refused at ``where`` with exactly this message."""
    content = mapping()
    spoil(content, path, value)
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(content)
    assert (refused.value.path, refused.value.message) == (where, message)
    assert str(refused.value) == f"{where}: {message}"
