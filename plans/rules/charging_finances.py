"""What somebody has and spends, checked and counted by the week. Pure; errors name the path.

The same shape is a visitor's answers in the public calculator, the answers of a full assessment, and
the file that ``manage.py allocate --finances`` reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from carebudget.money import PENCE_LIMIT, Pence

from .answers import AnswerError
from .charging_kinds import (
    CAPITAL,
    CAPITAL_BANDS,
    DISABILITY_COSTS,
    HOUSEHOLDS,
    HOUSING,
    INCOME,
    PERIODS,
    PREMIUMS,
    SUPPORT,
    Kind,
    titles,
)

CHILDREN_LIMIT = 30
WEEKS_LIMIT = 520
OLDEST = 130
ADULT_AT = 18

KNOWN = (
    "date_of_birth", "household", "partner_date_of_birth", "children", "premiums", "capital_band",
    "capital", "income", "housing", "disability", "support",
)  # fmt: skip


def down_to_the_penny(amount: Fraction) -> Pence:
    """A fraction of a penny is left out: for what somebody has (regulation 11: to their advantage)."""
    return amount.numerator // amount.denominator


def up_to_the_penny(amount: Fraction) -> Pence:
    """A fraction of a penny counts as one: for what somebody keeps (regulation 11)."""
    return -(-amount.numerator // amount.denominator)


@dataclass(frozen=True)
class Amount:
    """A sum that comes or goes regularly."""

    pence: Pence
    every: str = "week"

    @property
    def weekly(self) -> Fraction:
        """Exactly what falls in a week."""
        return self.pence * PERIODS[self.every][1]

    def as_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"pence": self.pence, "every": self.every}


@dataclass(frozen=True)
class Support:
    """One kind of support and what it costs a week.

    ``week`` is the week a reablement is in (1 is the first); ``price_pence`` is what making an
    adaptation costs. Both are 0 where they do not matter or are not known.
    """

    kind: str
    pence_a_week: Pence
    week: int = 0
    price_pence: Pence = 0

    def as_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "pence_a_week": self.pence_a_week,
            "week": self.week,
            "price_pence": self.price_pence,
        }


@dataclass(frozen=True)
class Finances:
    """Everything the contribution depends on. ``income`` may hold a kind without a sum (``None``)."""

    date_of_birth: date
    household: str = "single"
    partner_date_of_birth: date | None = None
    children: int = 0
    premiums: tuple[str, ...] = ()
    capital_band: str = ""
    capital: Mapping[str, Pence] = ()  # type: ignore[assignment]
    income: Mapping[str, Amount | None] = ()  # type: ignore[assignment]
    housing: Mapping[str, Amount] = ()  # type: ignore[assignment]
    disability: Mapping[str, Amount] = ()  # type: ignore[assignment]
    support: tuple[Support, ...] = ()

    def __post_init__(self) -> None:
        for name in ("capital", "income", "housing", "disability"):
            object.__setattr__(self, name, dict(getattr(self, name)))

    @property
    def couple(self) -> bool:
        """Whether there is a partner at home."""
        return self.household == "couple"

    def as_data(self) -> dict[str, Any]:
        """The mapping that ``check_finances`` reads; leaves out what was not said."""
        found: dict[str, Any] = {
            "date_of_birth": self.date_of_birth.isoformat(),
            "household": self.household,
        }
        if self.partner_date_of_birth:
            found["partner_date_of_birth"] = self.partner_date_of_birth.isoformat()
        if self.children:
            found["children"] = self.children
        if self.premiums:
            found["premiums"] = list(self.premiums)
        if self.capital_band:
            found["capital_band"] = self.capital_band
        if self.capital:
            found["capital"] = dict(self.capital)
        for name in ("income", "housing", "disability"):
            amounts: Mapping[str, Amount | None] = getattr(self, name)
            if amounts:
                found[name] = {key: one and one.as_data() for key, one in amounts.items()}
        if self.support:
            found["support"] = [one.as_data() for one in self.support]
        return found


def check_finances(mapping: Any) -> Finances:
    """The finances in a mapping (from JSON). Raises ``AnswerError`` with a path like ``finances.income``."""
    top = _group(mapping, "finances")
    for key in top:
        if key not in KNOWN:
            raise AnswerError(f"finances.{key}", "there is no such question about money")
    household = _one_of(top.get("household", "single"), "finances.household", HOUSEHOLDS)
    born = _day(top.get("date_of_birth"), "finances.date_of_birth")
    partner = top.get("partner_date_of_birth")
    if partner is not None and household != "couple":
        raise AnswerError("finances.partner_date_of_birth", "is only for a couple")
    if household == "couple" and partner is None:
        raise AnswerError("finances.partner_date_of_birth", "say when the partner was born")
    band = top.get("capital_band", "")
    if band:
        _one_of(band, "finances.capital_band", CAPITAL_BANDS)
    capital = _sums(top.get("capital", {}), "finances.capital", CAPITAL)
    if band == "between" and not capital:
        raise AnswerError("finances.capital", "say how much there is")
    if band in ("below", "above") and capital:
        raise AnswerError(
            "finances.capital", f"give either the sums or capital_band “{band}”, not both"
        )
    income = _amounts(top.get("income", {}), "finances.income", INCOME)
    return Finances(
        date_of_birth=born,
        household=household,
        partner_date_of_birth=_day(partner, "finances.partner_date_of_birth") if partner else None,
        children=_whole(top.get("children", 0), "finances.children", CHILDREN_LIMIT),
        premiums=_premiums(top.get("premiums", [])),
        capital_band=band,
        capital=capital,
        income=income,
        housing=_all_given(_amounts(top.get("housing", {}), "finances.housing", HOUSING)),
        disability=_all_given(
            _amounts(top.get("disability", {}), "finances.disability", DISABILITY_COSTS)
        ),
        support=_support(top.get("support", [])),
    )


def _group(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise AnswerError(path, "must be a group of names and values")
    return value


def _one_of(value: Any, path: str, known: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or value not in known:
        raise AnswerError(path, f"choose one of: {', '.join(known)}")
    return value


def _whole(value: Any, path: str, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise AnswerError(path, f"enter a whole number from 0 to {limit:,}")
    return value


def _pence(value: Any, path: str) -> Pence:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < PENCE_LIMIT:
        raise AnswerError(path, "enter whole pence, 0 or more, like 12550 for £125.50")
    return value


def _day(value: Any, path: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise AnswerError(path, "enter a day like 1948-03-27") from error


def _sums(value: Any, path: str, kinds: tuple[Kind, ...]) -> dict[str, Pence]:
    group = _group(value, path)
    known = titles(kinds)
    for key in group:
        if key not in known:
            raise AnswerError(f"{path}.{key}", f"choose one of: {', '.join(known)}")
    return {key: _pence(group[key], f"{path}.{key}") for key in known if key in group}


def _amounts(value: Any, path: str, kinds: tuple[Kind, ...]) -> dict[str, Amount | None]:
    group = _group(value, path)
    known = {kind.key: kind for kind in kinds}
    for key in group:
        if key not in known:
            raise AnswerError(f"{path}.{key}", f"choose one of: {', '.join(known)}")
    found: dict[str, Amount | None] = {}
    for key, kind in known.items():
        if key not in group:
            continue
        row, at = group[key], f"{path}.{key}"
        if row is None:
            if kind.asks_amount:
                raise AnswerError(at, "say how much it is, and how often")
            found[key] = None
            continue
        row = _group(row, at)
        for name in row:
            if name not in ("pence", "every"):
                raise AnswerError(f"{at}.{name}", "give pence and every, nothing else")
        found[key] = Amount(
            _pence(row.get("pence"), f"{at}.pence"),
            _one_of(row.get("every", "week"), f"{at}.every", PERIODS),
        )
    return found


def _all_given(amounts: Mapping[str, Amount | None]) -> dict[str, Amount]:
    return {key: amount for key, amount in amounts.items() if amount is not None}


def _premiums(value: Any) -> tuple[str, ...]:
    known = titles(PREMIUMS)
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise AnswerError("finances.premiums", f"choose from: {', '.join(known)}")
    for one in value:
        if not isinstance(one, str) or one not in known:
            raise AnswerError("finances.premiums", f"choose from: {', '.join(known)}")
    return tuple(key for key in known if key in value)


def _support(value: Any) -> tuple[Support, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise AnswerError("finances.support", "must be a list")
    found = []
    for n, row in enumerate(value):
        path = f"finances.support[{n}]"
        group = _group(row, path)
        for name in group:
            if name not in ("kind", "pence_a_week", "week", "price_pence"):
                raise AnswerError(f"{path}.{name}", "there is no such question about support")
        found.append(
            Support(
                kind=_one_of(group.get("kind"), f"{path}.kind", titles(SUPPORT)),
                pence_a_week=_pence(group.get("pence_a_week"), f"{path}.pence_a_week"),
                week=_whole(group.get("week", 0), f"{path}.week", WEEKS_LIMIT),
                price_pence=_pence(group.get("price_pence", 0), f"{path}.price_pence"),
            )
        )
    return tuple(found)
