"""What a checker should look at in a run first: what changed since the last one, what is new, what is odd.

A constant number of queries; the facts of all payments are read once, and shown are the first few.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Avg, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Concat

from carebudget import clock
from carebudget.audit.models import AuditEvent
from carebudget.money import Pence
from carebudget.people.models import Person, User
from providers.models import Provider

from ..models import Account, AccountKind, Payment, PaymentRun, PaymentState
from ..rules.oddness import MUCH_MORE, Facts, Oddity, oddities, score
from .runs import PAID, payments_by_id

SHOWN = 5
ODDEST_SHOWN = 10
SKIPPED_RUNS = 20

Payee = tuple[int | None, int | None]
"""A provider's id or a person's."""


@dataclass(frozen=True)
class Flagged:
    """One payment worth a second look, and why: ``usual_pence``, ``changed_at`` or ``why``."""

    payment: Any
    usual_pence: Pence = 0
    changed_at: datetime | None = None
    why: tuple[Oddity, ...] = ()


@dataclass(frozen=True)
class Flags:
    """Payments of one kind worth a second look: how many there are, and the first of them."""

    count: int
    shown: tuple[Flagged, ...]


@dataclass(frozen=True)
class RunChecks:
    """What differs in a run from what was paid before."""

    new_payees: Flags
    changed_accounts: Flags
    much_more: Flags
    oddest: Flags


def run_checks(run: PaymentRun, *, user: User) -> RunChecks:
    """Payees never paid before, payees whose bank account changed since they were last paid, amounts much
    larger than usual under the same agreement, and the oddest of all with everything that is odd.

    ``payment.own`` marks those that concern somebody close to ``user``.
    """
    read = _Read(run)
    new = [one.pk for one in read.rows if not one.facts.paid_before]
    moved = [one.pk for one in read.rows if one.facts.account_changed]
    more, less = MUCH_MORE
    larger = [
        one.pk
        for one in read.rows
        if one.facts.usual_pence and one.facts.amount_pence * less > one.facts.usual_pence * more
    ]
    today = clock.today()
    odd = {one.pk: found for one in read.rows if (found := oddities(one.facts, today=today))}
    oddest = sorted(odd, key=lambda pk: -score(odd[pk]))[:ODDEST_SHOWN]
    payments = payments_by_id([*new[:SHOWN], *moved[:SHOWN], *larger[:SHOWN], *oddest], user)
    by_pk = {one.pk: one for one in read.rows}
    return RunChecks(
        new_payees=Flags(len(new), tuple(Flagged(payments[pk]) for pk in new[:SHOWN])),
        changed_accounts=Flags(
            len(moved),
            tuple(Flagged(payments[pk], changed_at=by_pk[pk].changed_at) for pk in moved[:SHOWN]),
        ),
        much_more=Flags(
            len(larger),
            tuple(
                Flagged(payments[pk], usual_pence=by_pk[pk].facts.usual_pence)
                for pk in larger[:SHOWN]
            ),
        ),
        oddest=Flags(len(odd), tuple(Flagged(payments[pk], why=odd[pk]) for pk in oddest)),
    )


@dataclass(frozen=True)
class _Row:
    pk: int
    facts: Facts
    changed_at: datetime | None


class _Read:
    """The facts of every payment of a run that was not cancelled, the largest first."""

    def __init__(self, run: PaymentRun) -> None:
        self.run = run
        living = run.payments.exclude(state=PaymentState.CANCELLED)
        facts = list(
            living.values_list(
                "pk",
                "provider",
                "person",
                "case",
                "invoice__agreement",
                "invoice__period_to",
                "amount_pence",
            ).order_by("-amount_pence", "pk")
        )
        last_paid, changed, usual = _last_paid(run), _accounts_changed(run), _usual_amounts(run)
        overspent = _overspent(run)
        alike = Counter((provider, person, case, p) for _, provider, person, case, _, _, p in facts)
        self.rows: list[_Row] = []
        for pk, provider, person, case, agreement, until, pence in facts:
            before = last_paid.get((provider, person))
            changed_at = changed.get((provider, person))
            self.rows.append(
                _Row(
                    pk,
                    Facts(
                        amount_pence=pence,
                        usual_pence=usual.get(agreement, 0) if agreement else 0,
                        paid_before=before is not None,
                        account_changed=bool(before and changed_at and changed_at > before),
                        same_payee_and_amount=alike[(provider, person, case, pence)],
                        support_ended_on=until,
                        budget_left_pence=overspent.get(case),
                    ),
                    changed_at,
                )
            )


def _paid_before(run: PaymentRun) -> QuerySet[Payment]:
    return Payment.objects.filter(state__in=PAID).exclude(run=run)


def _last_paid(run: PaymentRun) -> dict[Payee, datetime]:
    ours = Q(provider__in=run.payments.filter(provider__isnull=False).values("provider")) | Q(
        person__in=run.payments.filter(person__isnull=False).values("person")
    )
    rows = _paid_before(run).filter(ours).values_list("provider", "person")
    return {(a, b): at for a, b, at in rows.annotate(last=Max("sent_at")).order_by()}


def _accounts_changed(run: PaymentRun) -> dict[Payee, datetime]:
    """When the bank account of a payee of this run last changed, from the record."""
    providers = run.payments.filter(provider__isnull=False).values(
        key=Concat(Value("provider:"), "provider__reference")
    )
    people = run.payments.filter(person__isnull=False).values(
        key=Concat(Value("person:"), "person__reference")
    )
    rows = (
        AuditEvent.objects.filter(
            Q(verb__startswith="payout.", changes__bank_changed=True) | Q(verb="payee.confirmed"),
            Q(chain__key__in=providers) | Q(chain__key__in=people),
        )
        .values_list("chain__key")
        .annotate(last=Max("at"))
        .order_by()
    )
    by_reference = {key.partition(":")[2]: last for key, last in rows}
    found: dict[Payee, datetime] = {}
    for pk, reference in Provider.objects.filter(reference__in=by_reference).values_list(
        "pk", "reference"
    ):
        found[(pk, None)] = by_reference[reference]
    for pk, reference in Person.objects.filter(reference__in=by_reference).values_list(
        "pk", "reference"
    ):
        found[(None, pk)] = by_reference[reference]
    return found


def _usual_amounts(run: PaymentRun) -> dict[int, Pence]:
    """The average of what was paid before under each agreement of this run, in pence."""
    rows = _paid_before(run).filter(
        invoice__agreement__in=run.payments.values("invoice__agreement")
    )
    averages = rows.values_list("invoice__agreement").annotate(usual=Avg("amount_pence")).order_by()
    return {agreement: int(usual) for agreement, usual in averages if agreement}


def _overspent(run: PaymentRun) -> dict[int, Pence]:
    """By case: what is left of budgets that a named decision let go below zero, a negative number."""
    budgets = Account.objects.filter(
        kind=AccountKind.BUDGET, overdraft_pence__gt=0, case__in=run.payments.values("case")
    )
    return {row.case_id: row.left_pence for row in budgets if row.case_id and row.left_pence < 0}


# -- beside the run before ----------------------------------------------------------------------


@dataclass(frozen=True)
class PayeeChange:
    """One payee whose sum differs from the run before; zero where they are in one of the runs only."""

    name: str
    before_pence: Pence
    now_pence: Pence

    @property
    def more_pence(self) -> Pence:
        """How much more it is now; negative when it is less."""
        return self.now_pence - self.before_pence


@dataclass(frozen=True)
class RunChanges:
    """A run beside the one before: sums, payees who are new or gone, and sums that differ by much."""

    before: PaymentRun | None
    total_before_pence: Pence = 0
    count_before: int = 0
    come: tuple[PayeeChange, ...] = field(default=())
    gone: tuple[PayeeChange, ...] = field(default=())
    different: tuple[PayeeChange, ...] = field(default=())


def run_before(run: PaymentRun) -> PaymentRun | None:
    """The run that was approved last before this one was made, by the same way of paying if there is one."""
    rows = PaymentRun.objects.filter(approved_at__lt=run.made_at).exclude(pk=run.pk)
    newest = list(rows.order_by("-approved_at")[:SKIPPED_RUNS])
    return next((one for one in newest if one.rail == run.rail), newest[0] if newest else None)


def changes_since(run: PaymentRun, before: PaymentRun | None) -> RunChanges:
    """What is different in a run from the one ``before``, each list the largest difference first."""
    if before is None:
        return RunChanges(None)
    was, now = _by_payee(before), _by_payee(run)
    changes = {
        key: PayeeChange(
            now[key][0] if key in now else was[key][0],
            was[key][1] if key in was else 0,
            now[key][1] if key in now else 0,
        )
        for key in {**was, **now}
    }
    more, less = MUCH_MORE
    both = [changes[key] for key in was if key in now]
    return RunChanges(
        before,
        total_before_pence=before.total_pence,
        count_before=before.payment_count,
        come=_largest([changes[key] for key in now if key not in was]),
        gone=_largest([changes[key] for key in was if key not in now]),
        different=_largest(
            [
                one
                for one in both
                if max(one.now_pence, one.before_pence) * less
                > min(one.now_pence, one.before_pence) * more
            ]
        ),
    )


def _by_payee(run: PaymentRun) -> dict[Payee, tuple[str, Pence]]:
    rows = (
        run.payments.exclude(state=PaymentState.CANCELLED)
        .values_list("provider", "person", Coalesce("provider__name", "person__full_name"))
        .annotate(total=Sum("amount_pence"))
        .order_by()
    )
    return {(provider, person): (name, total) for provider, person, name, total in rows}


def _largest(changes: list[PayeeChange]) -> tuple[PayeeChange, ...]:
    return tuple(sorted(changes, key=lambda one: (-abs(one.more_pence), one.name)))
