"""Submissions: payments that leave in one file, the file itself, and the reports that come back.

The database keeps what exactly-once rests on: a payment is in one living submission at most, a serial
number is used once, a file and a report are kept byte for byte (sealed) and a report counts once.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine, guard

from ..rules.batches import Outcome

SERIAL_SEQUENCE = "payments_submission_serial"


def submission_reference() -> str:
    """``SUB-7K2QFA``: what the bank statement shows for the whole file."""
    return new_reference("SUB")


class SubmissionState(models.TextChoices):
    """Where a submission stands."""

    BUILDING = "building", "Being made"
    BUILT = "built", "File is ready"
    SENT = "sent", "Handed to the bank"
    ACKNOWLEDGED = "acknowledged", "Taken by the bank"
    WITHDRAWN = "withdrawn", "Withdrawn"


LIVING = ("building", "built", "sent", "acknowledged")
"""States in which a submission's payments belong to it."""


@guard("The file has not been made yet.", "Make the file first.")
def has_a_file(submission: "Submission") -> bool:
    return submission.files.filter(direction=FileDirection.OUT).exists()


class Submission(Machine):
    """One file of payments of one run on one rail. Who hands it over is not who made it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=submission_reference)
    rail = models.CharField(max_length=20)
    run = models.ForeignKey(
        "payments.PaymentRun", on_delete=models.PROTECT, related_name="submissions"
    )
    serial = models.BigIntegerField()
    day = models.DateField()
    profile = models.JSONField(default=dict)
    payment_count = models.PositiveIntegerField()
    total_pence = models.BigIntegerField()
    state = FSMField(
        default=SubmissionState.BUILDING, choices=SubmissionState.choices, protected=True
    )
    sealed_key = models.BinaryField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(default=clock.now)
    built_at = models.DateTimeField(null=True, blank=True)
    handed_out_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    handed_out_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["rail", "serial"], name="submission_serial_used_once"),
            models.CheckConstraint(
                condition=Q(sent_by=None) | ~Q(sent_by=F("started_by")),
                name="submission_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "acknowledged"]) | Q(sent_by__isnull=False),
                name="sent_submission_has_sender",
            ),
            models.CheckConstraint(
                condition=Q(total_pence__gt=0) & Q(payment_count__gt=0),
                name="submission_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def living(self) -> bool:
        """Whether its payments belong to it."""
        return self.state in LIVING

    @transition(field=state, source=SubmissionState.BUILDING, target=SubmissionState.BUILT)
    def mark_built(self) -> None:
        """The file is made and kept."""
        self.built_at = clock.now()

    @transition(
        field=state,
        source=SubmissionState.BUILT,
        target=SubmissionState.SENT,
        conditions=[has_a_file],
    )
    def mark_sent(self, *, by: object) -> None:
        """A second person says that the bank has the file; every payment is entered in the ledger."""
        self.sent_by = by  # type: ignore[assignment]
        self.sent_at = clock.now()

    @transition(field=state, source=SubmissionState.SENT, target=SubmissionState.ACKNOWLEDGED)
    def acknowledge(self) -> None:
        """The bank's own figures agree with the file."""
        self.acknowledged_at = clock.now()

    @transition(
        field=state,
        source=[
            SubmissionState.BUILDING,
            SubmissionState.BUILT,
            SubmissionState.SENT,
            SubmissionState.ACKNOWLEDGED,
        ],
        target=SubmissionState.WITHDRAWN,
    )
    def withdraw(self, *, by: object, reason: str) -> None:
        """Not sent, or taken back before the cut-off: its payments may go in another file."""
        self.withdrawn_by = by  # type: ignore[assignment]
        self.withdrawn_at = clock.now()
        self.withdrawal_reason = reason


class SubmissionItem(models.Model):
    """One payment in a submission, with what its line is made of; and what a report said of it.

    No outcome means that nobody has said anything: unknown, never failed.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="items")
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="submission_items"
    )
    payee = models.ForeignKey(
        "payments.PayeeAccount", on_delete=models.PROTECT, related_name="submission_items"
    )
    position = models.PositiveIntegerField()
    day = models.DateField()
    name = models.CharField(max_length=70)
    living = models.BooleanField(default=True)
    outcome = models.CharField(
        max_length=10, choices=[(o.value, o.value.title()) for o in Outcome], blank=True
    )
    outcome_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["submission", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(living=True),
                name="payment_in_one_living_submission",
            ),
            models.UniqueConstraint(
                fields=["submission", "position"], name="submission_position_once"
            ),
            models.UniqueConstraint(
                fields=["submission", "payment"], name="payment_once_in_a_submission"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id}/{self.position}"

    @property
    def external_id(self) -> str:
        """What stands for the rail's own id: the submission and the place in it."""
        return f"{self.submission.reference}-{self.position}"


class FileDirection(models.TextChoices):
    """Whether a file left or came."""

    OUT = "out", "To the bank"
    IN = "in", "From the bank"


class RailFile(models.Model):
    """A file as it left or came, sealed byte for byte; ``sha256`` is of the bytes themselves.

    A file that left is sealed with its submission's own key; one that came with ``sealed_key``.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    rail = models.CharField(max_length=20)
    direction = models.CharField(max_length=3, choices=FileDirection.choices)
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, null=True, related_name="files"
    )
    name = models.CharField(max_length=160)
    format = models.CharField(max_length=30)
    sealed_content = models.BinaryField()
    sealed_key = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64)
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    brought_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-brought_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(direction="out"), name="one_file_per_submission"
            ),
            models.UniqueConstraint(
                fields=["rail", "sha256"], condition=Q(direction="in"), name="report_counts_once"
            ),
            models.CheckConstraint(
                condition=Q(direction="out", submission__isnull=False, sealed_key=None)
                | Q(direction="in", submission=None, sealed_key__isnull=False),
                name="rail_file_has_its_key",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ResultState(models.TextChoices):
    """What became of one line of a report."""

    TAKEN = "taken", "Taken"
    KNOWN = "known", "Known already"
    UNKNOWN = "unknown", "Fits nothing of ours"


class ResultLine(models.Model):
    """One line of a report: what it said, which payment it was about, or why it fits none."""

    file = models.ForeignKey(RailFile, on_delete=models.PROTECT, related_name="results")
    position = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=[(o.value, o.value.title()) for o in Outcome])
    reference = models.CharField(max_length=60, blank=True)
    amount_pence = models.BigIntegerField(null=True)
    code = models.CharField(max_length=20, blank=True)
    sentence = models.CharField(max_length=400, blank=True)
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, related_name="result_lines"
    )
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, null=True, related_name="result_lines"
    )
    state = models.CharField(max_length=8, choices=ResultState.choices)
    problem = models.CharField(max_length=240, blank=True)

    class Meta:
        ordering = ["file", "position"]
        constraints = [
            models.UniqueConstraint(fields=["file", "position"], name="result_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.position}"
