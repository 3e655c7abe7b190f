"""The vectorised allocation is the allocation: the same penny for everybody, whatever pack and answers."""

import random
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules.allocation import LocalAdjustment, allocate
from plans.rules.pack import Pack
from plans.rules.policy_answers import Encoded, encode, fits
from plans.rules.vectorised import Profiles, allocate_all, profiles_of
from tests.plans.rules.rule_world import PROGRAMMES, answers, mapping, pack

BUNDLED = sorted(path.stem for path in PROGRAMMES.glob("*.yaml"))
PENCE = st.one_of(st.integers(0, 10**4), st.integers(0, 10**7), st.integers(0, 10**12))
EXACT = st.one_of(
    st.integers(0, 400).map(str),
    st.tuples(st.integers(0, 999), st.integers(0, 9999)).map(lambda n: f"{n[0]}.{n[1]}"),
    st.tuples(st.integers(0, 999), st.integers(1, 97)).map(lambda n: f"{n[0]}/{n[1]}"),
)
SHARES = st.sampled_from(["0", "1/4", "1/2", "3/4", "1", "1/3", "2/7", "0.15", "97/101"])


@st.composite
def rising(draw: Any, points: str) -> list[dict[str, int]]:
    """Steps of a table: both figures rise."""
    at = sorted(draw(st.sets(st.integers(0, 120), min_size=1, max_size=7)))
    sums = sorted(draw(st.lists(PENCE, min_size=len(at), max_size=len(at))))
    return [{points: p, "pence": pence} for p, pence in zip(at, sums, strict=True)]


@st.composite
def contents(draw: Any) -> dict[str, Any]:
    """A made-up programme of three needs with unpaid help, and any table that a pack may have."""
    content = mapping()
    content["key"] = "made-up"
    content["outcomes"] = content["outcomes"][:3]
    keep = {o["key"] for o in content["outcomes"]}
    content["sections"] = [
        s
        for s in content["sections"]
        if all(q.get("outcome") in keep for q in s["questions"])
        or s["key"] in ("about", "wellbeing")
    ]
    questions = [q for s in content["sections"] for q in s["questions"]]
    for question in questions:
        if question.get("role") == "need":
            ranks = sorted(draw(st.lists(st.integers(0, 60), min_size=2, max_size=5)))
            question["options"] = [
                {"key": f"o{n}", "label": f"Option {n}", "points": p} for n, p in enumerate(ranks)
            ]
        elif question.get("role") == "unpaid":
            found = draw(st.lists(SHARES, min_size=2, max_size=5))
            question["options"] = [
                {"key": f"u{n}", "label": f"Help {n}", "share": s} for n, s in enumerate(found)
            ]
    content["allocation"] = draw(allocations(questions))
    return content


