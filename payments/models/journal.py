"""Journals for the general ledger: which legs went out with which closing of a month, and how they read.

A leg is exported once: ``JournalLine`` says in which batch. A file that was made is kept as it is.
"""

from django.conf import settings
from django.db import models

from carebudget import clock
from carebudget.ids import new_reference, uuid7


def batch_reference() -> str:
    """``JNL-7K2QFA``: what the general ledger shows."""
    return new_reference("JNL")


def profile_reference() -> str:
    """``GLP-7K2QFA``."""
    return new_reference("GLP")


class Detail(models.TextChoices):
    """How much of the ledger a file says."""

    TOTALS = "totals", "One line for each cost centre and subjective code"
    LEGS = "legs", "One line for each side of every entry"


class JournalProfile(models.Model):
    """How one council's general ledger wants its journals: columns and codes, as data.

    ``columns`` are pairs of a heading and a source (see ``rules.journals.SOURCES``). ``cost_centres``
    are codes by team; ``subjectives`` by kind of account, or ``kind:programme`` where one differs.
    """

    reference = models.CharField(max_length=12, unique=True, default=profile_reference)
    name = models.CharField(max_length=80, unique=True)
    detail = models.CharField(max_length=8, choices=Detail.choices, default=Detail.TOTALS)
    columns = models.JSONField()
    cost_centres = models.JSONField(default=dict)
    subjectives = models.JSONField(default=dict)
    other_cost_centre = models.CharField(max_length=40)
    other_subjective = models.CharField(max_length=40)
    control_line = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def chain(self) -> str:
        """The key of this profile's audit chain."""
        return f"journal-profile:{self.reference}"


class JournalBatch(models.Model):
    """What one closing of a month hands to the general ledger: everything not handed over before."""

    reference = models.CharField(max_length=12, unique=True, default=batch_reference)
    period = models.ForeignKey("payments.Period", on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveSmallIntegerField()
    entry_count = models.PositiveIntegerField(default=0)
    leg_count = models.PositiveIntegerField(default=0)
    debits_pence = models.BigIntegerField(default=0)
    credits_pence = models.BigIntegerField(default=0)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["period", "number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="journal_batch_once"),
            models.CheckConstraint(
                condition=models.Q(debits_pence=models.F("credits_pence")),
                name="journal_batch_balances",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class JournalLine(models.Model):
    """One leg in one batch, with the team and programme it belonged to on that day."""

    batch = models.ForeignKey(JournalBatch, on_delete=models.PROTECT, related_name="lines")
    leg = models.OneToOneField(
        "payments.Leg", on_delete=models.PROTECT, related_name="journal_line"
    )
    team = models.CharField(max_length=120, blank=True)
    programme = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["leg_id"]
        indexes = [
            models.Index(fields=["batch", "team", "programme"], name="journal_line_code_idx")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.leg_id}"


class JournalFile(models.Model):
    """A file exactly as it was first made for a batch: asking again gives the same bytes."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    batch = models.ForeignKey(JournalBatch, on_delete=models.PROTECT, related_name="files")
    profile = models.ForeignKey(JournalProfile, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=80)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "profile"], name="journal_file_once")
        ]

    def __str__(self) -> str:
        return self.name
