"""What anybody may know: how long things take, where people are, how plans and invoices fare, the rules.

Nothing here can point at one person: a number below five is never given, only called small, and no
totals are given from which it could be worked out.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Count

from carebudget import clock
from carebudget.workdays import is_working_day
from payments.models import Invoice, Payment
from plans.models import (
    OPEN_STAGES,
    AgreementDecision,
    Case,
    DecisionState,
    ProgrammePack,
    Stage,
    StageVisit,
)
from plans.rules.pack import Pack
from plans.rules.stages import usual_days

SMALLEST_SHOWN = 5
"""Numbers below this are not given."""

SMALLEST_FOR_TENTH = 10
"""With fewer than this, the longest tenth would be less than one person."""

MONTHS_TOLD = 12
YEARS_COUNTED = 6
PAY_WITHIN_DAYS = 30
"""Public bodies pay within 30 days of a valid invoice (Procurement Act 2023, section 68)."""

TIMED_STAGES = (
    Stage.REFERRED,
    Stage.ASSESSING,
    Stage.ELIGIBLE,
    Stage.BUDGETED,
    Stage.PLANNING,
    Stage.AWAITING_AGREEMENT,
    Stage.AGREED,
    Stage.REVIEWING,
)
STAGES_WITH_PEOPLE = tuple(stage for stage in Stage if stage.value in OPEN_STAGES)

DECISIONS = (
    (DecisionState.AGREED, "Agreed"),
    (DecisionState.AGREED_WITH_CONDITIONS, "Agreed, if something is done as well"),
    (DecisionState.RETURNED, "Returned, with what should change"),
    (DecisionState.ESCALATED, "Passed up to somebody more senior"),
    (DecisionState.DECLINED, "Not agreed"),
)


@dataclass(frozen=True)
class Duration:
    """How long something takes, in working days; ``None`` where too few are known to say."""

    label: str
    count: int | None
    median: int | None
    longest_tenth: int | None
    usual: str = ""

    @property
    def count_words(self) -> str:
        return count_words(self.count)

    @property
    def median_words(self) -> str:
        return _days(self.median)

    @property
    def tenth_words(self) -> str:
        return _days(self.longest_tenth)


@dataclass(frozen=True)
class Share:
    """How many there are of one kind; ``None`` when too few to say."""

    label: str
    count: int | None

    @property
    def count_words(self) -> str:
        return count_words(self.count)


def shown(count: int) -> int | None:
    """The count, or ``None`` when it is too small to be given."""
    return count if count >= SMALLEST_SHOWN else None


def count_words(count: int | None) -> str:
    """``12``, or in words that there are too few to say."""
    return f"{count:,}" if count is not None else "fewer than 5"


def _days(days: int | None) -> str:
    if days is None:
        return "too few to say"
    return f"{days:,}" if days else "same day"


def a_year_ago() -> datetime:
    """The moment from which the figures count."""
    today = clock.today()
    past = today - timedelta(days=365)
    return clock.midnight(past)


# -- how long things take --------------------------------------------------------------------


def stage_durations() -> list[Duration]:
    """How long each stage took for those who left it in the last twelve months. One query, and the packs."""
    table = StageVisit._meta.db_table
    found = _durations(
        f"SELECT stage, entered_at, left_at FROM {table} WHERE left_at >= %s AND left_at <= %s",  # noqa: S608
        [a_year_ago(), clock.now()],
    )
    packs = [pack.rules for pack in current_packs()]
    return [
        _duration(str(stage.label), found.get(stage.value), _usual(packs, stage.value))
        for stage in TIMED_STAGES
    ]


def _usual(packs: Sequence[Pack], stage: str) -> str:
    days = sorted({found for pack in packs if (found := usual_days(pack, stage))})
    if not days:
        return ""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def invoice_durations() -> list[Duration]:
    """From an invoice's arrival to the money's leaving, and its parts, for payments of the last twelve months."""
    steps = {
        "all": ("From the invoice to the money leaving", "i.sent_at", "p.sent_at"),
        "yes": ("The person says yes", "i.sent_at", "i.confirmed_at"),
        "check": ("Finance approves it", "i.confirmed_at", "i.approved_at"),
        "pay": ("The money is sent", "i.approved_at", "p.sent_at"),
    }
    each = " UNION ALL ".join(
        f"SELECT '{key}', {start}, {end} FROM paid p JOIN {Invoice._meta.db_table} i ON i.id = p.invoice_id"  # noqa: S608
        for key, (_, start, end) in steps.items()
    )
    found = _durations(each, [], before=_paid_sql(), before_params=_paid_params())
    return [_duration(label, found.get(key)) for key, (label, _, _) in steps.items()]


def paid_in_time() -> str:
    """One sentence on how many invoices took longer than thirty days; careful with small numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH {_paid_sql()}
                SELECT count(*), count(*) FILTER (WHERE p.sent_at > i.sent_at + make_interval(days => %s))
                FROM paid p JOIN {Invoice._meta.db_table} i ON i.id = p.invoice_id""",  # noqa: S608
            [*_paid_params(), PAY_WITHIN_DAYS],
        )
        total, late = cursor.fetchone()
    if total < SMALLEST_SHOWN:
        return (
            "Fewer than 5 invoices were paid in the last 12 months, so we say no more about them."
        )
    if late < SMALLEST_SHOWN:
        return f"Of {total:,} invoices that were paid, fewer than 5 took longer than {PAY_WITHIN_DAYS} days."
    if total - late < SMALLEST_SHOWN:
        return f"Of {total:,} invoices that were paid, fewer than 5 were paid within {PAY_WITHIN_DAYS} days."
    return (
        f"Of {total:,} invoices that were paid, {late:,} took longer than {PAY_WITHIN_DAYS} days."
    )


def _paid_sql() -> str:
    """The payment that settled each invoice: the last one that the rail sent and that did not come back."""
    return f"""paid AS (
        SELECT DISTINCT ON (invoice_id) invoice_id, sent_at FROM {Payment._meta.db_table}
        WHERE invoice_id IS NOT NULL AND state IN ('sent', 'settled') AND sent_at >= %s AND sent_at <= %s
        ORDER BY invoice_id, sent_at DESC)"""  # noqa: S608


def _paid_params() -> list[Any]:
    return [a_year_ago(), clock.now()]


def _durations(
    spans: str, params: list[Any], *, before: str = "", before_params: Sequence[Any] = ()
) -> dict[str, tuple[int, float, float]]:
    """Count, median and ninth decile in working days, by the key of ``spans`` (key, start, end).

    The database counts working days with a calendar that we hand it: every day with the number of
    working days up to it, so that a difference is a count. Days before the calendar count as its first.
    """
    first, numbers = working_day_numbers(clock.today())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH calendar (day, number) AS (
                    SELECT %s::date + n::int - 1, number FROM unnest(%s::int[]) WITH ORDINALITY AS c (number, n)
                ), {before + "," if before else ""}
                spans (key, start_at, end_at) AS ({spans}),
                days AS (
                    SELECT key,
                           GREATEST((start_at AT TIME ZONE 'Europe/London')::date, %s::date) AS start_on,
                           GREATEST((end_at AT TIME ZONE 'Europe/London')::date, %s::date) AS end_on
                    FROM spans WHERE start_at IS NOT NULL AND end_at IS NOT NULL
                )
                SELECT key, count(*),
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY till.number - since.number),
                       percentile_cont(0.9) WITHIN GROUP (ORDER BY till.number - since.number)
                FROM days
                JOIN calendar since ON since.day = start_on
                JOIN calendar till ON till.day = end_on
                GROUP BY key""",  # noqa: S608
            [first, list(numbers), *before_params, *params, first, first],
        )
        return {key: (count, median, tenth) for key, count, median, tenth in cursor.fetchall()}


