"""The benchmark of the rules measures what it says: its rows, its floor, and right answers first."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench import bench_rules
from bench.running import KEYS
from plans.services.pack_files import bundled_pack


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The benchmark over a small crowd."""
    monkeypatch.setattr(bench_rules, "PEOPLE", 2_000)
    monkeypatch.setattr(bench_rules, "CHECKED", 50)
    monkeypatch.setattr(bench_rules, "ONE_BY_ONE", 20)
    monkeypatch.setattr(bench_rules, "SECONDS_EACH", 0.0)
    return bench_rules.run()


def test_every_row_has_what_the_runner_prints(rows: list[dict[str, Any]]) -> None:
    assert all(set(row) == set(KEYS) for row in rows)
    assert len({row["name"] for row in rows}) == len(rows) == 6


def test_the_ratio_is_ours_over_the_other_and_decides_with_the_goal(
    rows: list[dict[str, Any]],
) -> None:
    for row in rows:
        if row["other"] is not None:
            assert row["ratio"] == pytest.approx(row["ours"] / row["other"])
        if row["goal"].startswith("within"):
            assert row["holds"] == (row["ratio"] <= 3 and row["ours"] < 2)
        if row["goal"].startswith("under 200"):
            assert row["holds"] == (row["ours"] < 200)


def test_nothing_is_measured_when_the_answers_are_wrong() -> None:
    pack = bundled_pack("adult-social-care")
    people = bench_rules.a_crowd(pack, np.random.default_rng(1), bench_rules.CHECKED)
    bench_rules.agree(pack, people)
    with pytest.raises(AssertionError):
        bench_rules.agree(pack, replace(people, points=people.points + 40))
