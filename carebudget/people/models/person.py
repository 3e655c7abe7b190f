"""Persons with care needs, those who help them, and family ties that bar a member of staff."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from carebudget import clock
from carebudget.ids import new_reference, uuid7


def person_reference() -> str:
    """``PSN-7K2QFA``: what is read out on the phone."""
    return new_reference("PSN")


class Person(models.Model):
    """Someone who may need support. They need not have a sign-in of their own."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=person_reference)
    full_name = models.CharField("full name", max_length=120)
    preferred_name = models.CharField("what they like to be called", max_length=60, blank=True)
    date_of_birth = models.DateField("date of birth")
    died_on = models.DateField("date of death", null=True, blank=True)
    email = models.EmailField("e-mail address", blank=True)
    phone = models.CharField("phone number", max_length=30, blank=True)
    address = models.TextField(blank=True)
    needs_in_communication = models.CharField(max_length=200, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="person",
    )
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.full_name

    @property
    def called(self) -> str:
        """The name to use when speaking to them."""
        return self.preferred_name or self.full_name.split(" ")[0]


class RepresentativeKind(models.TextChoices):
    """In which standing somebody helps."""

    FAMILY = "family", "Family member"
    FRIEND = "friend", "Friend"
    ADVOCATE = "advocate", "Advocate"
    ATTORNEY = "attorney", "Attorney or deputy"
    NOMINEE = "nominee", "Nominee for direct payments"


class Representation(models.Model):
    """Somebody whom the person trusts to help with their budget."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="representations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="representations"
    )
    kind = models.CharField(max_length=20, choices=RepresentativeKind.choices)
    relationship = models.CharField("relationship, like daughter", max_length=60)
    may_submit = models.BooleanField(default=True)
    since = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "user"], condition=Q(ended_at=None), name="represents_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.relationship}) helps {self.person}"


class FamilyTie(models.Model):
    """A declared tie between a member of staff and a person: they may not work on that case."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="family_ties"
    )
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="family_ties")
    relationship = models.CharField(max_length=60)
    declared_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "person"], name="tie_declared_once")]

    def __str__(self) -> str:
        return f"{self.user} is {self.relationship} of {self.person}"
