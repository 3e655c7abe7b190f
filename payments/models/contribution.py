"""What a person owes towards their support: bills every four weeks, corrections, questions and agreements.

What came in is in the ledger alone: a person's account there is debited by bills and credited by matched
statement lines, and what came in pays the oldest bill first. So a match that is taken back needs no
second bookkeeping here.
"""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine


def contribution_reference() -> str:
    """``CON-7K2QFA``: what a person writes on the transfer."""
    return new_reference("CON")


def bill_reference() -> str:
    """``BIL-7K2QFA3R``: longer than others, because everybody gets thirteen a year."""
    return new_reference("BIL", 8)


class ContributionAccount(models.Model):
    """What one person owes and has paid. ``case`` is where they are spoken to about it."""

    reference = models.CharField(max_length=12, unique=True, default=contribution_reference)
    person = models.OneToOneField(
        "people.Person", on_delete=models.PROTECT, related_name="contribution_account"
    )
    case = models.ForeignKey(
        "plans.Case", on_delete=models.PROTECT, related_name="contribution_accounts"
    )
    ledger_account = models.OneToOneField(
        "payments.Account", on_delete=models.PROTECT, related_name="contribution_account"
    )
    opened_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.reference

    @property
    def owed_pence(self) -> int:
        """What is to be paid now; negative when more came in than was asked for."""
        return self.ledger_account.balance_pence


