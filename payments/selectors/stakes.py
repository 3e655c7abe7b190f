"""In which rows a user has a stake: the same question as ``permissions.has_no_stake``, for whole lists."""

from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from carebudget.people.models import FamilyTie, Person, Representation, Role, User
from providers.models import ProviderMember

Row = TypeVar("Row", bound=Model)


def own_interest(user: User) -> Q:
    """Rows with a ``case`` and a ``provider`` that concern the user, their family or their firm."""
    person: Any = OuterRef("case__person")
    return (
        Q(Exists(Person.objects.filter(pk=person, user=user)))
        | Q(Exists(Representation.objects.filter(person=person, user=user, ended_at=None)))
        | Q(Exists(FamilyTie.objects.filter(person=person, user=user)))
        | Q(Exists(ProviderMember.objects.filter(provider=OuterRef("provider"), user=user, ended_at=None)))
    )  # fmt: skip


def without_own(rows: QuerySet[Row], user: User) -> QuerySet[Row]:
    """What the user may see of a list: an auditor reads everything, finance not their own."""
    return rows if Role.AUDITOR in user.roles else rows.filter(~own_interest(user))


def own_person(rows: QuerySet[Row], user: User) -> QuerySet[Row]:
    """The same for rows with a ``person`` and no provider: an auditor reads everything, finance not their own."""
    return _without(rows, user, "person")


def without_own_case(rows: QuerySet[Row], user: User) -> QuerySet[Row]:
    """The same for rows with a ``case`` and no provider."""
    return _without(rows, user, "case__person")


def _without(rows: QuerySet[Row], user: User, way: str) -> QuerySet[Row]:
    if Role.AUDITOR in user.roles:
        return rows
    person: Any = OuterRef(way)
    return rows.filter(
        ~Q(Exists(Person.objects.filter(pk=person, user=user)))
        & ~Q(Exists(Representation.objects.filter(person=person, user=user, ended_at=None)))
        & ~Q(Exists(FamilyTie.objects.filter(person=person, user=user)))
    )
