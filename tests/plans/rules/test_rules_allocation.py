"""The resource allocation system by worked examples, for every method, and every option of both Care Act packs."""

from dataclasses import replace
from fractions import Fraction

import pytest

from plans.rules.allocation import (
    Allocation,
    LocalAdjustment,
    Step,
    allocate,
    decimal_words,
    linear,
)
from plans.rules.pack import Pack
from tests.plans.rules.rule_world import CARE_ACT, answers, mapping, one_question_pack, pack

# Pence a year for net points, worked out by hand on the straight lines of each pack's table, each
# rounded to whole pounds, halves up: 4 points of 10 on the way to £2,080 are £832.
ADULT_SUMS = {
    0: 0, 2: 41_600, 3: 62_400, 4: 83_200, 5: 104_000, 6: 124_800, 8: 166_400, 9: 187_200,
    10: 208_000, 11: 239_200, 12: 270_400, 13: 301_600, 14: 332_800, 15: 364_000, 16: 395_200,
    18: 457_600, 20: 520_000, 22: 582_400, 28: 769_600,
}  # fmt: skip
CARER_SUMS = {
    0: 0, 3: 12_000, 4: 16_000, 5: 20_000, 6: 23_000, 7: 26_000, 8: 29_000, 9: 32_000,
}  # fmt: skip
SUMS = {"adult-social-care": ADULT_SUMS, "carers": CARER_SUMS}
TWO_CARERS = 364_000


def budget(key: str = "adult-social-care", *local: LocalAdjustment, **given: object) -> Allocation:
    return allocate(pack(key), answers(pack(key), **given), local)


def steps(found: Allocation) -> dict[str, Fraction]:
    return {step.key: step.figure for step in found.steps}


@pytest.mark.parametrize(
    ("key", "question", "option", "points"),
    [
        (key, question.key, option.key, option.points)
        for key in CARE_ACT
        for question in pack(key).questions
        if question.role == "need"
        for option in question.options
    ],
)
def test_each_answer_alone_gives_the_sum_worked_out_by_hand(key, question, option, points):
    found = budget(key, **{question: option})
    extra = TWO_CARERS if option == "two" else 0
    assert found.points == points
    assert found.annual_pence == SUMS[key][points] + extra


@pytest.mark.parametrize(
    ("help_given", "net", "annual"),
    [
        ("none", Fraction(14), 332_800),
        ("quarter", Fraction(21, 2), 223_600),
        ("half", Fraction(7), 145_600),
        ("three_quarters", Fraction(7, 2), 72_800),
        ("all", Fraction(0), 0),
    ],
)
def test_willing_unpaid_help_takes_its_share_of_the_points(help_given, net, annual):
    found = budget(nutrition_need="most", nutrition_unpaid=help_given)
    assert found.points == net
    assert found.annual_pence == annual
    assert steps(found).get("unpaid.nutrition", 0) == net - 14


def test_unpaid_help_with_one_thing_takes_nothing_from_another():
    assert budget(nutrition_need="most", toilet_unpaid="all").annual_pence == 332_800


def test_the_working_shows_every_step_with_figure_and_running_total():
    found = budget(
        nutrition_need="most", nutrition_unpaid="half", hygiene_need="some", nights="asleep",
        place="village",
    )  # fmt: skip
    shown = [(step.key, step.shown, step.shown_running) for step in found.steps]
    assert shown == [
        ("need.nutrition", "14 points", "14 points"),
        ("unpaid.nutrition", "−7 points", "7 points"),
        ("need.hygiene", "8 points", "15 points"),
        ("points", "15 points", "15 points"),
        ("table", "£3,640.00", "£3,640.00"),
        ("adjustment.sleeping_night", "£4,160.00", "£7,800.00"),
        ("adjustment.rural", "£390.00", "£8,190.00"),
        ("rounding", "£0.00", "£8,190.00"),
    ]
    assert found.annual_pence == 819_000
    assert found.weekly_pence == 15_750
    details = {step.key: step.detail for step in found.steps}
    assert "about half of it" in details["unpaid.nutrition"]
    assert details["table"] == "between 10 points (£2,080.00) and 30 points (£8,320.00)"
    assert details["adjustment.rural"] == "5% of the sum so far"


