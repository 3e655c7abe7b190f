"""Providers: registered, checked, approved, suspended; and their prices."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from carebudget import clock
from carebudget.errors import NotAllowed, Refused
from carebudget.machine import move
from carebudget.money import Pence
from carebudget.people.access import require
from carebudget.people.models import User
from carebudget.text import sentence

from ..models import (
    CheckKind,
    CheckOutcome,
    Provider,
    ProviderCheck,
    ProviderKind,
    ProviderRate,
    RateUnit,
)
from .common import record_on, tell_members


@transaction.atomic
def register_provider(
    *,
    name: str,
    kind: str,
    email: str,
    by: User,
    phone: str = "",
    postcode: str = "",
    description: str = "",
    cqc_location_id: str = "",
) -> Provider:
    """Put a provider on the list, to be checked. Raises ``Refused`` beside the field at fault."""
    require(by, "providers.register")
    if kind not in ProviderKind.values:
        raise Refused("kind_unknown", "Say what kind of provider this is.", field="kind")
    _refuse_name(name, Provider.objects.all())
    provider = Provider.objects.create(
        name=name.strip(),
        kind=kind,
        email=email,
        phone=phone,
        postcode=postcode.upper(),
        description=description,
        cqc_location_id=cqc_location_id,
        created_at=clock.now(),
    )
    record_on(provider, "provider.registered", by, kind=kind)
    return provider


def _refuse_name(name: str, others: QuerySet[Provider]) -> None:
    if not name.strip():
        raise Refused("name_missing", "Enter the provider’s name.", field="name")
    if others.filter(name__iexact=name.strip()).exclude(state="closed").exists():
        raise Refused("provider_known", f"{name.strip()} is on the list already.", field="name")


@transaction.atomic
def change_provider(
    *,
    provider: Provider,
    name: str,
    email: str,
    by: User,
    phone: str = "",
    postcode: str = "",
    description: str = "",
    cqc_location_id: str = "",
) -> Provider:
    """Put the facts of a provider right. Its kind stays, because the checks it needs follow from that.

    Raises ``Refused`` beside the field at fault. Changing nothing leaves no trace.
    """
    require(by, "providers.check", provider)
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    _refuse_name(name, Provider.objects.exclude(pk=row.pk))
    facts = {
        "name": name.strip(),
        "email": email,
        "phone": phone,
        "postcode": postcode.upper(),
        "description": description,
        "cqc_location_id": cqc_location_id,
    }
    changed = sorted(key for key, value in facts.items() if getattr(row, key) != value)
    if changed:
        for key in changed:
            setattr(row, key, facts[key])
        row.save(update_fields=changed)
        record_on(row, "provider.changed", by, fields=changed)
    return row


@transaction.atomic
def record_check(
    *,
    provider: Provider,
    kind: str,
    outcome: str,
    by: User,
    note: str = "",
    expires_on: date | None = None,
) -> ProviderCheck:
    """Keep what a check found; a later one of the same kind replaces it, and both are in the record."""
    require(by, "providers.check", provider)
    if kind not in CheckKind.values:
        raise Refused("check_unknown", "Say what was checked.", field="kind")
    if outcome not in CheckOutcome.values:
        raise Refused("outcome_unknown", "Say whether it passed.", field="outcome")
    if expires_on is not None and expires_on < clock.today() and outcome == CheckOutcome.PASSED:
        raise Refused(
            "check_expired",
            "This ran out in the past, so it cannot have passed.",
            field="expires_on",
        )
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    check, _ = ProviderCheck.objects.update_or_create(
        provider=row,
        kind=kind,
        defaults={
            "outcome": outcome,
            "note": note,
            "expires_on": expires_on,
            "checked_by": by,
            "checked_at": clock.now(),
        },
    )
    record_on(row, "provider.checked", by, reason=note, kind=kind, outcome=outcome)
    passed = outcome == CheckOutcome.PASSED
    tell_members(
        row,
        f"checked-{kind}",
        title=f"{CheckKind(kind).label}: {'passed' if passed else 'not passed'}",
        body=f"We looked at this for {row.name}. {sentence(note)}".strip()
        + ("" if passed else " Send us what is missing, and we look again."),
    )
    return check


@transaction.atomic
def approve_provider(*, provider: Provider, by: User) -> Provider:
    """Every check has passed: people may choose this provider."""
    require(by, "providers.approve", provider)
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    if row.is_approved:
        return row
    move(row, "approve")
    record_on(row, "provider.approved", by)
    tell_members(
        row,
        "approved",
        title=f"{row.name} is checked",
        body="Every check has passed. People can choose you from now on.",
    )
    return row


@transaction.atomic
def suspend_provider(*, provider: Provider, reason: str, by: User) -> Provider:
    """Not to be chosen or paid for now, with the reason."""
    require(by, "providers.approve", provider)
    if not reason.strip():
        raise Refused("reason_missing", "Say why the provider is suspended.", field="reason")
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    move(row, "suspend")
    record_on(row, "provider.suspended", by, reason=reason)
    tell_members(
        row,
        "suspended",
        title=f"{row.name} is suspended",
        body=f"The reason: “{reason}”. Until this is settled nobody can choose you, and nothing is paid.",
    )
    return row


@transaction.atomic
def add_rate(
    *, provider: Provider, description: str, unit: str, rate_pence: Pence, by: User
) -> ProviderRate:
    """Publish a rate, in pence per unit."""
    if not (by.has_perm("providers.member", provider) or by.has_perm("providers.check", provider)):
        raise NotAllowed("not_allowed", "You may not do this.")
    if unit not in RateUnit.values:
        raise Refused("unit_unknown", "Say what the price is for.", field="unit")
    if rate_pence <= 0:
        raise Refused("rate_missing", "Enter what one costs.", field="rate_pence")
    rate = ProviderRate.objects.create(
        provider=provider,
        description=description,
        unit=unit,
        rate_pence=rate_pence,
        from_date=clock.today(),
    )
    record_on(provider, "provider.rate_added", by, rate_pence=rate_pence, unit=unit)
    return rate
