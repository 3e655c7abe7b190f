"""Every question can be read by a child of ten: scored by formula, so that no hard sentence slips in."""

from statistics import mean

import pytest

from tests.plans.rules.readability import grade, syllables
from tests.plans.rules.rule_world import KEYS, pack

HARDEST = 9


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("a", 1), ("help", 1), ("the", 1), ("made", 1), ("needed", 2), ("helped", 1), ("washes", 2),
        ("makes", 1), ("little", 2), ("table", 2), ("whole", 1), ("family", 3), ("hospital", 3),
        ("everyday", 3), ("doing", 2), ("moving", 2), ("somebody’s", 3), ("don’t", 1), ("117", 1),
        ("ombudsman", 3), ("decided", 3), ("quiet", 2), ("changes", 2), ("eye", 1), ("be", 1),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_they_are_spoken(word, count):
    assert syllables(word) == count


def test_the_grade_is_the_published_formula():
    # 6 words, 1 sentence, 6 syllables; then 12 words in 2 sentences with 27 syllables.
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59)
    hard = "Municipal authorities determine eligibility. They write to you about it after that."
    assert grade(hard) == pytest.approx(0.39 * 12 / 2 + 11.8 * 27 / 12 - 15.59)
    assert grade("Municipal authorities determine eligibility") > 20
    with pytest.raises(ValueError, match="no words"):
        grade("… ?")


@pytest.mark.parametrize("key", KEYS)
def test_the_questions_of_a_pack_are_at_grade_six_or_below_and_in_easy_words_at_four(key):
    questions = pack(key).questions
    assert mean(grade(question.text) for question in questions) <= 6
    assert mean(grade(question.easy_read) for question in questions) <= 4


@pytest.mark.parametrize("key", KEYS)
def test_no_single_question_is_hard(key):
    hard = [
        words
        for question in pack(key).questions
        for words in (question.text, question.easy_read)
        if grade(words) > HARDEST
    ]
    assert hard == []


@pytest.mark.parametrize("key", KEYS)
def test_whatever_else_the_person_reads_is_at_grade_six_or_below(key):
    made = pack(key)
    read = {
        "hints": [q.hint for q in made.questions if q.hint],
        "answers": [option.label for q in made.questions for option in q.options],
        "intros": [section.intro for section in made.sections if section.intro],
        "outcomes": [outcome.words for outcome in made.outcomes],
        "ways": [way.words for way in made.ways],
        "plan": [words for c in made.criteria for words in (c.question, c.help, c.returned_if)],
        "easy plan": [criterion.easy_read for criterion in made.criteria],
        "decision": [
            made.eligibility.words_eligible,
            made.eligibility.words_not_eligible,
            *made.eligibility.what_else_helps,
            *(condition.words_unmet for condition in made.eligibility.conditions),
        ],
    }
    for what, texts in read.items():
        assert mean(grade(text) for text in texts) <= 6, what
    assert grade(made.eligibility.how_to_challenge) <= 8
