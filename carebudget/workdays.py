"""Working days in England. Pure: dates in, dates out; bank holidays from the ``holidays`` package."""

from datetime import date, timedelta
from functools import lru_cache

import holidays

_SEARCH_LIMIT_DAYS = 3660


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year).keys())


def is_working_day(day: date) -> bool:
    """Monday to Friday, and not a bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def add_working_days(start: date, days: int) -> date:
    """The date ``days`` working days after ``start`` (before it, when negative). Zero gives ``start``."""
    step = timedelta(days=1 if days >= 0 else -1)
    current, left = start, abs(days)
    for _ in range(_SEARCH_LIMIT_DAYS):
        if left == 0:
            return current
        current += step
        if is_working_day(current):
            left -= 1
    raise ValueError("Too many working days to count")


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after ``start`` up to and including ``end``; negative if it is before."""
    if end < start:
        return -working_days_between(end, start)
    days = (end - start).days
    if days > _SEARCH_LIMIT_DAYS:
        raise ValueError("Too many working days to count")
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, days + 1))


def previous_working_day(day: date) -> date:
    """``day`` itself when it is a working day, else the last one before it."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def next_working_day(day: date) -> date:
    """``day`` itself when it is a working day, else the first one after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
