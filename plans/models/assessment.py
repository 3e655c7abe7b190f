"""The assessment: the person's answers in their own words, and the decision made from them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import uuid7
from carebudget.machine import Machine


class AssessmentState(models.TextChoices):
    """How far the assessment has got."""

    DRAFT = "draft", "Being answered"
    SUBMITTED = "submitted", "Sent to your worker"
    VERIFIED = "verified", "Checked by your worker"
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Assessment(Machine):
    """One filling-in of the programme's questionnaire for a case."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="assessments")
    pack = models.ForeignKey("plans.ProgrammePack", on_delete=models.PROTECT, related_name="+")
    state = FSMField(default=AssessmentState.DRAFT, choices=AssessmentState.choices, protected=True)
    started_at = models.DateTimeField(default=clock.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    verifying_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["draft", "submitted", "verified"]),
                name="one_open_assessment_per_case",
            )
        ]

    def __str__(self) -> str:
        return f"assessment of {self.case_id}"

    @transition(field=state, source=AssessmentState.DRAFT, target=AssessmentState.SUBMITTED)
    def submit(self, *, by: object) -> None:
        """The person has answered everything that must be answered."""
        self.submitted_by = by  # type: ignore[assignment]
        self.submitted_at = clock.now()

    @transition(field=state, source=AssessmentState.SUBMITTED, target=AssessmentState.DRAFT)
    def hand_back(self) -> None:
        """The worker asks for more; the answers stay."""

    @transition(field=state, source=AssessmentState.SUBMITTED, target=AssessmentState.VERIFIED)
    def verify(self, *, by: object, note: str) -> None:
        """The worker has talked the answers through."""
        self.verified_by = by  # type: ignore[assignment]
        self.verified_at = clock.now()
        self.verifying_note = note

    @transition(field=state, source=AssessmentState.VERIFIED, target=AssessmentState.DECIDED)
    def decide(self) -> None:
        """Eligibility is decided."""

    @transition(
        field=state,
        source=[AssessmentState.DRAFT, AssessmentState.SUBMITTED, AssessmentState.VERIFIED],
        target=AssessmentState.WITHDRAWN,
    )
    def withdraw(self) -> None:
        """The person does not want to go on."""


class Answer(models.Model):
    """The answer to one question, and who gave it. ``value`` has the shape of the pack's question."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=80)
    value = models.JSONField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(default=clock.now)
    verified_value = models.JSONField(null=True, blank=True)
    verifying_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "question"], name="one_answer_per_question"
            )
        ]

    def __str__(self) -> str:
        return self.question


class EligibilityDecision(models.Model):
    """What was decided, what the rules had proposed, and why. Never changed once written."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="decision")
    eligible = models.BooleanField()
    proposed_eligible = models.BooleanField()
    working = models.JSONField()
    reason = models.TextField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return "eligible" if self.eligible else "not eligible"


class OutcomeDecision(models.Model):
    """The decision for one outcome, with its own reason. Never changed once written."""

    decision = models.ForeignKey(
        EligibilityDecision, on_delete=models.PROTECT, related_name="outcomes"
    )
    outcome = models.CharField(max_length=60)
    unmet = models.BooleanField()
    proposed_unmet = models.BooleanField()
    ways = models.JSONField(default=list)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "outcome"], name="outcome_decided_once")
        ]

    def __str__(self) -> str:
        return self.outcome
