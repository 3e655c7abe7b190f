"""How long each stage usually takes, and who has it. Pure; the figures are the pack's."""

from datetime import date, timedelta

from carebudget.workdays import add_working_days

from .pack import Pack, StageTime


def stage_time(pack: Pack, stage: str) -> StageTime | None:
    """What the pack says about a stage; ``None`` for one that has no clock."""
    return next((row for row in pack.stages if row.stage == stage), None)


def usual_days(pack: Pack, stage: str) -> int | None:
    """Working days that the stage usually takes."""
    found = stage_time(pack, stage)
    return found.usual_days if found and found.usual_days else None


def target_days(pack: Pack, stage: str) -> int | None:
    """Working days that we aim for: never more than usual."""
    found = stage_time(pack, stage)
    return found.target_days if found and found.target_days else None


def due_date(pack: Pack, stage: str, entered_on: date) -> date | None:
    """By when the stage should be left."""
    days = usual_days(pack, stage)
    return add_working_days(entered_on, days) if days else None


def held_by(pack: Pack, stage: str) -> str:
    """Who has the case in this stage: ``client``, ``worker``, ``manager`` or ``provider``."""
    found = stage_time(pack, stage)
    return found.held_by if found else ""


def first_review_between(pack: Pack, plan_starts_on: date) -> tuple[date, date]:
    """The days between which a plan's first review is held (six to eight weeks after it starts)."""
    times = pack.reviews
    return (
        plan_starts_on + timedelta(weeks=times.first_from_weeks),
        plan_starts_on + timedelta(weeks=times.first_to_weeks),
    )


def next_review_by(pack: Pack, last_review_on: date) -> date:
    """The last day for the review after one that was held: at most every twelve months."""
    return last_review_on + timedelta(weeks=pack.reviews.then_every_weeks)


def direct_payment_review_by(
    pack: Pack, first_paid_on: date, last_review_on: date | None = None
) -> date:
    """By when a direct payment is reviewed: once in the first six months, then every twelve.

    A review on or before the day of the first payment saw no payment, so it does not count.
    Source: Care and Support (Direct Payments) Regulations 2014, SI 2014/2871, regulation 7.
    """
    if last_review_on is None or last_review_on <= first_paid_on:
        return first_paid_on + timedelta(weeks=pack.reviews.direct_payment_first_weeks)
    return last_review_on + timedelta(weeks=pack.reviews.direct_payment_then_weeks)