class ContributionCharge(models.Model):
    """The bill for one period of four weeks: once for each person and period, held by the database.

    ``amount_pence`` is what was worked out at first; corrections stand beside it and never replace it.
    """

    reference = models.CharField(max_length=12, unique=True, default=bill_reference)
    account = models.ForeignKey(
        ContributionAccount, on_delete=models.PROTECT, related_name="charges"
    )
    period_from = models.DateField()
    period_to = models.DateField()
    amount_pence = models.BigIntegerField()
    corrected_pence = models.BigIntegerField()
    assessment = models.ForeignKey(
        "plans.FinancialAssessment", on_delete=models.PROTECT, related_name="+"
    )
    working = models.JSONField()
    due_on = models.DateField()
    raised_at = models.DateTimeField(default=clock.now)
    entry = models.OneToOneField("payments.Entry", on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(
        "notify.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["period_from", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "period_from"], name="one_contribution_a_person_and_period"
            ),
            models.CheckConstraint(
                condition=Q(amount_pence__gt=0)
                & Q(corrected_pence__gte=0)
                & Q(period_to__gte=F("period_from")),
                name="contribution_charge_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def _newest_working(self) -> dict[str, Any]:
        again = [one.working for one in self.adjustments.all() if one.working]
        return again[-1] if again else self.working

    @property
    def weeks(self) -> list[dict[str, Any]]:
        """The working week by week, as it was worked out last, with real dates."""
        return [
            week
            | {
                "first": date.fromisoformat(week["first"]),
                "last": date.fromisoformat(week["last"]),
            }
            for week in self._newest_working()["weeks"]
        ]

    @property
    def worked_pence(self) -> int:
        """What the rules said last, before anything was taken off."""
        return int(self._newest_working()["pence"])


class AdjustmentKind(models.TextChoices):
    """Why a bill is another than it was."""

    REWORKED = "reworked", "Worked out again"
    REDUCED = "reduced", "Corrected after a question"


class ContributionAdjustment(models.Model):
    """A correction of a bill: never deleted, with its entry. Negative asks for less."""

    charge = models.ForeignKey(
        ContributionCharge, on_delete=models.PROTECT, related_name="adjustments"
    )
    kind = models.CharField(max_length=8, choices=AdjustmentKind.choices)
    amount_pence = models.BigIntegerField()
    reason = models.TextField()
    working = models.JSONField(null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    entry = models.OneToOneField("payments.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(amount_pence=0), name="contribution_adjustment_not_nothing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.charge}: {self.amount_pence}"

    @property
    def absolute_pence(self) -> int:
        """The amount without its sign."""
        return abs(self.amount_pence)


class QueryKind(models.TextChoices):
    """What a person says about a bill."""

    WRONG = "wrong", "I think that it is wrong"
    HARD = "hard", "It is hard to pay"
    PAID = "paid", "I have paid it already"


class QueryState(models.TextChoices):
    """Whether it is answered."""

    OPEN = "open", "Being looked at"
    ANSWERED = "answered", "Answered"


class ContributionQuery(Machine):
    """Something a person says about what they owe. While one is open, nobody is reminded."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(
        ContributionAccount, on_delete=models.PROTECT, related_name="queries"
    )
    charge = models.ForeignKey(
        ContributionCharge,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="queries",
    )
    kind = models.CharField(max_length=6, choices=QueryKind.choices)
    state = FSMField(default=QueryState.OPEN, choices=QueryState.choices, protected=True)
    words = models.TextField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state="open"),
                name="one_open_question_about_contributions",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.kind}"

    @transition(field=state, source=QueryState.OPEN, target=QueryState.ANSWERED)
    def give_answer(self, *, by: object, answer: str) -> None:
        """Finance has looked at it and said what comes of it."""
        self.answer = answer
        self.answered_by = by  # type: ignore[assignment]
        self.answered_at = clock.now()


class PlanEvery(models.TextChoices):
    """How often an agreed part is paid; the same words as ``payments.rules.arrears``."""

    WEEK = "week", "every week"
    TWO_WEEKS = "two_weeks", "every two weeks"
    FOUR_WEEKS = "four_weeks", "every four weeks"


class RepaymentState(models.TextChoices):
    """How an agreement to pay in parts goes."""

    AGREED = "agreed", "Being kept"
    KEPT = "kept", "Paid off"
    BROKEN = "broken", "A payment did not come"
    ENDED = "ended", "Ended"


class RepaymentPlan(Machine):
    """What was agreed about paying in parts. While it is kept, nobody is reminded."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(
        ContributionAccount, on_delete=models.PROTECT, related_name="repayment_plans"
    )
    state = FSMField(default=RepaymentState.AGREED, choices=RepaymentState.choices, protected=True)
    total_pence = models.BigIntegerField()
    each_pence = models.BigIntegerField()
    every = models.CharField(max_length=10, choices=PlanEvery.choices)
    first_on = models.DateField()
    received_before_pence = models.BigIntegerField()
    words = models.TextField()
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    agreed_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-agreed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="agreed"), name="one_repayment_plan_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(each_pence__gt=0) & Q(total_pence__gte=F("each_pence")),
                name="repayment_plan_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.each_pence} {self.every}"

    @transition(field=state, source=RepaymentState.AGREED, target=RepaymentState.KEPT)
    def keep(self) -> None:
        """Everything that was agreed has come."""
        self.ended_at = clock.now()

    @transition(field=state, source=RepaymentState.AGREED, target=RepaymentState.BROKEN)
    def find_broken(self) -> None:
        """Less has come than was agreed: somebody talks to the person."""
        self.ended_at = clock.now()

    @transition(field=state, source=RepaymentState.AGREED, target=RepaymentState.ENDED)
    def end(self) -> None:
        """Another agreement takes its place, or nothing is owed any more."""
        self.ended_at = clock.now()


class WriteOffState(models.TextChoices):
    """Whether what is owed is given up."""

    PROPOSED = "proposed", "Proposed"
    APPROVED = "approved", "Written off"
    REFUSED = "refused", "Not written off"


class WriteOff(Machine):
    """Giving up what somebody owes: proposed by one, decided by a finance manager who is another."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(
        ContributionAccount, on_delete=models.PROTECT, related_name="write_offs"
    )
    state = FSMField(default=WriteOffState.PROPOSED, choices=WriteOffState.choices, protected=True)
    amount_pence = models.BigIntegerField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    entry = models.OneToOneField(
        "payments.Entry", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="proposed"), name="one_write_off_at_a_time"
            ),
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="write_off_not_nothing"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="write_off_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(entry__isnull=False, decided_by__isnull=False),
                name="write_off_has_its_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.amount_pence}"

    @property
    def case(self) -> object:
        """The case it is about, for permissions."""
        return self.account.case

    @transition(field=state, source=WriteOffState.PROPOSED, target=WriteOffState.APPROVED)
    def approve(self, *, by: object, reason: str, entry: object) -> None:
        """A second person agrees: it is not asked for any more."""
        self._decided(by, reason)
        self.entry = entry  # type: ignore[assignment]

    @transition(field=state, source=WriteOffState.PROPOSED, target=WriteOffState.REFUSED)
    def refuse(self, *, by: object, reason: str) -> None:
        """A second person does not agree: it stays owed."""
        self._decided(by, reason)

    def _decided(self, by: object, reason: str) -> None:
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        self.decision_reason = reason
