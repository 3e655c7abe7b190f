"""What the tests of charging share: the real tables, a plain policy, and finances in a line."""

from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from plans.rules.charging import Figures, contribution
from plans.rules.charging_finances import Finances, check_finances
from plans.rules.charging_result import Contribution
from plans.rules.charging_table import ChargingTable, LocalPolicy, PensionAges
from plans.services.charging_files import SCHEMAS, read_file
from plans.services.charging_files import read_pension_ages as build_ages
from plans.services.charging_files import read_table as build_table

DAY = date(2016, 5, 2)
OLD = "1940-05-01"
WORKING_AGE = "1980-05-01"
YOUNG = "1995-05-01"


@lru_cache
def table(key: str = "2015-04") -> ChargingTable:
    return read_file(SCHEMAS / f"{key}.yaml", "table", build_table)[0]


@lru_cache
def ages() -> PensionAges:
    return read_file(SCHEMAS / "pension-age.yaml", "pension-age", build_ages)[0]


def policy(**changes: Any) -> LocalPolicy:
    """The law alone, with these changes."""
    plain: dict[str, Any] = {
        "authority": "ours",
        "version": "1",
        "title": "Ours",
        "in_force_from": date(2015, 4, 6),
        "guarantee_percent": Fraction(0),
        "disability_standard_pence": 0,
        "free_below_pence": 0,
        "direct_payments": "net",
        "source": "a test",
    }
    return LocalPolicy(**plain | changes)


def figures(key: str = "2015-04", *, on: date = DAY, **policy_changes: Any) -> Figures:
    return Figures(table=table(key), policy=policy(**policy_changes), ages=ages(), on=on)


def weekly(pence: int) -> dict[str, Any]:
    return {"pence": pence, "every": "week"}


def finances(**answers: Any) -> Finances:
    """Somebody of 76 who lives alone, with £300 of State Pension and care for £500 a week."""
    plain: dict[str, Any] = {
        "date_of_birth": OLD,
        "income": {"state_pension": weekly(30000)},
        "support": [{"kind": "care", "pence_a_week": 50000}],
    }
    return check_finances(plain | answers)


def pays(key: str = "2015-04", *, by: Figures | None = None, **answers: Any) -> int | None:
    """What they pay a week, in pence."""
    return worked(key, by=by, **answers).pence_a_week


def worked(key: str = "2015-04", *, by: Figures | None = None, **answers: Any) -> Contribution:
    return contribution(finances(**answers), by or figures(key))
