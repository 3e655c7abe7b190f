"""Statements of the bank and of the rails, their lines, and what each line was matched to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import uuid7
from carebudget.machine import Machine


class StatementAccount(models.Model):
    """An account whose statements we read: ``bank`` (the council's bank) or ``stripe``."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    ledger_account = models.OneToOneField("payments.Account", on_delete=models.PROTECT)
    number = models.CharField("account number or IBAN on its statements", max_length=40, blank=True)
    currency = models.CharField(max_length=3, default="GBP")

    def __str__(self) -> str:
        return self.name


class StatementFile(models.Model):
    """A file or fetch exactly as it came. The same bytes are stored once."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(StatementAccount, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=160)
    format = models.CharField(max_length=20)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    brought_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-brought_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "sha256"], name="statement_file_once")
        ]

    def __str__(self) -> str:
        return self.name


class StatementState(models.TextChoices):
    """Whether a statement's lines count."""

    ACCEPTED = "accepted", "Adds up"
    HELD = "held", "Does not add up"
    ACCEPTED_ANYWAY = "accepted_anyway", "Accepted with a reason"
    REJECTED = "rejected", "Rejected"


class Statement(Machine):
    """One statement in a file. Opening balance and lines must make the closing balance, or it is held."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    account = models.ForeignKey(
        StatementAccount, on_delete=models.PROTECT, related_name="statements"
    )
    statement_id = models.CharField(max_length=80, blank=True)
    sequence = models.CharField(max_length=40, blank=True)
    from_date = models.DateField(null=True, blank=True)
    to_date = models.DateField(null=True, blank=True)
    opening_pence = models.BigIntegerField(null=True, blank=True)
    closing_pence = models.BigIntegerField(null=True, blank=True)
    difference_pence = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list)
    parsed_lines = models.JSONField(default=list)
    state = FSMField(
        default=StatementState.ACCEPTED, choices=StatementState.choices, protected=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-to_date", "-id"]

    def __str__(self) -> str:
        return f"{self.account} {self.statement_id or self.pk}"

    @transition(field=state, source=StatementState.HELD, target=StatementState.ACCEPTED_ANYWAY)
    def accept_anyway(self, *, by: object, reason: str) -> None:
        """A person looked at the difference and takes the lines."""
        self.decided_by, self.decided_at, self.decision_reason = by, clock.now(), reason  # type: ignore[assignment]

    @transition(field=state, source=StatementState.HELD, target=StatementState.REJECTED)
    def reject(self, *, by: object, reason: str) -> None:
        """A person looked at the difference and does not take the lines."""
        self.decided_by, self.decided_at, self.decision_reason = by, clock.now(), reason  # type: ignore[assignment]


class LineState(models.TextChoices):
    """Whether a line is explained."""

    OPEN = "open", "Not matched"
    SUGGESTED = "suggested", "A match is suggested"
    MATCHED = "matched", "Matched"
    EXCEPTION = "exception", "With a person"


class StatementLine(Machine):
    """One booked line. Money out is negative. The fingerprint makes importing it twice impossible."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(StatementAccount, on_delete=models.PROTECT, related_name="lines")
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, null=True, related_name="lines"
    )
    fingerprint = models.CharField(max_length=64)
    booked_on = models.DateField(db_index=True)
    amount_pence = models.BigIntegerField()
    counterparty = models.CharField(max_length=140, blank=True)
    reference = models.CharField(max_length=140, blank=True)
    text = models.TextField(blank=True)
    external_id = models.CharField(max_length=80, blank=True, db_index=True)
    source_id = models.CharField(max_length=80, blank=True, db_index=True)
    group = models.CharField(max_length=80, blank=True, db_index=True)
    kind = models.CharField(max_length=30, blank=True)
    state = FSMField(default=LineState.OPEN, choices=LineState.choices, protected=True)
    note = models.TextField(blank=True)
    imported_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-booked_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "fingerprint"], name="statement_line_once"),
            models.CheckConstraint(condition=~Q(amount_pence=0), name="statement_line_not_zero"),
        ]
        indexes = [
            models.Index(
                fields=["account", "booked_on"],
                condition=~Q(state="matched"),
                name="line_unmatched_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_pence}"

    @transition(field=state, source=LineState.OPEN, target=LineState.SUGGESTED)
    def suggest(self) -> None:
        """Something fits, but not surely enough."""

    @transition(field=state, source=LineState.SUGGESTED, target=LineState.OPEN)
    def drop_suggestions(self) -> None:
        """Nothing fits any more."""

    @transition(
        field=state,
        source=[LineState.OPEN, LineState.SUGGESTED, LineState.EXCEPTION],
        target=LineState.MATCHED,
    )
    def match(self) -> None:
        """Explained to the penny."""

    @transition(field=state, source=LineState.MATCHED, target=LineState.OPEN)
    def unmatch(self) -> None:
        """The match was undone, with a reason."""

    @transition(
        field=state, source=[LineState.OPEN, LineState.SUGGESTED], target=LineState.EXCEPTION
    )
    def set_aside(self, *, note: str) -> None:
        """A person has it."""
        self.note = note


class Match(models.Model):
    """Why a line is explained, by which pass or person, and the entry it posted. Can be undone."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="matches")
    pass_name = models.CharField(max_length=30)
    why = models.CharField(max_length=300)
    entry = models.ForeignKey("payments.Entry", on_delete=models.PROTECT, related_name="+")
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    matched_at = models.DateTimeField(default=clock.now)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    undo_reason = models.TextField(blank=True)
    undo_entry = models.ForeignKey(
        "payments.Entry", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-matched_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(undone_at=None), name="line_matched_once"
            )
        ]

    def __str__(self) -> str:
        return self.why


class MatchItem(models.Model):
    """One thing that a line settles: a payment, a top-up, or an account by a reasoned entry."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="items")
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, related_name="match_items"
    )
    topup = models.ForeignKey(
        "payments.TopUp", on_delete=models.PROTECT, null=True, related_name="match_items"
    )
    account = models.ForeignKey(
        "payments.Account", on_delete=models.PROTECT, null=True, related_name="+"
    )
    amount_pence = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=False, topup=None, account=None)
                | Q(payment=None, topup__isnull=False, account=None)
                | Q(payment=None, topup=None, account__isnull=False),
                name="match_item_names_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.match_id}: {self.amount_pence}"
