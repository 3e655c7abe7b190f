"""Money that is more than enough on a held budget: seen, told, answered, decided. Never asked for unseen.

What came back is in the ledger alone: the recovery's account there is credited by matched bank lines.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference
from carebudget.machine import Machine, guard


def surplus_reference() -> str:
    """``SUR-7K2QFA``: what a person writes on the transfer."""
    return new_reference("SUR")


class SurplusState(models.TextChoices):
    """How far it has got."""

    FOUND = "found", "Worked out, not told yet"
    NOTHING = "nothing", "No surplus"
    TOLD = "told", "Told, with time to answer"
    ANSWERED = "answered", "Answered, to be considered"
    OWED = "owed", "To be given back"
    DROPPED = "dropped", "Not asked for"


OPEN_SURPLUS = (SurplusState.FOUND, SurplusState.TOLD, SurplusState.ANSWERED)


@guard(
    "The person still has time to answer.",
    "Wait until the day in the notice, or until they have answered.",
)
def time_to_answer_is_over(recovery: "SurplusRecovery") -> bool:
    return recovery.answered_at is not None or (
        recovery.answer_by is not None and clock.today() > recovery.answer_by
    )


class SurplusRecovery(Machine):
    """One look at the balance of a held budget. The working is kept as it was told."""

    reference = models.CharField(max_length=12, unique=True, default=surplus_reference)
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="surpluses")
    plan = models.ForeignKey("plans.SupportPlan", on_delete=models.PROTECT, related_name="+")
    state = FSMField(default=SurplusState.FOUND, choices=SurplusState.choices, protected=True)
    balance_pence = models.BigIntegerField()
    balance_on = models.DateField()
    annual_pence = models.BigIntegerField()
    contingency_weeks = models.PositiveSmallIntegerField()
    contingency_pence = models.BigIntegerField()
    committed_pence = models.BigIntegerField(default=0)
    committed_words = models.TextField(blank=True)
    surplus_pence = models.BigIntegerField()
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    found_at = models.DateTimeField(default=clock.now)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    told_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateField(null=True, blank=True)
    document = models.ForeignKey(
        "notify.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    asked_pence = models.BigIntegerField(null=True, blank=True)
    lowered_pence = models.BigIntegerField(default=0)
    return_by = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    entry = models.OneToOneField(
        "payments.Entry", on_delete=models.PROTECT, null=True, related_name="+"
    )
    ledger_account = models.OneToOneField(
        "payments.Account", on_delete=models.PROTECT, null=True, related_name="surplus"
    )

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["found", "told", "answered"]),
                name="one_surplus_looked_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(surplus_pence__gte=0)
                & Q(contingency_pence__gte=0)
                & Q(committed_pence__gte=0),
                name="surplus_working_makes_sense",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["told", "answered", "owed"])
                | Q(told_at__isnull=False, answer_by__isnull=False, document__isnull=False),
                name="surplus_never_without_a_notice",
            ),
            models.CheckConstraint(
                condition=Q(asked_pence=None)
                | Q(asked_pence__gt=0, asked_pence__lte=F("surplus_pence")),
                name="no_more_asked_than_was_told",
            ),
            models.CheckConstraint(
                condition=Q(lowered_pence=0)
                | Q(lowered_pence__gt=0, lowered_pence__lte=F("asked_pence")),
                name="no_more_lowered_than_asked",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(told_by=None) | ~Q(decided_by=F("told_by")),
                name="surplus_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="owed")
                | Q(entry__isnull=False, ledger_account__isnull=False, decided_by__isnull=False),
                name="surplus_owed_has_its_entry",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def still_owed_pence(self) -> int:
        """What has not come back yet."""
        return self.ledger_account.balance_pence if self.ledger_account else 0

    @transition(field=state, source=SurplusState.FOUND, target=SurplusState.NOTHING)
    def find_nothing(self) -> None:
        """There is no more than is needed."""

    @transition(field=state, source=SurplusState.FOUND, target=SurplusState.TOLD)
    def tell(self, *, by: object, answer_by: object, document: object) -> None:
        """The person has the notice: amount, dates, working, and how to answer."""
        self.told_by = by  # type: ignore[assignment]
        self.told_at = clock.now()
        self.answer_by = answer_by  # type: ignore[assignment]
        self.document = document  # type: ignore[assignment]

    @transition(field=state, source=SurplusState.TOLD, target=SurplusState.ANSWERED)
    def give_answer(self, *, by: object, answer: str) -> None:
        """The person, or who helps them, has said what they think."""
        self.answer = answer
        self.answered_by = by  # type: ignore[assignment]
        self.answered_at = clock.now()

    @transition(
        field=state,
        source=[SurplusState.TOLD, SurplusState.ANSWERED],
        target=SurplusState.OWED,
        conditions=[time_to_answer_is_over],
    )
    def ask_for_it(self, *, by: object, reason: str, **details: object) -> None:
        """Somebody who did not send the notice decides that it is asked for."""
        self._decided(by, reason)
        for name, value in details.items():
            setattr(self, name, value)

    @transition(field=state, source=OPEN_SURPLUS, target=SurplusState.DROPPED)
    def drop(self, *, by: object, reason: str) -> None:
        """It is not asked for, with the reason."""
        self._decided(by, reason)

    def _decided(self, by: object, reason: str) -> None:
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        self.decision_reason = reason
