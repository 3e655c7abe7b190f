"""The benchmark of runs measures what it says: its rows, and a run that is right in the end."""

from typing import Any

import pytest

from bench import bench_payrun
from bench.running import KEYS
from payments import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The benchmark over a small run."""
    monkeypatch.setattr(bench_payrun, "PAYMENTS", 60)
    monkeypatch.setattr(bench_payrun, "ONE_BY_ONE", 3)
    return bench_payrun.run()


def test_every_row_has_what_the_runner_prints_and_the_ledger_holds(
    rows: list[dict[str, Any]],
) -> None:
    assert all(set(row) == set(KEYS) for row in rows)
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names) == 7
    assert names[0] == "a run of 60 built, approved and posted"
    for row in rows:
        if row["other"] is not None:
            assert row["ratio"] == pytest.approx(row["ours"] / row["other"])
    parts = [row["ours"] for row in rows if row["name"].startswith("of that")]
    assert rows[0]["ours"] == pytest.approx(sum(parts))
    proof = services.verify_ledger()
    assert proof.holds, proof.breach
