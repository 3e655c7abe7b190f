"""The eligibility test at each of its boundaries: SI 2015/313, regulations 2 and 3."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.rules.eligibility import EligibilityProposal, propose_eligibility
from tests.plans.rules.rule_world import answers, pack

ADULTS = [outcome.key for outcome in pack().outcomes]
CARERS = [outcome.key for outcome in pack("carers").outcomes]
ADULT_WAYS = [way.key for way in pack().ways]
CARER_WAYS = [way.key for way in pack("carers").ways]


def proposed(key="adult-social-care", **given_):
    return propose_eligibility(pack(key), answers(pack(key), **given_))


@pytest.mark.parametrize(("outcome", "way"), list(itertools.product(ADULTS, ADULT_WAYS)))
def test_each_way_alone_makes_each_outcome_one_that_cannot_be_achieved(outcome, way):
    found = proposed(**{f"{outcome}_ways": [way]})
    assert [o.outcome for o in found.outcomes if o.unmet] == [outcome]
    judged = next(o for o in found.outcomes if o.outcome == outcome)
    assert judged.ways == (way,)
    assert judged.sentence.startswith(pack().outcome(outcome).title)


@pytest.mark.parametrize(
    ("outcome", "option"),
    [
        (q.outcome, option.key)
        for q in pack().questions
        if q.role == "need"
        for option in q.options
        if option.means_unable
    ],
)
def test_needing_help_even_prompting_counts_as_unable_without_assistance(outcome, option):
    found = proposed(**{f"{outcome}_need": option})
    judged = next(o for o in found.outcomes if o.outcome == outcome)
    assert judged.unmet
    assert judged.ways == ("cannot",)


@pytest.mark.parametrize("outcome", ADULTS)
def test_an_adult_with_one_outcome_is_not_eligible(outcome):
    found = proposed(**{f"{outcome}_ways": ADULT_WAYS}, wellbeing=["health"])
    assert not found.eligible
    assert (found.unmet_count, found.outcomes_needed, found.outcomes_met) == (1, 2, False)
    assert found.sentence.endswith(
        "The reason: the rules ask for 2 parts of life that you cannot manage, and your answers show 1."
    )


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(ADULTS, 2)))
def test_an_adult_with_any_two_outcomes_is_eligible(one, other):
    found = proposed(**{f"{one}_ways": ["pain"], f"{other}_need": "some"}, wellbeing=["control"])
    assert found.eligible
    assert found.unmet_count == 2
    assert pack().outcome(one).title[1:] in found.sentence
    assert pack().outcome(other).title[1:] in found.sentence


@pytest.mark.parametrize("part", [key for key, _ in pack().wellbeing])
def test_any_one_part_of_wellbeing_is_enough(part):
    found = proposed(nutrition_need="some", toilet_need="some", wellbeing=[part])
    assert found.eligible
    assert found.wellbeing == (part,)


def test_the_parts_of_wellbeing_are_told_in_the_order_of_the_act_and_only_those():
    found = proposed(wellbeing=["home", "weather", "dignity"])
    assert found.wellbeing == ("dignity", "home")


def test_two_outcomes_without_an_effect_on_wellbeing_are_not_enough():
    found = proposed(nutrition_need="some", toilet_need="some", wellbeing=[])
    assert not found.eligible
    assert found.cause_met
    assert found.outcomes_met
    assert "wellbeing" in found.sentence


def test_needs_that_do_not_arise_from_illness_or_impairment_are_not_enough():
    found = proposed(cause="no", nutrition_need="all", toilet_need="all", wellbeing=["health"])
    assert not found.eligible
    assert not found.cause_met
    assert "do not come from what this programme is for" in found.sentence


def test_every_condition_that_fails_is_told():
    found = proposed(cause="no")
    assert "your answers show none" in found.sentence
    assert "do not come from" in found.sentence
    assert "wellbeing" in found.sentence


def test_unpaid_help_never_takes_eligibility_away():
    alone = proposed(nutrition_need="all", toilet_need="all", wellbeing=["health"])
    helped = proposed(
        nutrition_need="all", toilet_need="all", wellbeing=["health"],
        nutrition_unpaid="all", toilet_unpaid="all",
    )  # fmt: skip
    assert helped == alone
    assert helped.eligible


@pytest.mark.parametrize(("outcome", "way"), list(itertools.product(CARERS, CARER_WAYS)))
def test_a_carer_with_any_one_outcome_in_any_way_is_eligible(outcome, way):
    found = proposed("carers", **{f"{outcome}_ways": [way]}, wellbeing=["control"])
    assert found.eligible
    assert found.unmet_count == 1


def test_a_carer_whose_health_is_at_risk_is_eligible_without_any_outcome():
    found = proposed("carers", health="yes", wellbeing=["health"])
    assert found.eligible
    assert found.health_at_risk
    assert (found.unmet_count, found.outcomes_met) == (0, False)
    assert "your health" in found.sentence


def test_a_carer_with_neither_is_not_eligible():
    found = proposed("carers", wellbeing=["health"])
    assert not found.eligible
    assert "ask for 1 part of life that you cannot manage, and your answers show none" in (
        found.sentence
    )


def test_a_carer_whose_care_is_not_needed_is_not_eligible():
    found = proposed("carers", cause="no", health="yes", child_need="most", wellbeing=["health"])
    assert not found.eligible


def test_taking_longer_is_not_a_way_for_carers():
    found = propose_eligibility(
        pack("carers"),
        {**answers(pack("carers")), "home_ways": ["slow"], "wellbeing": ["home"]},
    )
    assert not found.eligible
    assert found.unmet_count == 0


def test_an_outcome_that_nobody_has_told_about_is_said_to_be_so():
    found = propose_eligibility(pack(), {})
    assert not found.eligible
    assert [outcome.sentence for outcome in found.outcomes] == [
        f"{outcome.title}: you have not told us about this yet." for outcome in pack().outcomes
    ]
    assert {outcome.points for outcome in found.outcomes} == {0}


@given(
    st.lists(st.sampled_from(ADULTS), unique=True),
    st.lists(st.sampled_from([key for key, _ in pack().wellbeing]), unique=True),
    st.booleans(),
)
def test_the_whole_is_eligible_exactly_when_all_three_conditions_hold(outcomes, parts, cause):
    found = proposed(
        cause="yes" if cause else "no",
        wellbeing=parts,
        **{f"{outcome}_ways": ["danger"] for outcome in outcomes},
    )
    assert found.eligible == (cause and len(outcomes) >= 2 and bool(parts))
    kept = found.as_data()
    assert kept["eligible"] == found.eligible
    assert [o["outcome"] for o in kept["outcomes"] if o["unmet"]] == [
        o for o in ADULTS if o in outcomes
    ]


@given(
    st.lists(st.sampled_from(CARERS), unique=True),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_carer_is_eligible_by_any_outcome_or_by_health_with_cause_and_wellbeing(
    outcomes, health, cause, effect
):
    found = proposed(
        "carers",
        cause="yes" if cause else "no",
        health="yes" if health else "no",
        wellbeing=["health"] if effect else [],
        **{f"{outcome}_need": "some" for outcome in outcomes},
    )
    assert found.eligible == (cause and effect and (health or bool(outcomes)))


def test_several_ways_are_all_told_in_the_order_of_the_regulations():
    found = proposed(nutrition_need="some", nutrition_ways=["slow", "pain"])
    judged = found.outcomes[0]
    assert judged.ways == ("pain", "slow")
    assert judged.sentence == (
        "Eating and drinking: you can do it, but with a lot of pain, upset or worry and can do it, "
        "but it takes much longer than it would usually take."
    )


def test_an_outcome_that_can_be_managed_is_said_to_be_so():
    assert proposed().outcomes[0].sentence == (
        "Eating and drinking: your answers say that you can manage this."
    )


def test_the_sentence_to_somebody_eligible_names_each_outcome_and_health_first():
    found = proposed(nutrition_need="some", toilet_need="some", wellbeing=["health"])
    assert found.sentence == (
        "You can have support from the council. "
        "This is because of: eating and drinking; using the toilet."
    )
    carer = proposed("carers", health="yes", home_need="some", wellbeing=["health"])
    assert carer.sentence == (
        "You can have support as a carer. This is because of: your health; looking after your home."
    )


def test_the_sentence_to_somebody_not_eligible_gives_every_reason_and_counts():
    assert proposed(cause="no").sentence == (
        "The rules do not let the council give you a budget at the moment. The reasons: the "
        "difficulties do not come from what this programme is for; the rules ask for 2 parts of life "
        "that you cannot manage, and your answers show none; the answers do not show a big effect on "
        "your wellbeing."
    )


def test_an_answer_that_is_no_answer_meets_no_condition():
    for cause in (None, "", "maybe", 1, [], ["no"], {"yes": True}):
        found = propose_eligibility(pack(), {**answers(pack()), "cause": cause})
        assert not found.cause_met
    for cause in (True, "yes", ["yes"], ["no", "yes"]):
        found = propose_eligibility(pack(), {**answers(pack()), "cause": cause})
        assert found.cause_met


def test_a_decision_that_was_kept_before_there_were_gateways_can_still_be_read():
    kept = proposed(nutrition_need="some", toilet_need="some", wellbeing=["health"]).as_data()
    assert set(kept) == {
        "eligible", "cause_met", "outcomes_met", "health_at_risk", "wellbeing_met", "wellbeing",
        "unmet_count", "outcomes_needed", "sentence", "conditions", "outcomes",
    }  # fmt: skip
    assert kept["outcomes"][0] == {
        "outcome": "nutrition",
        "title": "Eating and drinking",
        "unmet": True,
        "ways": ["cannot"],
        "points": 9,
        "sentence": "Eating and drinking: you cannot do it without help or being reminded.",
    }
    assert kept["conditions"] == []
    del kept["conditions"]
    read = EligibilityProposal.from_data(kept)
    assert (read.eligible, read.conditions, read.wellbeing) == (True, (), ("health",))
