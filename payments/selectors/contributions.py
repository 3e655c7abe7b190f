"""Reading what people owe: one account opened, lists by age for finance, what is open for matching."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Window,
)

from carebudget import clock
from carebudget.money import Pence
from carebudget.people.models import Person, User
from plans.models import Case, Challenge, ChallengeState, ChallengeSubject
from plans.selectors import case_by_reference

from ..models import (
    MOVING,
    Account,
    ContributionAccount,
    ContributionCharge,
    ContributionQuery,
    Leg,
    QueryState,
    RepaymentPlan,
    RepaymentState,
    WriteOff,
    WriteOffState,
)
from ..rules.arrears import Bill, Standing, instalments, pay_oldest_first
from .stakes import own_person

AGES = {
    "not_due": "Not due yet",
    "month": "Up to 4 weeks late",
    "quarter": "Up to 12 weeks late",
    "older": "More than 12 weeks late",
}
BOUNDS = {"month": (0, 28), "quarter": (28, 84), "older": (84, None)}

TABS: tuple[tuple[str, str], ...] = (
    ("owing", "To pay"),
    ("late", "Late"),
    ("questions", "Questions"),
    ("parts", "Paying in parts"),
    ("broken", "Parts not kept"),
    ("write_off", "To decide"),
    ("all", "Everybody"),
)
"""What finance's list can show: key and words."""


def account_by_reference(reference: str) -> ContributionAccount:
    """One account with all that its page and permission ask about. May raise ``DoesNotExist``."""
    return (
        ContributionAccount.objects.select_related(
            "ledger_account", "person", "case__person__user", "case__pack", "case__worker"
        )
        .prefetch_related("case__person__representations", "case__person__family_ties")
        .get(reference=reference)
    )


def account_of_person(person: Person) -> ContributionAccount | None:
    """What this person owes and has paid, once they were asked for anything."""
    return (
        ContributionAccount.objects.filter(person=person)
        .select_related("ledger_account", "person", "case__person")
        .first()
    )


def charge_of_case(reference: str, charge: str) -> ContributionCharge:
    """The bill, which must belong to the person of the case in the address."""
    case = case_by_reference(reference)
    found = ContributionCharge.objects.select_related(
        "account__ledger_account", "assessment", "document"
    ).get(reference=charge)
    if found.account.person_id != case.person_id:
        raise ContributionCharge.DoesNotExist
    found.case = case  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True)
class ChargeStanding:
    """A bill with what was paid on it and what is left, in pence."""

    charge: ContributionCharge
    paid_pence: Pence
    left_pence: Pence

    @property
    def is_paid(self) -> bool:
        """Nothing is left to pay on it."""
        return self.left_pence <= 0

    @property
    def late_days(self) -> int:
        """How many days it is past its day; nothing when it is paid or not due."""
        return max(0, (clock.today() - self.charge.due_on).days) if not self.is_paid else 0


def standings_of(account: ContributionAccount) -> list[ChargeStanding]:
    """Every bill of an account, oldest first; what came in pays the oldest first."""
    charges = list(account.charges.select_related("document").prefetch_related("adjustments"))
    bills = [Bill(one.reference, one.due_on, one.corrected_pence) for one in charges]
    paid = pay_oldest_first(bills, covered_pence(account, charges))
    return [
        ChargeStanding(charge, one.paid_pence, one.left_pence)
        for charge, one in zip(charges, paid, strict=True)
    ]


def covered_pence(
    account: ContributionAccount, charges: Iterable[ContributionCharge] | None = None
) -> Pence:
    """What is not owed any more, because it came in or was written off."""
    rows = account.charges.all() if charges is None else charges
    return sum(one.corrected_pence for one in rows) - account.owed_pence


def written_off_pence(account: ContributionAccount) -> Pence:
    """What was given up of this account."""
    rows = account.write_offs.filter(state=WriteOffState.APPROVED)
    return rows.aggregate(total=Sum("amount_pence"))["total"] or 0


def received_pence(account: ContributionAccount) -> Pence:
    """What came in, ever."""
    return covered_pence(account) - written_off_pence(account)


