"""Who may do what with people."""

import rules

from .models import Person, User
from .predicates import is_care_staff, is_family_of, is_person


@rules.predicate
def not_own_family(user: User, person: Person | None) -> bool:
    return person is None or not is_family_of(user, person)


@rules.predicate
def is_this_person(user: User, person: Person | None) -> bool:
    return person is not None and is_person(user, person)


rules.add_perm("people.invite", is_care_staff & not_own_family)
rules.add_perm("people.invite_helper", (is_care_staff & not_own_family) | is_this_person)
rules.add_perm("people.declare_tie", is_care_staff)
