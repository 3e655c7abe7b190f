"""Reading the ledger: every balance by kind, every leg of an account, and what each entry is about."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from carebudget.money import Pence
from carebudget.people.models import User
from plans.models import SupportPlan

from ..models import Account, AccountKind, Leg
from .stakes import without_own

KINDS = tuple(AccountKind.values)


@dataclass(frozen=True)
class KindTotal:
    """All accounts of one kind: how many, and their balances added up, in pence; debits are positive."""

    kind: str
    label: str
    count: int
    pence: Pence


def totals_by_kind() -> list[KindTotal]:
    """The whole ledger on one page; the sums add up to nothing, or the ledger is wrong."""
    rows = Account.objects.values_list("kind").annotate(n=Count("pk"), total=Sum("balance_pence"))
    found = {kind: (n, total) for kind, n, total in rows.order_by()}
    return [
        KindTotal(kind, str(AccountKind(kind).label), *found[kind])
        for kind in KINDS
        if kind in found
    ]


def ledger_accounts(user: User, *, kind: str = "", search: str = "") -> QuerySet[Account]:
    """Accounts that the user may see, by code. ``search``: a code, a person or a provider."""
    rows = without_own(Account.objects.all(), user)
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    words = search.strip()
    if words:
        rows = rows.filter(
            Q(code__icontains=words)
            | Q(name__icontains=words)
            | Q(case__person__full_name__icontains=words)
            | Q(provider__name__icontains=words)
        )
    return rows.select_related("case__person", "provider").order_by("kind", "code")


def account_by_code(code: str) -> Account:
    """The account, with what its permission asks about. May raise ``Account.DoesNotExist``."""
    return (
        Account.objects.select_related("case__person", "provider")
        .prefetch_related(
            "case__person__representations", "case__person__family_ties", "provider__members"
        )
        .get(code=code)
    )


def legs_of(account: Account) -> QuerySet[Leg]:
    """Everything that touched an account, newest first, with the other side of each entry."""
    others = Leg.objects.select_related("account").order_by("pk")
    return (
        account.legs.select_related("entry__made_by", "entry__resolved_by", "entry__corrects")
        .prefetch_related(Prefetch("entry__legs", queryset=others))
        .order_by("-pk")
    )


def cases_of_plans(references: Iterable[str]) -> dict[str, str]:
    """The case of each plan, both as references."""
    rows = SupportPlan.objects.filter(reference__in=list(references))
    return dict(rows.values_list("reference", "case__reference"))