@pytest.mark.parametrize(("hours", "annual"), [("few", 20_000), ("many", 30_000), ("most", 50_000)])
def test_a_carer_who_cares_longer_has_more(hours, annual):
    assert budget("carers", child_need="some", hours=hours).annual_pence == annual


@pytest.mark.parametrize(
    ("key", "nights", "points", "annual"),
    [
        # (£37,960 + 58/60 of £32,240) + £10,400 + £3,640, and 5% on top: £87,323.60.
        ("adult-social-care", {"nights": "awake", "place": "village"}, 158, 8_732_400),
        # The highest step of the table, £2,400, and £300 for the hours.
        ("carers", {"hours": "most"}, 61, 270_000),
    ],
)
def test_somebody_with_the_highest_answer_everywhere(key, nights, points, annual):
    highest = {q.key: q.options[-1].key for q in pack(key).questions if q.role == "need"}
    found = budget(key, **highest, **nights)
    assert (found.points, found.annual_pence) == (points, annual)


def test_somebody_who_manages_everything_has_nothing_and_the_working_says_why():
    found = budget()
    assert (found.points, found.annual_pence, found.weekly_pence) == (0, 0, 0)
    assert [step.key for step in found.steps] == ["points", "table", "rounding"]


def test_local_adjustments_follow_the_packs_own_in_the_order_given():
    dearer = LocalAdjustment("prices", "Prices rose this year", percent=Fraction(25, 2))
    travel = LocalAdjustment("ferry", "The ferry", pence=10_000)
    one = budget("adult-social-care", dearer, travel, nutrition_need="some", place="village")
    other = budget("adult-social-care", travel, dearer, nutrition_need="some", place="village")
    assert [step.key for step in one.steps][-4:] == [
        "adjustment.rural", "adjustment.prices", "adjustment.ferry", "rounding",
    ]  # fmt: skip
    assert [step.detail for step in one.steps][-3:-1] == [
        "12.5% of the sum so far",
        "a fixed sum each year",
    ]
    # £1,872 + 5% is £1,965.60; + 12.5% is £2,211.30; + £100 is £2,311.30.
    assert one.annual_pence == 231_100
    # £1,965.60 + £100 is £2,065.60; + 12.5% is £2,323.80.
    assert other.annual_pence == 232_400


def test_local_prices_may_be_lower_but_never_turn_the_order_of_needs_round():
    cheaper = LocalAdjustment("prices", "Prices are lower here", percent=Fraction(-10))
    assert budget("adult-social-care", cheaper, nutrition_need="some").annual_pence == 168_500
    for wrong in ({"percent": Fraction(-101)}, {"pence": -1}):
        with pytest.raises(ValueError) as refused:
            LocalAdjustment("prices", "Prices", **wrong)
        assert str(refused.value) == "The adjustment “Prices” would give less for more need"


def test_a_budget_comes_back_from_its_stored_working_unchanged():
    found = budget(
        nutrition_need="most", nutrition_unpaid="quarter", hygiene_need="two", nights="awake"
    )
    assert Allocation.from_data(found.as_data()) == found


def test_odd_fractions_of_a_point_are_shown_as_they_are():
    found = budget(nutrition_need="most", nutrition_unpaid="quarter")
    assert [step.shown for step in found.steps][:3] == ["14 points", "−3½ points", "10½ points"]
    small = budget(clothing_need="prompt", clothing_unpaid="three_quarters")
    assert [step.shown for step in small.steps][:3] == ["2 points", "−1½ points", "½ points"]
    one = budget(nutrition_need="prompt", nutrition_unpaid="three_quarters")
    assert one.steps[2].shown == "1 point"