def receipts_of(account: Account) -> QuerySet[Leg]:
    """What came in on an account of what is owed and what was taken back, newest first."""
    return (
        Leg.objects.filter(
            account=account, entry__kind__in=MOVING, entry__event__startswith="line."
        )
        .select_related("entry")
        .order_by("-id")
    )


def open_query(account: ContributionAccount) -> ContributionQuery | None:
    """What the person has said and nobody has answered."""
    return (
        account.queries.filter(state=QueryState.OPEN).select_related("asked_by", "charge").first()
    )


def repayment_plan(account: ContributionAccount) -> RepaymentPlan | None:
    """The agreement to pay in parts that is being kept."""
    return account.repayment_plans.filter(state=RepaymentState.AGREED).first()


def parts_of(plan: RepaymentPlan, received: Pence) -> list[Standing]:
    """The agreed parts of a plan with what came in since it was agreed."""
    parts = instalments(plan.total_pence, plan.each_pence, plan.first_on, plan.every)
    bills = [Bill(str(n), one.due_on, one.pence) for n, one in enumerate(parts, start=1)]
    return pay_oldest_first(bills, received - plan.received_before_pence)


def challenged() -> QuerySet[Challenge]:
    """Challenges about what somebody pays that nobody has answered."""
    return Challenge.objects.filter(
        about=ChallengeSubject.CHARGE,
        state__in=[ChallengeState.RAISED, ChallengeState.CONSIDERED],
    )


def paused() -> Q:
    """Accounts of which nobody is reminded now: something is being looked at, or was agreed."""
    mine = {"account": OuterRef("pk")}
    return (
        Q(Exists(ContributionQuery.objects.filter(state=QueryState.OPEN, **mine)))
        | Q(Exists(RepaymentPlan.objects.filter(state=RepaymentState.AGREED, **mine)))
        | Q(Exists(WriteOff.objects.filter(state=WriteOffState.PROPOSED, **mine)))
        | Q(Exists(challenged().filter(case__person=OuterRef("person"))))
    )


def with_oldest() -> QuerySet[Any]:
    """Accounts with ``owed``, ``oldest_due_on`` and ``oldest_charge``: the oldest bill not paid in full.

    What was paid covers the oldest bills first, so that one is the first whose running sum is more than
    what is covered.
    """
    total = (
        ContributionCharge.objects.filter(account=OuterRef("account"))
        .order_by()
        .values("account")
        .annotate(t=Sum("corrected_pence"))
        .values("t")
    )
    unpaid = (
        ContributionCharge.objects.annotate(
            running=Window(
                Sum("corrected_pence"),
                partition_by=F("account"),
                order_by=[F("period_from").asc(), F("id").asc()],
            ),
            covered=Subquery(total) - F("account__ledger_account__balance_pence"),
        )
        .filter(running__gt=F("covered"), account__ledger_account__balance_pence__gt=0)
        .order_by("account_id", "period_from")
    )
    oldest = unpaid.filter(account=OuterRef("pk"))
    return ContributionAccount.objects.annotate(
        owed=F("ledger_account__balance_pence"),
        oldest_due_on=Subquery(oldest.values("due_on")[:1]),
        oldest_charge=Subquery(oldest.values("pk")[:1]),
    )


def contribution_list(
    user: User, *, tab: str = "owing", age: str = "", search: str = "", order: str = "oldest"
) -> QuerySet[Any]:
    """Accounts that finance may see, narrowed; never those of the user's own family."""
    rows = with_oldest().filter(_in_tab(tab)).filter(_of_age(age))
    words = search.strip()
    if words:
        rows = rows.filter(
            Q(reference__iexact=words)
            | Q(person__full_name__icontains=words)
            | Q(person__reference__iexact=words)
            | Q(case__reference__iexact=words)
        )
    by: dict[str, list[Any]] = {
        "oldest": [F("oldest_due_on").asc(nulls_last=True), "id"],
        "largest": [F("owed").desc(), "id"],
        "name": ["person__full_name", "id"],
    }
    return (
        own_person(rows, user)
        .annotate(is_paused=as_flag(paused()))
        .select_related("person", "ledger_account", "case")
        .order_by(*by.get(order, by["oldest"]))
    )


