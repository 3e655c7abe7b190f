"""Answers are taken in one right shape, or refused with their path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.rules.answers import (
    NUMBER_LIMIT,
    TEXT_LIMIT,
    AnswerError,
    check_answer,
    check_answers,
    completion,
    is_answered,
    unanswered,
)
from plans.rules.pack import Question
from tests.plans.rules.rule_world import answers, pack

NUMBER = Question("age", "number", "How old are you?", "Your age?")
YES_NO = Question("alone", "yes_no", "Do you live alone?", "Alone?")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("cause", "maybe", "choose one of: yes, no"),
        ("cause", True, "choose one of: yes, no"),
        ("cause", None, "choose one of: yes, no"),
        ("cause", ["yes"], "choose one of: yes, no"),
        ("nutrition_ways", "pain", "choose from: cannot, pain, danger, slow"),
        ("nutrition_ways", ["pain", 4], "choose from: cannot, pain, danger, slow"),
        ("nutrition_ways", ["pain", "rain"], "choose from: cannot, pain, danger, slow"),
        ("nutrition_ways", [["pain"]], "choose from: cannot, pain, danger, slow"),
        ("good_day", 7, "write your answer in words"),
        ("good_day", "x" * (TEXT_LIMIT + 1), "use at most 10,000 characters"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_refused_with_its_path(key, value, message):
    with pytest.raises(AnswerError) as refused:
        check_answer(pack().question(key), value)
    assert (refused.value.path, refused.value.message) == (f"answers.{key}", message)
    assert str(refused.value) == f"answers.{key}: {message}"


def test_words_are_taken_up_to_the_limit_and_as_they_are():
    for words in ("", "  Tea, with sugar. ", "x" * TEXT_LIMIT):
        assert check_answer(pack().question("good_day"), words) == words


@pytest.mark.parametrize("value", [-1, 1.5, True, "3", None, NUMBER_LIMIT + 1])
def test_a_number_is_a_whole_number_of_zero_or_more(value):
    with pytest.raises(AnswerError, match=r"^answers\.age: enter a whole number of 0 or more$"):
        check_answer(NUMBER, value)


def test_a_number_and_a_yes_or_no_are_taken():
    assert check_answer(NUMBER, 0) == 0
    assert check_answer(NUMBER, NUMBER_LIMIT) == NUMBER_LIMIT
    assert check_answer(YES_NO, False) is False
    with pytest.raises(AnswerError, match=r"^answers\.alone: answer yes or no$"):
        check_answer(YES_NO, "yes")


def test_several_choices_come_back_in_the_packs_order_and_once_each():
    question = pack().question("nutrition_ways")
    assert check_answer(question, ["slow", "cannot", "slow"]) == ["cannot", "slow"]


def test_an_unknown_question_is_named():
    with pytest.raises(
        AnswerError, match=r"^answers\.shoe_size: there is no such question in this programme$"
    ):
        check_answers(pack(), {"shoe_size": 9}, complete=False)


@pytest.mark.parametrize("given_", [[], "yes", None, 4])
def test_answers_that_are_no_group_are_refused(given_):
    with pytest.raises(AnswerError, match=r"^answers: must be a group of question: answer$"):
        check_answers(pack(), given_, complete=False)


def test_a_missing_answer_is_refused_only_when_the_answers_must_be_complete():
    given_ = answers(pack())
    del given_["toilet_need"]
    assert "toilet_need" not in check_answers(pack(), given_, complete=False)
    with pytest.raises(
        AnswerError, match=r"^answers\.toilet_need: this question must be answered$"
    ):
        check_answers(pack(), given_, complete=True)


def test_nobody_must_write_or_tick_anything_that_is_not_so():
    given_ = {k: v for k, v in answers(pack()).items() if v != []}
    assert unanswered(pack(), given_) == []
    assert check_answers(pack(), given_, complete=True) == given_


@pytest.mark.parametrize(
    ("value", "answered"), [(None, False), ("", False), ([], True), (False, True), (0, True)]
)
def test_no_and_none_of_these_and_nought_are_answers(value, answered):
    assert is_answered(NUMBER, {"age": value}) is answered
    assert is_answered(NUMBER, {}) is False


def test_sections_count_only_what_must_be_answered():
    before = {step.key: step for step in completion(pack(), {})}
    assert (before["about"].answered, before["about"].total) == (0, 3)
    assert [step.title for step in completion(pack(), {})] == [s.title for s in pack().sections]
    assert before["wellbeing"].complete
    half = {step.key: step for step in completion(pack(), {"nutrition_need": "some", "cause": ""})}
    assert (half["nutrition"].answered, half["nutrition"].total) == (1, 2)
    assert half["about"].answered == 0
    assert all(step.complete for step in completion(pack(), answers(pack())))


@given(
    st.dictionaries(
        st.one_of(st.sampled_from([q.key for q in pack().questions]), st.text(max_size=8)),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
        max_size=6,
    )
)
def test_whatever_is_sent_is_taken_or_refused_by_path_and_never_breaks(sent):
    try:
        taken = set(check_answers(pack(), sent, complete=False))
    except AnswerError as error:
        taken = {error.path.split(".", 1)[1]} & set(sent) or {error.path}
    assert taken <= set(sent)