def test_per_point_pays_the_same_for_each_point():
    made = one_question_pack({"method": "per_point", "pence_per_point": 12_345}, [0, 1, 7])
    sums = [allocate(made, {"nutrition_need": f"p{n}"}).annual_pence for n in (0, 1, 7)]
    assert sums == [0, 12_345, 86_415]


NORFOLK = [
    (69, 0), (70, 50_000), (115, 50_000), (116, 100_000), (130, 100_000), (131, 150_000),
    (145, 150_000), (146, 280_000), (160, 280_000), (161, 400_000), (170, 400_000),
    (171, 600_000), (185, 600_000),
]  # fmt: skip


def test_norfolks_published_bands_for_primary_age_come_out_at_both_ends_of_each_band():
    starts = {70: 50_000, 116: 100_000, 131: 150_000, 146: 280_000, 161: 400_000, 171: 600_000}
    made = one_question_pack(
        {
            "method": "bands",
            "bands": [{"from_points": at, "pence": pence} for at, pence in starts.items()],
        },
        [0, *(points for points, _ in NORFOLK)],
    )
    given = [allocate(made, {"nutrition_need": f"p{n}"}).annual_pence for n, _ in NORFOLK]
    assert given == [pence for _, pence in NORFOLK]
    below = allocate(made, {"nutrition_need": "p69"})
    assert any(step.detail == "below 70 points nothing is given" for step in below.steps)


def price_list_pack() -> Pack:
    content = mapping()
    content["allocation"] = {
        "method": "price_list",
        "prices": [
            {"question": "hygiene_need", "option": "some", "pence": 2_345, "units_a_year": "104"},
            {"question": "hygiene_need", "option": "most", "pence": 2_345, "units_a_year": "364"},
            {"question": "hygiene_need", "option": "two", "pence": 4_690, "units_a_year": "364"},
            {"question": "nights", "option": "awake", "pence": 12_000, "units_a_year": "365/2"},
        ],
        "round_to_pence": 1,
    }
    return Pack.from_mapping(content)


def test_a_price_list_adds_what_each_need_costs_less_unpaid_help():
    made = price_list_pack()
    found = allocate(
        made, answers(made, hygiene_need="some", hygiene_unpaid="quarter", nights="awake")
    )
    prices = [step for step in found.steps if step.key.startswith("price.")]
    # 104 visits at £23.45 are £2,438.80, three quarters of it £1,829.10; 182½ nights at £120 are £21,900.
    assert [(step.key, step.shown) for step in prices] == [
        ("price.hygiene_need", "£1,829.10"),
        ("price.nights", "£21,900.00"),
    ]
    assert found.annual_pence == 2_372_910
    assert [step.label for step in prices] == [
        "Washing and keeping clean",
        "Do you need somebody at night?",
    ]
    assert prices[0].detail == (
        "104 times a year at £23.45, less what family or friends do: about a quarter of it"
    )
    assert prices[1].detail == "182.5 times a year at £120.00"


def test_a_price_that_nobody_helps_with_says_nothing_of_help():
    made = price_list_pack()
    alone = allocate(made, answers(made, hygiene_need="some", hygiene_unpaid="none")).steps[0]
    assert alone.detail == "104 times a year at £23.45"
    helped = allocate(made, answers(made, hygiene_need="some", hygiene_unpaid="all")).steps[0]
    assert (helped.figure, helped.detail) == (
        0, "104 times a year at £23.45, less what family or friends do: all of it",
    )  # fmt: skip


def test_the_working_of_a_price_list_shows_prices_and_no_points_though_the_points_are_kept():
    made = price_list_pack()
    found = allocate(made, answers(made, hygiene_need="two", nights="awake"))
    assert found.points == 20
    assert [step.key for step in found.steps] == ["price.hygiene_need", "price.nights", "rounding"]
    assert {step.unit for step in found.steps} == {"pence"}


