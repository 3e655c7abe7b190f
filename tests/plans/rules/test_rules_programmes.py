"""Every programme: each outcome can be reached, each boundary has two sides, each answer leads somewhere.

Nothing is expected of a programme by name: what must come out is read from its pack. The two Care Act
packs have worked examples of their own beside these.
"""

import itertools

import pytest

from plans.rules.allocation import allocate
from plans.rules.eligibility import asked, propose_eligibility
from plans.rules.pack import Pack, Question
from tests.plans.rules.rule_world import KEYS, answers, pack


def asking(*roles: str) -> list[tuple[str, str]]:
    """Every question with one of these roles, as pack and question."""
    return [(key, q.key) for key in KEYS for q in pack(key).questions if q.role in roles]


def eligible_answers(of: Pack, **given: object) -> dict:
    """Answers of somebody who is eligible: enough outcomes of the first kind, and some effect."""
    found = answers(of)
    for outcome in of.outcomes[: of.eligibility.outcomes_needed]:
        found[asked(of, outcome.key, "need").key] = "some"
    if of.eligibility.wellbeing_question:
        found[of.eligibility.wellbeing_question] = [of.wellbeing[0][0]]
    return {**found, **given}


def proposed(of: Pack, **given: object):
    return propose_eligibility(of, eligible_answers(of, **given))


@pytest.mark.parametrize("key", KEYS)
def test_somebody_who_is_meant_and_needs_enough_is_eligible_and_told_why(key):
    of = pack(key)
    found = proposed(of)
    assert found.eligible
    assert found.unmet_count == found.outcomes_needed == of.eligibility.outcomes_needed
    assert found.sentence.startswith(f"{of.eligibility.words_eligible} This is because of: ")
    for outcome in of.outcomes[: of.eligibility.outcomes_needed]:
        assert outcome.title[1:] in found.sentence


@pytest.mark.parametrize("key", KEYS)
def test_one_outcome_fewer_than_the_rules_need_is_not_enough(key):
    of = pack(key)
    last = of.outcomes[of.eligibility.outcomes_needed - 1]
    found = proposed(of, **{asked(of, last.key, "need").key: "none"})
    assert not found.eligible
    assert not found.outcomes_met
    assert found.unmet_count == of.eligibility.outcomes_needed - 1
    assert f"the rules ask for {of.eligibility.outcomes_needed} part" in found.sentence
    assert found.sentence.startswith(of.eligibility.words_not_eligible)


@pytest.mark.parametrize(
    ("key", "outcome", "way"),
    [
        (key, o.key, w.key)
        for key in KEYS
        for o, w in itertools.product(pack(key).outcomes, pack(key).ways)
    ],
)
def test_each_way_alone_reaches_each_outcome_and_says_so(key, outcome, way):
    of = pack(key)
    found = propose_eligibility(of, answers(of, **{asked(of, outcome, "ways").key: [way]}))
    [unmet] = [one for one in found.outcomes if one.unmet]
    words = next(w.words for w in of.ways if w.key == way)
    assert (unmet.outcome, unmet.ways) == (outcome, (way,))
    assert unmet.sentence == f"{of.outcome(outcome).title}: you {words}."


@pytest.mark.parametrize(("key", "question"), asking("need"))
def test_each_option_of_a_need_has_points_of_its_own_and_more_than_none_is_unmet(key, question):
    of = pack(key)
    need = of.question(question)
    seen = {}
    for option in need.options:
        given = answers(of, **{question: option.key})
        judged = next(
            o for o in propose_eligibility(of, given).outcomes if o.outcome == need.outcome
        )
        assert judged.unmet == (option.points > 0) == option.means_unable
        assert judged.points == option.points
        assert judged.ways == ((of.ways[0].key,) if judged.unmet else ())
        seen[option.key] = allocate(of, given).points
    assert list(seen.values()) == sorted(set(seen.values()))


@pytest.mark.parametrize(("key", "question"), asking("unpaid"))
def test_each_share_of_unpaid_help_leaves_less_of_the_need(key, question):
    of = pack(key)
    unpaid = of.question(question)
    need = asked(of, unpaid.outcome, "need")
    top = need.options[-1]
    left = []
    for option in unpaid.options:
        given = answers(of, **{need.key: top.key, question: option.key})
        found = allocate(of, given)
        assert found.points == top.points * (1 - option.share)
        assert propose_eligibility(of, given).unmet_count == 1
        left.append(found.annual_pence)
    assert left == sorted(left, reverse=True)
    assert left[0] > left[-1]


@pytest.mark.parametrize(("key", "question"), asking("cause", "condition"))
def test_each_answer_of_the_gateway_lets_in_exactly_those_who_are_meant(key, question):
    of = pack(key)
    gate = of.question(question)
    for option in gate.options:
        chosen = [option.key] if gate.kind == "multi" else option.key
        assert proposed(of, **{question: chosen}).eligible == option.means_unable
    if gate.kind == "multi":
        assert not proposed(of, **{question: []}).eligible
        assert proposed(of, **{question: [option.key for option in gate.options]}).eligible
    else:
        shut = [option for option in gate.options if not option.means_unable]
        assert shut


