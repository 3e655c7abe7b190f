"""What is more than enough on a held budget: the weeks that are kept, what is committed, what is too little."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.surplus import SurplusPolicy, answer_by, policy_for, work_out

POLICY = SurplusPolicy(contingency_weeks=8, notice_days=28, return_days=28, least_pence=10_000)


def test_eight_weeks_and_what_is_still_to_be_paid_are_kept():
    found = work_out(500_000, 1_040_000, 60_000, POLICY)
    assert found.contingency_pence == 160_000
    assert found.surplus_pence == 280_000
    assert found.sentence == "£2,800.00 is more than is needed for now."


def test_a_little_over_is_not_asked_for():
    found = work_out(169_999, 1_040_000, 0, POLICY)
    assert found.surplus_pence == 0
    assert found.sentence == "£99.99 is over. That is too little to ask for."
    assert work_out(170_000, 1_040_000, 0, POLICY).surplus_pence == 10_000


def test_no_more_than_is_needed_is_nothing():
    assert work_out(100, 1_040_000, 0, POLICY).sentence == "There is no more than is needed."


def test_a_fraction_of_a_penny_is_kept_by_the_person():
    assert work_out(0, 1, 0, POLICY).contingency_pence == 1


def test_the_policy_is_data_and_a_programme_may_have_its_own():
    content = {
        "contingency_weeks": 8,
        "notice_days": 28,
        "return_days": 28,
        "least_pence": 10_000,
        "by_programme": {"carers": {"contingency_weeks": 4}},
    }
    assert policy_for(content, "adult-social-care") == POLICY
    assert policy_for(content, "carers").contingency_weeks == 4
    assert answer_by(date(2026, 1, 1), POLICY) == date(2026, 1, 29)


@pytest.mark.parametrize(
    "change", [{"contingency_weeks": 105}, {"notice_days": 0}, {"return_days": 0}]
)
def test_a_policy_without_time_or_sense_is_refused(change: dict[str, int]):
    usual = {"contingency_weeks": 8, "notice_days": 28, "return_days": 28, "least_pence": 0}
    with pytest.raises(ValueError, match=r"weeks|time"):
        SurplusPolicy(**(usual | change))


pence = st.integers(0, 10**9)


@given(pence, pence, pence, st.integers(0, 104), st.integers(0, 10**6))
def test_what_is_asked_for_is_never_more_than_what_is_there(
    balance: int, annual: int, committed: int, weeks: int, least: int
) -> None:
    found = work_out(balance, annual, committed, SurplusPolicy(weeks, 28, 28, least))
    assert found.surplus_pence == 0 or found.surplus_pence >= max(1, least)
    assert found.surplus_pence <= max(0, balance - committed)
    assert found.contingency_pence * 52 >= annual * weeks


@given(pence, pence, pence, st.integers(0, 103))
def test_keeping_a_week_more_never_asks_for_more(
    balance: int, annual: int, committed: int, weeks: int
) -> None:
    less = work_out(balance, annual, committed, SurplusPolicy(weeks + 1, 28, 28, 0))
    more = work_out(balance, annual, committed, SurplusPolicy(weeks, 28, 28, 0))
    assert less.surplus_pence <= more.surplus_pence
