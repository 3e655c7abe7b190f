"""What the parts of a pack may not say to one another: limits, prices, adjustments, gateways."""

import pytest

from plans.rules.pack import Pack, PackError
from tests.plans.rules.rule_world import mapping


@pytest.mark.parametrize(("worker", "manager"), [(None, 3_500_000), (500, 499)])
def test_a_manager_may_never_agree_less_than_a_worker(worker, manager):
    content = mapping()
    content["delegated_limits"][0]["pence"] = worker
    content["delegated_limits"][1]["pence"] = manager
    with pytest.raises(PackError, match=r"delegated_limits\[1\]\.pence: must not be below"):
        Pack.from_mapping(content)


def test_levels_may_have_the_same_limit_or_none():
    content = mapping()
    for worker, manager in ((500, 500), (500, None), (None, None)):
        content["delegated_limits"][0]["pence"] = worker
        content["delegated_limits"][1]["pence"] = manager
        assert [limit.pence for limit in Pack.from_mapping(content).limits] == [
            worker, manager, None,
        ]  # fmt: skip


def price_list(*prices: tuple[str, str, int, str]) -> dict:
    """The content of a pack whose allocation is these prices."""
    content = mapping()
    content["allocation"] = {
        "method": "price_list",
        "prices": [
            {"question": question, "option": option, "pence": pence, "units_a_year": units}
            for question, option, pence, units in prices
        ],
    }
    return content


@pytest.mark.parametrize(
    ("prices", "path", "words"),
    [
        (
            [("hygiene_need", "some", 2000, "104"), ("hygiene_need", "most", 2000, "103")],
            "pack.allocation.prices[0]",
            "“hygiene_need: most” gives less for more need than “some”",
        ),
        (
            [("hygiene_need", "two", 2000, "104"), ("hygiene_need", "most", 2000, "104.5")],
            "pack.allocation.prices[1]",
            "“hygiene_need: two” gives less for more need than “most”",
        ),
        (
            [("clothing_need", "some", 1, "1")],
            "pack.allocation.prices[0]",
            "“clothing_need: all” gives less for more need than “some”",
        ),
        (
            [("nutrition_unpaid", "half", 100, "1")],
            "pack.allocation.prices[0]",
            "“nutrition_unpaid: none” gives less for more need than “half”",
        ),
        (
            [("nights", "awake", 100, "1"), ("nights", "awake", 100, "1")],
            "pack.allocation.prices[1]",
            "prices the same answer twice",
        ),
        (
            [("nutrition_ways", "pain", 100, "1")],
            "pack.allocation.prices[0]",
            "“nutrition_ways” takes several answers; only one can have a price",
        ),
        (
            [("nights", "never", 100, "1")],
            "pack.allocation.prices[0]",
            "names no option of a question of this pack",
        ),
        (
            [("stars", "awake", 100, "1")],
            "pack.allocation.prices[0]",
            "names no option of a question of this pack",
        ),
    ],
)
def test_a_price_list_that_gives_less_for_more_need_or_cannot_be_used_is_refused(
    prices, path, words
):
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(price_list(*prices))
    assert (refused.value.path, refused.value.message) == (path, words)


def test_a_price_list_may_give_the_same_for_more_need_and_anything_where_needs_are_not_ranked():
    same = [("hygiene_need", option, 2000, "104") for option in ("some", "most", "two")]
    unranked = [("nights", "asleep", 9000, "1"), ("nights", "awake", 100, "1")]
    less_help = [("nutrition_unpaid", option, 50, "1") for option in ("none", "quarter", "half")]
    made = Pack.from_mapping(price_list(*same, *unranked, *less_help))
    assert len(made.allocation.prices) == 8


def adjusted(*adjustments: tuple[str, str, int, str]) -> dict:
    """The content of a pack with these adjustments: question, option, pence and percent."""
    content = mapping()
    content["allocation"]["adjustments"] = [
        {
            "key": f"a{n}",
            "label": f"Adjustment {n}",
            "question": question,
            "option": option,
            "pence": pence,
            "percent": percent,
        }
        for n, (question, option, pence, percent) in enumerate(adjustments)
    ]
    return content


NEED, NIGHTS = "toilet_need", "nights"


@pytest.mark.parametrize(
    ("adjustments", "at"),
    [
        ([(NEED, "some", 100, "0")], 0),
        ([(NEED, "most", 100, "0"), (NEED, "all", 99, "0")], 0),
        ([(NEED, "all", 99, "0"), (NEED, "most", 100, "0")], 1),
        ([(NEED, "most", 0, "5"), (NEED, "all", 0, "4")], 0),
        ([(NEED, "most", 0, "5"), (NEED, "all", 100, "4")], 0),
        ([(NIGHTS, "asleep", 1, "0"), (NIGHTS, "awake", 1, "0"), (NEED, "most", 100, "0")], 2),
        ([(NIGHTS, "awake", 1, "0"), ("place", "village", 1, "0"), (NEED, "most", 100, "0")], 2),
        ([(NEED, "most", 100, "0"), (NEED, "all", 99, "100")], 0),
        ([(NEED, "most", 0, "5"), (NEED, "most", 0, "5"), (NEED, "all", 0, "10")], 0),
        # The percentage of the lesser need falls on its hundred pence too.
        (
            [(NEED, "most", 100, "0"), (NEED, "most", 0, "5"), (NEED, "all", 0, "5"),
             (NEED, "all", 100, "0")],
            0,
        ),
        # What stands between makes the lesser need's hundred pence grow, and not the greater one's.
        ([(NIGHTS, "awake", 5, "0"), (NEED, "most", 100, "0"), (NIGHTS, "awake", 0, "10"),
          (NEED, "all", 100, "0")], 1),
    ],
)  # fmt: skip
def test_an_adjustment_that_more_need_would_lose_is_refused(adjustments, at):
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(adjusted(*adjustments))
    assert refused.value.path == f"pack.allocation.adjustments[{at}]"
    assert "which is more need than “" in refused.value.message


