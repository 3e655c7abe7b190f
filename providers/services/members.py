"""Who speaks for a provider: invited by the council, and let go when they leave."""

from django.db import transaction

from carebudget import clock
from carebudget.errors import Refused
from carebudget.notify.services import send_message
from carebudget.people.access import require
from carebudget.people.models import Role, RoleHolding, User
from carebudget.people.services import invite_user, user_for

from ..models import Provider, ProviderMember
from .common import record_on


@transaction.atomic
def invite_member(*, provider: Provider, email: str, full_name: str, by: User) -> tuple[User, str]:
    """Let somebody sign in for a provider, and send them the invitation.

    Returns the user and the token of their invitation; the token is empty for somebody who signs in
    already, because they need no link. Inviting somebody who has not come in yet sends a fresh link.
    Nobody who works for the council may speak for a provider.
    """
    require(by, "providers.check", provider)
    user = user_for(email=email, full_name=full_name, role=Role.PROVIDER)
    if user.is_council_staff:
        raise Refused("council_staff", f"{user.full_name} works for the council.", field="email")
    membership, new = ProviderMember.objects.get_or_create(
        provider=provider, user=user, ended_at=None, defaults={"since": clock.now()}
    )
    comes_in_already = user.has_usable_password()
    if not new and comes_in_already:
        raise Refused(
            "member_already", f"{user.full_name} signs in for this provider already.", field="email"
        )
    record_on(provider, "provider.member_invited", by, user=str(user.public_id))
    token = _send_invitation(membership, by, with_link=not comes_in_already)
    return user, token


def _send_invitation(membership: ProviderMember, by: User, *, with_link: bool) -> str:
    provider, user = membership.provider, membership.user
    title = f"You can sign in for {provider.name}"
    words = "You can answer people who want your support, send invoices, and see when you are paid."
    if not with_link:
        send_message(
            to=user,
            key=f"provider.member:{membership.pk}",
            title=title,
            body=f"{by.full_name} added you. {words}",
            href="/provider/",
        )
        return ""
    invitation, token = invite_user(user=user, by=by)
    send_message(
        to=user,
        key=f"provider.invited:{invitation.token_digest[:32]}",
        title=title,
        body=f"{by.full_name} invites you. {words} "
        f"The link works once, until {invitation.expires_at:%-d %B}.",
        href=f"/invitation/{token}/",
    )
    return token


@transaction.atomic
def end_membership(*, provider: Provider, user: User, by: User) -> ProviderMember:
    """Somebody left: from now on they see and do nothing for this provider.

    With the last provider they speak for, the role goes too, and with it their desk. Doing it twice
    changes nothing the second time. Raises ``Refused`` when they never spoke for it.
    """
    require(by, "providers.check", provider)
    membership = (
        ProviderMember.objects.select_for_update()
        .filter(provider=provider, user=user)
        .order_by("-since")
        .first()
    )
    if membership is None:
        raise Refused("not_a_member", f"{user.full_name} does not sign in for {provider.name}.")
    if membership.ended_at is None:
        membership.ended_at = clock.now()
        membership.save(update_fields=["ended_at"])
        if not user.provider_memberships.filter(ended_at=None).exists():
            RoleHolding.objects.filter(user=user, role=Role.PROVIDER).delete()
        record_on(provider, "provider.member_ended", by, user=str(user.public_id))
    return membership