def test_minimum_and_maximum_hold_and_the_working_says_so():
    made = one_question_pack(
        {
            "method": "per_point",
            "pence_per_point": 1_000,
            "minimum_pence": 2_500,
            "maximum_pence": 9_950,
            "round_to_pence": 100,
        },
        [0, 1, 5, 10],
    )
    found = [allocate(made, {"nutrition_need": f"p{n}"}) for n in (0, 1, 5, 10)]
    assert [one.annual_pence for one in found] == [2_500, 2_500, 5_000, 9_950]
    assert found[3].steps[-1].detail.endswith("kept between £25.00 and £99.50")
    assert found[2].steps[-1].detail == "to the nearest £1.00"


@pytest.mark.parametrize(
    ("unit", "words"), [(1, "to the penny"), (2, "to the nearest £0.02"), (500, "to the nearest £5.00")]
)  # fmt: skip
def test_the_working_says_what_the_sum_is_rounded_to(unit, words):
    made = one_question_pack(
        {"method": "per_point", "pence_per_point": 1, "round_to_pence": unit}, [0, 1000]
    )
    assert allocate(made, {"nutrition_need": "p1000"}).steps[-1].detail == words


def test_rounding_is_halves_up_to_the_packs_unit():
    made = one_question_pack(
        {"method": "per_point", "pence_per_point": 50, "round_to_pence": 100}, [1, 3, 4]
    )
    assert [allocate(made, {"nutrition_need": f"p{n}"}).annual_pence for n in (1, 3, 4)] == [
        100,
        200,
        200,
    ]


def test_the_data_of_a_working_has_these_names_and_no_others():
    data = budget(nutrition_need="most", nutrition_unpaid="half").as_data()
    assert set(data) == {"annual_pence", "weekly_pence", "points", "steps"}
    assert (data["annual_pence"], data["weekly_pence"], data["points"]) == (145_600, 2_800, "7")
    assert data["steps"][1] == {
        "key": "unpaid.nutrition",
        "label": "Eating and drinking: unpaid help",
        "detail": "family or friends are willing and able: about half of it",
        "figure": "-7",
        "unit": "points",
        "running": "7",
    }
    assert [step["key"] for step in data["steps"]] == [
        "need.nutrition", "unpaid.nutrition", "points", "table", "rounding",
    ]  # fmt: skip
    assert [step["unit"] for step in data["steps"]] == ["points"] * 3 + ["pence"] * 2
    labels = [(step["label"], step["detail"]) for step in data["steps"]]
    assert labels[0] == ("Eating and drinking", "I need somebody’s help with most meals")
    assert labels[2] == ("Points in all", "the points above added up")
    assert labels[3] == (
        "Points turned into money",
        "between 0 points (£0.00) and 10 points (£2,080.00)",
    )
    assert labels[4] == ("Rounded", "to the nearest £1.00")


@pytest.mark.parametrize(
    ("table", "points", "detail"),
    [
        ({"method": "linear", "knots": [{"points": 2, "pence": 5}]}, 1, "1 point: the lowest step of the table"),
        ({"method": "linear", "knots": [{"points": 2, "pence": 5}]}, 2, "2 points: the lowest step of the table"),
        ({"method": "linear", "knots": [{"points": 2, "pence": 5}]}, 3, "2 points or more: the highest step of the table"),
        ({"method": "per_point", "pence_per_point": 250}, 3, "£2.50 for each point"),
        ({"method": "bands", "bands": [{"from_points": 2, "pence": 5}]}, 1, "below 2 points nothing is given"),
        ({"method": "bands", "bands": [{"from_points": 2, "pence": 5}]}, 2, "the band that starts at 2 points"),
    ],
)  # fmt: skip
def test_each_method_says_how_the_points_became_money(table, points, detail):
    made = one_question_pack(table, [0, points])
    steps_ = {s.key: s for s in allocate(made, {"nutrition_need": f"p{points}"}).steps}
    assert (steps_["table"].label, steps_["table"].detail) == ("Points turned into money", detail)
    assert steps_["rounding"].detail == "to the penny"