@pytest.mark.parametrize("key", KEYS)
def test_each_condition_that_fails_is_told_by_itself_and_all_together(key):
    of = pack(key)
    shut = {
        c.question: next((o.key for o in gate.options if not o.means_unable), [])
        for c in of.eligibility.conditions
        for gate in [of.question(c.question)]
    }
    for condition in of.eligibility.conditions:
        found = proposed(of, **{condition.question: shut[condition.question]})
        assert found.sentence == (
            f"{of.eligibility.words_not_eligible} The reason: {condition.words_unmet}."
        )
        assert [(c.condition, c.title) for c in found.conditions if not c.met] == [
            (condition.key, condition.title)
        ]
    every = proposed(of, **shut)
    assert all(c.words_unmet in every.sentence for c in of.eligibility.conditions)
    assert [c.met for c in every.conditions] == [False] * len(of.eligibility.conditions)
    assert [c.met for c in proposed(of).conditions] == [True] * len(of.eligibility.conditions)


@pytest.mark.parametrize("key", KEYS)
def test_the_cause_counts_where_the_law_asks_what_needs_arise_from(key):
    of = pack(key)
    assert proposed(of).cause_met
    if of.eligibility.cause_question:
        found = proposed(of, **{of.eligibility.cause_question: "no"})
        assert not found.cause_met
        assert "do not come from what this programme is for" in found.sentence


@pytest.mark.parametrize("key", KEYS)
def test_wellbeing_counts_where_a_pack_asks_about_it_and_each_part_is_enough(key):
    of = pack(key)
    test = of.eligibility
    if not test.wellbeing_question:
        assert proposed(of).wellbeing_met
        assert proposed(of).wellbeing == of.wellbeing == ()
        return
    options = [option.key for option in of.question(test.wellbeing_question).options]
    assert options == [part for part, _ in of.wellbeing]
    for part in options:
        found = proposed(of, **{test.wellbeing_question: [part]})
        assert (found.eligible, found.wellbeing) == (True, (part,))
    none = proposed(of, **{test.wellbeing_question: []})
    assert (none.eligible, none.wellbeing_met) == (False, False)
    assert "big effect on your wellbeing" in none.sentence


@pytest.mark.parametrize(("key", "question"), asking("health"))
def test_health_at_risk_stands_in_for_the_outcomes_and_for_nothing_else(key, question):
    of = pack(key)
    managing = {asked(of, o.key, "need").key: "none" for o in of.outcomes}
    found = proposed(of, **managing, **{question: "yes"})
    assert (found.eligible, found.outcomes_met, found.unmet_count) == (True, False, 0)
    assert "your health" in found.sentence
    assert not proposed(of, **managing, **{question: "no"}).eligible
    wellbeing = of.eligibility.wellbeing_question
    assert not proposed(of, **managing, **{question: "yes", wellbeing: []}).eligible
    for condition in of.eligibility.conditions:
        none = of.question(condition.question).options[-1].key
        assert not proposed(of, **managing, **{question: "yes", condition.question: none}).eligible


def adjusted_by(of: Pack, question: Question) -> set[str]:
    return {a.option for a in of.allocation.adjustments if a.question == question.key}


@pytest.mark.parametrize(("key", "question"), asking("adjustment"))
def test_each_answer_that_changes_the_sum_changes_it_by_itself(key, question):
    of = pack(key)
    asks = of.question(question)
    many = [[option.key] for option in asks.options]
    choices = [[], *many] if asks.kind == "multi" else [option.key for option in asks.options]
    sums = [
        allocate(of, eligible_answers(of, **{question: chosen})).annual_pence for chosen in choices
    ]
    assert len(set(sums)) == len(sums)
    if asks.kind == "single":
        assert sums == sorted(sums)
    without = choices[0][0] if choices[0] else None
    assert adjusted_by(of, asks) == {option.key for option in asks.options} - {
        asks.options[0].key if asks.kind == "single" else without
    }


def test_every_question_with_options_is_there_for_a_reason_that_is_proved_above():
    proved = {"need", "ways", "unpaid", "cause", "condition", "health", "wellbeing", "adjustment"}
    for key in KEYS:
        for question in pack(key).questions:
            assert (question.role in proved) == bool(question.options)
            assert question.role == "words" or question.options


@pytest.mark.parametrize("key", KEYS)
def test_a_refusal_says_what_else_helps_and_how_to_challenge(key):
    test = pack(key).eligibility
    assert len(test.what_else_helps) >= 3
    for words in ("12 months", "did not make the decision", "3 working days", "Ombudsman"):
        assert words in test.how_to_challenge


