"""When rails carry money: on every day at once, or on working days with a cut-off before. No Django."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from carebudget.clock import LONDON
from carebudget.workdays import add_working_days, is_working_day, next_working_day


class EveryDay:
    """At once, at any hour: what is handed over is gone."""

    def first_day(self, now: datetime) -> date:
        """Today."""
        return now.astimezone(LONDON).date()

    def refusal(self, day: date, now: datetime) -> str:
        """Only today will do."""
        return (
            "" if day == self.first_day(now) else "This way of paying pays at once, not on a day."
        )

    def cut_off(self, day: date) -> datetime:
        """The end of the day."""
        return datetime.combine(day, time.max, tzinfo=LONDON)

    def arrives_on(self, day: date) -> date:
        """The same day."""
        return day


@dataclass(frozen=True)
class WorkingDays:
    """England's working days. A file for a day is handed over by ``closes`` on an earlier working day.

    ``days_before`` working days lie between the cut-off and the day (none: the day itself); ``days_ahead``
    is how far ahead a file may be dated; ``days_after`` working days later the payee has the money.
    """

    closes: time
    days_before: int = 1
    days_ahead: int = 31
    days_after: int = 1

    def first_day(self, now: datetime) -> date:
        """The first working day whose cut-off has not passed."""
        day = next_working_day(now.astimezone(LONDON).date())
        while self.cut_off(day) < now:
            day = add_working_days(day, 1)
        return day

    def refusal(self, day: date, now: datetime) -> str:
        """Why this day cannot be had any more, not yet, or never."""
        if not is_working_day(day):
            return f"{day:%-d %B %Y} is not a working day in England."
        if self.cut_off(day) < now:
            return (
                f"It is too late for {day:%-d %B %Y}: files for it were due by "
                f"{self.cut_off(day):%H:%M on %-d %B}."
            )
        if day - now.astimezone(LONDON).date() > timedelta(days=self.days_ahead):
            return f"{day:%-d %B %Y} is more than {self.days_ahead} days ahead."
        return ""

    def cut_off(self, day: date) -> datetime:
        """``closes`` on the working day that lies ``days_before`` earlier, in London."""
        return datetime.combine(
            add_working_days(day, -self.days_before), self.closes, tzinfo=LONDON
        )

    def arrives_on(self, day: date) -> date:
        """``days_after`` working days later."""
        return add_working_days(day, self.days_after)


def time_of_day(text: str) -> time:
    """``"17:00"`` as a time. Raises ``ValueError``."""
    return time.fromisoformat(text)
