"""Posting to the ledger. The only module that writes entries, legs and balances.

Invariants: legs of an entry sum to zero; an entry's key is used once; balances change in the same
transaction as the legs; accounts are locked in order of their ids, so that writers never deadlock.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.money import Pence, format_pence
from carebudget.people.models import User

from ..models import Account, AccountKind, Entry, EntryKind, Leg

LegDraft = tuple[Account, Pence]
"""An account and an amount in pence: positive debits it, negative credits it."""


def account(code: str, *, kind: AccountKind, name: str, case=None, provider=None) -> Account:  # type: ignore[no-untyped-def]
    """The account with this code, opened when it is first needed."""
    found, _ = Account.objects.get_or_create(
        code=code, defaults={"kind": kind, "name": name, "case": case, "provider": provider}
    )
    return found


def post_entry(
    *,
    key: str,
    event: str,
    description: str,
    legs: Sequence[LegDraft],
    by: User | None = None,
    effective_on: date | None = None,
    subject: str = "",
    corrects: Entry | None = None,
) -> Entry:
    """Move money. Posting the same ``key`` again gives back the entry that stands.

    Raises ``Refused`` when the legs do not balance or a budget would go below zero, ``Conflict`` when
    the key was used for other legs.
    """
    return _write(
        EntryKind.POSTED,
        key,
        event,
        description,
        legs,
        by,
        effective_on,
        subject,
        corrects=corrects,
    )


def hold(
    *,
    key: str,
    event: str,
    description: str,
    legs: Sequence[LegDraft],
    by: User | None = None,
    subject: str = "",
) -> Entry:
    """Hold money without moving it, until ``post_hold`` or ``void_hold``."""
    return _write(EntryKind.PENDING, key, event, description, legs, by, None, subject)


def post_hold(*, held: Entry, key: str, description: str, by: User | None = None) -> Entry:
    """Move what was held. Once only; the same ``key`` again gives back the entry that stands."""
    legs = [(leg.account, leg.amount_pence) for leg in held.legs.select_related("account")]
    return _write(
        EntryKind.POST, key, held.event, description, legs, by, None, held.subject, resolves=held
    )


def void_hold(*, held: Entry, key: str, description: str, by: User | None = None) -> Entry:
    """Let go of what was held."""
    return _write(
        EntryKind.VOID, key, held.event, description, [], by, None, held.subject, resolves=held
    )


def reverse_entry(*, entry: Entry, key: str, reason: str, by: User | None = None) -> Entry:
    """A correcting entry with the opposite legs, pointing at what it corrects."""
    legs = [(leg.account, -leg.amount_pence) for leg in entry.legs.select_related("account")]
    return post_entry(
        key=key,
        event=f"{entry.event}.reversed",
        description=reason[:240],
        legs=legs,
        by=by,
        subject=entry.subject,
        corrects=entry,
    )


@transaction.atomic
def _write(
    kind: EntryKind,
    key: str,
    event: str,
    description: str,
    legs: Sequence[LegDraft],
    by: User | None,
    effective_on: date | None,
    subject: str,
    *,
    resolves: Entry | None = None,
    corrects: Entry | None = None,
) -> Entry:
    if sum(amount for _, amount in legs) != 0 or (kind != EntryKind.VOID and len(legs) < 2):
        raise Refused("entry_unbalanced", "The two sides of this entry are not equal.")
    held_legs = list(resolves.legs.all()) if resolves else []
    accounts = _locked({a.pk for a, _ in legs} | {leg.account_id for leg in held_legs})
    standing = Entry.objects.filter(key=key).first()
    if standing is not None:
        return _the_same(standing, kind, legs)
    if resolves is not None and Entry.objects.filter(resolves=resolves).exists():
        raise Conflict("hold_resolved", "This amount was dealt with already.")
    for leg in held_legs:
        if leg.amount_pence > 0:
            accounts[leg.account_id].held_pence -= leg.amount_pence
    entry = Entry.objects.create(
        key=key,
        kind=kind,
        event=event,
        description=description[:240],
        effective_on=effective_on or clock.today(),
        resolves=resolves,
        corrects=corrects,
        subject=subject,
        made_by=by,
        created_at=clock.now(),
    )
    Leg.objects.bulk_create(_apply(entry, accounts, legs))
    _refuse_overspending(accounts.values())
    Account.objects.bulk_update(accounts.values(), ["balance_pence", "held_pence"])
    return entry


def _locked(ids: set[int]) -> dict[int, Account]:
    rows = Account.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _apply(entry: Entry, accounts: dict[int, Account], legs: Sequence[LegDraft]) -> list[Leg]:
    written = []
    for named, amount in legs:
        row = accounts[named.pk]
        if entry.kind == EntryKind.PENDING:
            row.held_pence += max(amount, 0)
        else:
            row.balance_pence += amount
        written.append(
            Leg(
                entry=entry, account=row, amount_pence=amount, balance_after_pence=row.balance_pence
            )
        )
    return written


def _refuse_overspending(accounts: object) -> None:
    for row in accounts:  # type: ignore[attr-defined]
        if (
            row.kind == AccountKind.BUDGET
            and row.balance_pence + row.held_pence > row.overdraft_pence
        ):
            over = row.balance_pence + row.held_pence - row.overdraft_pence
            raise Refused(
                "budget_exceeded",
                f"This is {format_pence(over)} more than what is left in the budget.",
                "Ask for less, or talk to the social worker about changing the plan.",
            )


def _the_same(standing: Entry, kind: EntryKind, legs: Sequence[LegDraft]) -> Entry:
    asked = sorted((a.pk, amount) for a, amount in legs)
    written = sorted(standing.legs.values_list("account_id", "amount_pence"))
    if standing.kind != kind or asked != written:
        raise Conflict("entry_key_used", "This was entered already, with other figures.")
    return standing


@transaction.atomic
def allow_overdraft(*, budget: Account, pence: Pence) -> None:
    """Raise or lower how far a budget may go below zero. Only called by a named decision."""
    row = Account.objects.select_for_update().get(pk=budget.pk)
    row.overdraft_pence = pence
    row.save(update_fields=["overdraft_pence"])
