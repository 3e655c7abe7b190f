"""What somebody pays towards their support: the financial assessment, its answers, evidence and figures.

One assessment of a person stands at a time. Once decided, the database lets nobody change it; the next
one replaces it. The figures that a decision used are kept beside it, word for word.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine, guard


def financial_reference() -> str:
    """``FIN-7K2QFA3R``: longer than others, because every April there is a new one for everybody."""
    return new_reference("FIN", 8)


class FiguresKind(models.TextChoices):
    """What kind of figures."""

    TABLE = "table", "A year’s table"
    POLICY = "policy", "An authority’s policy"


class ChargingFigures(models.Model):
    """A table or a policy as a decision used it. Append-only: a change has a new version."""

    kind = models.CharField(max_length=6, choices=FiguresKind.choices)
    key = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    content = models.JSONField()
    source_yaml = models.TextField()
    digest = models.CharField(max_length=64)
    kept_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key", "version"], name="charging_figures_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.version})"


class FinancialState(models.TextChoices):
    """How far the financial assessment has got."""

    DRAFT = "draft", "Being answered"
    SUBMITTED = "submitted", "Sent to the council"
    VERIFIED = "verified", "Checked"
    DECIDED = "decided", "Decided"
    SUPERSEDED = "superseded", "Replaced"


OPEN_FINANCES = (FinancialState.DRAFT, FinancialState.SUBMITTED, FinancialState.VERIFIED)


class FinancialOrigin(models.TextChoices):
    """Where it began."""

    PERSON = "person", "Begun by the person or somebody who helps"
    CALCULATOR = "calculator", "Kept from the calculator"
    WORKER = "worker", "Begun by the council"
    YEARLY = "yearly", "Worked out again with the new year’s figures"
    CHALLENGE = "challenge", "Looked at again"


class LightTouch(models.TextChoices):
    """Why there was no full assessment (SI 2014/2672 regulation 10; statutory guidance, chapter 8)."""

    NONE = "", "Full assessment"
    ABOVE = "above", "Has more than the upper limit, and does not want a full assessment"
    REFUSED = "refused", "Does not want to say what they have"
    SMALL = "small", "The charge is small, and they can clearly pay it"
    BENEFITS = "benefits", "Their benefits show that they cannot pay"


WHOLE_COST = (LightTouch.ABOVE, LightTouch.REFUSED)


@guard("There are questions that are not answered yet.", "Answer them, then send your answers.")
def has_answers(assessment: "FinancialAssessment") -> bool:
    return assessment.answers.exists()


class FinancialAssessment(Machine):
    """One look at what a person can pay. ``contribution_pence`` is a week; it never exceeds the rules."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=financial_reference)
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, related_name="financial_assessments"
    )
    case = models.ForeignKey(
        "plans.Case", on_delete=models.PROTECT, related_name="financial_assessments"
    )
    state = FSMField(default=FinancialState.DRAFT, choices=FinancialState.choices, protected=True)
    origin = models.CharField(max_length=10, choices=FinancialOrigin.choices)
    light_touch = models.CharField(
        max_length=8, choices=LightTouch.choices, blank=True, default=LightTouch.NONE
    )
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
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
    finances = models.JSONField(null=True, blank=True)
    table = models.ForeignKey(
        ChargingFigures, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    policy = models.ForeignKey(
        ChargingFigures, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    policy_version = models.CharField(max_length=20, blank=True)
    effective_on = models.DateField(null=True, blank=True)
    cost_pence = models.BigIntegerField(null=True, blank=True)
    calculated_pence = models.BigIntegerField(null=True, blank=True)
    contribution_pence = models.BigIntegerField(null=True, blank=True)
    full_cost = models.BooleanField(default=False)
    working = models.JSONField(null=True, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=["draft", "submitted", "verified"]),
                name="one_open_financial_assessment",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state="decided"),
                name="one_current_financial_assessment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["decided", "superseded"])
                | Q(
                    contribution_pence__isnull=False,
                    contribution_pence__gte=0,
                    effective_on__isnull=False,
                    decided_at__isnull=False,
                    working__isnull=False,
                ),
                name="decided_finances_have_a_sum",
            ),
            models.CheckConstraint(
                condition=Q(contribution_pence=None)
                | Q(calculated_pence=None)
                | Q(contribution_pence__lte=F("calculated_pence")),
                name="contribution_never_above_the_rules",
            ),
            models.CheckConstraint(
                condition=Q(contribution_pence=None)
                | Q(cost_pence=None)
                | Q(contribution_pence__lte=F("cost_pence")),
                name="contribution_never_above_the_cost",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way to a decision."""
        return self.state in OPEN_FINANCES

    @transition(
        field=state,
        source=FinancialState.DRAFT,
        target=FinancialState.SUBMITTED,
        conditions=[has_answers],
    )
    def submit(self, *, by: object) -> None:
        """Everything that must be answered is."""
        self.submitted_by = by  # type: ignore[assignment]
        self.submitted_at = clock.now()

    @transition(field=state, source=FinancialState.SUBMITTED, target=FinancialState.DRAFT)
    def hand_back(self) -> None:
        """The council asks for more; the answers and the evidence stay."""

    @transition(field=state, source=FinancialState.SUBMITTED, target=FinancialState.VERIFIED)
    def verify(self, *, by: object, note: str) -> None:
        """Answers and evidence have been looked at together."""
        self.verified_by = by  # type: ignore[assignment]
        self.verified_at = clock.now()
        self.verifying_note = note

    @transition(field=state, source=FinancialState.VERIFIED, target=FinancialState.DECIDED)
    def decide(self, *, by: object, **decision: object) -> None:
        """What is to be paid, from when, and why."""
        self._decided(by, decision)

    @transition(field=state, source=OPEN_FINANCES, target=FinancialState.DECIDED)
    def decide_lightly(self, *, by: object, **decision: object) -> None:
        """Decided without a full assessment, for one of the reasons of the regulations."""
        self._decided(by, decision)

    @transition(field=state, source=FinancialState.DECIDED, target=FinancialState.SUPERSEDED)
    def supersede(self) -> None:
        """A later decision has taken its place."""

    def _decided(self, by: object, decision: dict[str, object]) -> None:
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        for name, value in decision.items():
            setattr(self, name, value)


class FinancialAnswer(models.Model):
    """The answer to one question about money, and who gave it. ``question`` is like ``income.esa``.

    ``value`` is ``None`` where only the council had something to say, as a correction.
    """

    assessment = models.ForeignKey(
        FinancialAssessment, on_delete=models.CASCADE, related_name="answers"
    )
    question = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(default=clock.now)
    corrected = models.BooleanField(default=False)
    verified_value = models.JSONField(null=True, blank=True)
    verifying_note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "question"], name="one_answer_per_money_question"
            )
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def counts(self) -> object:
        """What the rules go by: the correction where there is one."""
        return self.verified_value if self.corrected else self.value


class FinancialEvidence(models.Model):
    """A photo or PDF that shows an answer. The bytes are kept apart, so that lists never load them."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    assessment = models.ForeignKey(
        FinancialAssessment, on_delete=models.PROTECT, related_name="evidence"
    )
    about = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["uploaded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "sha256"],
                condition=Q(removed_at=None),
                name="evidence_attached_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether a page can show it."""
        return self.content_type.startswith("image/")


class EvidenceContent(models.Model):
    """The bytes of one piece of evidence, in the database and nowhere that a web server looks."""

    evidence = models.OneToOneField(
        FinancialEvidence, on_delete=models.CASCADE, related_name="content"
    )
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"content of {self.evidence_id}"


class Reassessment(models.Model):
    """One working-out-again of everybody with a new table. Running it again goes on where it stopped."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    from_table = models.CharField(max_length=60, blank=True)
    table = models.ForeignKey(ChargingFigures, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(ChargingFigures, on_delete=models.PROTECT, related_name="+")
    effective_on = models.DateField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    started_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_table", "table", "policy", "effective_on"],
                name="one_reassessment_a_day_and_table",
            )
        ]

    def __str__(self) -> str:
        return f"{self.table} from {self.effective_on}"


class ReassessmentOutcome(models.TextChoices):
    """What came of one person's line."""

    DONE = "done", "Worked out again"
    REFUSED = "refused", "Could not be worked out"


class ReassessmentLine(models.Model):
    """One person in a reassessment: what they paid, what they pay, or why it could not be worked out."""

    reassessment = models.ForeignKey(Reassessment, on_delete=models.PROTECT, related_name="lines")
    before = models.ForeignKey(FinancialAssessment, on_delete=models.PROTECT, related_name="+")
    after = models.OneToOneField(
        FinancialAssessment, on_delete=models.PROTECT, null=True, related_name="reassessment_line"
    )
    outcome = models.CharField(max_length=8, choices=ReassessmentOutcome.choices)
    reason = models.CharField(max_length=300, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reassessment", "before"], name="reassessed_once_in_a_run"
            ),
            models.CheckConstraint(
                condition=Q(outcome="done", after__isnull=False)
                | (Q(outcome="refused", after=None) & ~Q(reason="")),
                name="reassessed_or_refused_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reassessment", "id"],
                condition=Q(told_at=None, outcome="done"),
                name="reassessment_to_tell_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.before_id}: {self.outcome}"
