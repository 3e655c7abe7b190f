"""Letting people in: users are made by an invitation, and set their own password from its link."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused

from ..access import require
from ..models import (
    Invitation,
    Person,
    Representation,
    RepresentativeKind,
    Role,
    RoleHolding,
    Team,
    User,
)

INVITATION_DAYS = 14


def digest_of(token: str) -> str:
    """What is stored in place of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


def give_role(*, user: User, role: Role, team: Team | None = None) -> RoleHolding:
    """Give ``user`` the role; giving it twice changes nothing."""
    holding, _ = RoleHolding.objects.get_or_create(user=user, role=role, defaults={"team": team})
    user.__dict__.pop("_roles", None)
    return holding


def user_for(*, email: str, full_name: str, role: Role) -> User:
    """The user with this e-mail, made without a password when there is none, holding ``role``."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, None, full_name=full_name)
    give_role(user=user, role=role)
    return user


@transaction.atomic
def invite_person(*, person: Person, by: User) -> tuple[Invitation, str]:
    """Invite the person themselves to sign in; returns the invitation and the token for its link.

    Raises ``Refused`` when they have no e-mail address or sign in already.
    """
    require(by, "people.invite", person)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if not person.email:
        raise Refused(
            "person_without_email",
            f"{person.full_name} has no e-mail address here.",
            "Add one, or invite someone who helps them.",
            field="email",
        )
    if person.user is None:
        taken = User.objects.filter(email__iexact=person.email).first()
        if taken and Person.objects.filter(user=taken).exists():
            raise Refused(
                "email_taken",
                "Somebody else already signs in with this e-mail address.",
                field="email",
            )
        person.user = user_for(email=person.email, full_name=person.full_name, role=Role.CLIENT)
        person.save(update_fields=["user"])
    invitation, token = _new_invitation(user=person.user, by=by)
    record(
        chain=f"person:{person.reference}",
        verb="person.invited",
        subject=f"person:{person.reference}",
        by=by,
    )
    return invitation, token


@transaction.atomic
def invite_representative(
    *,
    person: Person,
    email: str,
    full_name: str,
    relationship: str,
    kind: RepresentativeKind = RepresentativeKind.FAMILY,
    by: User,
) -> tuple[Invitation | None, str]:
    """Invite somebody the person trusts. Returns no invitation when they already have a password.

    Raises ``Refused`` when that person already helps, or is the person.
    """
    require(by, "people.invite_helper", person)
    user = user_for(email=email, full_name=full_name, role=Role.REPRESENTATIVE)
    if person.user_id == user.pk:
        raise Refused("helper_is_person", "This is the person’s own e-mail address.", field="email")
    if Representation.objects.filter(person=person, user=user, ended_at=None).exists():
        raise Refused("helps_already", f"{user.full_name} helps already.", field="email")
    Representation.objects.create(person=person, user=user, kind=kind, relationship=relationship)
    record(
        chain=f"person:{person.reference}",
        verb="representative.invited",
        subject=f"person:{person.reference}",
        by=by,
        changes={"kind": kind, "user": str(user.public_id)},
        reason=f"{full_name}, {relationship}",
    )
    if user.has_usable_password():
        return None, ""
    return _new_invitation(user=user, by=by)


def invite_user(*, user: User, by: User | None) -> tuple[Invitation, str]:
    """Invite a user that another service made (a provider's member, a colleague)."""
    with transaction.atomic():
        return _new_invitation(user=user, by=by)


def _new_invitation(*, user: User, by: User | None) -> tuple[Invitation, str]:
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        user=user,
        token_digest=digest_of(token),
        sent_by=by,
        sent_at=clock.now(),
        expires_at=clock.now() + timedelta(days=INVITATION_DAYS),
    )
    return invitation, token


def open_invitation(token: str) -> Invitation:
    """The invitation behind a link. Raises ``Refused`` when it is unknown, used or too old.

    Nor does it work for somebody who has a password by now: an old link must not change that.
    """
    invitation = (
        Invitation.objects.select_related("user").filter(token_digest=digest_of(token)).first()
    )
    if invitation is None or invitation.accepted_at or invitation.user.has_usable_password():
        raise Refused(
            "invitation_used",
            "This invitation has been used, or the link is not complete.",
            "If you have a password already, sign in. If not, ask for a new invitation.",
        )
    if invitation.expires_at < clock.now():
        raise Refused("invitation_old", "This invitation is too old.", "Ask for a new one.")
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, password: str) -> User:
    """Set the password of the invited user; the link works once."""
    invitation = open_invitation(token)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at:
        return open_invitation(token).user
    user = User.objects.select_for_update().get(pk=invitation.user_id)
    user.set_password(password)
    user.save(update_fields=["password"])
    invitation.accepted_at = clock.now()
    invitation.save(update_fields=["accepted_at"])
    record(
        chain=f"user:{user.public_id}",
        verb="invitation.accepted",
        subject=f"user:{user.public_id}",
        by=user,
    )
    return user
