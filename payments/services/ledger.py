"""Posting to the ledger. The only module that writes entries, legs and balances.

Invariants: legs of an entry sum to zero; an entry's key is used once; balances change in the same
transaction as the legs; accounts are locked in order of their ids, so that writers never deadlock.
The database function ``payments_post`` keeps them, and checks everything before it writes anything: a
refusal leaves the caller's transaction as it was.

A month that is closed takes no entry: what belongs there is entered on ``first_open_day`` and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from carebudget import clock
from carebudget.errors import Conflict, Refused
from carebudget.ids import uuid7
from carebudget.money import Pence, format_pence
from carebudget.people.models import User

from ..models import Account, AccountKind, Entry, EntryKind, Leg, month_of

LegDraft = tuple[Account, Pence]
"""An account and an amount in pence: positive debits it, negative credits it."""

POST = """
    SELECT place, entry, outcome, figure FROM payments_post(
        %s, %s, %s, %s, %s, %s::uuid[], %s::bigint[], %s::bigint[], %s::date[], %s, %s,
        %s::int[], %s::bigint[], %s::bigint[])
"""


SHUT = """
    SELECT min(k.day) FROM unnest(%s::text[], %s::date[]) k (key, day)
    WHERE payments_month_shut(k.day) AND NOT EXISTS (SELECT 1 FROM payments_entry e WHERE e.key = k.key)
"""


@dataclass(frozen=True)
class EntryDraft:
    """One business event to be entered. ``key`` is its idempotency key.

    Raises ``Refused`` when its two sides are not equal, or it has fewer than two legs.
    """

    key: str
    event: str
    description: str
    legs: Sequence[LegDraft]
    kind: EntryKind = EntryKind.POSTED
    effective_on: date | None = None
    subject: str = ""
    resolves: Entry | None = None
    corrects: Entry | None = None
    public_id: Any = field(default_factory=uuid7)

    def __post_init__(self) -> None:
        sides = sum(amount for _, amount in self.legs)
        if sides != 0 or (self.kind != EntryKind.VOID and len(self.legs) < 2):
            raise Refused("entry_unbalanced", "The two sides of this entry are not equal.")


def first_open_day(on: date) -> date:
    """``on`` itself, or the first day of the next month that is not closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT payments_first_open_day(%s)", [on])
        day: date = cursor.fetchone()[0]
    return day


def in_open_month(on: date, description: str) -> tuple[date, str]:
    """On which day to enter what happened on ``on``, and its description, which says when it was moved."""
    day = first_open_day(on)
    if day == on:
        return on, description
    said = f" (of {on:%-d %B %Y}, a month that is closed)"
    return day, f"{description[: 240 - len(said)]}{said}"


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
    draft = EntryDraft(
        key,
        event,
        description,
        legs,
        effective_on=effective_on,
        subject=subject,
        corrects=corrects,
    )
    return post_entries([draft], by=by)[0]


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
    draft = EntryDraft(key, event, description, legs, kind=EntryKind.PENDING, subject=subject)
    return post_entries([draft], by=by)[0]


def post_hold(*, held: Entry, key: str, description: str, by: User | None = None) -> Entry:
    """Move what was held. Once only; the same ``key`` again gives back the entry that stands."""
    legs = [(leg.account, leg.amount_pence) for leg in held.legs.select_related("account")]
    draft = EntryDraft(
        key,
        held.event,
        description,
        legs,
        kind=EntryKind.POST,
        subject=held.subject,
        resolves=held,
    )
    return post_entries([draft], by=by)[0]


def void_hold(*, held: Entry, key: str, description: str, by: User | None = None) -> Entry:
    """Let go of what was held."""
    draft = EntryDraft(
        key, held.event, description, [], kind=EntryKind.VOID, subject=held.subject, resolves=held
    )
    return post_entries([draft], by=by)[0]


def reverse_entry(*, entry: Entry, key: str, reason: str, by: User | None = None) -> Entry:
    """A correcting entry with the opposite legs, pointing at what it corrects.

    The same ``key`` again gives back the entry that stands. Raises ``Conflict`` when the entry was
    reversed already under another.
    """
    if entry.corrections.filter(event=f"{entry.event}.reversed").exclude(key=key).exists():
        raise Conflict("entry_reversed", "This was turned round already.")
    return post_entry(
        key=key,
        event=f"{entry.event}.reversed",
        description=reason,
        legs=[(leg.account, -leg.amount_pence) for leg in entry.legs.select_related("account")],
        by=by,
        subject=entry.subject,
        corrects=entry,
    )