@pytest.mark.parametrize(
    ("points", "pence", "words"),
    [
        (0, 0, "0 points: the lowest step of the table"),
        (10, 208_000, "between 0 points (£0.00) and 10 points (£2,080.00)"),
        (11, 239_200, "between 10 points (£2,080.00) and 30 points (£8,320.00)"),
        (160, 7_020_000, "between 100 points (£37,960.00) and 160 points (£70,200.00)"),
        (161, 7_020_000, "160 points or more: the highest step of the table"),
    ],
)
def test_a_sum_on_a_knot_belongs_to_the_line_that_leads_to_it(points, pence, words):
    assert linear(pack().allocation.knots, Fraction(points)) == (pence, words)


def test_a_minimum_without_a_maximum_says_that_there_is_no_limit():
    made = one_question_pack(
        {"method": "per_point", "pence_per_point": 1, "minimum_pence": 500}, [0, 600]
    )
    low = allocate(made, {"nutrition_need": "p0"}).steps[-1]
    assert low.detail == "to the penny, then kept between £5.00 and no limit"
    assert (low.figure, low.running) == (500, 500)
    assert allocate(made, {"nutrition_need": "p600"}).steps[-1].detail == "to the penny"


def test_an_adjustment_says_what_it_adds_and_a_percentage_counts_before_the_fixed_sum():
    both = LocalAdjustment("both", "Both", percent=Fraction(10), pence=500)
    found = budget("adult-social-care", both, nutrition_need="some")
    step = next(step for step in found.steps if step.key == "adjustment.both")
    assert step.label == "Both"
    assert step.detail == "10% of the sum so far and a fixed sum each year"
    assert (step.figure, step.running, step.unit) == (19_220, 206_420, "pence")
    nothing = budget("adult-social-care", LocalAdjustment("no", "None"), nutrition_need="some")
    assert nothing.steps[-2].detail == "changes nothing"
    assert LocalAdjustment("free", "Free this year", percent=Fraction(-100)).percent == -100


def test_percentages_are_written_as_short_as_they_are_exact():
    written = [decimal_words(Fraction(n)) for n in ("5", "25/2", "1/8", "1/3", "0", "1001/1000")]
    assert written == ["5", "12.5", "0.125", "1/3", "0", "1.001"]


def test_a_sum_below_nought_is_shown_with_a_real_minus():
    step = Step("x", "X", "", Fraction(-123_456), "pence", Fraction(-1, 4))
    assert step.shown == "−£1,234.56"
    assert Step("x", "X", "", Fraction(-1), "points", Fraction(1, 8)).shown == "−1 point"
    assert Step("x", "X", "", Fraction(1, 8), "points", Fraction(9, 8)).shown == "1/8 points"
    assert (
        Step("x", "X", "", Fraction(1, 8), "points", Fraction(9, 8)).shown_running == "1 1/8 points"
    )
    assert Step("x", "X", "", Fraction(1, 4), "points", Fraction(9, 4)).shown == "¼ points"
    assert Step("x", "X", "", Fraction(1, 4), "points", Fraction(9, 4)).shown_running == "2¼ points"
    assert Step("x", "X", "", Fraction(0), "points", Fraction(11, 4)).shown == "0 points"
    assert Step("x", "X", "", Fraction(0), "points", Fraction(11, 4)).shown_running == "2¾ points"


def test_an_unknown_method_is_an_error_and_not_a_budget():
    odd = replace(pack(), allocation=replace(pack().allocation, method="dice"))
    with pytest.raises(ValueError, match="unknown method dice"):
        allocate(odd, answers(pack()))
