"""Reading surplus on held budgets: one, a person's, and finance's list."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from carebudget import clock
from carebudget.people.models import User
from plans.models import Case
from plans.selectors import case_by_reference

from ..models import SurplusRecovery, SurplusState
from .contributions import OpenContribution
from .stakes import without_own_case

TABS: tuple[tuple[str, str], ...] = (
    ("tell", "To tell"),
    ("waiting", "Time to answer"),
    ("decide", "To decide"),
    ("owed", "To come back"),
    ("over", "Over"),
    ("all", "All"),
)
"""What finance's list can show: key and words."""

SHOWN = (SurplusState.TOLD, SurplusState.ANSWERED, SurplusState.OWED, SurplusState.DROPPED)
"""What the person is shown; before the notice there is nothing to see."""


def surplus_by_reference(reference: str) -> SurplusRecovery:
    """One with all that its page and permission ask about. May raise ``DoesNotExist``."""
    found = SurplusRecovery.objects.select_related(
        "plan", "found_by", "told_by", "answered_by", "decided_by", "document", "ledger_account", "entry"
    ).get(reference=reference)  # fmt: skip
    found.case = case_by_reference(found.case.reference)
    return found


def surplus_of_case(reference: str, surplus: str) -> SurplusRecovery:
    """The one in the address of a person's page, once they have been told of it."""
    found = surplus_by_reference(surplus)
    if found.case.reference != reference or found.told_at is None:
        raise SurplusRecovery.DoesNotExist
    return found


def surpluses_told(case: Case) -> list[SurplusRecovery]:
    """What the person of a case was told of, newest first."""
    rows = SurplusRecovery.objects.filter(case=case, told_at__isnull=False).select_related(
        "ledger_account"
    )
    return list(rows.order_by("-told_at"))


def _in_tab(tab: str) -> Q:
    over = Q(answer_by__lt=clock.today())
    return {
        "tell": Q(state=SurplusState.FOUND),
        "waiting": Q(state=SurplusState.TOLD) & ~over,
        "decide": Q(state=SurplusState.ANSWERED) | (Q(state=SurplusState.TOLD) & over),
        "owed": Q(state=SurplusState.OWED, ledger_account__balance_pence__gt=0),
        "over": Q(state__in=[SurplusState.NOTHING, SurplusState.DROPPED])
        | Q(state=SurplusState.OWED, ledger_account__balance_pence__lte=0),
    }.get(tab, Q())


def surplus_list(user: User, *, tab: str = "decide", search: str = "") -> QuerySet[Any]:
    """Those that finance may see, narrowed; oldest first."""
    rows = without_own_case(SurplusRecovery.objects.filter(_in_tab(tab)), user)
    words = search.strip()
    if words:
        rows = rows.filter(
            Q(reference__iexact=words)
            | Q(case__reference__iexact=words)
            | Q(case__person__full_name__icontains=words)
        )
    return rows.select_related("case__person", "ledger_account").order_by("found_at", "id")


def surplus_tabs(user: User) -> list[tuple[str, str, int]]:
    """The ways to look at the list with how many each holds, in one query."""
    wanted = {key: Count("pk", filter=_in_tab(key)) for key, _ in TABS if key != "all"}
    rows = without_own_case(SurplusRecovery.objects.all(), user).order_by()
    found = rows.aggregate(all=Count("pk"), **wanted)
    return [(key, words, found[key]) for key, words in TABS]


def open_surpluses() -> list[OpenContribution]:
    """Everything that is to come back, for matching, in one query."""
    rows = SurplusRecovery.objects.filter(
        state=SurplusState.OWED, ledger_account__balance_pence__gt=0
    ).select_related("ledger_account", "case__person")
    return [
        OpenContribution(
            row.reference,
            row.ledger_account,
            row.case.person.full_name,
            row.still_owed_pence,
            row.return_by,
        )
        for row in rows.order_by("id")
        if row.ledger_account is not None
    ]
