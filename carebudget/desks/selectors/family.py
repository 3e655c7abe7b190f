"""Which chains of the record a member of staff may not read: those of their own family."""

from django.db.models import Q

from carebudget.people.models import Person, User


def chains_of_own_family(user: User) -> frozenset[str]:
    """Keys of the chains of persons who are the user, are helped by them or declared family, and of their cases.

    One query.
    """
    close = (
        Q(user=user)
        | Q(representations__user=user, representations__ended_at=None)
        | Q(family_ties__user=user)
    )
    found: set[str] = set()
    for person, case in Person.objects.filter(close).values_list("reference", "cases__reference"):
        found.add(f"person:{person}")
        if case:
            found.add(f"case:{case}")
    return frozenset(found)
