"""What must hold for every programme, every allocation table and all answers: counter-examples are sought."""

import copy
import itertools
import json
import os
import random
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules.allocation import Allocation, allocate, banded, linear
from plans.rules.eligibility import EligibilityProposal, propose_eligibility
from plans.rules.pack import Option, Pack, Question
from tests.plans.rules.rule_world import KEYS, answers, one_question_pack, pack

POINTS = st.integers(0, 250)
PENCE = st.integers(0, 10**7)
EXACT_POINTS = st.fractions(0, 300, max_denominator=64)


@st.composite
def tables(draw):
    """A legal table of points and pence: both rise."""
    points = sorted(draw(st.sets(POINTS, min_size=1, max_size=8)))
    sums = sorted(draw(st.lists(PENCE, min_size=len(points), max_size=len(points))))
    return tuple(zip(points, sums, strict=True))


@st.composite
def allocations(draw):
    """Any legal allocation by points, with its rounding, minimum and maximum."""
    method = draw(st.sampled_from(["linear", "per_point", "bands"]))
    rows = draw(tables())
    low, high = sorted((draw(PENCE), draw(PENCE)))
    table = {"method": method, "round_to_pence": draw(st.sampled_from([1, 5, 100, 5200]))}
    if method == "linear":
        table["knots"] = [{"points": at, "pence": pence} for at, pence in rows]
    elif method == "bands":
        table["bands"] = [{"from_points": at, "pence": pence} for at, pence in rows]
    else:
        table["pence_per_point"] = draw(st.integers(0, 10**5))
    if draw(st.booleans()):
        table["minimum_pence"] = low
    if draw(st.booleans()):
        table["maximum_pence"] = high
    return table


def _whole_set(key: str) -> st.SearchStrategy[dict[str, Any]]:
    choices = {}
    for question in pack(key).questions:
        keys = [option.key for option in question.options]
        if question.kind == "single":
            choices[question.key] = st.sampled_from(keys)
        elif question.kind == "multi":
            choices[question.key] = st.lists(st.sampled_from(keys), unique=True, max_size=3)
    return st.fixed_dictionaries(choices)


PEOPLE = st.one_of([st.tuples(st.just(key), _whole_set(key)) for key in KEYS])
"""A shipped pack and somebody's complete answers to it."""


@given(tables(), EXACT_POINTS, EXACT_POINTS)
def test_a_linear_table_never_gives_less_for_more_points(table, one, other):
    less, more = sorted((one, other))
    assert linear(table, less)[0] <= linear(table, more)[0]


@given(tables())
def test_a_linear_table_gives_exactly_its_sum_at_each_knot_and_no_jump_beside_it(table):
    near = Fraction(1, 10**9)
    for points, pence in table:
        assert linear(table, Fraction(points))[0] == pence
        for beside in (points - near, points + near):
            assert abs(linear(table, beside)[0] - pence) <= near * 10**7


@given(tables(), EXACT_POINTS, EXACT_POINTS)
def test_bands_never_give_less_for_more_points(table, one, other):
    less, more = sorted((one, other))
    assert banded(table, less)[0] <= banded(table, more)[0]


@given(allocations(), st.sets(POINTS, min_size=2, max_size=4))
def test_no_table_rounding_or_limit_gives_less_for_more_need(table, points):
    made = one_question_pack(table, sorted(points))
    sums = [allocate(made, {"nutrition_need": f"p{n}"}).annual_pence for n in sorted(points)]
    assert sums == sorted(sums)


@given(PEOPLE)
def test_the_steps_add_up_to_the_points_and_to_the_sum(person):
    key, given_ = person
    found = allocate(pack(key), given_)
    in_points = [s for s in found.steps if s.unit == "points" and s.key != "points"]
    in_pence = [s for s in found.steps if s.unit == "pence"]
    priced = pack(key).allocation.method == "price_list"
    assert sum(step.figure for step in in_points) == (0 if priced else found.points)
    assert not (priced and in_points)
    assert sum(step.figure for step in in_pence) == found.annual_pence
    for steps in (in_points, in_pence):
        running = Fraction(0)
        for step in steps:
            running += step.figure
            assert step.running == running
    assert found.steps[-1].running == found.annual_pence


@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_in_which_answers_are_given_changes_nothing(person, chance: random.Random):
    key, given_ = person
    shuffled = list(copy.deepcopy(given_).items())
    chance.shuffle(shuffled)
    for _, answer in shuffled:
        if isinstance(answer, list):
            chance.shuffle(answer)
    assert allocate(pack(key), dict(shuffled)) == allocate(pack(key), given_)
    assert propose_eligibility(pack(key), dict(shuffled)) == propose_eligibility(pack(key), given_)


def by_need(of: Pack, question: Question) -> list[str]:
    """The options from least to most need: by points, by unpaid help, or else by what each adds alone."""

    def rank(option: Option) -> tuple[int, Fraction, int]:
        alone = allocate(of, answers(of, **{question.key: option.key})).annual_pence
        return (option.points, -option.share, 0 if question.role in ("need", "unpaid") else alone)

    return [option.key for option in sorted(question.options, key=rank)]


