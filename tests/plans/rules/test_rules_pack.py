"""What the shipped packs hold. Nothing here names a programme but the two that follow the Care Act."""

import json
import re

import pytest
import yaml

from plans.rules.consistency import GATES
from plans.rules.pack import Pack
from tests.plans.rules.rule_world import CARE_ACT, KEYS, OTHERS, mapping, pack


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_is_the_same_after_json_and_after_yaml(key):
    content = mapping(key)
    assert Pack.from_mapping(json.loads(json.dumps(content))) == pack(key)
    assert Pack.from_mapping(yaml.safe_load(yaml.safe_dump(content))) == pack(key)


@pytest.mark.parametrize("key", KEYS)
def test_a_pack_written_as_data_and_read_again_is_the_same_pack(key):
    written = pack(key).as_mapping()
    assert Pack.from_mapping(json.loads(json.dumps(written))) == pack(key)
    assert Pack.from_mapping(written).as_mapping() == written


def test_there_are_eight_programmes_and_between_them_all_four_ways_to_make_money_of_needs():
    assert len(KEYS) == 8
    assert {pack(key).allocation.method for key in KEYS} == {
        "linear", "per_point", "bands", "price_list",
    }  # fmt: skip
    assert [key for key in KEYS if pack(key).charged] == ["adult-social-care"]


@pytest.mark.parametrize("key", OTHERS)
def test_what_the_law_leaves_to_the_council_is_marked_as_its_own_choice(key):
    made = pack(key)
    if "discretion" in made.legal_basis:
        assert all("Local discretion" in outcome.source for outcome in made.outcomes)
        assert "Local discretion" in made.eligibility.source
    else:
        assert "section 117" in made.legal_basis
        assert "section 117" in made.eligibility.source


def test_packs_differ_where_their_programmes_differ():
    made = [pack(key) for key in OTHERS]
    for part in ("ways", "outcomes", "eligibility", "allocation", "criteria"):
        assert len({getattr(one, part) for one in made}) == len(made)
    questions = [
        {q.text for q in one.questions if q.role not in ("ways", "unpaid")} for one in made
    ]
    for one in questions:
        for other in questions:
            assert one is other or len(one & other) <= 2


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


@pytest.mark.parametrize("key", CARE_ACT)
def test_each_pack_asks_about_all_nine_parts_of_wellbeing(key):
    asked = pack(key).question(pack(key).eligibility.wellbeing_question)
    assert [option.key for option in asked.options] == [part for part, _ in pack(key).wellbeing]
    assert len(pack(key).wellbeing) == 9


@pytest.mark.parametrize("key", KEYS)
def test_every_outcome_is_asked_about_in_own_words_need_ways_and_unpaid_help(key):
    for outcome in pack(key).outcomes:
        roles = [q.role for q in pack(key).questions if q.outcome == outcome.key]
        assert roles in (["words", "need", "ways"], ["words", "need", "ways", "unpaid"])
        assert len(roles) == 4 or key not in CARE_ACT


@pytest.mark.parametrize("key", KEYS)
def test_whoever_is_meant_finds_their_answer_first_in_each_question_of_the_gateway(key):
    gates = [q for q in pack(key).questions if q.role in GATES and q.role != "wellbeing"]
    assert gates
    for question in gates:
        assert question.options[0].means_unable
        assert question.required == (question.kind == "single")


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


@pytest.mark.parametrize("key", OTHERS)
def test_a_shorter_programme_is_reviewed_sooner_than_once_a_year(key):
    reviews = pack(key).reviews
    assert reviews.first_to_weeks <= 8
    assert reviews.then_every_weeks <= 26


@pytest.mark.parametrize("key", KEYS)
def test_every_stage_of_a_case_has_a_time_and_a_holder_and_aims_at_no_more_than_usual(key):
    stages = pack(key).stages
    assert len(stages) == 9
    assert all(stage.target_days <= stage.usual_days for stage in stages)
    assert {stage.stage for stage in stages if not stage.usual_days} == {"live"}


def test_a_pack_finds_its_questions_sections_and_outcomes_by_key():
    assert pack().question("nights").option("awake").label.endswith("awake")
    assert pack().section("home-safety").title == "Being safe at home"
    assert pack().outcome("work").source.endswith("(h)")
    for look in (pack().question, pack().section, pack().outcome):
        with pytest.raises(KeyError):
            look("nowhere")
