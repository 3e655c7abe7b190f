"""Where providers are paid: opened at the rail, completed on the rail's own pages, only ever copied here."""

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Refused
from carebudget.notify.services import send_to_all
from carebudget.people.access import require
from carebudget.people.models import User
from providers.models import Provider

from ..models import PayoutAccount, PayoutState
from ..rails import get_rail
from ..rails.protocol import RailAccount, RailDown
from .agreements import members_of

RAIL_DOWN = Refused(
    "rail_down",
    "The payment service did not answer.",
    "Nothing is lost. Try again in a few minutes.",
)


def open_payout_account(
    *, provider: Provider, by: User, rail_name: str = "stripe"
) -> PayoutAccount:
    """Open an account at the rail for a provider; asking twice gives the same account."""
    require(by, "payments.manage_payout", provider)
    standing = PayoutAccount.objects.filter(provider=provider).first()
    if standing:
        return standing
    try:
        answer = get_rail(rail_name).open_account(
            key=f"account-{provider.public_id}",
            reference=provider.reference,
            name=provider.name,
            email=provider.email,
        )
    except RailDown as error:
        raise RAIL_DOWN from error
    with transaction.atomic():
        account, new = PayoutAccount.objects.get_or_create(
            provider=provider,
            defaults={
                "rail": rail_name,
                "external_id": answer.external_id,
                "created_at": clock.now(),
            },
        )
        if new:
            record(
                chain=f"provider:{provider.reference}",
                verb="payout.opened",
                subject=f"provider:{provider.reference}",
                by=by,
                changes={"external_id": answer.external_id},
            )
    return _keep(account, answer)


def onboarding_link(*, provider: Provider, by: User, return_url: str, refresh_url: str) -> str:
    """The address of the rail's page where the provider gives bank details. We never see them."""
    account = open_payout_account(provider=provider, by=by)
    try:
        return get_rail(account.rail).onboarding_link(
            external_id=account.external_id, return_url=return_url, refresh_url=refresh_url
        )
    except RailDown as error:
        raise RAIL_DOWN from error


def look_at_payout_account(*, account: PayoutAccount) -> PayoutAccount:
    """Ask the rail how the account stands and keep that. Raises ``RailDown`` when it does not answer."""
    answer = get_rail(account.rail).look_at_account(account.external_id)
    return _keep(account, answer)


@transaction.atomic
def _keep(account: PayoutAccount, answer: RailAccount) -> PayoutAccount:
    row = PayoutAccount.objects.select_for_update().select_related("provider").get(pk=account.pk)
    before = (row.state, row.bank_last4)
    if answer.closed:
        row.state = PayoutState.CLOSED
    elif answer.can_be_paid:
        row.state = PayoutState.READY
    elif row.state in (PayoutState.READY, PayoutState.RESTRICTED):
        row.state = PayoutState.RESTRICTED
    row.bank_last4 = answer.bank_last4
    row.missing = list(answer.missing)
    row.looked_at = clock.now()
    row.save()
    if before != (row.state, row.bank_last4):
        record(
            chain=f"provider:{row.provider.reference}",
            verb=f"payout.{row.state}",
            subject=f"provider:{row.provider.reference}",
            by=None,
            changes={
                "from": before[0],
                "to": row.state,
                "bank_changed": before[1] != row.bank_last4,
            },
        )
        if row.state == PayoutState.READY:
            send_to_all(
                to=members_of(row.provider),
                key=f"payout.ready:{row.external_id}:{row.bank_last4}",
                title="You can be paid now",
                body=f"Payments will go to the account ending in {row.bank_last4}. If you did not change this, call us at once.",
                href="/provider/being-paid/",
            )
    return row
