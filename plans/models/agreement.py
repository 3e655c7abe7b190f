"""Agreeing a plan: who may, who did, and why."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import uuid7
from carebudget.machine import Machine


class DecisionState(models.TextChoices):
    """What came of it."""

    PENDING = "pending", "Waiting for a decision"
    AGREED = "agreed", "Agreed"
    AGREED_WITH_CONDITIONS = "agreed_with_conditions", "Agreed with conditions"
    RETURNED = "returned", "Returned with a comment"
    DECLINED = "declined", "Declined"
    ESCALATED = "escalated", "Passed up"


class AuthorityLevel(models.TextChoices):
    """Who decides, by the pack's delegated limits."""

    WORKER = "worker", "Social worker"
    MANAGER = "manager", "Team manager"
    PANEL = "panel", "Panel"


class AgreementDecision(Machine):
    """One look at a submitted plan by one level of authority."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    plan = models.ForeignKey(
        "plans.SupportPlan", on_delete=models.PROTECT, related_name="decisions"
    )
    level = models.CharField(max_length=10, choices=AuthorityLevel.choices)
    level_reason = models.CharField(max_length=300, blank=True)
    state = FSMField(default=DecisionState.PENDING, choices=DecisionState.choices, protected=True)
    asked_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    conditions = models.TextField(blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"], condition=Q(state="pending"), name="one_pending_decision"
            ),
            models.CheckConstraint(
                condition=Q(state="pending") | (Q(decided_by__isnull=False) & ~Q(reason="")),
                name="decision_has_decider_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.get_state_display()}"

    def _decide(self, by: object, reason: str) -> None:
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        self.reason = reason

    @transition(field=state, source=DecisionState.PENDING, target=DecisionState.AGREED)
    def agree(self, *, by: object, reason: str) -> None:
        """Agreed as it stands."""
        self._decide(by, reason)

    @transition(
        field=state, source=DecisionState.PENDING, target=DecisionState.AGREED_WITH_CONDITIONS
    )
    def agree_with_conditions(self, *, by: object, reason: str, conditions: str) -> None:
        """Agreed, if something is done as well."""
        self._decide(by, reason)
        self.conditions = conditions

    @transition(field=state, source=DecisionState.PENDING, target=DecisionState.RETURNED)
    def hand_back(self, *, by: object, reason: str) -> None:
        """Back to the person with a comment."""
        self._decide(by, reason)

    @transition(field=state, source=DecisionState.PENDING, target=DecisionState.DECLINED)
    def decline(self, *, by: object, reason: str) -> None:
        """Not agreed."""
        self._decide(by, reason)

    @transition(field=state, source=DecisionState.PENDING, target=DecisionState.ESCALATED)
    def escalate(self, *, by: object, reason: str) -> None:
        """Recommended, but above this level's limit."""
        self._decide(by, reason)
