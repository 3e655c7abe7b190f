"""How long each stage usually takes, and who has it. Pure; the figures are the pack's."""

from datetime import date

from carebudget.workdays import add_working_days

from .pack import Pack, StageTime


def stage_time(pack: Pack, stage: str) -> StageTime | None:
    """What the pack says about a stage; ``None`` for one that has no clock."""
    return next((row for row in pack.stages if row.stage == stage), None)


def usual_days(pack: Pack, stage: str) -> int | None:
    """Working days that the stage usually takes."""
    found = stage_time(pack, stage)
    return found.usual_days if found and found.usual_days else None


def due_date(pack: Pack, stage: str, entered_on: date) -> date | None:
    """By when the stage should be left."""
    days = usual_days(pack, stage)
    return add_working_days(entered_on, days) if days else None


def held_by(pack: Pack, stage: str) -> str:
    """Who has the case in this stage: ``client``, ``worker``, ``manager`` or ``provider``."""
    found = stage_time(pack, stage)
    return found.held_by if found else ""
