"""What the shipped packs hold, and what a pack may not say."""

import json
import re

import pytest
import yaml

from plans.rules.pack import Pack, PackError
from tests.plans.rules.rule_world import KEYS, mapping, pack


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_is_the_same_after_json_and_after_yaml(key):
    content = mapping(key)
    assert Pack.from_mapping(json.loads(json.dumps(content))) == pack(key)
    assert Pack.from_mapping(yaml.safe_load(yaml.safe_dump(content))) == pack(key)


def test_the_adult_pack_holds_the_ten_outcomes_of_regulation_2_in_their_order():
    sources = [outcome.source for outcome in pack().outcomes]
    assert sources == [f"SI 2015/313 reg. 2(2)({letter})" for letter in "abcdefghij"]
    assert [way.key for way in pack().ways] == ["cannot", "pain", "danger", "slow"]
    assert pack().eligibility.outcomes_needed == 2
    assert pack().charged


def test_the_carers_pack_holds_the_eight_outcomes_and_three_ways_of_regulation_3():
    carers = pack("carers")
    numerals = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii"]
    assert [o.source for o in carers.outcomes] == [
        f"SI 2015/313 reg. 3(2)(b)({numeral})" for numeral in numerals
    ]
    assert [way.key for way in carers.ways] == ["cannot", "pain", "danger"]
    assert carers.eligibility.outcomes_needed == 1
    assert carers.eligibility.health_question == "health"


@pytest.mark.parametrize("key", KEYS)
def test_each_pack_asks_about_all_nine_parts_of_wellbeing(key):
    asked = pack(key).question(pack(key).eligibility.wellbeing_question)
    assert [option.key for option in asked.options] == [part for part, _ in pack(key).wellbeing]
    assert len(pack(key).wellbeing) == 9


@pytest.mark.parametrize("key", KEYS)
def test_every_outcome_is_asked_about_in_own_words_need_ways_and_unpaid_help(key):
    for outcome in pack(key).outcomes:
        roles = [q.role for q in pack(key).questions if q.outcome == outcome.key]
        assert roles == ["words", "need", "ways", "unpaid"]


@pytest.mark.parametrize("key", KEYS)
def test_unpaid_help_is_none_a_quarter_half_three_quarters_or_all(key):
    for question in pack(key).questions:
        if question.role == "unpaid":
            assert [str(o.share) for o in question.options] == ["0", "1/4", "1/2", "3/4", "1"]


@pytest.mark.parametrize("key", KEYS)
def test_more_help_in_a_need_question_is_always_more_points(key):
    for question in pack(key).questions:
        if question.role == "need":
            points = [option.points for option in question.options]
            assert points == sorted(set(points))
            assert [o.means_unable for o in question.options] == [p > 0 for p in points]


@pytest.mark.parametrize("key", KEYS)
def test_questions_are_short_and_their_easy_words_are_shorter_still(key):
    for question in pack(key).questions:
        assert all(len(part.split()) <= 26 for part in re.split(r"[.?!]\s", question.text))
        assert len(question.easy_read.split()) <= 12
        assert len(question.easy_read) <= len(question.text)


@pytest.mark.parametrize("key", KEYS)
def test_a_plan_answers_seven_questions_each_with_when_it_is_returned(key):
    criteria = pack(key).criteria
    assert [c.number for c in criteria] == [1, 2, 3, 4, 5, 6, 7]
    assert {c.key for c in criteria if c.needs != "words"} == {"change", "budget"}
    assert all(c.help and c.easy_read and c.returned_if for c in criteria)


@pytest.mark.parametrize("key", KEYS)
def test_every_stage_of_a_case_has_a_time_and_a_holder_and_aims_at_no_more_than_usual(key):
    stages = pack(key).stages
    assert len(stages) == 9
    assert all(stage.target_days <= stage.usual_days for stage in stages)
    assert {stage.stage for stage in stages if not stage.usual_days} == {"live"}