@given(PEOPLE, st.data())
def test_more_need_less_unpaid_help_or_one_more_tick_never_lowers_a_budget(person, data):
    key, given_ = person
    of = pack(key)
    question = data.draw(st.sampled_from([q for q in of.questions if q.options]))
    if question.kind == "multi":
        tick = data.draw(st.sampled_from([option.key for option in question.options]))
        fewer = [one for one in given_[question.key] if one != tick]
        less, more = fewer, [*fewer, tick]
    else:
        keys = by_need(of, question)
        at = data.draw(st.integers(0, len(keys) - 2))
        less, more = keys[at], keys[at + 1]
    before = allocate(of, {**given_, question.key: less})
    after = allocate(of, {**given_, question.key: more})
    assert before.annual_pence <= after.annual_pence
    assert before.points <= after.points or question.role == "adjustment"


@given(PEOPLE, st.data())
def test_more_need_or_one_more_way_never_takes_eligibility_away(person, data):
    key, given_ = person
    of = pack(key)
    question = data.draw(st.sampled_from([q for q in of.questions if q.role in ("need", "ways")]))
    if question.kind == "multi":
        tick = data.draw(st.sampled_from([option.key for option in question.options]))
        more = [*given_[question.key], tick]
    else:
        more = question.options[-1].key
    before = propose_eligibility(of, given_)
    after = propose_eligibility(of, {**given_, question.key: more})
    assert after.eligible >= before.eligible
    assert after.unmet_count >= before.unmet_count


@given(PEOPLE)
def test_somebody_is_eligible_exactly_when_every_part_of_the_test_is_met(person):
    key, given_ = person
    found = propose_eligibility(pack(key), given_)
    assert found.eligible == (
        found.cause_met
        and all(condition.met for condition in found.conditions)
        and (found.outcomes_met or found.health_at_risk)
        and found.wellbeing_met
    )
    assert found.unmet_count == sum(outcome.unmet for outcome in found.outcomes)
    assert found.outcomes_met == (found.unmet_count >= found.outcomes_needed)


@given(PEOPLE)
def test_what_the_gateway_and_the_ways_ask_never_changes_the_money(person):
    key, given_ = person
    of = pack(key)
    paid = {a.question for a in of.allocation.adjustments} | {q for q, *_ in of.allocation.prices}
    free = {
        q.key: answers(of)[q.key]
        for q in of.questions
        if q.options and q.key not in paid and q.role not in ("need", "unpaid")
    }
    assert allocate(of, {**given_, **free}) == allocate(of, given_)


@given(PEOPLE)
def test_the_working_is_the_same_after_it_was_stored_as_json(person):
    key, given_ = person
    of = pack(key)
    found, proposal = allocate(of, given_), propose_eligibility(of, given_)
    assert Allocation.from_data(json.loads(json.dumps(found.as_data()))) == found
    assert EligibilityProposal.from_data(json.loads(json.dumps(proposal.as_data()))) == proposal


@given(PEOPLE)
def test_a_budget_is_whole_units_and_within_its_pack(person):
    key, given_ = person
    table = pack(key).allocation
    found = allocate(pack(key), given_)
    assert found.annual_pence % table.round_to_pence == 0
    assert found.annual_pence >= table.minimum_pence
    assert table.maximum_pence is None or found.annual_pence <= table.maximum_pence


@settings(max_examples=30)
@given(allocations(), st.sets(POINTS, max_size=4))
def test_any_legal_table_is_the_same_pack_after_it_was_written_and_read(table, points):
    made = one_question_pack(table, sorted(points | {0, 251}))
    written = json.loads(json.dumps(made.as_mapping()))
    assert Pack.from_mapping(written) == made


@pytest.mark.parametrize("key", [k for k in KEYS if pack(k).allocation.method == "linear"])
def test_the_shipped_straight_lines_have_no_jump_at_any_knot(key):
    knots = pack(key).allocation.knots
    near = Fraction(1, 10**9)
    steepest = max(
        Fraction(high - low, to - at) for (at, low), (to, high) in itertools.pairwise(knots)
    )
    for points, pence in knots:
        assert linear(knots, Fraction(points))[0] == pence
        for beside in (points - near, points + near):
            assert abs(linear(knots, beside)[0] - pence) <= near * steepest


def test_the_same_answers_give_the_same_words_and_figures_in_another_process():
    program = (
        "import json, random\n"
        "from plans.rules.allocation import allocate\n"
        "from plans.rules.eligibility import propose_eligibility\n"
        "from tests.plans.rules.rule_world import KEYS, any_answers, pack\n"
        "for key in KEYS:\n"
        "    given = any_answers(pack(key), random.Random(key))\n"
        "    print(json.dumps([allocate(pack(key), given).as_data(), "
        "propose_eligibility(pack(key), given).as_data()]))\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert printed[0].count(b"\n") == len(KEYS)
