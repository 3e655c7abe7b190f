"""What every service about providers does the same way: the record, and telling those who speak for them."""

from carebudget import clock
from carebudget.audit.services import record
from carebudget.notify.services import send_to_all
from carebudget.people.models import User

from ..models import Provider


def record_on(
    provider: Provider, verb: str, by: User, *, reason: str = "", **changes: object
) -> None:
    """One event in the provider's chain."""
    record(
        chain=provider.chain,
        verb=verb,
        subject=f"provider:{provider.reference}",
        by=by,
        reason=reason,
        changes={"state": provider.state, **changes},
    )


def tell_members(provider: Provider, what: str, *, title: str, body: str) -> None:
    """A message to everyone who speaks for the provider now, with the way to their desk."""
    send_to_all(
        to=User.objects.filter(
            provider_memberships__provider=provider, provider_memberships__ended_at=None
        ),
        key=f"provider.{what}:{provider.reference}:{clock.now():%Y%m%d%H%M%S}",
        title=title,
        body=body,
        href="/provider/",
    )
