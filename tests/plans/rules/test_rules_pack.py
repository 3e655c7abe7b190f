"""What the shipped packs hold. Nothing here names a programme but the two that follow the Care Act."""

import json
import re
from fractions import Fraction

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


def test_a_pack_is_written_with_all_it_says_and_without_what_it_does_not():
    content = mapping()
    option = content["sections"][1]["questions"][1]["options"][1]
    option["hint"] = "By a call or a note."
    written = Pack.from_mapping(content).as_mapping()["sections"][1]["questions"]
    assert written[1]["options"][1] == {**option, "hint": "By a call or a note."}
    assert written[1]["options"][0] == {"key": "none", "label": "I manage by myself"}
    assert written[3]["options"][0] == {"key": "none", "label": "None of it"}
    assert written[3]["options"][1]["share"] == "1/4"
    assert "hint" not in content["sections"][0]["questions"][2]
    assert set(written[2]) == {
        "key", "kind", "role", "outcome", "required", "text", "easy_read", "options",
    }  # fmt: skip


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
        with pytest.raises(KeyError, match="nowhere"):
            look("nowhere")
    assert pack().question("nights").option("nowhere") is None


def test_what_a_pack_leaves_out_is_read_as_nothing_special():
    content = mapping()
    del content["sections"][0]["intro"], content["allocation"]["adjustments"]
    for name in ("round_to_pence", "minimum_pence", "maximum_pence"):
        del content["allocation"][name]
    for name in ("direct_payment_first_weeks", "direct_payment_then_weeks"):
        del content["review_timetable"][name]
    content["review_timetable"]["first_to_weeks"] = 6
    del content["time_limits"][0]["target_days"], content["delegated_limits"][0]["above_indicative"]
    made = Pack.from_mapping(content)
    table = made.allocation
    assert made.sections[0].intro == ""
    assert (table.adjustments, table.round_to_pence) == ((), 1)
    assert (table.minimum_pence, table.maximum_pence) == (0, None)
    assert (table.pence_per_point, table.bands, table.prices) == (0, (), ())
    assert made.reviews.first_from_weeks == made.reviews.first_to_weeks == 6
    assert made.reviews.direct_payment_first_weeks == 26
    assert made.reviews.direct_payment_then_weeks == 52
    assert made.stages[0].target_days == made.stages[0].usual_days == 5
    assert made.limits[0].above_indicative is False
    assert (made.eligibility.health_question, made.eligibility.conditions) == ("", ())
    assert made.criteria[0].needs == "words"
    cause, words = made.question("cause"), made.question("cause_words")
    assert (words.hint, words.outcome, words.options) == ("", "", ())
    assert (cause.required, words.required) == (True, False)
    assert (cause.options[1].hint, cause.options[1].points) == ("", 0)
    assert (cause.options[1].share, cause.options[1].means_unable) == (0, False)


def test_a_question_without_a_role_has_none_and_a_pack_for_its_gateway_alone_has_no_cause():
    content = mapping("maternity")
    del content["sections"][0]["questions"][0]["role"]
    made = Pack.from_mapping(content)
    assert made.questions[0].role == ""
    assert made.eligibility.cause_question == ""
    bare = Pack.from_mapping(mapping("work-and-skills"))
    assert (bare.wellbeing, bare.eligibility.wellbeing_question) == ((), "")
    assert bare.allocation.knots == ()


def test_words_lose_their_line_breaks_and_a_figure_may_stand_for_words():
    content = mapping()
    content["title"] = "  Support\n  for   adults \n"
    content["version"] = 2027
    content["eligibility"]["what_else_helps"] = ["Groups \n and   clubs."]
    made = Pack.from_mapping(content)
    assert (made.title, made.version) == ("Support for adults", "2027")
    assert made.eligibility.what_else_helps == ("Groups and clubs.",)


def test_an_adjustment_and_a_price_keep_their_exact_figures():
    content = mapping()
    content["allocation"]["adjustments"][3]["percent"] = "12.5"
    content["allocation"]["adjustments"][3]["pence"] = 7
    rural = Pack.from_mapping(content).allocation.adjustments[3]
    assert (rural.key, rural.label) == ("rural", "Higher prices outside the town")
    assert (rural.percent, rural.pence) == (Fraction(25, 2), 7)
    first = pack("work-and-skills").allocation.prices[0]
    assert first == ("direction_need", "some", 3_800, Fraction(2))