@lru_cache(maxsize=2)
def working_day_numbers(last: date) -> tuple[date, tuple[int, ...]]:
    """The first day of the calendar, and for each day up to ``last`` how many working days there were."""
    first = last - timedelta(days=366 * YEARS_COUNTED)
    numbers, count = [], 0
    for n in range((last - first).days + 1):
        count += is_working_day(first + timedelta(days=n))
        numbers.append(count)
    return first, tuple(numbers)


def _duration(label: str, found: tuple[int, float, float] | None, usual: str = "") -> Duration:
    count, median, tenth = found or (0, 0.0, 0.0)
    if count < SMALLEST_SHOWN:
        return Duration(label, None, None, None, usual)
    longest = _whole(tenth) if count >= SMALLEST_FOR_TENTH else None
    return Duration(label, count, _whole(median), longest, usual)


def _whole(days: float) -> int:
    """To the whole day, halves up."""
    return int(days + 0.5)


# -- where people are, and what was decided --------------------------------------------------


def people_by_stage() -> list[Share]:
    """How many people are at each stage today."""
    rows = (
        Case.objects.filter(stage__in=[stage.value for stage in STAGES_WITH_PEOPLE])
        .order_by()
        .values_list("stage")
        .annotate(count=Count("id"))
    )
    counts = dict(rows)
    return [
        Share(str(stage.label), shown(counts.get(stage.value, 0))) for stage in STAGES_WITH_PEOPLE
    ]


def decisions_on_plans() -> list[Share]:
    """What came of plans that were decided in the last twelve months."""
    rows = (
        AgreementDecision.objects.filter(decided_at__gte=a_year_ago(), decided_at__lte=clock.now())
        .order_by()
        .values_list("state")
        .annotate(count=Count("id"))
    )
    counts = dict(rows)
    return [Share(label, shown(counts.get(state.value, 0))) for state, label in DECISIONS]


# -- the rules -------------------------------------------------------------------------------


def current_packs() -> list[ProgrammePack]:
    """The programmes that new cases use, each in its newest version that is not retired."""
    newest = (
        ProgrammePack.objects.filter(retired_at=None)
        .order_by("key", "-loaded_at", "-id")
        .distinct("key")
        .defer("content", "source_yaml")
    )
    return sorted(newest, key=lambda pack: pack.title)


def current_pack_by_key(key: str) -> ProgrammePack:
    """The programme with this key. Raises ``ProgrammePack.DoesNotExist``."""
    pack = (
        ProgrammePack.objects.filter(key=key, retired_at=None)
        .order_by("-loaded_at", "-id")
        .defer("source_yaml")
        .first()
    )
    if pack is None:
        raise ProgrammePack.DoesNotExist(key)
    return pack


# -- pictures --------------------------------------------------------------------------------


def widths(values: Sequence[int | None]) -> list[float | None]:
    """Each value as a share of the largest, in hundredths of the picture's width; ``None`` stays."""
    most = max((value for value in values if value), default=0)
    return [
        None if value is None else round(100 * value / most, 1) if most else 0.0 for value in values
    ]


def scale_of(most: int) -> int:
    """A round figure at or above ``most``, for the end of a picture's scale."""
    steps = [5, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000]
    place = bisect_right(steps, most - 1)
    return steps[place] if place < len(steps) else most
