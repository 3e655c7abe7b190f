"""Providers of support: agencies, personal assistants and community groups, and who speaks for them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine, guard


def provider_reference() -> str:
    """``PRV-7K2QFA``."""
    return new_reference("PRV")


class ProviderKind(models.TextChoices):
    """What sort of provider this is; it decides which checks it needs."""

    AGENCY = "agency", "Care agency"
    ASSISTANT = "assistant", "Personal assistant"
    COMMUNITY = "community", "Community group"


class ProviderState(models.TextChoices):
    """Where a provider stands with the council."""

    APPLIED = "applied", "Being checked"
    APPROVED = "approved", "Checked"
    SUSPENDED = "suspended", "Suspended"
    CLOSED = "closed", "Closed"


REQUIRED_CHECKS: dict[str, tuple[str, ...]] = {
    ProviderKind.AGENCY: ("identity", "registration", "insurance", "references"),
    ProviderKind.ASSISTANT: ("identity", "dbs", "insurance", "references"),
    ProviderKind.COMMUNITY: ("identity", "insurance", "safeguarding"),
}
"""Agencies that give personal care must be registered with the Care Quality Commission; personal
assistants mostly need not be, so a DBS check stands in."""


@guard("Not every check has passed yet.", "Finish the checks that are still open.")
def every_check_passed(provider: "Provider") -> bool:
    return not provider.open_checks()


class Provider(Machine):
    """Somebody who can be chosen to give support, once checked."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=provider_reference)
    name = models.CharField("name", max_length=120)
    kind = models.CharField("kind", max_length=12, choices=ProviderKind.choices)
    description = models.TextField("what they do", blank=True)
    email = models.EmailField("e-mail address")
    phone = models.CharField("phone number", max_length=30, blank=True)
    postcode = models.CharField("postcode", max_length=10, blank=True)
    cqc_location_id = models.CharField("CQC location", max_length=20, blank=True)
    state = FSMField(default=ProviderState.APPLIED, choices=ProviderState.choices, protected=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name

    @property
    def chain(self) -> str:
        """The key of this provider's audit chain."""
        return f"provider:{self.reference}"

    @property
    def is_approved(self) -> bool:
        """Checked, and free to be chosen."""
        return self.state == ProviderState.APPROVED

    def open_checks(self) -> list[str]:
        """Required checks that are not passed and in date."""
        passed = {
            check.kind
            for check in self.checks.all()
            if check.outcome == CheckOutcome.PASSED
            and (check.expires_on is None or check.expires_on >= clock.today())
        }
        return [kind for kind in REQUIRED_CHECKS[self.kind] if kind not in passed]

    @transition(
        field=state,
        source=[ProviderState.APPLIED, ProviderState.SUSPENDED],
        target=ProviderState.APPROVED,
        conditions=[every_check_passed],
    )
    def approve(self) -> None:
        """All checks passed."""

    @transition(field=state, source=ProviderState.APPROVED, target=ProviderState.SUSPENDED)
    def suspend(self) -> None:
        """Not to be chosen for now."""

    @transition(
        field=state,
        source=[ProviderState.APPLIED, ProviderState.APPROVED, ProviderState.SUSPENDED],
        target=ProviderState.CLOSED,
    )
    def close(self) -> None:
        """Gives no support any more."""


class CheckKind(models.TextChoices):
    """What was looked at."""

    IDENTITY = "identity", "Who they are"
    REGISTRATION = "registration", "Registered with the Care Quality Commission"
    DBS = "dbs", "Enhanced DBS certificate"
    INSURANCE = "insurance", "Insurance"
    REFERENCES = "references", "References"
    SAFEGUARDING = "safeguarding", "Safeguarding policy"


class CheckOutcome(models.TextChoices):
    """What came of it."""

    PASSED = "passed", "Passed"
    FAILED = "failed", "Not passed"


class ProviderCheck(models.Model):
    """One check made by a member of staff. A later one of the same kind replaces it."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=14, choices=CheckKind.choices)
    outcome = models.CharField(max_length=8, choices=CheckOutcome.choices)
    note = models.CharField(max_length=200, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    checked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "kind"], name="one_check_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_outcome_display()}"


class ProviderMember(models.Model):
    """Somebody who signs in for a provider."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="provider_memberships"
    )
    since = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "user"], condition=Q(ended_at=None), name="member_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.provider}"


class RateUnit(models.TextChoices):
    """What a rate is paid for; the same words as ``plans.rules.costing``."""

    HOUR = "hour", "hour"
    DAY = "day", "day"
    NIGHT = "night", "night"
    SESSION = "session", "session"
    WEEK = "week", "week"
    ITEM = "item", "item"


class ProviderRate(models.Model):
    """A published rate, in pence per unit."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="rates")
    description = models.CharField(max_length=120)
    unit = models.CharField(max_length=8, choices=RateUnit.choices)
    rate_pence = models.BigIntegerField()
    from_date = models.DateField(default=clock.today)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_pence__gt=0), name="provider_rate_positive")
        ]

    def __str__(self) -> str:
        return self.description
