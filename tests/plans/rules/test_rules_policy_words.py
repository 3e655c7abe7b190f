"""The words, figures and edges of the rules for policy: groups by need, exact sums, fitted tables."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from plans.rules.pack import AllocationTable
from plans.rules.policy_answers import encode
from plans.rules.policy_calibration import (
    CannotFit,
    at_percentile,
    fit_to_envelope,
    fit_to_plans,
    rising_percentile,
)
from plans.rules.policy_effect import Grouping, cells_of, effect_of, need_groups, standing_of
from plans.rules.vectorised import (
    LARGEST,
    Profiles,
    before_adjustments,
    each_alone,
    profiles_of,
    total,
)
from tests.plans.rules.policy_crowd import crowd_of, people_of, tables_of
from tests.plans.rules.rule_world import answers, mapping, one_question_pack, pack

# ---- groups by need


def test_people_by_need_are_said_from_the_lowest_tenth_to_the_highest() -> None:
    """A hundred people with 0 to 99 quarters of a point: ten in each tenth."""
    found = need_groups(np.arange(100), 4)
    assert (found.key, found.title) == ("need", "By need, in tenths")
    assert found.labels == (
        "Lowest tenth: up to 2.25 points",
        "2nd tenth: up to 4.75 points",
        "3rd tenth: up to 7.25 points",
        "4th tenth: up to 9.75 points",
        "5th tenth: up to 12.25 points",
        "6th tenth: up to 14.75 points",
        "7th tenth: up to 17.25 points",
        "8th tenth: up to 19.75 points",
        "9th tenth: up to 22.25 points",
        "Highest tenth: more than 22.25 points",
    )
    assert found.group.tolist() == [n // 10 for n in range(100)]


@pytest.mark.parametrize(
    ("people", "title", "labels"),
    [
        (
            20,
            "By need, in halves",
            ("Lowest half: up to 9 points", "Highest half: more than 9 points"),
        ),
        (
            30,
            "By need, in thirds",
            (
                "Lowest third: up to 9 points",
                "2nd third: up to 19 points",
                "Highest third: more than 19 points",
            ),
        ),
        (
            40,
            "By need, in quarters",
            (
                "Lowest quarter: up to 9 points",
                "2nd quarter: up to 19 points",
                "3rd quarter: up to 29 points",
                "Highest quarter: more than 29 points",
            ),
        ),
    ],
)
def test_fewer_people_are_said_in_larger_groups(
    people: int, title: str, labels: tuple[str, ...]
) -> None:
    found = need_groups(np.arange(people), 1)
    assert (found.key, found.title, found.labels) == ("need", title, labels)


@pytest.mark.parametrize("points", [list(range(19)), [], [8] * 50])
def test_people_who_cannot_be_divided_are_everybody(points: list[int]) -> None:
    found = need_groups(np.array(points, np.int64), 4)
    assert (found.key, found.title, found.labels) == ("need", "By need", ("Everybody",))
    assert found.group.tolist() == [0] * len(points)


def test_a_group_that_nobody_is_in_is_passed_over_and_the_others_keep_their_names() -> None:
    """Of forty people thirty share a score: the second and third quarter are one group of theirs."""
    found = need_groups(np.array([0] * 5 + [8] * 30 + [20] * 5), 4)
    assert found.labels == (
        "Lowest quarter: up to 0 points",
        "3rd quarter: up to 2 points",
        "Highest quarter: more than 2 points",
    )
    assert found.group.tolist() == [0] * 5 + [1] * 30 + [2] * 5


# ---- sums and divisions


def test_what_changes_in_each_group_is_said_under_its_own_name() -> None:
    crowd = each_alone(encode(pack(), people_of(pack(), 4)))
    ages = Grouping("age", "By age", ("Under 65", "65 and over"), np.array([0, 0, 1, 1]))
    before, after = np.array([1000, 2000, 3000, 4000]), np.array([1500, 2000, 1000, 0])
    found = effect_of(standing_of(cells_of(crowd, [ages]), before), after)
    (division,) = found.divisions
    assert (division.key, division.title) == ("age", "By age")
    assert [
        (row.label, row.counts, row.before_pence, row.after_pence) for row in division.rows
    ] == [
        ("Under 65", (1, 1, 0, 0), 3000, 3500),
        ("65 and over", (0, 0, 1, 1), 7000, 1000),
    ]
    assert (found.before_pence, found.after_pence) == (10_000, 4_500)
    assert (found.gained_pence, found.lost_pence) == (500, 6_000)


def test_very_large_sums_count_a_profile_as_often_as_it_has_people() -> None:
    """Three of one profile and one of another, each with 2**58 pence: 2**60, past what a float holds."""
    of = pack()
    people = [answers(of, nutrition_need=need) for need in ("some", "some", "some", "most")]
    crowd = profiles_of(encode(of, people), of.allocation)
    assert crowd.of is not None
    cells = cells_of(crowd, [])
    assert cells.people is not None
    before = np.full(len(crowd), 2**58 + 1, np.int64)
    after = np.full(len(crowd), 2**58 + 3, np.int64)
    found = effect_of(standing_of(cells, before), after)
    assert found.before_pence == 4 * (2**58 + 1)
    assert found.after_pence == 4 * (2**58 + 3)
    assert found.gained_pence == 8


# ---- totals


@pytest.mark.parametrize(
    ("amounts", "people"),
    [
        ([], []),
        ([0, 0], [3, 4]),
        ([1], [LARGEST]),
        ([1, 250], [3, 4]),
        ([2**61, 2**61], [3, 4]),  # 64 bits would not hold it
        ([2**62 - 1, 5], [2, 7]),
        ([2**40, 2**50], [2**20, 2**19]),
    ],
)
def test_a_total_is_exact_however_large(amounts: list[int], people: list[int]) -> None:
    found = total(np.array(amounts, np.int64), np.array(people, np.int64))
    assert found == sum(a * p for a, p in zip(amounts, people, strict=True))
    assert isinstance(found, int)


def changed_for_one_answer() -> tuple[Profiles, AllocationTable]:
    """Two people, of whom one lives in a village: a half more, and £1.00."""
    content = mapping()
    content["allocation"] = {
        "method": "per_point",
        "pence_per_point": 100,
        "adjustments": [
            {
                "key": "far",
                "label": "Far away",
                "question": "place",
                "option": "village",
                "percent": "50",
                "pence": 100,
            }
        ],
    }
    of = type(pack()).from_mapping(content)
    people = [answers(of, place=place) for place in ("town", "village")]
    return profiles_of(encode(of, people), of.allocation), of.allocation


@pytest.mark.parametrize(
    ("cost", "plain", "far"),
    [
        (1000, 1000, 600),  # (1000 - 100) / 1.5
        (1001, 1001, 600),  # 600.67: the fraction left out
        (100, 100, 0),
        (99, 99, 0),  # never below nothing
        (0, 0, 0),
        (3 * 10**17 + 103, 3 * 10**17 + 103, 2 * 10**17 + 2),  # exact far beyond a float
    ],
)
def test_adjustments_are_taken_off_a_cost(cost: int, plain: int, far: int) -> None:
    crowd, table = changed_for_one_answer()
    assert before_adjustments(crowd, table, np.array([0, 1]), [cost, cost]) == [plain, far]


def test_there_is_one_amount_for_each_person() -> None:
    crowd, table = changed_for_one_answer()
    with pytest.raises(ValueError, match="zip"):
        before_adjustments(crowd, table, np.array([0, 1]), [100])


# ---- fitted tables


def people_with(points: Sequence[int], table: AllocationTable) -> Profiles:
    """One person for each number of points, under a table of a programme with a single need."""
    of = one_question_pack({"method": "per_point", "pence_per_point": 1}, sorted({0, *points}))
    return profiles_of(
        encode(of, [answers(of, nutrition_need=f"p{n}") for n in points]),
        replace(table, adjustments=()),
    )


def bare(**changes: object) -> AllocationTable:
    """A table without adjustments, minimum, maximum or rounding."""
    plain = replace(
        pack().allocation,
        adjustments=(),
        round_to_pence=1,
        minimum_pence=0,
        maximum_pence=None,
    )
    return replace(plain, **changes)


def learnt(
    table: AllocationTable, points: list[int], costs: list[int], percentile: int = 50
) -> AllocationTable:
    """The table fitted to plans of people with these points."""
    crowd = people_with(points, table)
    return fit_to_plans(
        crowd.pack, crowd, table, rows=np.arange(len(points)), costs=costs, percentile=percentile
    )


def test_knots_follow_the_plans_and_keep_their_shape_beyond_them() -> None:
    """Ten plans of 10 points at £200 and ten of 20 at £600, where the table gives £100 and £200."""
    table = bare(
        method="linear",
        knots=((0, 5_000), (5, 7_500), (10, 10_000), (15, 15_000), (20, 20_000), (30, 40_000)),
    )
    found = learnt(table, [10] * 10 + [20] * 10, [20_000] * 10 + [60_000] * 10)
    assert found.knots == (
        (0, 10_000),  # half of what is given at 10, as before
        (5, 15_000),
        (10, 20_000),
        (15, 40_000),  # half way
        (20, 60_000),
        (30, 120_000),  # twice what is given at 20, as before
    )


def test_below_a_figure_of_nothing_there_is_no_shape_to_keep() -> None:
    table = bare(method="linear", knots=((0, 0), (10, 0), (20, 10_000)))
    found = learnt(table, [10] * 10, [20_000] * 10)
    assert found.knots == ((0, 0), (10, 20_000), (20, 20_000))


def test_bands_without_plans_stay_between_their_neighbours() -> None:
    """Plans in the second and the fourth of five bands; the others keep their figure or are moved in."""
    table = bare(
        method="bands",
        knots=(),
        bands=((5, 90_000), (10, 95_000), (20, 100_000), (30, 200_000), (40, 250_000)),
    )
    points, costs = [12] * 10 + [35] * 10, [50_000] * 10 + [80_000] * 10
    assert learnt(table, points, costs).bands == (
        (5, 50_000),
        (10, 50_000),
        (20, 80_000),
        (30, 80_000),
        (40, 250_000),
    )
    cheap = replace(table, bands=((5, 1_000), (10, 2_000), (20, 3_000), (30, 4_000), (40, 5_000)))
    assert learnt(cheap, points, costs).bands == (
        (5, 1_000),
        (10, 50_000),
        (20, 50_000),
        (30, 80_000),
        (40, 80_000),
    )
    within = replace(
        table, bands=((5, 1_000), (10, 2_000), (20, 60_000), (30, 70_000), (40, 90_000))
    )
    assert learnt(within, points, costs).bands == (
        (5, 1_000),
        (10, 50_000),
        (20, 60_000),
        (30, 80_000),
        (40, 90_000),
    )


def test_who_stands_exactly_where_a_band_begins_is_in_it() -> None:
    table = bare(method="bands", knots=(), bands=((5, 1_000), (10, 2_000)))
    found = learnt(table, [5] * 10 + [10] * 10, [3_000] * 10 + [7_000] * 10)
    assert found.bands == ((5, 3_000), (10, 7_000))


def test_bands_that_too_few_plans_reach_cannot_be_learnt_and_ten_are_enough() -> None:
    table = bare(method="bands", knots=(), bands=((5, 1_000),))
    with pytest.raises(CannotFit) as refused:
        learnt(table, [0] * 5 + [6] * 9, [500] * 14)
    assert str(refused.value) == "Too few of those with an agreed plan reach the first band."
    assert learnt(table, [0] * 5 + [6] * 10, [500] * 15).bands == ((5, 500),)


def test_a_sum_for_each_point_is_the_percentile_of_what_plans_cost_for_each() -> None:
    table = bare(method="per_point", knots=(), pence_per_point=100)
    costs = [10 * n for n in range(1, 11)]
    assert learnt(table, [10] * 10, costs, 50).pence_per_point == 5
    assert learnt(table, [10] * 10, costs, 90).pence_per_point == 9


def priced(points: Sequence[int]) -> AllocationTable:
    """A price for each answer above nothing: £1 a point, 52 times a year."""
    return bare(
        method="price_list",
        knots=(),
        prices=tuple(("nutrition_need", f"p{n}", 100 * n, Fraction(52)) for n in points if n),
    )


def test_prices_rise_and_fall_with_what_plans_cost() -> None:
    table = priced([10, 20])
    crowd_points = [10] * 5 + [20] * 5
    costs = [2 * 52 * 100 * n for n in crowd_points]
    assert learnt(table, crowd_points, costs).prices == (
        ("nutrition_need", "p10", 2000, Fraction(52)),
        ("nutrition_need", "p20", 4000, Fraction(52)),
    )


def test_a_price_list_that_too_few_plans_use_cannot_be_learnt() -> None:
    table = priced([10])
    with pytest.raises(CannotFit) as refused:
        learnt(table, [0] * 5 + [10] * 9, [500] * 14)
    assert (
        str(refused.value)
        == "Too few of those with an agreed plan have needs that the list prices."
    )


def test_fewer_than_ten_plans_are_refused_in_these_words_and_ten_are_not() -> None:
    table = bare(method="per_point", knots=(), pence_per_point=100)
    with pytest.raises(CannotFit) as refused:
        learnt(table, [10] * 9, [500] * 9)
    assert str(refused.value) == (
        "There are fewer than 10 agreed plans to learn from, which is too few."
    )
    assert learnt(table, [10] * 10, [500] * 10).pence_per_point == 50


def test_cutting_pennies_never_makes_more_need_cheaper() -> None:
    """At half the price 3p x 100 becomes 1p x 100, and 5p x 61 becomes 2p x 61; at a third 1p x 100 is more
    than 1p x 61, so that is raised to the next penny that is not less."""
    table = bare(
        method="price_list",
        knots=(),
        prices=(
            ("nutrition_need", "p20", 5, Fraction(61)),
            ("nutrition_need", "p10", 3, Fraction(100)),
        ),
    )
    crowd = people_with([10] + [20] * 2, table)
    found = fit_to_envelope(crowd.pack, crowd, table, 400)
    assert found.prices == (
        ("nutrition_need", "p20", 2, Fraction(61)),
        ("nutrition_need", "p10", 1, Fraction(100)),
    )


def test_a_total_that_just_fits_is_taken_and_one_penny_less_is_not() -> None:
    table = bare(method="per_point", knots=(), pence_per_point=100)
    crowd = people_with([10] * 10, table)
    for target, each in ((10_000, 100), (9_999, 99), (10_099, 100), (100, 1), (99, 0), (0, 0)):
        found = fit_to_envelope(crowd.pack, crowd, table, target)
        assert found.pence_per_point == each, target


def test_only_up_to_twenty_times_the_table_is_it_raised() -> None:
    table = bare(method="per_point", knots=(), pence_per_point=100)
    crowd = people_with([10] * 10, table)
    assert fit_to_envelope(crowd.pack, crowd, table, 199_999).pence_per_point == 1_999
    with pytest.raises(CannotFit) as refused:
        fit_to_envelope(crowd.pack, crowd, table, 200_000)
    assert str(refused.value) == "Even 20 times the table does not reach £2,000."


def test_why_nothing_can_be_fitted_is_said_in_these_words() -> None:
    of = pack()
    nothing = bare(method="per_point", knots=(), pence_per_point=0)
    with pytest.raises(CannotFit) as refused:
        fit_to_envelope(of, crowd_of(of, nothing, 5), nothing, 100)
    assert (
        str(refused.value) == "Every figure of the table is nothing, so raising it changes nothing."
    )
    least = replace(tables_of(of)["per_point"], minimum_pence=100_000, adjustments=())
    crowd = crowd_of(of, least, 30)
    with pytest.raises(CannotFit) as refused:
        fit_to_envelope(of, crowd, least, 2_999_999)
    assert str(refused.value) == "Even with nothing but the minimum the total is £30,000 a year."
    assert fit_to_envelope(of, crowd, least, 3_000_000).minimum_pence == 100_000


def test_neighbours_are_pooled_only_while_a_later_one_costs_less() -> None:
    level = [(Fraction(n), [700] * 10) for n in range(3)]
    assert [(step.from_points, step.plans) for step in rising_percentile(level, 50)] == [
        (0, 10),
        (1, 10),
        (2, 10),
    ]
    falling = [(Fraction(1), [700] * 10), (Fraction(2), [500] * 11), (Fraction(4), [900] * 10)]
    first, second = rising_percentile(falling, 50)
    assert (first.from_points, first.to_points, first.middle) == (1, 2, 2)
    assert (first.plans, first.pence) == (21, 500)
    assert (second.from_points, second.middle, second.pence) == (4, 4, 900)


@pytest.mark.parametrize(
    ("percentile", "value"), [(0, 1), (1, 2), (50, 100), (99, 198), (100, 200)]
)
def test_a_percentile_of_two_hundred_values_is_found_by_its_rank(
    percentile: int, value: int
) -> None:
    assert at_percentile(list(range(1, 201)), percentile) == value
