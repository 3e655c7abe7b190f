"""Months of the ledger. A closed month takes no more entries: migration ``0005_month`` says so too.

Two people close a month and two people open it again; the database refuses one person alone.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.machine import Machine


class PeriodState(models.TextChoices):
    """Where the month stands."""

    OPEN = "open", "Open"
    CLOSING = "closing", "Waiting for a second person to close it"
    CLOSED = "closed", "Closed"
    REOPENING = "reopening", "Waiting for a second person to reopen it"
    REOPENED = "reopened", "Open again"


SHUT = (PeriodState.CLOSED, PeriodState.REOPENING)
"""States in which a month takes no entries. The database function ``payments_month_shut`` knows the same."""


class Period(Machine):
    """One calendar month of the ledger. ``closings`` counts how often it was closed."""

    first_on = models.DateField(unique=True)
    state = FSMField(default=PeriodState.OPEN, choices=PeriodState.choices, protected=True)
    closings = models.PositiveSmallIntegerField(default=0)
    checked_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_words = models.TextField(blank=True)
    reopen_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reopen_asked_at = models.DateTimeField(null=True, blank=True)
    reopen_reason = models.TextField(blank=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reopened_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["-first_on"]
        constraints = [
            models.CheckConstraint(condition=Q(first_on__day=1), name="period_is_a_month"),
            models.CheckConstraint(
                condition=~Q(state__in=["closing", "closed", "reopening"])
                | Q(asked_by__isnull=False),
                name="period_asked_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["closed", "reopening"])
                | (Q(closed_by__isnull=False) & ~Q(closed_by=F("asked_by"))),
                name="period_closed_by_two",
            ),
            models.CheckConstraint(
                condition=~Q(state="reopening")
                | (Q(reopen_asked_by__isnull=False) & ~Q(reopen_reason="")),
                name="period_reopening_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="reopened")
                | (Q(reopened_by__isnull=False) & ~Q(reopened_by=F("reopen_asked_by"))),
                name="period_reopened_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_on:%B %Y}"

    @property
    def month(self) -> str:
        """Its public name, as in addresses: ``2026-10``."""
        return f"{self.first_on:%Y-%m}"

    @property
    def last_on(self) -> date:
        """The last day of the month."""
        return next_month(self.first_on) - timedelta(days=1)

    @property
    def shut(self) -> bool:
        """It takes no entries."""
        return self.state in SHUT

    @property
    def chain(self) -> str:
        """The key of this month's audit chain."""
        return f"month:{self.month}"

    @transition(
        field=state, source=[PeriodState.OPEN, PeriodState.REOPENED], target=PeriodState.CLOSING
    )
    def ask_to_close(self, *, by: object) -> None:
        """Somebody has gone through the checks and asks a second person."""
        self.asked_by = by  # type: ignore[assignment]
        self.asked_at = clock.now()

    @transition(field=state, source=PeriodState.CLOSING, target=PeriodState.OPEN)
    def send_back(self) -> None:
        """Something is still to do."""

    @transition(field=state, source=PeriodState.CLOSING, target=PeriodState.CLOSED)
    def close(self, *, by: object, words: str) -> None:
        """A second person has looked: no entry comes into the month any more."""
        self.closed_by = by  # type: ignore[assignment]
        self.closed_at = clock.now()
        self.closed_words = words
        self.closings += 1

    @transition(field=state, source=PeriodState.CLOSED, target=PeriodState.REOPENING)
    def ask_to_reopen(self, *, by: object, reason: str) -> None:
        """A finance manager says why the month must take an entry after all."""
        self.reopen_asked_by = by  # type: ignore[assignment]
        self.reopen_asked_at = clock.now()
        self.reopen_reason = reason

    @transition(field=state, source=PeriodState.REOPENING, target=PeriodState.CLOSED)
    def stay_closed(self) -> None:
        """A second person says no, or the manager thinks better of it."""

    @transition(field=state, source=PeriodState.REOPENING, target=PeriodState.REOPENED)
    def reopen(self, *, by: object) -> None:
        """A second person agrees: the month takes entries until it is closed again."""
        self.reopened_by = by  # type: ignore[assignment]
        self.reopened_at = clock.now()


class PeriodCheck(models.Model):
    """What one check of a month found when it was last looked at, and why it may stand open."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="checks")
    place = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    holds = models.BooleanField()
    figure = models.CharField(max_length=60)
    words = models.TextField()
    to_do = models.TextField(blank=True)
    href = models.CharField(max_length=200, blank=True)
    items = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    reason_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["period", "key"], name="period_check_once")]

    def __str__(self) -> str:
        return f"{self.period_id}: {self.key}"


def month_of(day: date) -> date:
    """The first day of the month that a day is in."""
    return day.replace(day=1)


def next_month(first_on: date) -> date:
    """The first day of the month after."""
    return (first_on + timedelta(days=32)).replace(day=1)
