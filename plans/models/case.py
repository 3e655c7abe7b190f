"""The case: one person, one programme, from referral to close. It follows its parts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine


def case_reference() -> str:
    """``CAS-7K2QFA``."""
    return new_reference("CAS")


class Stage(models.TextChoices):
    """Where the person is on their way. The words are shown to them."""

    REFERRED = "referred", "Asked for help"
    ASSESSING = "assessing", "Finding out what you need"
    NOT_ELIGIBLE = "not_eligible", "No budget this time"
    ELIGIBLE = "eligible", "Working out your budget"
    BUDGETED = "budgeted", "Budget ready"
    PLANNING = "planning", "Making your plan"
    AWAITING_AGREEMENT = "awaiting_agreement", "Getting your plan agreed"
    AGREED = "agreed", "Setting up your support"
    LIVE = "live", "Living your plan"
    REVIEWING = "reviewing", "Looking at how it works"
    CLOSED = "closed", "Closed"


OPEN_STAGES = tuple(
    stage for stage in Stage.values if stage not in (Stage.NOT_ELIGIBLE, Stage.CLOSED)
)


class ReferralSource(models.TextChoices):
    """Who asked."""

    SELF = "self", "The person themselves"
    FAMILY = "family", "Family or friend"
    WORKER = "worker", "Council worker"
    HEALTH = "health", "GP or hospital"
    OTHER = "other", "Somebody else"


class Case(Machine):
    """One person in one programme. Its stage moves only through the transitions below."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=case_reference)
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="cases")
    pack = models.ForeignKey("plans.ProgrammePack", on_delete=models.PROTECT, related_name="cases")
    stage = FSMField(default=Stage.REFERRED, choices=Stage.choices, protected=True)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="caseload",
    )
    team = models.ForeignKey("people.Team", on_delete=models.PROTECT, null=True, blank=True)
    source = models.CharField(max_length=10, choices=ReferralSource.choices)
    reason = models.TextField("what is difficult at the moment")
    referred_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "pack"],
                condition=~Q(stage__in=["closed", "not_eligible"]),
                name="one_open_case_per_person_and_pack",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.person}"

    @property
    def chain(self) -> str:
        """The key of this case's audit chain."""
        return f"case:{self.reference}"

    @transition(field=stage, source=Stage.REFERRED, target=Stage.ASSESSING)
    def start_assessment(self) -> None:
        """The questionnaire is open."""

    @transition(field=stage, source=Stage.ASSESSING, target=Stage.ELIGIBLE)
    def find_eligible(self) -> None:
        """The worker decided that the person is eligible."""

    @transition(field=stage, source=Stage.ASSESSING, target=Stage.NOT_ELIGIBLE)
    def find_not_eligible(self) -> None:
        """The worker decided that the person is not eligible, with reasons and a way to answer."""

    @transition(field=stage, source=Stage.NOT_ELIGIBLE, target=Stage.ASSESSING)
    def assess_again(self) -> None:
        """A challenge was upheld, or things have changed."""

    @transition(field=stage, source=Stage.ELIGIBLE, target=Stage.BUDGETED)
    def set_budget(self) -> None:
        """The indicative budget is confirmed and shown to the person."""

    @transition(
        field=stage, source=[Stage.BUDGETED, Stage.LIVE, Stage.REVIEWING], target=Stage.PLANNING
    )
    def start_planning(self) -> None:
        """The person has begun to plan."""

    @transition(field=stage, source=Stage.PLANNING, target=Stage.AWAITING_AGREEMENT)
    def submit_plan(self) -> None:
        """The plan is with the council."""

    @transition(field=stage, source=Stage.AWAITING_AGREEMENT, target=Stage.PLANNING)
    def return_plan(self) -> None:
        """The plan is back with the person, with a comment."""

    @transition(field=stage, source=Stage.AWAITING_AGREEMENT, target=Stage.AGREED)
    def agree_plan(self) -> None:
        """The plan is agreed; support is being set up."""

    @transition(field=stage, source=Stage.AGREED, target=Stage.LIVE)
    def go_live(self) -> None:
        """The first provider has accepted; support runs."""

    @transition(field=stage, source=Stage.LIVE, target=Stage.REVIEWING)
    def start_review(self) -> None:
        """A review is held."""

    @transition(field=stage, source=Stage.REVIEWING, target=Stage.LIVE)
    def finish_review(self) -> None:
        """The review is completed and the plan goes on."""

    @transition(
        field=stage,
        source=[stage for stage in Stage.values if stage != Stage.CLOSED],
        target=Stage.CLOSED,
    )
    def close(self, *, reason: str) -> None:
        """Nothing more is to be done."""
        self.closed_at = clock.now()
        self.closing_reason = reason


class StageVisit(models.Model):
    """One visit of a case to a stage: when it came, when it left, and by when it usually should."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="visits")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    entered_at = models.DateTimeField(default=clock.now)
    left_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["entered_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(left_at=None), name="in_one_stage_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage}"
