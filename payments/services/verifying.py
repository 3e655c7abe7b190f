"""Proving the ledger from its legs: sums, balances, holds, states; names the first breach."""

from dataclasses import dataclass

from django.db.models import F, Q, Sum

from carebudget.money import format_pence

from ..models import (
    MOVING,
    Account,
    AccountKind,
    Entry,
    EntryKind,
    Invoice,
    Leg,
    Payment,
    PaymentState,
)


@dataclass(frozen=True)
class LedgerProof:
    """What was checked, and the first breach in words (empty when all holds)."""

    accounts: int
    entries: int
    legs: int
    breach: str = ""

    @property
    def holds(self) -> bool:
        return not self.breach


def verify_ledger() -> LedgerProof:
    """Recompute everything from the legs; reads only."""
    checks = (
        _entries_balance,
        _balances_are_the_sum_of_legs,
        _holds_are_open_pending_entries,
        _budgets_not_below_zero,
        _payments_have_their_entries,
        _invoices_have_their_entries,
    )
    breach = next((found for check in checks if (found := check())), "")
    return LedgerProof(
        accounts=Account.objects.count(),
        entries=Entry.objects.count(),
        legs=Leg.objects.count(),
        breach=breach,
    )


def _entries_balance() -> str:
    row = (
        Leg.objects.values("entry__key")
        .annotate(total=Sum("amount_pence"))
        .exclude(total=0)
        .order_by("entry_id")
        .first()
    )
    if row:
        return f"entry {row['entry__key']} does not balance: its legs sum to {format_pence(row['total'])}"
    lonely = Entry.objects.exclude(kind=EntryKind.VOID).filter(legs=None).order_by("id").first()
    return f"entry {lonely.key} has no legs" if lonely else ""


def _balances_are_the_sum_of_legs() -> str:
    sums = dict(
        Leg.objects.filter(entry__kind__in=MOVING)
        .values_list("account")
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    for account in Account.objects.order_by("id").iterator(chunk_size=2000):
        if account.balance_pence != sums.get(account.pk, 0):
            return (
                f"account {account.code} says {format_pence(account.balance_pence)} "
                f"but its legs sum to {format_pence(sums.get(account.pk, 0))}"
            )
    return ""


def _holds_are_open_pending_entries() -> str:
    pending = Leg.objects.filter(
        entry__kind=EntryKind.PENDING, entry__resolved_by=None, amount_pence__gt=0
    )
    sums = dict(pending.values_list("account").annotate(total=Sum("amount_pence")).order_by())
    for account in Account.objects.filter(Q(held_pence__gt=0) | Q(pk__in=sums)).order_by("id"):
        if account.held_pence != sums.get(account.pk, 0):
            return (
                f"account {account.code} holds {format_pence(account.held_pence)} "
                f"but open holds sum to {format_pence(sums.get(account.pk, 0))}"
            )
    return ""


def _budgets_not_below_zero() -> str:
    below = (
        Account.objects.filter(
            kind=AccountKind.BUDGET, balance_pence__gt=F("overdraft_pence") - F("held_pence")
        )
        .order_by("id")
        .first()
    )
    return f"account {below.code} is below zero without a decision" if below else ""


def _payments_have_their_entries() -> str:
    moved = Q(state__in=[PaymentState.SENT, PaymentState.SETTLED, PaymentState.RETURNED])
    lacking = Payment.objects.filter(moved, entry=None).order_by("id").first()
    if lacking:
        return f"payment {lacking.reference} was sent without an entry"
    for payment in (
        Payment.objects.filter(moved)
        .select_related("entry")
        .order_by("id")
        .iterator(chunk_size=2000)
    ):
        if payment.entry and payment.entry.subject != f"payment:{payment.reference}":
            return f"payment {payment.reference} points at the entry of something else"
    early = Payment.objects.exclude(moved).filter(entry__isnull=False).order_by("id").first()
    return f"payment {early.reference} has an entry but was not sent" if early else ""


def _invoices_have_their_entries() -> str:
    owed = Invoice.objects.filter(state__in=["approved", "paid"])
    wrong = (
        owed.annotate(
            entered=Sum("entry__legs__amount_pence", filter=Q(entry__legs__amount_pence__gt=0))
        )
        .exclude(entered=F("total_pence"))
        .order_by("id")
        .first()
    )
    return (
        f"invoice {wrong.reference} was approved for another amount than was entered"
        if wrong
        else ""
    )
