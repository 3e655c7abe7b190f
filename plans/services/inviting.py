"""Inviting the person, and those they trust, to sign in: the invitation and its message are one act."""

from django.db import transaction

from carebudget.errors import Refused
from carebudget.notify.services import send_message
from carebudget.people.access import require
from carebudget.people.models import Person, Representation, RepresentativeKind, User
from carebudget.people.services import invite_person, invite_representative

from ..models import Case
from .common import record_on


@transaction.atomic
def invite_client(*, case: Case, email: str, by: User) -> None:
    """Send the person their own invitation, to the e-mail address that is known or given here.

    Raises ``Refused`` beside ``person_email`` when the address is missing or somebody else's, or when
    they sign in with another one already.
    """
    require(by, "people.invite", case.person)
    person = Person.objects.select_for_update().get(pk=case.person_id)
    if person.user is not None and person.user.email.lower() != email.lower():
        raise Refused(
            "signs_in_already",
            f"{person.full_name} signs in with {person.user.email}.",
            "Send the invitation to that address.",
            field="person_email",
        )
    if person.email != email:
        person.email = email
        person.save(update_fields=["email"])
    try:
        invitation, token = invite_person(person=person, by=by)
    except Refused as refusal:
        field = "person_email" if refusal.field == "email" else refusal.field
        raise Refused(refusal.code, refusal.sentence, refusal.next_step, field) from refusal
    send_message(
        to=invitation.user,
        key=f"person.invited:{invitation.token_digest[:32]}",
        title="You are invited to see your budget",
        body=f"{by.full_name} invites you. You can answer questions about your life, see how much money "
        f"there is, and plan how to use it. The link works once, until {invitation.expires_at:%-d %B}.",
        href=f"/invitation/{token}/",
    )
    record_on(case, "person.invited", f"person:{person.reference}", by)


@transaction.atomic
def invite_helper(
    *, case: Case, full_name: str, email: str, kind: str, relationship: str, by: User
) -> None:
    """Let somebody help with this budget, and tell them. Somebody who signs in already needs no link.

    Raises ``Refused`` beside ``email`` when they help already, or are the person.
    """
    invitation, token = invite_representative(
        person=case.person,
        email=email,
        full_name=full_name,
        relationship=relationship,
        kind=RepresentativeKind(kind),
        by=by,
    )
    helper = Representation.objects.select_related("user").get(
        person=case.person, user__email__iexact=email, ended_at=None
    )
    send_message(
        to=helper.user,
        key=f"helper.invited:{helper.pk}",
        title=f"You can help {case.person.full_name} with their budget",
        body=f"{by.full_name} asked you to help. You can see and do what {case.person.called} can."
        + (f" The link works once, until {invitation.expires_at:%-d %B}." if invitation else ""),
        href=f"/invitation/{token}/" if invitation else f"/my-budget/{case.reference}/",
    )
    record_on(case, "helper.invited", f"person:{case.person.reference}", by, changes={"kind": kind})
