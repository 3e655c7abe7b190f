"""Explaining statement lines: the passes, a person's own match, a reasoned entry, and undoing any of it.

A match posts the entry that moves the money out of clearing, in one transaction with the line's state.
Undoing posts the opposite entry; nothing is ever deleted. Source: design, section 6 (reconciling).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from carebudget import clock
from carebudget.audit.services import record
from carebudget.errors import Conflict, Refused
from carebudget.machine import move
from carebudget.money import Pence, format_pence
from carebudget.people.access import require
from carebudget.people.models import User

from ..models import (
    Account,
    LineState,
    Match,
    MatchItem,
    Payment,
    PaymentRun,
    PaymentState,
    RunState,
    StatementAccount,
    StatementLine,
    TopUp,
)
from ..rules import matching
from ..selectors.reconciling import OPEN, Side, items_side, lines_side, open_items, open_lines
from . import ledger
from .accounts import clearing_account, fees_account, funding_account, suspense_account
from .fetching import FEE
from .importing import chain_of

PERSON = "person"

EXPLANATIONS = {
    "funding": "Money that the council put in or took out",
    "fees": "Fee of the bank or payment service",
    "suspense": "Not explained yet, kept apart until it is",
}
"""What a line may be when it settles nothing of ours: each posts to one account."""


@dataclass(frozen=True)
class Settled:
    """One thing that a line settles: a payment, its return or a top-up (``item`` is its id), or an account."""

    amount_pence: Pence
    item: str = ""
    account: Account | None = None


@dataclass(frozen=True)
class Reconciled:
    """What the passes did on one account, and what is still open on either side."""

    account: StatementAccount
    matched: int
    matched_pence: Pence
    lines: Side
    items: Side


def reconcile() -> list[Reconciled]:
    """Run the passes over every account. Safe to repeat, and from several places at once."""
    done = [_reconcile(account) for account in StatementAccount.objects.order_by("id")]
    close_explained_runs()
    return done


def _reconcile(account: StatementAccount) -> Reconciled:
    count, pence = _take_fees(account)
    items = {item.id: item for item in open_items(account)}
    found = matching.match(open_lines(account), items.values())
    for one in found.matches:
        parts = [Settled(items[item].amount_pence, item) for item in one.items]
        line = _match(one.line, parts, pass_name=one.pass_name, why=one.why, by=None)
        if line is not None:
            count, pence = count + 1, pence + line.amount_pence
    _mark_suggestions(account, {one.line for one in found.suggestions})
    return Reconciled(account, count, pence, lines_side(account), items_side(open_items(account)))


def _take_fees(account: StatementAccount) -> tuple[int, Pence]:
    """A rail states its own fees: they need no guessing."""
    count = pence = 0
    for line in account.lines.filter(kind=FEE, state__in=OPEN).order_by("id"):
        part = Settled(line.amount_pence, account=fees_account(account.code))
        if _match(line.pk, [part], pass_name="fee", why=f"fee that {account.name} states", by=None):  # noqa: S106
            count, pence = count + 1, pence + line.amount_pence
    return count, pence


@transaction.atomic
def _mark_suggestions(account: StatementAccount, suggested: set[int]) -> None:
    for line in account.lines.select_for_update().filter(state=LineState.OPEN, pk__in=suggested):
        move(line, "suggest")
    no_more = account.lines.select_for_update().filter(state=LineState.SUGGESTED)
    for line in no_more.exclude(pk__in=suggested):
        move(line, "drop_suggestions")


def match_line(*, line: StatementLine, items: Sequence[str], reason: str, by: User) -> Match:
    """A person says what a line settles; the amounts must make the line exactly.

    ``items`` are ids of ``selectors.reconciling.open_items``. Raises ``Refused`` when nothing is
    chosen or the sum differs, ``Conflict`` when somebody was faster.
    """
    require(by, "payments.reconcile")
    standing = {item.id: item for item in open_items(line.account)}
    if not items:
        raise Refused("nothing_chosen", "Choose what this line pays.", field="items")
    if any(item not in standing for item in items):
        raise Conflict("item_settled", "One of these is explained by another line already.")
    chosen = [standing[item] for item in items]
    total = sum(item.amount_pence for item in chosen)
    if total != line.amount_pence:
        raise Refused(
            "sum_differs",
            f"What you chose makes {format_pence(total)}, and the line is {format_pence(line.amount_pence)}.",
            "Choose others, or explain the line in another way.",
            field="items",
        )
    parts = [Settled(item.amount_pence, item.id) for item in chosen]
    names = ", ".join(item.reference or item.id.partition(":")[2] for item in chosen)
    why = f"{by.full_name} chose {names}"
    return _by_hand(line, parts, why, reason, by)


def explain_line(*, line: StatementLine, explanation: str, reason: str, by: User) -> Match:
    """A person says what a line is that settles nothing of ours: a reasoned entry to one account."""
    require(by, "payments.reconcile")
    if explanation not in EXPLANATIONS:
        raise Refused("explanation_unknown", "Say what this line is.", field="explanation")
    if not reason.strip():
        raise Refused("reason_missing", "Say how you know. It is kept.", field="reason")
    account = {
        "funding": lambda: funding_account("general"),
        "fees": lambda: fees_account(line.account.code),
        "suspense": suspense_account,
    }[explanation]()
    part = Settled(line.amount_pence, account=account)
    why = f"{by.full_name}: {EXPLANATIONS[explanation].lower()}"
    return _by_hand(line, [part], why, reason, by)


def settle_on_account(
    *, line: StatementLine, account: Account, pass_name: str, why: str, reason: str, by: User | None
) -> Match | None:
    """A line is what somebody owed us: it goes to the account of what they owe.

    ``None`` when the line was explained meanwhile. The callers ask the permission.
    """
    part = Settled(line.amount_pence, account=account)
    found = _match(line.pk, [part], pass_name=pass_name, why=why, by=by, reason=reason)
    return found.matches.get(undone_at=None) if found else None


def _by_hand(
    line: StatementLine, parts: Sequence[Settled], why: str, reason: str, by: User
) -> Match:
    found = _match(line.pk, parts, pass_name=PERSON, why=why, by=by, reason=reason)
    if found is None:
        raise Conflict("line_explained", "Somebody else has explained this line already.")
    close_explained_runs()
    return found.matches.get(undone_at=None)


@transaction.atomic
def _match(
    line_id: int,
    parts: Sequence[Settled],
    *,
    pass_name: str,
    why: str,
    by: User | None,
    reason: str = "",
) -> StatementLine | None:
    """Post the entry and mark line and payments; ``None`` when line or items were taken meanwhile."""
    line = (
        StatementLine.objects.select_for_update(of=("self",))
        .select_related("account__ledger_account")
        .get(pk=line_id)
    )
    if line.state == LineState.MATCHED:
        return None
    assert sum(part.amount_pence for part in parts) == line.amount_pence
    legs = [(line.account.ledger_account, line.amount_pence)]
    rows: list[MatchItem] = []
    for part in parts:
        row = _item(line, part)
        if row is None:
            return None
        rows.append(row)
        legs.append((_other_side(row), -part.amount_pence))
    day, description = ledger.in_open_month(
        line.booked_on, f"{line.account.name} {line.booked_on}: {why}"
    )
    entry = ledger.post_entry(
        key=f"matched:{line.public_id}:{line.matches.count() + 1}",
        event="line.matched",
        description=description,
        legs=_merged(legs),
        by=by,
        effective_on=day,
        subject=f"line:{line.public_id}",
    )
    match = Match.objects.create(
        line=line,
        pass_name=pass_name,
        why=why[:300],
        entry=entry,
        matched_by=by,
        matched_at=clock.now(),
    )
    for row in rows:
        row.match = match
    MatchItem.objects.bulk_create(rows)
    move(line, "match")
    for row in rows:
        if row.payment and row.amount_pence < 0 and row.payment.state == PaymentState.SENT:
            move(row.payment, "settle")
    record(
        chain=chain_of(line.account),
        verb="line.matched",
        subject=f"line:{line.public_id}",
        by=by,
        reason=reason.strip(),
        changes={
            "amount_pence": line.amount_pence,
            "pass": pass_name,
            "settles": [part.item or (part.account.code if part.account else "") for part in parts],
        },
    )
    return line


def _item(line: StatementLine, part: Settled) -> MatchItem | None:
    """The row for one part, with its payment or top-up locked; ``None`` when it is settled already."""
    if part.account is not None:
        return MatchItem(account=part.account, amount_pence=part.amount_pence)
    kind, _, reference = part.item.partition(":")
    same = MatchItem.objects.filter(match__undone_at=None, match__line__account=line.account)
    if kind == "topup":
        topup = TopUp.objects.select_for_update().get(reference=reference)
        if same.filter(topup=topup).exists():
            return None
        return MatchItem(topup=topup, amount_pence=part.amount_pence)
    payment = Payment.objects.select_for_update().get(reference=reference)
    side = {"amount_pence__lt": 0} if part.amount_pence < 0 else {"amount_pence__gt": 0}
    if same.filter(payment=payment, **side).exists():
        return None
    return MatchItem(payment=payment, amount_pence=part.amount_pence)


def _other_side(row: MatchItem) -> Account:
    if row.account is not None:
        return row.account
    return clearing_account(row.payment.rail if row.payment else "topup")


def _merged(legs: Sequence[tuple[Account, Pence]]) -> list[tuple[Account, Pence]]:
    """One leg for each account: a bulk line of a thousand payments is two legs, not a thousand."""
    sums: dict[int, tuple[Account, Pence]] = {}
    for account, amount in legs:
        before = sums.get(account.pk, (account, 0))[1]
        sums[account.pk] = (account, before + amount)
    return [leg for leg in sums.values() if leg[1]]


@transaction.atomic
def undo_match(*, match: Match, reason: str, by: User) -> Match:
    """Take a match back, with a reason: the opposite entry is posted and both sides are open again."""
    require(by, "payments.reconcile")
    if not reason.strip():
        raise Refused("reason_missing", "Say why you take it back.", field="reason")
    line = (
        StatementLine.objects.select_for_update(of=("self",))
        .select_related("account")
        .get(pk=match.line_id)
    )
    row = Match.objects.select_for_update(of=("self",)).select_related("entry").get(pk=match.pk)
    if row.undone_at:
        raise Conflict("match_undone", "This was taken back already.")
    row.undo_entry = ledger.reverse_entry(
        entry=row.entry, key=f"unmatched:{row.public_id}", reason=reason, by=by
    )
    row.undone_at, row.undone_by, row.undo_reason = clock.now(), by, reason.strip()
    row.save(update_fields=["undone_at", "undone_by", "undo_reason", "undo_entry"])
    move(line, "unmatch")
    for item in row.items.filter(payment__isnull=False, amount_pence__lt=0):
        assert item.payment is not None
        payment = Payment.objects.select_for_update().get(pk=item.payment.pk)
        if payment.state == PaymentState.SETTLED:
            move(payment, "unsettle")
            _open_again(payment.run)
    record(
        chain=chain_of(line.account),
        verb="line.unmatched",
        subject=f"line:{line.public_id}",
        by=by,
        reason=reason.strip(),
        changes={"amount_pence": line.amount_pence, "pass": row.pass_name},
    )
    return row


def _open_again(closed: PaymentRun) -> None:
    run = PaymentRun.objects.select_for_update().get(pk=closed.pk)
    if run.state == RunState.CLOSED:
        move(run, "reopen")


@transaction.atomic
def set_line_aside(*, line: StatementLine, note: str, by: User) -> StatementLine:
    """Keep a line for a person, with what is being done about it; the passes leave it alone."""
    require(by, "payments.reconcile")
    if not note.strip():
        raise Refused("note_missing", "Say what you are waiting for.", field="note")
    row = (
        StatementLine.objects.select_for_update(of=("self",))
        .select_related("account")
        .get(pk=line.pk)
    )
    move(row, "set_aside", note=note.strip())
    record(
        chain=chain_of(row.account),
        verb="line.set_aside",
        subject=f"line:{row.public_id}",
        by=by,
        reason=note.strip(),
        changes={"amount_pence": row.amount_pence},
    )
    return row


def close_explained_runs() -> int:
    """Sent runs of which every payment is settled, cancelled, or mended after a refusal are closed."""
    open_states = [PaymentState.SENT, PaymentState.SENDING, PaymentState.RELEASED]
    not_mended = Payment.objects.filter(
        state__in=[PaymentState.FAILED, PaymentState.RETURNED], mended_at=None
    )
    ready = (
        PaymentRun.objects.filter(state=RunState.SENT)
        .exclude(payments__state__in=open_states)
        .exclude(payments__in=not_mended)
        .values_list("pk", flat=True)
    )
    return sum(_close(pk) for pk in list(ready))


@transaction.atomic
def _close(run_id: int) -> int:
    run = PaymentRun.objects.select_for_update().get(pk=run_id)
    if run.state != RunState.SENT:
        return 0
    move(run, "close")
    record(
        chain=run.chain,
        verb="run.closed",
        subject=f"run:{run.reference}",
        by=None,
        changes={"state": run.state, "total_pence": run.total_pence},
    )
    return 1
