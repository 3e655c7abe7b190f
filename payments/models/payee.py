"""Payees' own account details, for rails that pay to a bank account or a card by file.

A row is one version of one payee's details and is never changed: new details are a new row, which pays
nothing until a second person has confirmed it through a contact that was known before. The figures are
sealed with a key that is not in the database; only the last four may be read here.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from carebudget import clock
from carebudget.ids import new_reference, uuid7
from carebudget.machine import Machine

from ..rules.payee_check import PayeeAnswer
from ..rules.payee_details import PayeeKind


def payee_reference() -> str:
    """``PYE-7K2QFA``: one version of a payee's details, and where a payment by file goes."""
    return new_reference("PYE")


class PayeeState(models.TextChoices):
    """Whether these details may be paid to."""

    PROPOSED = "proposed", "Waiting for a second person"
    CONFIRMED = "confirmed", "In use"
    REFUSED = "refused", "Not confirmed"
    REPLACED = "replaced", "Replaced by newer details"
    FAULTY = "faulty", "The bank sent money back"
    ENDED = "ended", "Not used any more"


class ContactKind(models.TextChoices):
    """Through which contact, known before the change, the payee was asked."""

    PHONE = "phone", "The phone number we had before"
    VISIT = "visit", "In person"
    MEMBER = "member", "Somebody who spoke for them before"
    LETTER = "letter", "A letter to the address we had before"


class PayeeAccount(Machine):
    """Where one payee is paid. The database refuses that whoever proposed it confirms it."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=payee_reference)
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.PROTECT, null=True, related_name="payee_accounts"
    )
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="payee_accounts"
    )
    kind = models.CharField(max_length=8, choices=[(k.value, k.name.title()) for k in PayeeKind])
    name = models.CharField("name on the account", max_length=70)
    business = models.BooleanField(default=True)
    sealed = models.BinaryField()
    fingerprint = models.CharField(max_length=64, db_index=True)
    last4 = models.CharField(max_length=4)
    state = FSMField(default=PayeeState.PROPOSED, choices=PayeeState.choices, protected=True)
    modulus = models.CharField(max_length=12)
    answer = models.CharField(
        max_length=10,
        choices=[(a.value, a.value) for a in PayeeAnswer],
        default=PayeeAnswer.NOT_ASKED.value,
    )
    name_returned = models.CharField(max_length=140, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField("why they changed", blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    contact_kind = models.CharField(max_length=8, choices=ContactKind.choices, blank=True)
    contact_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision_words = models.TextField(blank=True)
    fault = models.CharField(max_length=240, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(provider__isnull=False, person=None)
                | Q(provider=None, person__isnull=False),
                name="payee_is_a_provider_or_a_person",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                name="payee_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "replaced", "faulty"])
                | (Q(decided_by__isnull=False) & ~Q(contact_kind="") & ~Q(decision_words="")),
                name="payee_confirmed_through_a_contact",
            ),
            models.UniqueConstraint(
                fields=["provider", "kind"],
                condition=Q(state="confirmed"),
                name="one_account_in_use_per_provider",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(state="confirmed"),
                name="one_account_in_use_per_person",
            ),
            models.UniqueConstraint(
                fields=["provider", "kind"],
                condition=Q(state="proposed"),
                name="one_change_waits_per_provider",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(state="proposed"),
                name="one_change_waits_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} ••••{self.last4}"

    @property
    def payee_name(self) -> str:
        """Who is paid, as we know them; ``name`` is what stands on the account."""
        return self.provider.name if self.provider else self.person.full_name  # type: ignore[union-attr]

    @property
    def chain(self) -> str:
        """The key of the audit chain of this payee."""
        if self.provider:
            return f"provider:{self.provider.reference}"
        return f"person:{self.person.reference}"  # type: ignore[union-attr]

    @property
    def words(self) -> str:
        """The account as people recognise it: ``account ending in 5678``."""
        what = {"uk": "account", "iban": "IBAN", "card": "card"}[self.kind]
        return f"{what} ending in {self.last4}"

    @transition(field=state, source=PayeeState.PROPOSED, target=PayeeState.CONFIRMED)
    def confirm(self, *, by: object, contact_kind: str, contact_user: object, words: str) -> None:
        """A second person has asked the payee through a contact known before."""
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        self.contact_kind = contact_kind
        self.contact_user = contact_user  # type: ignore[assignment]
        self.decision_words = words

    @transition(field=state, source=PayeeState.PROPOSED, target=PayeeState.REFUSED)
    def refuse(self, *, by: object, words: str) -> None:
        """The payee did not ask for it, or it does not belong to them."""
        self.decided_by = by  # type: ignore[assignment]
        self.decided_at = clock.now()
        self.decision_words = words

    @transition(
        field=state,
        source=[PayeeState.CONFIRMED, PayeeState.FAULTY],
        target=PayeeState.REPLACED,
    )
    def replace(self) -> None:
        """Newer details were confirmed."""
        self.ended_at = clock.now()

    @transition(field=state, source=PayeeState.CONFIRMED, target=PayeeState.FAULTY)
    def find_fault(self, *, sentence: str) -> None:
        """The bank sent money back and blames the account: nothing more is paid there."""
        self.fault = sentence

    @transition(
        field=state,
        source=[PayeeState.PROPOSED, PayeeState.CONFIRMED, PayeeState.FAULTY],
        target=PayeeState.ENDED,
    )
    def end(self, *, words: str) -> None:
        """Taken back by whoever proposed it, or not used any more."""
        self.ended_at = clock.now()
        self.decision_words = self.decision_words or words
