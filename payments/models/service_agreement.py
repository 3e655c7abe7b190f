"""Service agreements: one support of an agreed plan, offered to and accepted by its provider."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine, guard


def agreement_reference() -> str:
    """``AGR-7K2QFA``."""
    return new_reference("AGR")


class AgreementState(models.TextChoices):
    """Where the agreement stands."""

    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    LIVE = "live", "Running"
    SUSPENDED = "suspended", "Paused"
    DECLINED = "declined", "Declined"
    ENDED = "ended", "Ended"


@guard(
    "This provider has not been checked.",
    "Choose a checked provider, or wait until the checks are done.",
)
def provider_is_checked(agreement: "ServiceAgreement") -> bool:
    return agreement.provider.is_approved


class ServiceAgreement(Machine):
    """Terms between client and provider: what, how much, how often, at what rate, up to which total."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=agreement_reference)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="agreements")
    plan = models.ForeignKey(
        "plans.SupportPlan", on_delete=models.PROTECT, related_name="agreements"
    )
    support = models.ForeignKey(
        "plans.PlanSupport", on_delete=models.PROTECT, related_name="agreements"
    )
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, related_name="agreements"
    )
    state = FSMField(default=AgreementState.OFFERED, choices=AgreementState.choices, protected=True)
    description = models.CharField(max_length=200)
    rate_pence = models.BigIntegerField()
    unit = models.CharField(max_length=8)
    quantity = models.DecimalField(max_digits=8, decimal_places=2)
    frequency = models.CharField(max_length=12)
    starts_on = models.DateField()
    ends_on = models.DateField()
    limit_pence = models.BigIntegerField()
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    offered_at = models.DateTimeField(default=clock.now)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-offered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["support"],
                condition=~Q(state__in=["declined", "ended"]),
                name="one_running_agreement_per_support",
            ),
            models.CheckConstraint(
                condition=Q(rate_pence__gt=0)
                & Q(limit_pence__gt=0)
                & Q(ends_on__gte=F("starts_on")),
                name="agreement_terms_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.provider}"

    def _answer(self, by: object, reason: str) -> None:
        self.answered_by = by  # type: ignore[assignment]
        self.answered_at = clock.now()
        self.answer_reason = reason

    @transition(
        field=state,
        source=AgreementState.OFFERED,
        target=AgreementState.ACCEPTED,
        conditions=[provider_is_checked],
    )
    def accept(self, *, by: object) -> None:
        """The provider accepts the terms."""
        self._answer(by, "")

    @transition(field=state, source=AgreementState.OFFERED, target=AgreementState.DECLINED)
    def decline(self, *, by: object, reason: str) -> None:
        """The provider cannot do it, and says why."""
        self._answer(by, reason)

    @transition(
        field=state,
        source=[AgreementState.ACCEPTED, AgreementState.SUSPENDED],
        target=AgreementState.LIVE,
    )
    def start(self) -> None:
        """Support has begun."""

    @transition(field=state, source=AgreementState.LIVE, target=AgreementState.SUSPENDED)
    def suspend(self) -> None:
        """Paused, for example during a stay in hospital."""

    @transition(
        field=state,
        source=[
            AgreementState.OFFERED,
            AgreementState.ACCEPTED,
            AgreementState.LIVE,
            AgreementState.SUSPENDED,
        ],
        target=AgreementState.ENDED,
    )
    def end(self) -> None:
        """Over; only support already given may still be invoiced."""
