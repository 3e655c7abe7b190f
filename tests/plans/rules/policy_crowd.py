"""Made-up people for the tests of policy rules, thrown by one seed. No database."""

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

from plans.rules.pack import AllocationTable, Pack
from plans.rules.policy_answers import encode
from plans.rules.vectorised import Profiles, profiles_of


def people_of(pack: Pack, count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Answers to everything that counts."""
    chance = random.Random(seed)
    return [
        {
            q.key: chance.choice(q.options[:4] if q.role == "need" else q.options).key
            for q in pack.questions
            if q.kind == "single"
        }
        for _ in range(count)
    ]


def crowd_of(pack: Pack, table: AllocationTable, count: int, seed: int = 1) -> Profiles:
    """The profiles of made-up people."""
    return profiles_of(encode(pack, people_of(pack, count, seed)), table)


def tables_of(pack: Pack) -> dict[str, AllocationTable]:
    """One table of each method for a shipped pack, with its adjustments."""
    linear = pack.allocation
    needs = [q for q in pack.questions if q.role == "need"]
    return {
        "linear": linear,
        "bands": replace(
            linear, method="bands", knots=(), bands=((5, 100_000), (30, 700_000), (60, 2_000_000))
        ),
        "per_point": replace(linear, method="per_point", knots=(), pence_per_point=31_415),
        "price_list": replace(
            linear,
            method="price_list",
            knots=(),
            prices=tuple(
                (q.key, o.key, 1_000 + 13 * n, Fraction(52 * n))
                for q in needs
                for n, o in enumerate(q.options)
            ),
        ),
    }
