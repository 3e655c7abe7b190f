"""The indicative budget: a sum with its whole working, until the plan is agreed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import uuid7
from carebudget.machine import Machine


class IndicativeBudgetState(models.TextChoices):
    """Where the sum stands."""

    CALCULATED = "calculated", "Worked out"
    ADJUSTED = "adjusted", "Changed, with reasons"
    CONFIRMED = "confirmed", "Confirmed"
    CHALLENGED = "challenged", "Being looked at again"
    SUPERSEDED = "superseded", "Replaced"


class IndicativeBudget(Machine):
    """What the rules allocate, in pence a year, and every step that led there."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="budgets")
    assessment = models.ForeignKey("plans.Assessment", on_delete=models.PROTECT, related_name="+")
    pack = models.ForeignKey("plans.ProgrammePack", on_delete=models.PROTECT, related_name="+")
    state = FSMField(
        default=IndicativeBudgetState.CALCULATED,
        choices=IndicativeBudgetState.choices,
        protected=True,
    )
    annual_pence = models.BigIntegerField()
    calculated_pence = models.BigIntegerField()
    working = models.JSONField()
    adjustment_reason = models.TextField(blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(annual_pence__gte=0), name="indicative_not_negative"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=~Q(state="superseded"),
                name="one_current_indicative_budget",
            ),
        ]

    def __str__(self) -> str:
        return f"indicative budget of {self.case_id}"

    @transition(
        field=state,
        source=[
            IndicativeBudgetState.CALCULATED,
            IndicativeBudgetState.ADJUSTED,
            IndicativeBudgetState.CHALLENGED,
        ],
        target=IndicativeBudgetState.ADJUSTED,
    )
    def adjust(self, *, annual_pence: int, reason: str) -> None:
        """The worker changes the sum and says why."""
        self.annual_pence = annual_pence
        self.adjustment_reason = reason

    @transition(
        field=state,
        source=[
            IndicativeBudgetState.CALCULATED,
            IndicativeBudgetState.ADJUSTED,
            IndicativeBudgetState.CHALLENGED,
        ],
        target=IndicativeBudgetState.CONFIRMED,
    )
    def confirm(self, *, by: object) -> None:
        """The person is told."""
        self.confirmed_by = by  # type: ignore[assignment]
        self.confirmed_at = clock.now()

    @transition(
        field=state, source=IndicativeBudgetState.CONFIRMED, target=IndicativeBudgetState.CHALLENGED
    )
    def challenge(self) -> None:
        """The person says that it is not enough, or that it is wrong."""

    @transition(field=state, source="+", target=IndicativeBudgetState.SUPERSEDED)
    def supersede(self) -> None:
        """A later assessment gave another sum."""
