"""Laws that hold for every contribution, tried on thousands of invented finances."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.rules.answers import AnswerError
from plans.rules.charging import contribution
from plans.rules.charging_finances import Amount, Finances, check_finances
from plans.rules.charging_kinds import CAPITAL, DISABILITY_COSTS, HOUSING, INCOME, PERIODS, PREMIUMS
from plans.rules.charging_result import Contribution
from tests.plans.rules.charging_world import figures, finances

COUNTED = ("state_pension", "work_pension", "attendance_allowance", "war_widow", "savings_credit")
sums = st.integers(min_value=0, max_value=300_000)
periods = st.sampled_from(sorted(PERIODS))
amounts = st.fixed_dictionaries({"pence": sums, "every": periods})


def of_kinds(kinds: Any, values: Any) -> Any:
    return st.dictionaries(st.sampled_from([kind.key for kind in kinds]), values, max_size=4)


patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A machine that is busy with other things makes an example slow, not wrong."""


@st.composite
def anything(draw: Any) -> Finances:
    """Any finances of an adult."""
    years = st.integers(min_value=1930, max_value=1997)
    answers: dict[str, Any] = {
        "date_of_birth": f"{draw(years)}-06-15",
        "children": draw(st.integers(min_value=0, max_value=4)),
        "premiums": draw(st.lists(st.sampled_from([one.key for one in PREMIUMS]), unique=True)),
        "income": draw(of_kinds([kind for kind in INCOME if kind.asks_amount], amounts)),
        "capital": draw(of_kinds(CAPITAL, st.integers(min_value=0, max_value=2_500_000))),
        "housing": draw(of_kinds(HOUSING, amounts)),
        "disability": draw(of_kinds(DISABILITY_COSTS, amounts)),
        "support": draw(
            st.lists(
                st.fixed_dictionaries({"kind": st.just("care"), "pence_a_week": sums}), max_size=2
            )
        ),
    }
    if draw(st.booleans()):
        answers |= {"household": "couple", "partner_date_of_birth": f"{draw(years)}-01-01"}
    return check_finances(answers)


POLICY = figures(disability_standard_pence=1700, free_below_pence=125, guarantee_percent=5)


def worked(found: Finances) -> Contribution:
    return contribution(found, POLICY)


def paid(found: Finances) -> int:
    """What is paid; the whole of an unknown cost is more than anything."""
    result = worked(found)
    return 10**9 if result.pence_a_week is None else result.pence_a_week


@patiently
@given(anything())
def test_it_is_never_above_the_cost_nor_below_nothing(found: Finances):
    result = worked(found)
    if result.pence_a_week is None:
        assert (result.full_cost, result.cost_pence) == (True, None)
        return
    assert result.pence_a_week >= 0
    if result.cost_pence is not None:
        assert result.pence_a_week <= result.cost_pence


@patiently
@given(anything())
def test_what_is_left_after_paying_is_never_below_what_may_be_kept(found: Finances):
    result = worked(found)
    if result.pence_a_week and not result.full_cost:
        assert result.income_pence - result.pence_a_week >= result.kept_pence


@patiently
@given(anything())
def test_the_steps_add_up_to_the_result_and_keep_a_running_total(found: Finances):
    result = worked(found)
    total = 0
    for step in result.steps:
        total += step.figure
        assert step.figure.denominator == 1
        if not step.key.startswith("result.free"):
            assert step.running == total
    if result.pence_a_week is not None:
        assert total == result.pence_a_week


@patiently
@given(anything(), st.sampled_from(["bank", "joint_accounts", "property"]), sums)
def test_more_capital_never_lowers_it(found: Finances, kind: str, more: int):
    capital = dict(found.capital)
    capital[kind] = capital.get(kind, 0) + more
    richer = Finances(**{**vars(found), "capital": capital})
    assert paid(richer) >= paid(found)


@patiently
@given(anything(), st.sampled_from(COUNTED), sums)
def test_more_income_of_a_kind_never_lowers_it(found: Finances, kind: str, more: int):
    income = dict(found.income)
    was = income.get(kind)
    if kind == "attendance_allowance" and was is None:
        return  # a first disability benefit brings an allowance with it
    income[kind] = Amount((was.pence if was else 0) + more, was.every if was else "week")
    richer = Finances(**{**vars(found), "income": income})
    assert paid(richer) >= paid(found)


@patiently
@given(anything(), sums)
def test_a_higher_rent_never_raises_it(found: Finances, more: int):
    housing = dict(found.housing)
    was = housing.get("rent", Amount(0))
    housing["rent"] = Amount(was.pence + more, was.every)
    assert paid(Finances(**{**vars(found), "housing": housing})) <= paid(found)


@patiently
@given(anything(), st.randoms())
def test_the_order_of_answers_does_not_matter(found: Finances, rng: Any):
    income = list(found.income.items())
    rng.shuffle(income)
    assert paid(Finances(**{**vars(found), "income": dict(income)})) == paid(found)


@patiently
@given(anything())
def test_finances_survive_being_written_down(found: Finances):
    assert check_finances(json.loads(json.dumps(found.as_data()))) == found


@patiently
@given(anything())
def test_the_working_survives_being_written_down(found: Finances):
    result = worked(found)
    assert Contribution.from_data(json.loads(json.dumps(result.as_data()))) == result


JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from([*finances().as_data(), "capital", "premiums", "children"]), JUNK)
@settings(deadline=None, max_examples=200)
def test_whatever_is_sent_is_either_finances_or_an_error_with_a_path(key: str, junk: Any):
    said = finances().as_data() | {key: junk}
    try:
        found = check_finances(said)
    except AnswerError:
        with pytest.raises(AnswerError, match=r"^finances"):
            check_finances(said)
    else:
        assert isinstance(found, Finances)
