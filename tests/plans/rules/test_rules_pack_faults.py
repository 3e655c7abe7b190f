"""What a pack may not say: each fault is refused with its place and in plain words."""

import pytest

from plans.rules.pack import Pack, PackError
from tests.plans.rules.rule_world import mapping


def spoil(content, path, value):
    """Set what stands at a path like ``sections.1.questions.0.kind``; ``None`` takes it away."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        content = content[part]
    if value is None:
        del content[last]
    else:
        content[last] = value


BROKEN = [
    ("version", 2026.1, "pack.version", "must be words"),
    ("title", None, "pack.title", "is missing"),
    ("charged", "no", "pack.charged", "must be true or false"),
    ("sections", "all", "pack.sections", "must be a list"),
    ("sections", [], "pack.sections", "must not be empty"),
    ("ways", [], "pack.ways", "must not be empty"),
    ("eligibility", [], "pack.eligibility", "must be a group of named values"),
    ("eligibility.outcomes_needed", 0, "pack.eligibility.outcomes_needed", "must be between"),
    ("eligibility.outcomes_needed", 11, "pack.eligibility.outcomes_needed", "must be between"),
    ("eligibility.outcomes_needed", -2, "pack.eligibility.outcomes_needed", "not be negative"),
    ("eligibility.cause_question", "x", "pack.eligibility.cause_question", "not a question"),
    (
        "eligibility.cause_question",
        "nights",
        "pack.eligibility.cause_question",
        "cannot be met",
    ),
    (
        "eligibility.wellbeing_question",
        "nutrition_ways",
        "pack.sections[1].questions[2].options[0].key",
        "“cannot” is not a part of wellbeing",
    ),
    ("eligibility.what_else_helps", "ask", "pack.eligibility.what_else_helps", "list of words"),
    ("sections.1.questions.1.kind", "essay", "pack.sections[1].questions[1].kind", "one of"),
    ("sections.1.questions.1.kind", "multi", "pack.sections[1].questions[1].kind", "single"),
    ("sections.1.questions.2.kind", "single", "pack.sections[1].questions[2].kind", "multi"),
    ("sections.1.questions.1.role", "want", "pack.sections[1].questions[1].role", "one of"),
    ("sections.1.questions.1.outcome", "art", "pack.sections[1].questions[1].outcome", "art"),
    ("sections.1.questions.1.outcome", "", "pack.sections[1].questions[1].outcome", "must name"),
    ("sections.1.questions.1.outcome", "toilet", "pack.outcomes[0]", "need of “nutrition”"),
    ("sections.1.questions.2.outcome", "toilet", "pack.outcomes[0]", "ways of “nutrition”"),
    (
        "sections.1.questions.3.outcome",
        "toilet",
        "pack.sections[3].questions[3]",
        "the unpaid of “toilet” is asked more than once",
    ),
    (
        "sections.1.questions.1.key",
        "cause",
        "pack.sections[1].questions[1]",
        "“cause” stands twice",
    ),
    ("sections.1.questions.1.required", "yes", "pack.sections[1].questions[1].required", "true"),
    ("sections.1.questions.1.easy_read", " ", "pack.sections[1].questions[1].easy_read", "words"),
    ("sections.1.questions", [], "pack.sections[1].questions", "must not be empty"),
    ("sections.1.questions.1.options", [], "pack.sections[1].questions[1].options", "two"),
    (
        "sections.1.questions.1.options.1.key",
        "none",
        "pack.sections[1].questions[1].options",
        "same key twice",
    ),
    (
        "sections.1.questions.1.options.1.points",
        -4,
        "pack.sections[1].questions[1].options[1].points",
        "must not be negative",
    ),
    (
        "sections.1.questions.3.options.1.share",
        "5/4",
        "pack.sections[1].questions[3].options[1].share",
        "between 0 and 1",
    ),
    (
        "sections.1.questions.3.options.1.share",
        "lots",
        "pack.sections[1].questions[3].options[1].share",
        "a number like",
    ),
    (
        "sections.1.questions.2.options.0.key",
        "bored",
        "pack.sections[1].questions[2].options[0].key",
        "not a way of this pack",
    ),
    ("sections.2.key", "check", "pack.sections[2].key", "another page’s address"),
    ("sections.2.key", "nutrition", "pack.sections[2]", "“nutrition” stands twice"),
    ("outcomes.1.key", "nutrition", "pack.sections[2].questions[0].outcome", "“hygiene” is not"),
    ("ways.1.key", "cannot", "pack.ways[1]", "“cannot” stands twice"),
    ("allocation.method", "guess", "pack.allocation.method", "must be one of"),
    ("allocation.knots", [], "pack.allocation.knots", "must not be empty"),
    ("allocation.knots.2.pence", 1, "pack.allocation.knots[2].pence", "less for more need"),
    ("allocation.knots.2.points", 10, "pack.allocation.knots[2].points", "above the one before"),
    ("allocation.knots.0.pence", -1, "pack.allocation.knots[0].pence", "must not be negative"),
    ("allocation.round_to_pence", 0, "pack.allocation.round_to_pence", "must be 1 or more"),
    ("allocation.minimum_pence", 9_200_000, "pack.allocation.maximum_pence", "below the minimum"),
    ("allocation.adjustments.0.option", "x", "pack.allocation.adjustments[0]", "names no option"),
    ("allocation.adjustments.0.pence", -5, "pack.allocation.adjustments[0].pence", "negative"),
    ("allocation.adjustments.3.percent", "-5", "pack.allocation.adjustments[3].percent", "neg"),
    ("allocation.adjustments.1.key", "rural", "pack.allocation.adjustments[3]", "stands twice"),
    ("criteria.1.key", "important", "pack.criteria[1]", "stands twice"),
    ("wellbeing.1.key", "dignity", "pack.wellbeing[1]", "stands twice"),
    ("outcomes", [], "pack.sections[1].questions[0].outcome", "is not an outcome"),
    ("criteria", [], "pack.criteria", "must not be empty"),
    ("time_limits", [], "pack.time_limits", "must not be empty"),
    ("wellbeing", [], "pack.sections[11].questions[0].options[0].key", "not a part of wellbeing"),
    ("eligibility.cause_question", None, "pack.eligibility", "must have a cause_question"),
    ("eligibility.wellbeing_question", None, "pack.sections[11].questions[0].role", "names"),
    ("eligibility.health_question", "nights", "pack.eligibility.health_question", "cannot be met"),
    ("eligibility.health_question", "cause", "pack.sections[0].questions[1].role", "be health"),
    ("eligibility.cause_question", "good_day", "pack.eligibility.cause_question", "cannot be met"),
    ("sections.0.questions.1.role", "words", "pack.sections[0].questions[1].role", "be cause"),
    ("sections.0.questions.3.role", "cause", "pack.sections[0].questions[3].role", "names"),
    (
        "sections.0.questions.1.options.1.means_unable",
        True,
        "pack.eligibility.cause_question",
        "every answer to “cause” has means_unable, so it is always met",
    ),
    ("criteria.1.needs", "luck", "pack.criteria[1].needs", "must be one of"),
    ("delegated_limits.0.level", "boss", "pack.delegated_limits", "in this order"),
    ("delegated_limits.1.pence", 700_000, "pack.delegated_limits[1].pence", "worker’s limit"),
    ("delegated_limits.1.pence", None, "pack.delegated_limits[1].pence", "is missing"),
    ("delegated_limits.0.pence", 3_500_001, "pack.delegated_limits[1].pence", "worker’s limit"),
    ("delegated_limits.2.pence", 9_000_000, "pack.delegated_limits[2]", "any plan"),
    ("delegated_limits.2.above_indicative", False, "pack.delegated_limits[2]", "any plan"),
    ("time_limits.0.target_days", 9, "pack.time_limits[0].target_days", "above usual_days"),
    ("time_limits.1.stage", "referred", "pack.time_limits[1]", "stands twice"),
    ("review_timetable.first_to_weeks", 5, "pack.review_timetable.first_to_weeks", "before"),
]


@pytest.mark.parametrize(("path", "value", "where", "words"), BROKEN)
def test_a_broken_pack_is_refused_with_the_place_and_the_fault(path, value, where, words):
    content = mapping()
    spoil(content, path, value)
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(content)
    assert refused.value.path == where
    assert words in refused.value.message


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
        ([("nights", "never", 100, "1")], "pack.allocation.prices[0]", "names no option"),
        ([("stars", "awake", 100, "1")], "pack.allocation.prices[0]", "names no option"),
    ],
)
def test_a_price_list_that_gives_less_for_more_need_or_cannot_be_used_is_refused(
    prices, path, words
):
    with pytest.raises(PackError) as refused:
        Pack.from_mapping(price_list(*prices))
    assert (refused.value.path, words in refused.value.message) == (path, True)


def test_a_price_list_may_give_the_same_for_more_need_and_anything_where_needs_are_not_ranked():
    same = [("hygiene_need", option, 2000, "104") for option in ("some", "most", "two")]
    unranked = [("nights", "asleep", 9000, "1"), ("nights", "awake", 100, "1")]
    assert len(Pack.from_mapping(price_list(*same, *unranked)).allocation.prices) == 5


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
    assert "“toilet_need: " in refused.value.message
    assert "gets less for more need than “" in refused.value.message


@pytest.mark.parametrize(
    "adjustments",
    [
        [(NEED, "all", 100, "5")],
        [(NEED, "most", 100, "5"), (NEED, "all", 100, "5")],
        [(NEED, "all", 101, "5"), (NEED, "most", 100, "5")],
        [(NEED, "most", 0, "5"), (NEED, "most", 100, "0"), (NEED, "all", 100, "5")],
        [(NIGHTS, "asleep", 100, "5"), (NIGHTS, "awake", 1, "0")],
    ],
)
def test_an_adjustment_that_more_need_has_as_well_is_taken(adjustments):
    made = Pack.from_mapping(adjusted(*adjustments))
    assert len(made.allocation.adjustments) == len(adjustments)


def test_more_unpaid_help_may_not_bring_more_money_but_a_tick_may():
    with pytest.raises(PackError, match=r"nutrition_unpaid: none” gets less for more need"):
        Pack.from_mapping(adjusted(("nutrition_unpaid", "half", 100, "0")))
    ticked = Pack.from_mapping(adjusted(("nutrition_ways", "pain", 100, "0")))
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
