"""Named predicates about people, from which the permissions of every app are built."""

import rules

from .models import Person, Role, User


def holds(*roles: Role) -> rules.Predicate:
    """A predicate: the user holds at least one of these roles."""

    @rules.predicate(name=f"holds:{'|'.join(roles)}")
    def held(user: User) -> bool:
        return user.is_authenticated and bool(user.roles & set(roles))

    return held


def is_person(user: User, person: Person) -> bool:
    """The user is this person."""
    return person.user_id is not None and person.user_id == user.pk


def represents(user: User, person: Person) -> bool:
    """The user helps this person, and has not stopped."""
    return any(r.ended_at is None for r in person.representations.all() if r.user_id == user.pk)


def is_family_of(user: User, person: Person) -> bool:
    """The user is the person, represents them or has declared a tie: they may not decide for the council."""
    return (
        is_person(user, person)
        or represents(user, person)
        or any(tie.user_id == user.pk for tie in person.family_ties.all())
    )


is_worker = holds(Role.WORKER)
is_manager = holds(Role.MANAGER)
is_panel = holds(Role.PANEL)
is_finance_officer = holds(Role.FINANCE_OFFICER)
is_finance_manager = holds(Role.FINANCE_MANAGER)
is_finance = holds(Role.FINANCE_OFFICER, Role.FINANCE_MANAGER)
is_provider = holds(Role.PROVIDER)
is_auditor = holds(Role.AUDITOR)
is_client_side = holds(Role.CLIENT, Role.REPRESENTATIVE)
is_care_staff = holds(Role.WORKER, Role.MANAGER, Role.PANEL)
