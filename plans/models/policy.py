"""Proposals to change a programme's allocation table: written by one manager, adopted by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine


def proposal_reference() -> str:
    """``POL-7K2QFA``."""
    return new_reference("POL")


class ProposalState(models.TextChoices):
    """Where a proposal stands."""

    DRAFT = "draft", "Being written"
    SUBMITTED = "submitted", "Waiting for a second manager"
    ADOPTED = "adopted", "Adopted"
    REJECTED = "rejected", "Not adopted"


class PolicyProposal(Machine):
    """Another table for a programme. It changes nothing until a second person adopts it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=proposal_reference)
    base_pack = models.ForeignKey(
        "plans.ProgrammePack", on_delete=models.PROTECT, related_name="proposals"
    )
    state = FSMField(default=ProposalState.DRAFT, choices=ProposalState.choices, protected=True)
    title = models.CharField("a short name for it", max_length=120)
    reason = models.TextField("why the table should change")
    table = models.JSONField()
    starts_on = models.DateField("the day from which it should count")
    envelope_pence = models.BigIntegerField(null=True, blank=True)
    contingency_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    adopted_pack = models.OneToOneField(
        "plans.ProgrammePack", on_delete=models.PROTECT, null=True, related_name="adopted_from"
    )

    class Meta:
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("author")),
                name="policy_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(state="adopted", decided_by__isnull=False, adopted_pack__isnull=False)
                | Q(state="rejected", decided_by__isnull=False, adopted_pack=None)
                | Q(state__in=["draft", "submitted"], decided_by=None, adopted_pack=None),
                name="policy_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(envelope_pence=None) | Q(envelope_pence__gte=0),
                name="policy_envelope_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(contingency_percent__gte=0) & Q(contingency_percent__lte=100),
                name="policy_contingency_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.title}"

    @property
    def chain(self) -> str:
        """The key of the audit chain of this programme's policy."""
        return f"policy:{self.base_pack.key}"

    @transition(field=state, source=ProposalState.DRAFT, target=ProposalState.SUBMITTED)
    def submit(self) -> None:
        """The author asks a second manager to decide; the table is sealed meanwhile."""
        self.submitted_at = clock.now()

    @transition(field=state, source=ProposalState.SUBMITTED, target=ProposalState.DRAFT)
    def take_back(self) -> None:
        """The author takes it back, to change it."""
        self.submitted_at = None

    @transition(field=state, source=ProposalState.SUBMITTED, target=ProposalState.ADOPTED)
    def adopt(self, *, by: object, reason: str, pack: object) -> None:
        """A second manager adopts it: a new version of the programme counts from a date."""
        self._decide(by, reason)
        self.adopted_pack = pack  # type: ignore[assignment]

    @transition(field=state, source=ProposalState.SUBMITTED, target=ProposalState.REJECTED)
    def reject(self, *, by: object, reason: str) -> None:
        """A second manager does not adopt it, and says why."""
        self._decide(by, reason)

    def _decide(self, by: object, reason: str) -> None:
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        self.decision_reason = reason