@st.composite
def allocations(draw: Any, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """The table, its adjustments on any answer, its rounding, minimum and maximum."""
    method = draw(st.sampled_from(["linear", "per_point", "bands", "price_list"]))
    table: dict[str, Any] = {"method": method}
    if method == "linear":
        table["knots"] = draw(rising("points"))
    elif method == "bands":
        table["bands"] = draw(rising("from_points"))
    elif method == "per_point":
        table["pence_per_point"] = draw(PENCE)
    else:
        table["prices"] = draw(prices([q for q in questions if q.get("role") == "need"]))
    named = [
        (q, o)
        for q in questions
        for o in q.get("options", [])
        if q.get("role") not in ("ways", "wellbeing")
    ]
    table["adjustments"] = []
    for n, (question, least) in enumerate(draw(st.lists(st.sampled_from(named), max_size=5))):
        pence, percent = draw(PENCE), draw(EXACT)
        table["adjustments"] += [
            {
                "key": f"a{n}_{option['key']}",
                "label": f"Change {n}",
                "question": question["key"],
                "option": option["key"],
                "pence": pence,
                "percent": percent,
            }
            for option in question["options"]
            if option is least or need_of(option) > need_of(least)
        ]
    table["round_to_pence"] = draw(st.sampled_from([1, 1, 7, 100, 5200]))
    low, high = sorted((draw(PENCE), draw(PENCE)))
    table["minimum_pence"] = draw(st.sampled_from([0, low]))
    table["maximum_pence"] = draw(st.sampled_from([None, high]))
    return table


def need_of(option: dict[str, Any]) -> tuple[int, Fraction]:
    """How much need an answer means: whoever needs more has every adjustment of who needs less."""
    return option.get("points", 0), -Fraction(option.get("share", 0))


@st.composite
def prices(draw: Any, needs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A price for some answers to some needs; more need is never cheaper."""
    found = []
    for question in draw(st.lists(st.sampled_from(needs), min_size=1, unique_by=id)):
        units = draw(EXACT)
        sums = sorted(
            draw(
                st.lists(
                    PENCE, min_size=len(question["options"]), max_size=len(question["options"])
                )
            )
        )
        found += [
            {"question": question["key"], "option": o["key"], "pence": p, "units_a_year": units}
            for o, p in zip(question["options"], sums, strict=True)
        ]
    return found


@st.composite
def crowds(draw: Any, of: Pack) -> list[dict[str, Any]]:
    """Answers of a few people, thrown by one seed: chosen, ticked, left out."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    return [
        {
            q.key: chance.choice(q.options).key
            if q.kind == "single"
            else [option.key for option in q.options if chance.random() < 0.4]
            for q in of.questions
            if q.options and chance.random() < 0.9
        }
        for _ in range(draw(st.integers(0, 25)))
    ]


def one_by_one(of: Pack, people: list[dict[str, Any]], *local: LocalAdjustment) -> list[int]:
    """What the explained allocation gives each."""
    return [allocate(of, one, local).annual_pence for one in people]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_person_gets_the_same_penny_in_any_pack(data: st.DataObject) -> None:
    of = Pack.from_mapping(data.draw(contents()))
    people = data.draw(crowds(of))

    found = allocate_all(encode(of, people), of.allocation)

    assert found.dtype == np.int64
    assert found.tolist() == one_by_one(of, people)


@lru_cache
def shipped(key: str) -> Pack:
    """A pack as its file says."""
    return Pack.from_mapping(yaml.safe_load((PROGRAMMES / f"{key}.yaml").read_text("utf-8")))


@pytest.mark.parametrize("key", BUNDLED)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_person_gets_the_same_penny_in_the_packs_that_are_shipped(
    key: str, data: st.DataObject
) -> None:
    of = shipped(key)
    people = data.draw(crowds(of))

    assert allocate_all(encode(of, people), of.allocation).tolist() == one_by_one(of, people)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_local_adjustments_count_the_same(data: st.DataObject) -> None:
    of = Pack.from_mapping(data.draw(contents()))
    people = data.draw(crowds(of))
    percents = st.fractions(-100, 60, max_denominator=40)
    local = [
        LocalAdjustment(f"l{n}", "Local prices", data.draw(percents), data.draw(PENCE))
        for n in range(data.draw(st.integers(1, 2)))
    ]

    found = allocate_all(encode(of, people), of.allocation, local)

    assert found.tolist() == one_by_one(of, people, *local)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_another_table_on_the_same_profiles_is_as_exact(data: st.DataObject) -> None:
    content = data.draw(contents())
    of = Pack.from_mapping(content)
    questions = [q for section in content["sections"] for q in section["questions"]]
    changed = Pack.from_mapping({**content, "allocation": data.draw(allocations(questions))})
    people = data.draw(crowds(of))

    shared = profiles_of(encode(of, people), of.allocation, changed.allocation)

    assert shared.spread(shared.amounts(of.allocation)).tolist() == one_by_one(of, people)
    found = shared.spread(shared.amounts(changed.allocation))
    assert found.tolist() == one_by_one(changed, people)


def test_sums_beyond_64_bits_on_the_way_are_still_exact() -> None:
    content = mapping()
    content["allocation"] = {
        "method": "linear",
        "knots": [
            {"points": 0, "pence": 0},
            {"points": 97, "pence": 10**12 - 1},
            {"points": 2 * 97 + 1, "pence": 10**12},
        ],
        "adjustments": [
            {
                "key": f"a{n}",
                "label": "One third more",
                "question": "place",
                "option": "village",
                "percent": "100/3",
            }
            for n in range(9)
        ],
    }
    of = Pack.from_mapping(content)
    people = [
        answers(of, place=place, nutrition_need=need, nutrition_unpaid="quarter")
        for place in ("village", "town")
        for need in ("some", "most", "all")
    ]

    assert allocate_all(encode(of, people), of.allocation).tolist() == one_by_one(of, people)


def test_a_sum_that_no_database_could_hold_is_refused_not_wrapped() -> None:
    content = mapping()
    content["allocation"] = {"method": "per_point", "pence_per_point": 2**62}
    of = Pack.from_mapping(content)

    with pytest.raises(OverflowError):
        allocate_all(encode(of, [answers(of, nutrition_need="most")]), of.allocation)


def test_people_whose_answers_count_the_same_are_one_profile() -> None:
    of = pack()
    people = [answers(of, nutrition_need=need) for need in ("some", "some", "most", "some")]
    encoded = encode(of, people)

    found = profiles_of(encoded, of.allocation)

    assert isinstance(found, Profiles)
    assert found.of is not None
    assert len(set(found.of.tolist())) == 2
    assert sorted(found.people[found.people > 0].tolist()) == [1, 3]


def test_a_table_with_dozens_of_adjustments_is_as_exact() -> None:
    content = mapping()
    content["allocation"]["adjustments"] = [
        {
            "key": f"a{question['key']}{option['key']}",
            "label": "Change",
            "question": question["key"],
            "option": option["key"],
            "percent": "1/7",
        }
        for section in content["sections"][1:5]
        for question in section["questions"]
        for option in question.get("options", [])
    ]
    of = Pack.from_mapping(content)
    people = [answers(of, hygiene_need="two", nutrition_need=n) for n in ("prompt", "all")]

    assert allocate_all(encode(of, people), of.allocation).tolist() == one_by_one(of, people)
    nobody = encode(of, [])
    assert profiles_of(nobody, of.allocation).amounts(of.allocation).tolist() == []


def test_more_profiles_than_are_worth_counting_are_worked_out_one_by_one() -> None:
    content = mapping()
    for section in content["sections"]:
        for question in section["questions"]:
            for option in question.get("options", []):
                option["points"] = option.get("points", 0) * 10_000
    of = Pack.from_mapping(content)
    people = [answers(of, nutrition_need=need, nights="awake") for need in ("prompt", "all")]

    shared = profiles_of(encode(of, people), of.allocation)

    assert shared.of is None
    assert shared.amounts(of.allocation).tolist() == one_by_one(of, people)


def test_people_added_later_stand_after_those_who_were_there() -> None:
    of = pack()
    first = [answers(of, nutrition_need="some", nights="asleep")]
    later = [answers(of, hygiene_need="two", hygiene_unpaid="half"), answers(of)]

    both = encode(of, first).joined(encode(of, later))

    assert len(both) == 3
    assert allocate_all(both, of.allocation).tolist() == one_by_one(of, first + later)
    assert allocate_all(both.only([2, 1]), of.allocation).tolist() == one_by_one(
        of, [later[1], later[0]]
    )


def test_net_points_are_those_of_the_explained_allocation() -> None:
    of = pack()
    people = [answers(of, nutrition_need="most", nutrition_unpaid="quarter"), answers(of)]

    encoded: Encoded = encode(of, people)

    assert [Fraction(int(p), encoded.parts) for p in encoded.points] == [
        allocate(of, one).points for one in people
    ]


def test_answers_to_other_questions_do_not_fit() -> None:
    of = pack()
    whole = answers(of)

    assert fits(of, whole)
    assert not fits(of, {**whole, "nutrition_need": "an-older-option"})
    assert not fits(of, {key: value for key, value in whole.items() if key != "nights"})


def test_answers_that_need_not_be_given_may_be_missing() -> None:
    of = pack()
    assert fits(of, {k: v for k, v in answers(of).items() if not k.endswith("_ways")})


def test_nobody_is_nothing_to_work_out() -> None:
    of = pack()
    assert allocate_all(encode(of, []), of.allocation).tolist() == []
