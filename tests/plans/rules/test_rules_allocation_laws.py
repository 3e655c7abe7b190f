"""What must hold for every allocation table and all answers, searched for counter-examples."""

import random
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from plans.rules.allocation import Allocation, allocate, banded, linear
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


@st.composite
def people(draw):
    """A shipped pack and somebody's complete answers to it."""
    of = pack(draw(st.sampled_from(KEYS)))
    given_ = {
        q.key: draw(st.sampled_from([o.key for o in q.options]))
        for q in of.questions
        if q.kind == "single"
    }
    return of, answers(of, **given_)


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


@given(people())
def test_the_steps_add_up_to_the_points_and_to_the_sum(person):
    found = allocate(*person)
    in_points = [s for s in found.steps if s.unit == "points" and s.key != "points"]
    in_pence = [s for s in found.steps if s.unit == "pence"]
    assert sum(step.figure for step in in_points) == found.points
    assert sum(step.figure for step in in_pence) == found.annual_pence
    running = Fraction(0)
    for step in in_points:
        running += step.figure
        assert step.running == running
    running = Fraction(0)
    for step in in_pence:
        running += step.figure
        assert step.running == running


@given(people(), st.randoms(use_true_random=False))
def test_the_order_in_which_answers_are_given_changes_nothing(person, chance: random.Random):
    of, given_ = person
    shuffled = list(given_.items())
    chance.shuffle(shuffled)
    assert allocate(of, dict(shuffled)) == allocate(of, given_)


@given(people(), st.data())
def test_more_need_or_less_unpaid_help_never_lowers_a_budget(person, data):
    of, given_ = person
    question = data.draw(
        st.sampled_from([q for q in of.questions if q.role in ("need", "unpaid", "adjustment")])
    )
    keys = [option.key for option in question.options]
    at = data.draw(st.integers(0, len(keys) - 2))
    before = allocate(of, {**given_, question.key: keys[at]}).annual_pence
    after = allocate(of, {**given_, question.key: keys[at + 1]}).annual_pence
    if question.role == "unpaid":
        before, after = after, before
    assert before <= after


@given(people())
def test_a_budget_is_the_same_after_it_was_stored_and_within_its_pack(person):
    of, given_ = person
    found = allocate(of, given_)
    assert Allocation.from_data(found.as_data()) == found
    assert found.annual_pence % of.allocation.round_to_pence == 0
    assert 0 <= found.annual_pence <= of.allocation.maximum_pence
