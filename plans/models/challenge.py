"""Challenges: a person's answer to a decision, looked at by somebody who did not make it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine


def challenge_reference() -> str:
    """``CHL-7K2QFA``."""
    return new_reference("CHL")


class ChallengeState(models.TextChoices):
    """Where the challenge stands."""

    RAISED = "raised", "Received"
    CONSIDERED = "considered", "Being considered"
    UPHELD = "upheld", "Upheld"
    NOT_UPHELD = "not_upheld", "Not upheld"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ChallengeSubject(models.TextChoices):
    """Which decision it is about."""

    ELIGIBILITY = "eligibility", "Whether I can have a budget"
    BUDGET = "budget", "How much my budget is"
    PLAN = "plan", "What was decided about my plan"
    CHARGE = "charge", "What I have to pay"


class Challenge(Machine):
    """Raised within twelve months; acknowledged within three working days."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=challenge_reference)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="challenges")
    about = models.CharField(max_length=12, choices=ChallengeSubject.choices)
    state = FSMField(default=ChallengeState.RAISED, choices=ChallengeState.choices, protected=True)
    words = models.TextField("what do you think is wrong, and what would put it right?")
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    raised_at = models.DateTimeField(default=clock.now)
    decision_made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    considered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    considered_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(considered_by=None)
                | Q(decision_made_by=None)
                | ~Q(considered_by=models.F("decision_made_by")),
                name="challenge_considered_by_another",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @transition(field=state, source=ChallengeState.RAISED, target=ChallengeState.CONSIDERED)
    def consider(self, *, by: object) -> None:
        """Somebody who did not make the decision has taken it up."""
        self.considered_by = by  # type: ignore[assignment]
        self.considered_at = clock.now()

    @transition(field=state, source=ChallengeState.CONSIDERED, target=ChallengeState.UPHELD)
    def uphold(self, *, answer: str) -> None:
        """The person was right."""
        self.answer = answer
        self.answered_at = clock.now()

    @transition(field=state, source=ChallengeState.CONSIDERED, target=ChallengeState.NOT_UPHELD)
    def not_uphold(self, *, answer: str) -> None:
        """The decision stands, with reasons; the Ombudsman is named."""
        self.answer = answer
        self.answered_at = clock.now()

    @transition(
        field=state,
        source=[ChallengeState.RAISED, ChallengeState.CONSIDERED],
        target=ChallengeState.WITHDRAWN,
    )
    def withdraw(self) -> None:
        """The person takes it back."""
