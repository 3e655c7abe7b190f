"""What is spent, held, committed and left: for one case, or for many with a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from plans.models import Case

from ..models import (
    MOVING,
    Account,
    AccountKind,
    AgreementState,
    Invoice,
    Leg,
    ServiceAgreement,
)

RUNNING = (AgreementState.ACCEPTED, AgreementState.LIVE, AgreementState.SUSPENDED)


@dataclass(frozen=True)
class CaseMoney:
    """A budget in pence. ``left`` is neither spent nor held; ``free`` is not promised either."""

    budget_pence: int = 0
    spent_pence: int = 0
    held_pence: int = 0
    committed_pence: int = 0

    @property
    def left_pence(self) -> int:
        """Neither spent nor held by an invoice that waits."""
        return self.budget_pence - self.spent_pence - self.held_pence

    @property
    def free_pence(self) -> int:
        """Not promised to anyone."""
        return self.left_pence - self.committed_pence


def money_of_case(case: Case) -> CaseMoney:
    """The money of one case."""
    return money_of_cases([case]).get(case.pk, CaseMoney())


def money_of_cases(cases: Iterable[Case]) -> dict[int, CaseMoney]:
    """The money of many cases, by their id, in four queries."""
    ids = [case.pk for case in cases]
    accounts = {a.pk: a for a in Account.objects.filter(kind=AccountKind.BUDGET, case_id__in=ids)}
    moved = Leg.objects.filter(account_id__in=accounts, entry__kind__in=MOVING)
    allocated = dict(
        moved.filter(entry__event__startswith="budget.")
        .values_list("account")
        .annotate(t=Sum("amount_pence"))
        .order_by()
    )
    limits = dict(
        ServiceAgreement.objects.filter(case_id__in=ids, state__in=RUNNING)
        .values_list("case")
        .annotate(t=Sum("limit_pence"))
        .order_by()
    )
    invoiced = dict(
        Invoice.objects.filter(agreement__state__in=RUNNING, case_id__in=ids)
        .exclude(state__in=["rejected", "credited"])
        .values_list("case")
        .annotate(t=Sum("total_pence"))
        .order_by()
    )
    found = {}
    for account in accounts.values():
        budget = -allocated.get(account.pk, 0)
        found[account.case_id] = CaseMoney(
            budget_pence=budget,
            spent_pence=budget + account.balance_pence,
            held_pence=account.held_pence,
            committed_pence=max(
                0, limits.get(account.case_id, 0) - invoiced.get(account.case_id, 0)
            ),
        )
    return {pk: money for pk, money in found.items() if pk is not None}