# The sums below are worked out by hand from each pack's table; the sum in pounds comes first.
EXAMPLES = [
    # 3 points of check-ups after half of 6, and 8 of how you feel: 11, the band from 5.
    ("maternity", 250, {"checkups_need": "most", "checkups_unpaid": "half", "feelings_need": "most"}),
    ("maternity", 0, {"feelings_need": "some"}),
    ("maternity", 250, {"checkups_need": "some", "birth_need": "some"}),
    ("maternity", 500, {"everyday_need": "all"}),
    ("maternity", 800, {"everyday_need": "all", "hospital": "yes"}),
    ("maternity", 1_150, {"everyday_need": "all", "at_risk": "yes", "babies": "more"}),
    # 9 points less a quarter are 6¾, at £60; £900 more for the nights; 8% on top: £1,409.40.
    ("long-term-condition", 405, {"safety_need": "most", "safety_unpaid": "quarter"}),
    ("long-term-condition", 1_409, {
        "safety_need": "most", "safety_unpaid": "quarter", "nights": "most", "place": "village",
    }),
    ("long-term-condition", 60, {"ahead_need": "some"}),
    # 3 of the 5 points on the way to £520; 10 points are half-way from £520 to £3,120.
    ("mental-health-aftercare", 312, {"crisis_need": "some"}),
    ("mental-health-aftercare", 520, {"home_need": "some"}),
    ("mental-health-aftercare", 1_820, {"home_need": "most"}),
    ("mental-health-aftercare", 9_555, {"home_need": "most", "close_by": "night", "place": "village"}),
    # 80 lessons at £18; 40 hours at £26, half of it done by sponsors; £300 and £150 more.
    ("resettlement", 2_410, {
        "arrived": "to_three", "english_need": "most", "home_need": "most", "home_unpaid": "half",
        "household": "to_five", "papers": ["translated"],
    }),
    ("resettlement", 400, {}),
    ("resettlement", 0, {"arrived": "to_five"}),
    ("resettlement", 510, {"arrived": "to_five", "papers": ["licence", "translated", "compared"]}),
    # 8 and 6 points reach the band from 14; 8 and 4 do not; 2¼ and 4 are in the band from 5.
    ("drug-recovery", 650, {"using_need": "most", "people_need": "most"}),
    ("drug-recovery", 300, {"using_need": "most", "feelings_need": "some"}),
    ("drug-recovery", 300, {"days_need": "all", "days_unpaid": "three_quarters", "home_need": "some"}),
    ("drug-recovery", 0, {"feelings_need": "some"}),
    ("drug-recovery", 500, {"left": "yes", "children": "yes"}),
    # 2 hours at £38; 90 hours at £9.50 less a quarter are £641.25; £120 and £350 for the start.
    ("work-and-skills", 76, {"direction_need": "some"}),
    ("work-and-skills", 641, {"life_need": "most", "life_unpaid": "quarter"}),
    ("work-and-skills", 1_111, {
        "life_need": "most", "life_unpaid": "quarter", "kit": ["clothes", "laptop"],
    }),
]  # fmt: skip


@pytest.mark.parametrize(("key", "pounds", "given"), EXAMPLES)
def test_worked_examples_come_out_to_the_pound(key, pounds, given):
    assert allocate(pack(key), answers(pack(key), **given)).annual_pence == pounds * 100


HIGHEST = {
    # The band from 48 points, £1,800, and £250, £400 and £300.
    "maternity": (71, 2_750),
    # 74 points at £60 and £900, 8% on top.
    "long-term-condition": (74, 5_767),
    # The last knot, £52,000, and £20,800, 5% on top.
    "mental-health-aftercare": (100, 76_440),
    # £12,414 of prices; £500, £400, £150, £60 and £300.
    "resettlement": (72, 13_824),
    # The band from 55 points, £2,400, and £300 and £200.
    "drug-recovery": (69, 2_900),
    # £11,424 of prices and £810 for the start would be more than the most that is given.
    "work-and-skills": (60, 8_000),
}


@pytest.mark.parametrize(("key", "points", "pounds"), [(k, *v) for k, v in HIGHEST.items()])
def test_the_highest_answer_everywhere_gives_what_the_table_ends_at(key, points, pounds):
    of = pack(key)
    given = {}
    for question in of.questions:
        if question.role in ("need", "adjustment"):
            keys = [option.key for option in question.options]
            given[question.key] = keys[-1] if question.kind == "single" else keys
    if of.eligibility.health_question:
        given[of.eligibility.health_question] = "yes"
    found = allocate(of, answers(of, **given))
    assert (found.points, found.annual_pence) == (points, pounds * 100)


def test_the_working_of_a_capped_sum_says_that_it_was_capped():
    of = pack("work-and-skills")
    given = {q.key: q.options[-1].key for q in of.questions if q.role == "need"}
    rounding = allocate(of, answers(of, **given)).steps[-1]
    assert rounding.detail == "to the nearest £1.00, then kept between £0.00 and £8,000.00"
