"""What several services of plans share: on whose behalf somebody acts, and telling people."""

from typing import Any

from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.notify.services import send_message, send_to_all
from carebudget.people.models import Role, User

from ..models import Case
from ..selectors.cases import clients_and_helpers


def acting_for(case: Case, by: User) -> User | None:
    """The person, when somebody who helps them acts; otherwise nobody."""
    person_user = case.person.user
    if (
        person_user
        and by.pk != person_user.pk
        and any(
            r.user_id == by.pk and r.ended_at is None for r in case.person.representations.all()
        )
    ):
        return person_user
    return None


def role_in(case: Case, by: User) -> str:
    """In which role somebody acts on this case."""
    if case.person.user_id == by.pk:
        return Role.CLIENT
    if any(r.user_id == by.pk and r.ended_at is None for r in case.person.representations.all()):
        return Role.REPRESENTATIVE
    own = (Role.WORKER,) if case.worker_id == by.pk else ()
    order = (
        *own,
        Role.MANAGER,
        Role.PANEL,
        Role.WORKER,
        Role.FINANCE_OFFICER,
        Role.FINANCE_MANAGER,
    )
    return next((role for role in order if role in by.roles), "")


def record_on(
    case: Case,
    verb: str,
    subject: str,
    by: User | None,
    *,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    """One event on the case's chain, with role and behalf worked out."""
    record(
        chain=case.chain,
        verb=verb,
        subject=subject,
        by=by,
        role=role_in(case, by) if by else "",
        on_behalf_of=acting_for(case, by) if by else None,
        reason=reason,
        changes=changes,
    )


def tell_person(
    case: Case, *, key: str, title: str, body: str, href: str, document: Any = None
) -> None:
    """Tell the person and everyone who helps them."""
    send_to_all(
        to=clients_and_helpers(case), key=key, title=title, body=body, href=href, document=document
    )


def tell_worker(case: Case, *, key: str, title: str, body: str, href: str) -> None:
    """Tell the case's worker, when there is one."""
    if case.worker:
        send_message(to=case.worker, key=key, title=title, body=body, href=href)


def needs_words(words: str, field: str, sentence: str) -> str:
    """The words, stripped. Raises ``Refused`` beside ``field`` when there are none."""
    stripped = words.strip()
    if not stripped:
        raise Refused(f"{field}_missing", sentence, field=field)
    return stripped
