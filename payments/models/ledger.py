"""Double entry. Legs of an entry sum to zero; entries and legs are never changed or deleted.

The database enforces both (see migration ``0002_ledger_guarantees``), keeps every balance in the
transaction that posts, and refuses a budget below zero beyond what a named decision allowed.

A leg's ``amount_pence`` is positive for a debit and negative for a credit. Pending entries hold
money (``held_pence``) without moving it; one later entry posts or voids each of them.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from carebudget import clock
from carebudget.ids import uuid7


class AccountKind(models.TextChoices):
    """What an account stands for."""

    AUTHORITY = "authority", "Council money allocated to people"
    BUDGET = "budget", "A person’s budget"
    PAYABLE = "payable", "Owed to a payee"
    RECEIVABLE = "receivable", "Owed to the council"
    CLEARING = "clearing", "On its way through a rail"
    BANK = "bank", "Money at a bank or payment service"
    FEES = "fees", "Fees of banks and payment services"
    SUSPENSE = "suspense", "Not explained yet"
    ACCRUAL = "accrual", "Support given, not approved yet"


class Account(models.Model):
    """One account. ``code`` is its public name: ``budget:CAS-7K2QFA``, ``clearing:stripe``, ``bank:main``."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    case = models.ForeignKey(
        "plans.Case", on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    provider = models.ForeignKey(
        "providers.Provider",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
    )
    balance_pence = models.BigIntegerField(default=0)
    held_pence = models.BigIntegerField(default=0)
    overdraft_pence = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(held_pence__gte=0), name="held_not_negative"),
            models.CheckConstraint(
                condition=Q(overdraft_pence__gte=0), name="overdraft_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(kind="budget")
                | Q(balance_pence__lte=F("overdraft_pence") - F("held_pence")),
                name="budget_not_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def left_pence(self) -> int:
        """For a budget: what is neither spent nor held. Budgets are credit balances, hence the sign."""
        return -self.balance_pence - self.held_pence


class EntryKind(models.TextChoices):
    """What an entry does."""

    POSTED = "posted", "Moves money"
    PENDING = "pending", "Holds money"
    POST = "post", "Moves what was held"
    VOID = "void", "Lets go of what was held"


MOVING = (EntryKind.POSTED, EntryKind.POST)
"""Kinds of entry whose legs are part of a balance."""


class Entry(models.Model):
    """One business event. ``key`` is its idempotency key: the same event is never entered twice."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=8, choices=EntryKind.choices, default=EntryKind.POSTED)
    event = models.CharField(max_length=40, db_index=True)
    description = models.CharField(max_length=240)
    effective_on = models.DateField(db_index=True)
    resolves = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="resolved_by"
    )
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    subject = models.CharField(max_length=120, blank=True, db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind__in=["post", "void"]) & Q(resolves__isnull=False))
                | (Q(kind__in=["posted", "pending"]) & Q(resolves__isnull=True)),
                name="entry_resolves_only_when_it_should",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(event__endswith=".reversed"),
                name="entry_reversed_once",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Leg(models.Model):
    """One side of an entry. A void entry has no legs; a pending one's legs hold but do not move."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="legs")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="legs")
    amount_pence = models.BigIntegerField()
    balance_after_pence = models.BigIntegerField()
    posted_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["account", "id"]),
            models.Index(fields=["account", "posted_at", "id"], name="leg_account_moment_idx"),
        ]
        constraints = [models.CheckConstraint(condition=~Q(amount_pence=0), name="leg_not_zero")]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.amount_pence}"