def spoil(content, path, value):
    """Set what stands at a path like ``sections.1.questions.0.kind``; ``None`` takes it away."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        content = content[part]
    if value is None:
        del content[last]
    else:
        content[last] = value


BROKEN = [
    ("version", 2026.1, "pack.version", "must be words"),
    ("title", None, "pack.title", "is missing"),
    ("charged", "no", "pack.charged", "must be true or false"),
    ("sections", "all", "pack.sections", "must be a list"),
    ("sections", [], "pack.sections", "must not be empty"),
    ("ways", [], "pack.ways", "must not be empty"),
    ("eligibility", [], "pack.eligibility", "must be a group of named values"),
    ("eligibility.outcomes_needed", 0, "pack.eligibility.outcomes_needed", "must be between"),
    ("eligibility.outcomes_needed", 11, "pack.eligibility.outcomes_needed", "must be between"),
    ("eligibility.outcomes_needed", -2, "pack.eligibility.outcomes_needed", "not be negative"),
    ("eligibility.cause_question", "x", "pack.eligibility.cause_question", "not a question"),
    (
        "eligibility.cause_question",
        "nights",
        "pack.eligibility.cause_question",
        "cannot be met",
    ),
    (
        "eligibility.wellbeing_question",
        "nutrition_ways",
        "pack.eligibility.wellbeing_question.options[0].key",
        "not a part of wellbeing",
    ),
    ("eligibility.what_else_helps", "ask", "pack.eligibility.what_else_helps", "list of words"),
    ("sections.1.questions.1.kind", "essay", "pack.sections[1].questions[1].kind", "one of"),
    ("sections.1.questions.1.kind", "multi", "pack.sections[1].questions[1].kind", "single"),
    ("sections.1.questions.2.kind", "single", "pack.sections[1].questions[2].kind", "multi"),
    ("sections.1.questions.1.role", "want", "pack.sections[1].questions[1].role", "one of"),
    ("sections.1.questions.1.outcome", "art", "pack.sections[1].questions[1].outcome", "art"),
    ("sections.1.questions.1.outcome", "", "pack.sections[1].questions[1].outcome", "must name"),
    ("sections.1.questions.1.outcome", "toilet", "pack.sections", "need of “nutrition”"),
    ("sections.1.questions.1.key", "cause", "pack.sections", "“cause” stands twice"),
    ("sections.1.questions.1.required", "yes", "pack.sections[1].questions[1].required", "true"),
    ("sections.1.questions.1.easy_read", " ", "pack.sections[1].questions[1].easy_read", "words"),
    ("sections.1.questions", [], "pack.sections[1].questions", "must not be empty"),
    ("sections.1.questions.1.options", [], "pack.sections[1].questions[1].options", "two"),
    (
        "sections.1.questions.1.options.1.key",
        "none",
        "pack.sections[1].questions[1].options",
        "same key twice",
    ),
    (
        "sections.1.questions.1.options.1.points",
        -4,
        "pack.sections[1].questions[1].options[1].points",
        "must not be negative",
    ),
    (
        "sections.1.questions.3.options.1.share",
        "5/4",
        "pack.sections[1].questions[3].options[1].share",
        "between 0 and 1",
    ),
    (
        "sections.1.questions.3.options.1.share",
        "lots",
        "pack.sections[1].questions[3].options[1].share",
        "a number like",
    ),
    (
        "sections.1.questions.2.options.0.key",
        "bored",
        "pack.sections[1].questions[2].options[0].key",
        "not a way of this pack",
    ),
    ("sections.2.key", "nutrition", "pack.sections", "“nutrition” stands twice"),
    ("ways.1.key", "cannot", "pack.ways", "“cannot” stands twice"),
    ("allocation.method", "guess", "pack.allocation.method", "must be one of"),
    ("allocation.knots", [], "pack.allocation.knots", "must not be empty"),
    ("allocation.knots.2.pence", 1, "pack.allocation.knots[2].pence", "less for more need"),
    ("allocation.knots.2.points", 10, "pack.allocation.knots[2].points", "above the one before"),
    ("allocation.knots.0.pence", -1, "pack.allocation.knots[0].pence", "must not be negative"),
    ("allocation.round_to_pence", 0, "pack.allocation.round_to_pence", "must be 1 or more"),
    ("allocation.minimum_pence", 9_200_000, "pack.allocation.maximum_pence", "below the minimum"),
    ("allocation.adjustments.0.option", "x", "pack.allocation.adjustments[0]", "names no option"),
    ("allocation.adjustments.0.pence", -5, "pack.allocation.adjustments[0].pence", "negative"),
    ("allocation.adjustments.3.percent", "-5", "pack.allocation.adjustments[3].percent", "neg"),
    ("allocation.adjustments.1.key", "rural", "pack.allocation.adjustments", "stands twice"),
    ("criteria.1.needs", "luck", "pack.criteria[1].needs", "must be one of"),
    ("delegated_limits.0.level", "boss", "pack.delegated_limits", "in this order"),
    ("delegated_limits.1.pence", 700_000, "pack.delegated_limits[1].pence", "worker’s limit"),
    ("delegated_limits.2.pence", 9_000_000, "pack.delegated_limits[2]", "any plan"),
    ("time_limits.0.target_days", 9, "pack.time_limits[0].target_days", "above usual_days"),
    ("time_limits.1.stage", "referred", "pack.time_limits", "stands twice"),
    ("review_timetable.first_to_weeks", 5, "pack.review_timetable.first_to_weeks", "before"),
]


@pytest.mark.parametrize(("path", "value", "where", "words"), BROKEN)
def test_a_broken_pack_is_refused_with_the_place_and_the_fault(path, value, where, words):
    content = mapping()
    spoil(content, path, value)
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(content)
    assert refused.value.path == where
    assert words in refused.value.message


def test_a_price_list_that_gives_less_for_more_need_is_refused():
    content = mapping()
    content["allocation"] = {
        "method": "price_list",
        "prices": [
            {"question": "hygiene_need", "option": "some", "pence": 2000, "units_a_year": "104"},
            {"question": "hygiene_need", "option": "most", "pence": 2000, "units_a_year": "103"},
        ],
    }
    with pytest.raises(PackError, match=r"hygiene_need: (most|two)” gives less for more need"):
        Pack.from_mapping(content)


def test_a_pack_finds_its_questions_sections_and_outcomes_by_key():
    assert pack().question("nights").option("awake").label.endswith("awake")
    assert pack().section("home-safety").title == "Being safe at home"
    assert pack().outcome("work").source.endswith("(h)")
    for look in (pack().question, pack().section, pack().outcome):
        with pytest.raises(KeyError):
            look("nowhere")
