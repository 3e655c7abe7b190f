"""Where payees are paid by file rails, why not, and through whom a change can be confirmed."""

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q, QuerySet

from carebudget.errors import Refused
from carebudget.people.models import Person, User
from providers.models import Provider

from ..models import LeftOutKind, PayeeAccount, PayeeState, PayoutState
from ..rails import get_any_rail, get_file_rail, kind_of
from ..rails.protocol import RailKind

WAITS_OR_PAYS = (PayeeState.PROPOSED, PayeeState.CONFIRMED, PayeeState.FAULTY)


@dataclass(frozen=True)
class Way:
    """Where a payee is paid on one rail (a reference, never a number), or why they cannot be, in words."""

    destination: str = ""
    why_not: str = ""
    kind: LeftOutKind = LeftOutKind.ACCOUNT
    """What sort of obstacle ``why_not`` is."""


def ways_to_pay(rail: str, providers: Collection[Provider]) -> dict[int, Way]:
    """For each provider, by id, where they are paid on a rail, or why they cannot be, in words.

    Raises ``Refused`` for a rail that is not installed.
    """
    if rail not in settings.PAYMENT_RAILS:
        raise Refused("rail_unknown", "Say how the payments of this run are sent.", field="rail")
    by_file = kind_of(rail) == RailKind.FILE
    found = ways_by_file(rail=rail, providers=providers) if by_file else {}
    return {
        provider.pk: Way(
            why_not=f"{provider.name} is “{provider.get_state_display().lower()}”.",
            kind=LeftOutKind.PROVIDER,
        )
        if not provider.is_approved
        else found.get(provider.pk) or _way_by_api(provider)
        for provider in providers
    }


def ways_to_pay_people(rail: str, people: Collection[Person]) -> dict[int, Way]:
    """For each person, by id, where they are paid on a rail, or why they cannot be, in words.

    People are paid to their own bank account or card, so only by rails that send files. Raises
    ``Refused`` for a rail that is not installed.
    """
    if rail not in settings.PAYMENT_RAILS:
        raise Refused("rail_unknown", "Say how the payments of this run are sent.", field="rail")
    if kind_of(rail) != RailKind.FILE:
        return {
            person.pk: Way(
                why_not=f"{person.full_name} is paid to their own account, which {rail_title(rail)} "
                "cannot do. Choose a way of paying that sends a file."
            )
            for person in people
        }
    found = get_file_rail(rail)
    rows = PayeeAccount.objects.filter(
        person__in={person.pk for person in people}, kind=found.pays, state__in=WAITS_OR_PAYS
    )
    by_person: dict[int, list[PayeeAccount]] = {}
    for row in rows.order_by("id"):
        by_person.setdefault(row.person_id or 0, []).append(row)
    return {
        person.pk: way_of(person.full_name, by_person.get(person.pk, []), found.title)
        for person in people
    }


def rail_title(rail: str) -> str:
    """What people call a rail."""
    return get_any_rail(rail).title


def _way_by_api(provider: Provider) -> Way:
    account = getattr(provider, "payout_account", None)
    if account is None:
        return Way(why_not=f"{provider.name} has not set up how they are paid.")
    if account.state != PayoutState.READY:
        state = account.get_state_display().lower()
        return Way(why_not=f"{provider.name}’s payment account is “{state}”.")
    return Way(destination=account.external_id)


def ways_by_file(*, rail: str, providers: Collection[Provider]) -> dict[int, Way]:
    """For each provider, by id, where they are paid on a file rail. One query however many there are."""
    found = get_file_rail(rail)
    rows = PayeeAccount.objects.filter(
        provider__in={provider.pk for provider in providers},
        kind=found.pays,
        state__in=WAITS_OR_PAYS,
    )
    by_provider: dict[int, list[PayeeAccount]] = {}
    for row in rows.order_by("id"):
        by_provider.setdefault(row.provider_id or 0, []).append(row)
    return {
        provider.pk: way_of(provider.name, by_provider.get(provider.pk, []), found.title)
        for provider in providers
    }


def way_of(name: str, accounts: Collection[PayeeAccount], rail_title: str) -> Way:
    """Where one payee is paid, from their accounts of one kind: a change that waits stops everything."""
    waiting = [one for one in accounts if one.state == PayeeState.PROPOSED]
    if waiting:
        return Way(
            why_not=f"The bank details of {name} were given anew on {waiting[0].proposed_at:%-d %B %Y}. "
            "A second person must confirm them first.",
            kind=LeftOutKind.CHANGED,
        )
    confirmed = [one for one in accounts if one.state == PayeeState.CONFIRMED]
    if confirmed:
        return Way(destination=confirmed[0].reference)
    if accounts:
        last = list(accounts)[-1]
        return Way(why_not=f"The bank sent the last payment to {name} back: {last.fault}")
    return Way(why_not=f"{name} has given no account that {rail_title} can pay to.")


def accounts_of_same_payee(account: PayeeAccount) -> QuerySet[PayeeAccount]:
    """Every version of the payee's details of the same kind."""
    return PayeeAccount.objects.filter(
        provider=account.provider, person=account.person, kind=account.kind
    )


def not_payable_now(references: Collection[str]) -> dict[str, str]:
    """Of these destinations, those that may not be paid to now, with the reason in words."""
    rows = PayeeAccount.objects.filter(reference__in=references).select_related(
        "provider", "person"
    )
    found = dict.fromkeys(references, "The account of this payment is not known.")
    found.update({row.reference: _why_not(row) for row in rows})
    found.update(changes_waiting(references))
    return {reference: why for reference, why in found.items() if why}


def _why_not(account: PayeeAccount) -> str:
    if account.state == PayeeState.FAULTY:
        return way_of(account.payee_name, [account], "").why_not
    if account.state != PayeeState.CONFIRMED:
        state = account.get_state_display().lower()
        return f"The bank details of {account.payee_name} that this payment was made for are “{state}”."
    if account.provider and not account.provider.is_approved:
        return f"{account.provider.name} is “{account.provider.get_state_display().lower()}”."
    return ""


def changes_waiting(references: Collection[str]) -> dict[str, str]:
    """Of these destinations, those whose payee has given new details that nobody has confirmed yet."""
    waiting = {
        (row.provider_id, row.person_id, row.kind): row
        for row in PayeeAccount.objects.filter(state=PayeeState.PROPOSED)
    }
    if not waiting:
        return {}
    rows = PayeeAccount.objects.filter(reference__in=references).select_related(
        "provider", "person"
    )
    return {
        row.reference: way_of(row.payee_name, [changed], "").why_not
        for row in rows
        if (changed := waiting.get((row.provider_id, row.person_id, row.kind)))
    }


def known_contacts(account: PayeeAccount) -> list[User]:
    """People who spoke for the payee before these details were given: who hears of it, and can be asked."""
    before = account.proposed_at
    if account.provider:
        wanted = Q(
            provider_memberships__provider=account.provider,
            provider_memberships__ended_at=None,
            provider_memberships__since__lt=before,
        )
    else:
        wanted = Q(person=account.person) | Q(
            representations__person=account.person,
            representations__ended_at=None,
            representations__since__lt=before,
        )
    return list(User.objects.filter(wanted, is_active=True).distinct().order_by("id"))


def sharing_an_account(account: PayeeAccount) -> list[PayeeAccount]:
    """Other payees who have given the same figures: worth a question before anything is confirmed."""
    same = PayeeAccount.objects.filter(
        fingerprint=account.fingerprint, state__in=WAITS_OR_PAYS
    ).exclude(pk__in=accounts_of_same_payee(account))
    return list(same.select_related("provider", "person").order_by("id"))