def as_flag(condition: Q) -> ExpressionWrapper:
    """A condition as a column of yes and no."""
    return ExpressionWrapper(condition, output_field=BooleanField())


def _in_tab(tab: str) -> Q:
    mine = {"account": OuterRef("pk")}
    latest = RepaymentPlan.objects.filter(**mine).order_by("-agreed_at", "-id").values("state")[:1]
    return {
        "owing": Q(owed__gt=0),
        "late": Q(oldest_due_on__lt=clock.today()),
        "questions": Q(Exists(ContributionQuery.objects.filter(state=QueryState.OPEN, **mine))),
        "parts": Q(Exists(RepaymentPlan.objects.filter(state=RepaymentState.AGREED, **mine))),
        "broken": Q(owed__gt=0)
        & Q(
            pk__in=ContributionAccount.objects.annotate(last=Subquery(latest))
            .filter(last=RepaymentState.BROKEN)
            .values("pk")
        ),
        "write_off": Q(Exists(WriteOff.objects.filter(state=WriteOffState.PROPOSED, **mine))),
    }.get(tab, Q())


def _of_age(age: str) -> Q:
    today = clock.today()
    if age == "not_due":
        return Q(oldest_due_on__gte=today)
    if age not in BOUNDS:
        return Q()
    least, most = BOUNDS[age]
    found = Q(oldest_due_on__lt=today - timedelta(days=least))
    return found & Q(oldest_due_on__gte=today - timedelta(days=most)) if most else found


@dataclass(frozen=True)
class Aged:
    """How much is owed of one age: how many people, and their sum in pence."""

    key: str
    label: str
    count: int
    pence: Pence


def by_age(user: User) -> list[Aged]:
    """What is owed by how late its oldest part is, in one query."""
    rows = own_person(with_oldest().filter(owed__gt=0), user)
    wanted: dict[str, Any] = {}
    for age in AGES:
        wanted[f"{age}_n"] = Count("pk", filter=_of_age(age))
        wanted[f"{age}_p"] = Sum("owed", filter=_of_age(age), default=0)
    found = rows.order_by().aggregate(**wanted)
    return [Aged(age, AGES[age], found[f"{age}_n"], found[f"{age}_p"]) for age in AGES]


def tabs_of(user: User) -> list[tuple[str, str, int]]:
    """The ways to look at the list with how many accounts each holds, in one query."""
    narrowing = [key for key, _ in TABS if _in_tab(key)]
    flags = {f"in_{key}": as_flag(_in_tab(key)) for key in narrowing}
    wanted = {key: Count("pk", filter=Q(**{f"in_{key}": True})) for key in narrowing}
    found = own_person(with_oldest(), user).annotate(**flags).order_by()
    counted = found.aggregate(whole=Count("pk"), **wanted)
    return [(key, words, counted.get(key, counted["whole"])) for key, words in TABS]


@dataclass(frozen=True)
class OpenContribution:
    """One person who owes something, for matching: the reference to look for and the account to credit."""

    reference: str
    account: Account
    person: str
    owed_pence: Pence
    oldest_due_on: date | None


def open_contributions() -> list[OpenContribution]:
    """Everybody who owes anything, in one query."""
    rows = with_oldest().filter(owed__gt=0).select_related("ledger_account", "person")
    return [
        OpenContribution(
            row.reference, row.ledger_account, row.person.full_name, row.owed, row.oldest_due_on
        )
        for row in rows.order_by("id")
    ]


def owed_by_case(case: Case) -> Pence:
    """What the person of a case owes now."""
    found = ContributionAccount.objects.filter(person=case.person_id).aggregate(
        owed=Max("ledger_account__balance_pence")
    )
    return max(0, found["owed"] or 0)


def asked_to_pay(case: Case) -> bool:
    """Whether the person of a case was ever sent a bill."""
    return ContributionAccount.objects.filter(person=case.person_id).exists()