@pytest.mark.parametrize(
    "adjustments",
    [
        [(NEED, "all", 100, "5")],
        [(NEED, "most", 100, "5"), (NEED, "all", 100, "5")],
        [(NEED, "all", 101, "5"), (NEED, "most", 100, "5")],
        [(NEED, "most", 0, "5"), (NEED, "most", 100, "0"), (NEED, "all", 100, "5")],
        [(NIGHTS, "asleep", 100, "5"), (NIGHTS, "awake", 1, "0")],
        # Twice 5% is 10.25%, whichever of the two needs has it in two steps.
        [(NEED, "most", 0, "5"), (NEED, "most", 0, "5"), (NEED, "all", 0, "10.25")],
        [(NEED, "most", 0, "10.25"), (NEED, "all", 0, "5"), (NEED, "all", 0, "5")],
        # A hundred pence that grow by 5% are a hundred and five.
        [(NEED, "most", 100, "0"), (NEED, "most", 0, "5"), (NEED, "all", 105, "5")],
        [(NEED, "most", 105, "5"), (NEED, "all", 100, "0"), (NEED, "all", 0, "5")],
    ],
)
def test_an_adjustment_that_more_need_has_as_well_is_taken(adjustments):
    made = Pack.from_mapping(adjusted(*adjustments))
    assert len(made.allocation.adjustments) == len(adjustments)


def test_more_unpaid_help_may_not_bring_more_money_but_a_tick_may():
    with pytest.raises(PackError, match=r"which is more need than “"):
        Pack.from_mapping(adjusted(("nutrition_unpaid", "half", 100, "0")))
    content = adjusted(("nutrition_ways", "pain", 100, "0"))
    content["sections"][1]["questions"][2]["options"][2]["points"] = 3
    ticked = Pack.from_mapping(content)
    assert ticked.allocation.adjustments[0].option == "pain"


def test_an_outcome_that_stands_twice_is_refused_where_it_stands_again():
    content = mapping()
    content["outcomes"].append(dict(content["outcomes"][0]))
    with pytest.raises(PackError, match=r"pack\.outcomes\[10\]: “nutrition” stands twice"):
        Pack.from_mapping(content)


def gateway(**changed: object) -> dict:
    """The content of a pack with a gateway of one condition that asks about the nights."""
    content = mapping()
    nights = content["sections"][0]["questions"][3]
    nights["role"] = "condition"
    nights["options"][1]["means_unable"] = True
    condition = {
        "key": "nights",
        "title": "Nights",
        "question": "nights",
        "words_unmet": "nobody is needed at night",
    }
    content["eligibility"]["conditions"] = [{**condition, **changed}]
    return content


def test_a_gateway_may_stand_beside_a_cause_or_in_its_place():
    content = gateway()
    [condition] = Pack.from_mapping(content).eligibility.conditions
    assert (condition.key, condition.question) == ("nights", "nights")
    del content["eligibility"]["cause_question"]
    content["sections"][0]["questions"][1]["role"] = "words"
    assert Pack.from_mapping(content).eligibility.cause_question == ""


@pytest.mark.parametrize(
    ("changed", "path", "words"),
    [
        ({"question": "stars"}, ".question", "“stars” is not a question of this pack"),
        ({"question": "place"}, ".question", "no answer to “place” has means_unable"),
        ({"question": "good_day"}, ".question", "no answer to “good_day” has means_unable"),
        ({"words_unmet": " "}, ".words_unmet", "must be words"),
        ({"title": None}, ".title", "must be words"),
    ],
)
def test_a_condition_that_cannot_be_decided_or_told_is_refused(changed, path, words):
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(gateway(**changed))
    assert refused.value.path == f"pack.eligibility.conditions[0]{path}"
    assert words in refused.value.message


def test_a_condition_that_stands_twice_is_refused():
    content = gateway()
    content["eligibility"]["conditions"] *= 2
    with pytest.raises(PackError, match=r"conditions\[1\]: “nights” stands twice"):
        Pack.from_mapping(content)


def test_a_condition_may_be_a_yes_or_no_or_one_tick_of_several():
    for kind in ("yes_no", "multi"):
        content = gateway()
        nights = content["sections"][0]["questions"][3]
        content["allocation"]["adjustments"] = []
        nights["kind"] = kind
        if kind == "yes_no":
            del nights["options"]
        else:
            for option in nights["options"]:
                option["means_unable"] = True
        assert Pack.from_mapping(content).question("nights").kind == kind


def test_parts_of_wellbeing_that_nothing_asks_about_are_refused():
    content = mapping()
    del content["eligibility"]["wellbeing_question"]
    content["sections"][-1]["questions"][0]["role"] = "words"
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(content)
    assert refused.value.path == "pack.wellbeing"
    assert refused.value.message == "has parts that no wellbeing_question asks about"
    del content["wellbeing"]
    assert Pack.from_mapping(content).wellbeing == ()
