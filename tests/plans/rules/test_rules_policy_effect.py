"""What a change does to everybody: counted one by one here, and by profiles there; and what is published."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.rules.allocation import allocate
from plans.rules.pack import AllocationTable, Pack
from plans.rules.policy_answers import encode
from plans.rules.policy_effect import (
    LESS,
    MORE,
    NOTHING,
    OUTCOMES,
    SAME,
    Effect,
    Grouping,
    cells_of,
    effect_of,
    furthest,
    need_groups,
    outcomes,
    standing_of,
)
from plans.rules.policy_publishing import LEFT_OUT, publish, signed
from plans.rules.policy_tables import table_as_data, with_table
from plans.rules.vectorised import each_alone, profiles_of
from tests.plans.rules.policy_crowd import people_of, tables_of
from tests.plans.rules.rule_world import mapping, pack


def changed(of: Pack, table: AllocationTable) -> Pack:
    """The pack with another table."""
    return with_table(mapping(of.key), table_as_data(table))


def become(before: int, after: int) -> int:
    """What a change does to one person, said another way."""
    if before > 0 == after:
        return NOTHING
    return MORE if after > before else LESS if after < before else SAME


@pytest.mark.parametrize("method", ["linear", "bands", "per_point", "price_list"])
def test_the_effect_is_what_counting_one_by_one_gives(method: str) -> None:
    of = pack()
    before = of.allocation
    after = replace(tables_of(of)[method], minimum_pence=0, maximum_pence=2_500_000)
    people = people_of(of, 150, seed=3)
    old = [allocate(of, one).annual_pence for one in people]
    new = [allocate(changed(of, after), one).annual_pence for one in people]
    encoded = encode(of, people)
    ages = Grouping("age", "By age", ("young", "old"), np.array([n % 2 for n in range(150)]))
    profiles = profiles_of(encoded, before, after)

    cells = cells_of(profiles, [ages, need_groups(encoded.points, encoded.parts)])
    found = effect_of(standing_of(cells, profiles.amounts(before)), profiles.amounts(after))

    theirs = [become(b, a) for b, a in zip(old, new, strict=True)]
    assert found.counts == tuple(theirs.count(n) for n in range(len(OUTCOMES)))
    assert (found.before_pence, found.after_pence) == (sum(old), sum(new))
    assert found.gained_pence - found.lost_pence == sum(new) - sum(old)
    for number, row in enumerate(found.divisions[0].rows):
        mine = range(number, 150, 2)
        assert row.counts == tuple([theirs[n] for n in mine].count(o) for o in range(4))
        assert row.before_pence == sum(old[n] for n in mine)
        assert row.after_pence == sum(new[n] for n in mine)
    assert sum(row.people for row in found.divisions[1].rows) == 150
    assert sum(bar.before for bar in found.bars) == sum(bar.after for bar in found.bars) == 150


def test_people_standing_alone_are_counted_the_same_as_profiles() -> None:
    of = pack()
    after = replace(of.allocation, maximum_pence=1_000_000)
    encoded = encode(of, people_of(of, 90))
    together, alone = profiles_of(encoded, of.allocation, after), each_alone(encoded)
    grouping = need_groups(encoded.points, encoded.parts)
    amounts = [together.amounts(of.allocation), together.amounts(after)]

    one = effect_of(standing_of(cells_of(together, [grouping]), amounts[0]), amounts[1])
    spread = [together.spread(some) for some in amounts]
    other = effect_of(standing_of(cells_of(alone, [grouping]), spread[0]), spread[1])

    assert one == other


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_everybody_gets_more_the_same_less_or_nothing(pairs: list[tuple[int, int]]) -> None:
    before, after = (np.array(side) for side in zip(*pairs, strict=True))
    assert outcomes(before, after).tolist() == [become(b, a) for b, a in pairs]


@pytest.mark.parametrize("most", [10**6, 2**60])
def test_sums_by_group_are_exact_however_large(most: int) -> None:
    chance = random.Random(most)
    groups = np.array([chance.randrange(3) for _ in range(200)])
    before, after = (
        np.array([chance.randrange(most) for _ in range(200)], np.int64) for _ in range(2)
    )
    crowd = each_alone(encode(pack(), people_of(pack(), 200)))
    cells = cells_of(crowd, [Grouping("third", "By third", ("a", "b", "c"), groups)])

    found = effect_of(standing_of(cells, before), after)

    assert found.before_pence == sum(before.tolist())
    assert found.gained_pence == sum(
        max(0, a - b) for b, a in zip(before.tolist(), after.tolist(), strict=True)
    )
    for number, row in enumerate(found.divisions[0].rows):
        mine = [n for n in range(200) if groups[n] == number]
        assert row.after_pence == sum(int(after[n]) for n in mine)
        assert row.people == len(mine)


@pytest.mark.parametrize(
    ("people", "groups"), [(0, 1), (9, 1), (19, 1), (20, 2), (35, 3), (45, 4), (60, 5), (100, 10)]
)
def test_need_is_divided_so_that_groups_are_not_small(people: int, groups: int) -> None:
    found = need_groups(np.arange(people), 4)
    assert len(found.labels) == groups
    counts = np.bincount(found.group, minlength=groups)
    assert not people or groups == 1 or counts.min() >= 10


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=20, max_size=150))
def test_more_need_is_never_in_a_lower_group_and_equals_are_not_divided(points: list[int]) -> None:
    found = need_groups(np.array(points), 4)
    ranked = sorted(zip(points, found.group.tolist(), strict=True))
    assert [group for _, group in ranked] == sorted(group for _, group in ranked)
    assert len({(p, g) for p, g in ranked}) == len(set(points))


@pytest.mark.parametrize("points", [[7] * 40, [1] * 30 + [2] * 3, [1, 2] * 30])
def test_many_with_the_same_need_make_fewer_groups_and_none_is_empty(points: list[int]) -> None:
    found = need_groups(np.array(points), 4)
    assert len(found.labels) == len(set(points))
    assert len(set(found.group.tolist())) == len(found.labels)


def test_the_highest_group_does_not_give_away_the_highest_score() -> None:
    found = need_groups(np.array([*range(40), 1000]), 4)
    assert not any("250" in label for label in found.labels)
    assert found.labels[-1].startswith("Highest")
    assert "more than" in found.labels[-1]


def test_the_largest_changes_come_first_and_only_real_ones() -> None:
    of = pack()
    people = people_of(of, 60)
    after = replace(of.allocation, maximum_pence=1_200_000)
    profiles = profiles_of(encode(of, people), of.allocation, after)
    fall = profiles.amounts(of.allocation) - profiles.amounts(after)
    each = profiles.spread(fall)

    found = furthest(profiles, fall, 7).tolist()

    assert len(found) == 7
    assert [int(each[n]) for n in found] == sorted(each.tolist(), reverse=True)[:7]
    assert furthest(profiles, np.zeros_like(fall), 7).tolist() == []


def test_bars_are_equally_wide_and_nothing_is_a_bar_of_its_own() -> None:
    amounts = np.array([0, 1, 500_000, 500_001, 5_900_000])
    crowd = each_alone(encode(pack(), people_of(pack(), 5)))
    bars = effect_of(standing_of(cells_of(crowd, []), amounts), amounts).bars
    assert [(bar.label, bar.before) for bar in bars[:3]] == [
        ("Nothing", 1),
        ("Up to £5,000", 2),
        ("£5,000 to £10,000", 1),
    ]
    assert len(bars) == 13
    assert bars[-1].before == 1


# -- publishing --------------------------------------------------------------------------------


def an_effect(count: int, seed: int) -> Effect:
    """The effect of some change on some people."""
    of, chance = pack(), random.Random(seed)
    people = people_of(of, count, seed)
    encoded = encode(of, people)
    after = replace(
        of.allocation,
        maximum_pence=chance.choice([500_000, 1_500_000, 3_000_000, None]),
        minimum_pence=0,
        knots=tuple(
            (p, pence * chance.choice([9, 10, 11]) // 10) for p, pence in of.allocation.knots
        ),
    )
    profiles = profiles_of(encoded, of.allocation, after)
    ages = np.array([min(6, int(chance.expovariate(0.5))) for _ in people], np.int64)
    groups = Grouping("age", "By age", tuple(f"Band {n}" for n in range(7)), ages)
    need = need_groups(encoded.points, encoded.parts)
    standing = standing_of(cells_of(profiles, [groups, need]), profiles.amounts(of.allocation))
    return effect_of(standing, profiles.amounts(after))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 10**6))
def test_nothing_small_is_published_anywhere(count: int, seed: int) -> None:
    shown = publish(an_effect(count, seed))
    figures: list[int | None] = [shown.people, *shown.counts]
    for division in shown.divisions:
        for row in division.rows:
            figures += [row.people, *row.counts]
            assert (row.people is None) == (row.before_pence is None) == (row.after_pence is None)
    for bar in shown.bars:
        figures += [bar.before, bar.after]
    assert not [figure for figure in figures if figure is not None and 0 < figure < 10]
    for _, _, measure, figure in shown.as_rows():
        if not measure.startswith("Pounds") and figure != LEFT_OUT:
            assert int(figure) == 0 or int(figure) >= 10


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_the_spread_gives_no_small_bar_away(seed: int) -> None:
    """For every small bar that is left out there are other people, of whom everything shown is true as
    well, and who make the bar ten or more. They are looked for here by moving single people."""
    chance = random.Random(seed)
    count = chance.randrange(10, 200)
    before = np.array([500_000 * chance.choice([0, 1, 1, 2, 2, 2, 3, 5]) for _ in range(count)])
    before += np.array([chance.randrange(1, 400_000) if amount else 0 for amount in before])
    rise = [chance.choice([0, 0, 0, 0, 1000, -1000, 600_000]) for _ in range(count)]
    after = np.maximum(0, np.where(before > 0, before + np.array(rise), 0))
    cells = cells_of(each_alone(encode(pack(), people_of(pack(), 1)).only([0] * count)), [])
    real = effect_of(standing_of(cells, before), after)
    shown = publish(real)
    for n, (bar, true) in enumerate(zip(shown.bars, real.bars, strict=False)):
        sides = [side for side in ("before", "after") if 0 < getattr(true, side) < 10]
        if sides:
            assert bar.before is None
            assert bar.after is None
            world = others_who_fit(n, sides, before, after, cells, shown)
            assert all(getattr(world.bars[n], side) >= 10 for side in sides)
            assert world.counts == real.counts
            for told, other in zip(shown.bars, world.bars, strict=True):
                assert told.before in (None, other.before)
                assert told.after in (None, other.after)


def others_who_fit(
    bar: int, sides: list[str], before: Any, after: Any, cells: Any, shown: Any
) -> Effect:
    """Other people, made by moving single ones who are in one hidden bar both times into this bar."""
    width = shown.bars[1].to_pence
    was, becomes = before.copy(), after.copy()

    def in_bar(amounts: Any, number: int) -> int:
        return int((-(-amounts // width) == number).sum())

    for person, (old, new) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        home = -(-old // width)
        if all(in_bar(was if side == "before" else becomes, bar) >= 10 for side in sides):
            break
        if home == bar or -(-new // width) != home or shown.bars[home].before is not None:
            continue
        if min(in_bar(was, home), in_bar(becomes, home)) < 2 or (bar == 0 and old != new):
            continue
        was[person] = 0 if bar == 0 else bar * width - width // 2
        becomes[person] = was[person] + new - old
    return effect_of(standing_of(cells, was), becomes)


def test_how_few_fall_to_nothing_is_not_said_by_the_bars() -> None:
    crowd = each_alone(encode(pack(), people_of(pack(), 80)))
    before = np.array([0] * 20 + [900_000] * 60)
    after = np.array([0] * 25 + [900_000] * 55)
    shown = publish(effect_of(standing_of(cells_of(crowd, []), before), after))
    assert shown.counts[NOTHING] is None
    assert shown.bars == ()


def test_what_is_published_is_true() -> None:
    effect = an_effect(300, 11)
    shown = publish(effect)
    assert shown.before_pence == effect.before_pence
    for division, real in zip(shown.divisions, effect.divisions, strict=True):
        for row, true in zip(division.rows, real.rows, strict=False):
            assert row.people in (None, true.people)
            for mine, theirs in zip(row.counts, true.counts, strict=True):
                assert mine in (None, theirs)
    data = shown.as_data()
    assert data["change_pence"] == effect.after_pence - effect.before_pence
    assert data["counts"]["more"] == shown.counts[MORE]


def test_money_gained_is_left_out_with_the_count_it_would_point_at() -> None:
    crowd = each_alone(encode(pack(), people_of(pack(), 40)))
    before = np.full(40, 1000)
    after = np.array([2000] * 3 + [1000] * 37)
    shown = publish(effect_of(standing_of(cells_of(crowd, []), before), after))
    assert shown.counts[MORE] is None
    assert shown.gained_pence is None
    assert shown.lost_pence is None
    assert shown.leaves_out


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (1000, "The total stays £400.00 a year."),
        (1500, "The total rises by £200.00 a year, from £400.00 to £600.00."),
        (500, "The total falls by £200.00 a year, from £400.00 to £200.00."),
    ],
)
def test_the_total_is_said_in_a_sentence(after: int, sentence: str) -> None:
    crowd = each_alone(encode(pack(), people_of(pack(), 40)))
    shown = publish(
        effect_of(standing_of(cells_of(crowd, []), np.full(40, 1000)), np.full(40, after))
    )
    assert shown.sentence == sentence


@pytest.mark.parametrize(("change", "words"), [(0, "no change"), (150, "+£1.50"), (-200, "−£2")])
def test_a_change_has_its_sign(change: int, words: str) -> None:
    assert signed(change) == words