def post_entries(drafts: Sequence[EntryDraft], *, by: User | None = None) -> list[Entry]:
    """Enter many business events in one call, all or none, in their order.

    Raises ``Refused`` when a budget would go below zero at the end of all of them or a month is closed,
    ``Conflict`` when a key was used for other legs or a hold was dealt with already. Nothing is written then.
    """
    if not drafts:
        return []
    moment = clock.now()
    _refuse_closed_months(drafts)
    rows = _call(drafts, by, moment)
    if rows[0][2] == "exceeded":
        raise Refused(
            "budget_exceeded",
            f"This is {format_pence(rows[0][3])} more than what is left in the budget.",
            "Ask for less, or talk to the social worker about changing the plan.",
        )
    if rows[0][2] == "resolved":
        raise Conflict("hold_resolved", "This amount was dealt with already.")
    _refuse_other_figures(
        [(draft, row[1]) for draft, row in zip(drafts, rows, strict=True) if row[2] == "stands"]
    )
    return [
        _entry(draft, row[1], by, moment) if row[2] == "entered" else Entry.objects.get(pk=row[1])
        for draft, row in zip(drafts, rows, strict=True)
    ]


def _refuse_closed_months(drafts: Sequence[EntryDraft]) -> None:
    """Only what is new is refused, and only a day that was given can lie in a month that is over."""
    this_month = month_of(clock.today())
    past = [d for d in drafts if d.effective_on is not None and d.effective_on < this_month]
    if not past:
        return
    with connection.cursor() as cursor:
        cursor.execute(SHUT, [[d.key for d in past], [d.effective_on for d in past]])
        shut = cursor.fetchone()[0]
    if shut:
        raise Refused(
            "period_closed",
            f"{shut:%B %Y} is closed and takes no more entries.",
            "Enter it in a month that is open, or ask for the month to be reopened.",
        )


def _call(
    drafts: Sequence[EntryDraft], by: User | None, moment: datetime
) -> list[tuple[int, int, str, int]]:
    legs = [
        (place, row.pk, amount)
        for place, draft in enumerate(drafts, start=1)
        for row, amount in draft.legs
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            POST,
            [
                [draft.key for draft in drafts],
                [draft.kind.value for draft in drafts],
                [draft.event for draft in drafts],
                [draft.description[:240] for draft in drafts],
                [draft.subject for draft in drafts],
                [draft.public_id for draft in drafts],
                [draft.resolves.pk if draft.resolves else None for draft in drafts],
                [draft.corrects.pk if draft.corrects else None for draft in drafts],
                [draft.effective_on or clock.today() for draft in drafts],
                by.pk if by else None,
                moment,
                [place for place, _, _ in legs],
                [pk for _, pk, _ in legs],
                [amount for _, _, amount in legs],
            ],
        )
        return cursor.fetchall()  # type: ignore[no-any-return]


def _refuse_other_figures(standing: Sequence[tuple[EntryDraft, int]]) -> None:
    """A key that was used may only come again for the same kind and legs."""
    for draft, entry_id in standing:
        asked = sorted((row.pk, amount) for row, amount in draft.legs)
        written = sorted(
            Leg.objects.filter(entry=entry_id).values_list("account_id", "amount_pence")
        )
        kind = Entry.objects.values_list("kind", flat=True).get(pk=entry_id)
        if kind != draft.kind or asked != written:
            raise Conflict("entry_key_used", "This was entered already, with other figures.")


def _entry(draft: EntryDraft, pk: int, by: User | None, moment: datetime) -> Entry:
    """The entry just written, without asking for it again."""
    entry = Entry(
        pk=pk,
        public_id=draft.public_id,
        key=draft.key,
        kind=draft.kind,
        event=draft.event,
        description=draft.description[:240],
        effective_on=draft.effective_on or clock.today(),
        resolves=draft.resolves,
        corrects=draft.corrects,
        subject=draft.subject,
        made_by=by,
        created_at=moment,
    )
    entry._state.adding = False
    entry._state.db = "default"
    return entry


@transaction.atomic
def allow_overdraft(*, budget: Account, pence: Pence) -> None:
    """Raise or lower how far a budget may go below zero. Only called by a named decision."""
    row = Account.objects.select_for_update().get(pk=budget.pk)
    row.overdraft_pence = pence
    row.save(update_fields=["overdraft_pence"])
