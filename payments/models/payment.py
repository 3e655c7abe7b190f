"""Payments and the runs that carry them. A payment row exists before anything is sent."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine, guard


def run_reference() -> str:
    """``RUN-7K2QFA``."""
    return new_reference("RUN")


def payment_reference() -> str:
    """``PAY-7K2QFA``: what the bank statement shows."""
    return new_reference("PAY")


class RunState(models.TextChoices):
    """Where the run stands."""

    DRAFT = "draft", "Being made"
    SUBMITTED = "submitted", "Waiting for a second person"
    APPROVED = "approved", "Approved"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    CLOSED = "closed", "Closed"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled before it was sent"


@guard("There is nothing in this run.", "Add payments that are due.")
def has_payments(run: "PaymentRun") -> bool:
    return run.payments.exists()


class PaymentRun(Machine):
    """Payments that are checked and sent together. The database refuses a checker who made it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=run_reference)
    rail = models.CharField(max_length=20, default="stripe")
    state = FSMField(default=RunState.DRAFT, choices=RunState.choices, protected=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    payment_count = models.PositiveIntegerField(default=0)
    total_pence = models.BigIntegerField(default=0)
    wanted = models.JSONField("what it was narrowed to", default=dict)

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("made_by")),
                name="run_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "sending", "sent", "closed"])
                | Q(approved_by__isnull=False),
                name="run_approved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def chain(self) -> str:
        """The key of this run's audit chain."""
        return f"run:{self.reference}"

    @transition(
        field=state, source=RunState.DRAFT, target=RunState.SUBMITTED, conditions=[has_payments]
    )
    def submit(self) -> None:
        """The maker has finished."""
        self.submitted_at = clock.now()

    @transition(field=state, source=RunState.SUBMITTED, target=RunState.APPROVED)
    def approve(self, *, by: object, reason: str) -> None:
        """A different person has checked it."""
        self.approved_by = by  # type: ignore[assignment]
        self.approved_at = clock.now()
        self.decision_reason = reason

    @transition(field=state, source=[RunState.DRAFT, RunState.SUBMITTED], target=RunState.REJECTED)
    def reject(self, *, reason: str) -> None:
        """Not sent; its payments are due again."""
        self.decision_reason = reason

    @transition(field=state, source=RunState.APPROVED, target=RunState.CANCELLED)
    def cancel(self, *, by: object, reason: str) -> None:
        """Stopped after it was approved, before anything of it had been claimed."""
        self.keep_stopped(by=by, reason=reason)

    def keep_stopped(self, *, by: object, reason: str) -> None:
        """What was not claimed yet is not sent any more. Keeps who said so, and why."""
        self.stopped_by = by  # type: ignore[assignment]
        self.stopped_at = clock.now()
        self.stop_reason = reason

    @transition(field=state, source=RunState.APPROVED, target=RunState.SENDING)
    def start_sending(self) -> None:
        """The first payment has been claimed."""

    @transition(field=state, source=[RunState.APPROVED, RunState.SENDING], target=RunState.SENT)
    def finish_sending(self) -> None:
        """The rail has answered for every payment."""
        self.sent_at = clock.now()

    @transition(field=state, source=RunState.SENT, target=RunState.CLOSED)
    def close(self) -> None:
        """Every payment is settled, returned or failed and explained."""
        self.closed_at = clock.now()

    @transition(field=state, source=RunState.CLOSED, target=RunState.SENT)
    def reopen(self) -> None:
        """A match was undone, so one of its payments is not explained any more."""
        self.closed_at = None


class PaymentState(models.TextChoices):
    """Where a payment stands."""

    PLANNED = "planned", "In a run"
    RELEASED = "released", "Approved to send"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    SETTLED = "settled", "Arrived and matched"
    FAILED = "failed", "Refused by the rail"
    RETURNED = "returned", "Came back"
    HELD = "held", "Held"
    CANCELLED = "cancelled", "Cancelled"


OVER = ("failed", "returned", "cancelled")
"""States after which the same obligation may be paid by a new attempt."""


