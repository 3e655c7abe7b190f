"""The support plan: what the person wants to change, how, and what it costs. Theirs until agreed."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine, guard


def plan_reference() -> str:
    """``PLN-7K2QFA``."""
    return new_reference("PLN")


class PlanState(models.TextChoices):
    """Where the plan stands."""

    DRAFT = "draft", "Being written"
    SUBMITTED = "submitted", "With the council"
    RETURNED = "returned", "Back with you"
    AGREED = "agreed", "Agreed"
    ACTIVE = "active", "In use"
    SUPERSEDED = "superseded", "Replaced"
    ENDED = "ended", "Ended"


EDITABLE = (PlanState.DRAFT, PlanState.RETURNED)
SEALED = (PlanState.AGREED, PlanState.ACTIVE, PlanState.SUPERSEDED, PlanState.ENDED)


class Holding(models.TextChoices):
    """Who holds the money."""

    COUNCIL = "council", "The council pays providers for me"
    DIRECT_PAYMENT = "direct_payment", "It is paid to me"
    NOMINEE = "nominee", "It is paid to somebody I chose"
    SERVICE_FUND = "service_fund", "A provider holds it for me"


@guard("Nothing in the plan costs anything yet.", "Add at least one kind of support.")
def has_support(plan: "SupportPlan") -> bool:
    return plan.supports.exists()


@guard("The plan has no start date.", "Say when the plan starts.")
def has_dates(plan: "SupportPlan") -> bool:
    return plan.starts_on is not None and plan.ends_on is not None


class SupportPlan(Machine):
    """One version of a person's plan. Once agreed, the database lets nobody change what it says."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=plan_reference)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="plans")
    indicative_budget = models.ForeignKey(
        "plans.IndicativeBudget", on_delete=models.PROTECT, related_name="plans"
    )
    version = models.PositiveIntegerField(default=1)
    state = FSMField(default=PlanState.DRAFT, choices=PlanState.choices, protected=True)
    criteria = models.JSONField(default=dict)
    risks = models.TextField("what could go wrong, and what helps", blank=True)
    contingency = models.TextField("what happens if support falls through", blank=True)
    contingency_pence = models.BigIntegerField(default=0)
    holding = models.CharField(max_length=16, choices=Holding.choices, default=Holding.COUNCIL)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    personal_budget_pence = models.BigIntegerField(null=True, blank=True)
    snapshot = models.JSONField(null=True, blank=True)
    snapshot_digest = models.CharField(max_length=64, blank=True)
    document = models.ForeignKey(
        "notify.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="plan_version_once"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["draft", "submitted", "returned"]),
                name="one_plan_in_the_making",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["agreed", "active"]),
                name="one_plan_in_force",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="plan_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["agreed", "active", "superseded", "ended"])
                | (Q(personal_budget_pence__gte=0) & ~Q(snapshot_digest="")),
                name="agreed_plan_is_sealed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} version {self.version}"

    @property
    def is_editable(self) -> bool:
        """Whether the person may change it now."""
        return self.state in EDITABLE

    @transition(
        field=state,
        source=[PlanState.DRAFT, PlanState.RETURNED],
        target=PlanState.SUBMITTED,
        conditions=[has_support, has_dates],
    )
    def submit(self, *, by: object) -> None:
        """Sent to the council."""
        self.submitted_by = by  # type: ignore[assignment]
        self.submitted_at = clock.now()

    @transition(field=state, source=PlanState.SUBMITTED, target=PlanState.RETURNED)
    def hand_back(self) -> None:
        """Returned with a comment."""

    @transition(field=state, source=PlanState.SUBMITTED, target=PlanState.AGREED)
    def agree(self, *, personal_budget_pence: int, snapshot: dict, digest: str) -> None:
        """Agreed and sealed: from now on its words and figures cannot change."""
        self.personal_budget_pence = personal_budget_pence
        self.snapshot = snapshot
        self.snapshot_digest = digest
        self.agreed_at = clock.now()

    @transition(field=state, source=PlanState.AGREED, target=PlanState.ACTIVE)
    def activate(self) -> None:
        """Its first day has come and support is in place."""

    @transition(
        field=state, source=[PlanState.AGREED, PlanState.ACTIVE], target=PlanState.SUPERSEDED
    )
    def supersede(self) -> None:
        """A later version was agreed."""

    @transition(field=state, source=[PlanState.AGREED, PlanState.ACTIVE], target=PlanState.ENDED)
    def end(self) -> None:
        """Its last day has passed, or the case is closed."""


class PlanOutcome(models.Model):
    """Something the person wants to change or achieve."""

    plan = models.ForeignKey(SupportPlan, on_delete=models.CASCADE, related_name="outcomes")
    position = models.PositiveSmallIntegerField(default=0)
    wish = models.CharField("what do you want to change or achieve?", max_length=300)
    needs = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    sign = models.CharField("how will you know it is going well?", max_length=300, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.wish


class Frequency(models.TextChoices):
    """How often a support is given; the same words as ``plans.rules.costing``."""

    WEEKLY = "weekly", "every week"
    FORTNIGHTLY = "fortnightly", "every two weeks"
    FOUR_WEEKLY = "four_weekly", "every four weeks"
    MONTHLY = "monthly", "every month"
    QUARTERLY = "quarterly", "every three months"
    YEARLY = "yearly", "once a year"
    ONCE = "once", "once"


class PlanSupport(models.Model):
    """One kind of support: who gives it, how much of it, how often and at what rate."""

    plan = models.ForeignKey(SupportPlan, on_delete=models.CASCADE, related_name="supports")
    outcome = models.ForeignKey(
        PlanOutcome, on_delete=models.SET_NULL, null=True, blank=True, related_name="supports"
    )
    position = models.PositiveSmallIntegerField(default=0)
    description = models.CharField("what is it?", max_length=200)
    provider = models.ForeignKey(
        "providers.Provider",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="supports",
    )
    rate_pence = models.BigIntegerField("cost of one")
    unit = models.CharField(max_length=8)
    quantity = models.DecimalField("how many each time", max_digits=8, decimal_places=2)
    frequency = models.CharField(max_length=12, choices=Frequency.choices)
    annual_pence = models.BigIntegerField()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_pence__gte=0) & Q(quantity__gt=0) & Q(annual_pence__gte=0),
                name="support_costs_something_sensible",
            )
        ]

    def __str__(self) -> str:
        return self.description


class PlanComment(models.Model):
    """What people say to each other about a plan. Never deleted."""

    plan = models.ForeignKey(SupportPlan, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    criterion = models.CharField(max_length=60, blank=True)
    text = models.TextField()
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["written_at", "id"]

    def __str__(self) -> str:
        return self.text[:60]
