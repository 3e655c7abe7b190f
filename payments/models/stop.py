"""What keeps an obligation out of runs because somebody said so, and what a run left out and why."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from carebudget import clock
from carebudget.ids import uuid7


class StopKind(models.TextChoices):
    """Why somebody said that something is not to be paid."""

    HELD = "held", "Held by finance"
    SANCTION = "sanction", "Flagged: on a sanctions list, or being looked into"


class Stop(models.Model):
    """Somebody said that one obligation, or anything to one provider, is not paid until they let it go.

    A flag on a provider is lifted by somebody else than who set it; the database says so.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=StopKind.choices)
    obligation = models.CharField(max_length=80, blank=True, db_index=True)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, null=True, related_name="+")
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, null=True, related_name="stops"
    )
    words = models.CharField("what it is about", max_length=240)
    amount_pence = models.BigIntegerField(null=True)
    reason = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=clock.now)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-set_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="held") & ~Q(obligation="")
                | Q(kind="sanction", obligation="", provider__isnull=False),
                name="stop_is_about_one_thing",
            ),
            models.UniqueConstraint(
                fields=["obligation"],
                condition=Q(kind="held", lifted_at=None),
                name="obligation_held_once",
            ),
            models.UniqueConstraint(
                fields=["provider"],
                condition=Q(kind="sanction", lifted_at=None),
                name="provider_flagged_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="sanction") | Q(lifted_by=None) | ~Q(lifted_by=F("set_by")),
                name="flag_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lift_reason="")),
                name="stop_lifted_by_somebody_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.words}"

    @property
    def chain(self) -> str:
        """The key of the audit chain that its acts are written to."""
        if self.kind == StopKind.SANCTION:
            return f"provider:{self.provider.reference}"  # type: ignore[union-attr]
        return f"case:{self.case.reference}"  # type: ignore[union-attr]


class LeftOutKind(models.TextChoices):
    """Why an obligation that is due is not in a run."""

    ACCOUNT = "account", "No checked account"
    CHANGED = "changed", "Bank details changed"
    PROVIDER = "provider", "Provider not checked"
    HELD = "held", "Held by finance"
    BUDGET = "budget", "More than was agreed"
    DIED = "died", "The person has died"
    SANCTION = "sanction", "Provider is flagged"
    DUPLICATE = "duplicate", "Looks like one that was paid"
    OWN = "own", "Close to whoever made the run"
    LIMIT = "limit", "Too much for this way of paying"
    ELSEWHERE = "elsewhere", "In another run"
    LINE = "line", "Taken out by hand"


class Waiver(models.Model):
    """Somebody looked at what kept an obligation out, and said why it is paid all the same."""

    obligation = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=LeftOutKind.choices)
    reason = models.TextField()
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["obligation", "kind"], name="waived_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["duplicate", "budget"]) & ~Q(reason=""),
                name="only_suspicions_are_waived",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.obligation}: {self.get_kind_display()}"


class LeftOut(models.Model):
    """One obligation that was due and is not in a run, with the reason and enough to act on it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    run = models.ForeignKey(
        "payments.PaymentRun", on_delete=models.PROTECT, related_name="left_out"
    )
    obligation = models.CharField(max_length=80, db_index=True)
    kind = models.CharField(max_length=10, choices=LeftOutKind.choices)
    sentence = models.TextField()
    words = models.CharField("what it is for", max_length=240)
    payee = models.CharField(max_length=120)
    amount_pence = models.BigIntegerField()
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, null=True, related_name="+"
    )
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    invoice = models.ForeignKey(
        "payments.Invoice", on_delete=models.PROTECT, null=True, related_name="left_out"
    )
    left_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    left_out_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["kind", "-amount_pence", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "obligation"], name="obligation_left_out_once_of_a_run"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.words}"