class Payment(Machine):
    """One attempt to pay one obligation. Its ``public_id`` is the rail's idempotency key."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=payment_reference)
    obligation = models.CharField(max_length=80, db_index=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    run = models.ForeignKey(PaymentRun, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(
        "payments.Invoice", on_delete=models.PROTECT, null=True, related_name="payments"
    )
    case = models.ForeignKey("plans.Case", on_delete=models.PROTECT, related_name="payments")
    plan = models.ForeignKey("plans.SupportPlan", on_delete=models.PROTECT, related_name="payments")
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, null=True, related_name="payments"
    )
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="payments"
    )
    payable = models.ForeignKey("payments.Account", on_delete=models.PROTECT, related_name="+")
    rail = models.CharField(max_length=20)
    destination = models.CharField(max_length=60)
    amount_pence = models.BigIntegerField()
    state = FSMField(default=PaymentState.PLANNED, choices=PaymentState.choices, protected=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    first_claimed_at = models.DateTimeField(null=True, blank=True)
    sends = models.PositiveSmallIntegerField(default=0)
    key_round = models.PositiveSmallIntegerField(default=1)
    unknown_since = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_sentence = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    mended_at = models.DateTimeField(null=True, blank=True)
    entry = models.ForeignKey(
        "payments.Entry", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_pence__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(provider__isnull=False, person=None)
                | Q(provider=None, person__isnull=False),
                name="payment_is_to_a_provider_or_a_person",
            ),
            models.UniqueConstraint(
                fields=["obligation"],
                condition=~Q(state__in=OVER),
                name="obligation_paid_at_most_once",
            ),
            models.UniqueConstraint(fields=["obligation", "attempt"], name="attempt_once"),
            models.UniqueConstraint(
                fields=["rail", "external_id"],
                condition=~Q(external_id=""),
                name="rail_object_belongs_to_one_payment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "settled"]) | Q(entry__isnull=False),
                name="sent_payment_has_entry",
            ),
        ]
        indexes = [
            models.Index(fields=["external_id"], name="payment_external_idx"),
            models.Index(fields=["id"], condition=Q(state="released"), name="payment_released_idx"),
            models.Index(
                fields=["claimed_at"], condition=Q(state="sending"), name="payment_sending_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def payee_name(self) -> str:
        """Who is paid, as we know them."""
        return self.provider.name if self.provider else self.person.full_name  # type: ignore[union-attr]

    @property
    def idempotency_key(self) -> str:
        """What makes sending twice harmless at the rail."""
        return f"{self.public_id}-{self.key_round}"

    @transition(field=state, source=PaymentState.PLANNED, target=PaymentState.RELEASED)
    def release(self) -> None:
        """Its run was approved."""

    @transition(field=state, source=PaymentState.RELEASED, target=PaymentState.SENDING)
    def claim(self) -> None:
        """A sender has it; committed before the rail is called."""
        self.claimed_at = clock.now()
        self.first_claimed_at = self.first_claimed_at or self.claimed_at

    @transition(field=state, source=PaymentState.SENDING, target=PaymentState.SENT)
    def mark_sent(self, *, external_id: str, entry: object) -> None:
        """The rail has it: answer, entry, state and record are one transaction."""
        self.external_id = external_id
        self.entry = entry  # type: ignore[assignment]
        self.sent_at = clock.now()
        self.unknown_since = None
        self.next_look_at = None

    @transition(field=state, source=PaymentState.SENDING, target=PaymentState.RELEASED)
    def wait_for_money(self) -> None:
        """The rail said for certain that it did nothing because the balance is short.

        The rail keeps that answer under the key, so the next try needs the next round of the key.
        """
        self.claimed_at = None
        self.unknown_since = None
        self.key_round += 1

    @transition(field=state, source=PaymentState.SENT, target=PaymentState.SETTLED)
    def settle(self) -> None:
        """Matched to the rail's or the bank's own line."""
        self.settled_at = clock.now()

    @transition(field=state, source=PaymentState.SETTLED, target=PaymentState.SENT)
    def unsettle(self) -> None:
        """The match was undone."""
        self.settled_at = None

    @transition(field=state, source=PaymentState.SENDING, target=PaymentState.FAILED)
    def fail(self, *, code: str, sentence: str) -> None:
        """The rail refused: it goes to a person, and nothing was moved."""
        self.failure_code = code
        self.failure_sentence = sentence
        self.unknown_since = None
        self.next_look_at = None

    @transition(
        field=state, source=[PaymentState.SENT, PaymentState.SETTLED], target=PaymentState.RETURNED
    )
    def mark_returned(self, *, code: str, sentence: str) -> None:
        """The money came back; the obligation is open again."""
        self.failure_code = code
        self.failure_sentence = sentence
        self.returned_at = clock.now()

    @transition(
        field=state, source=[PaymentState.PLANNED, PaymentState.RELEASED], target=PaymentState.HELD
    )
    def hold(self, *, code: str, sentence: str) -> None:
        """Kept back for a person to look at."""
        self.failure_code = code
        self.failure_sentence = sentence

    @transition(field=state, source=PaymentState.HELD, target=PaymentState.RELEASED)
    def let_go(self) -> None:
        """Looked at, and may be sent."""

    @transition(
        field=state,
        source=[PaymentState.PLANNED, PaymentState.RELEASED, PaymentState.HELD],
        target=PaymentState.CANCELLED,
    )
    def cancel(self) -> None:
        """Not sent."""


class RemittanceAdvice(models.Model):
    """One letter per payee and run: what was paid, to which account. Never per invoice."""

    run = models.ForeignKey(PaymentRun, on_delete=models.PROTECT, related_name="remittances")
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, null=True, related_name="remittances"
    )
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="remittances"
    )
    total_pence = models.BigIntegerField()
    payment_count = models.PositiveIntegerField()
    document = models.ForeignKey("notify.Document", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "provider"], name="one_remittance_per_payee_and_run"
            ),
            models.UniqueConstraint(
                fields=["run", "person"], name="one_remittance_per_person_and_run"
            ),
            models.CheckConstraint(
                condition=Q(provider__isnull=False, person=None)
                | Q(provider=None, person__isnull=False),
                name="remittance_is_to_a_provider_or_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} · {self.payee_name}"

    @property
    def payee_name(self) -> str:
        """Who gets it, as we know them."""
        return self.provider.name if self.provider else self.person.full_name  # type: ignore[union-attr]
