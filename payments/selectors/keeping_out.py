"""Why an obligation that is due is kept out of a run. Each reason is one function over all of them.

A reason asks a constant number of questions however many obligations there are. Another reason is one more
function in ``REASONS``; the first that speaks of an obligation is the one that is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import CharField, F, Func, OuterRef, Q, Subquery, Sum

from carebudget.money import format_pence
from carebudget.people.models import FamilyTie, Person, Representation, User
from providers.models import ProviderMember

from ..models import Invoice, InvoiceState, LeftOutKind, ServiceAgreement, Stop, StopKind, Waiver
from ..rails import get_any_rail
from ..rules.duplicates import Asked, suspicion
from .obligations import Obligation
from .payees import Way, ways_to_pay, ways_to_pay_people

BATCH = 5_000
OWED = (InvoiceState.APPROVED, InvoiceState.PAID)


@dataclass(frozen=True)
class Obstacle:
    """What keeps one obligation out, in words."""

    kind: LeftOutKind
    sentence: str


Reason = Callable[[Sequence[Obligation], User], Mapping[str, Obstacle]]
"""From obligations and the maker of the run to what stands in the way, by the obligations' keys."""


@dataclass(frozen=True)
class Sorted:
    """What goes into a run, with where each is paid to; and what does not, with what is in the way."""

    paid: list[tuple[Obligation, str]]
    left_out: list[tuple[Obligation, Obstacle]]


def sort_out(owed: Sequence[Obligation], *, rail: str, maker: User) -> Sorted:
    """Which of these can be paid on a rail by a run of this maker. Raises ``Refused`` for no such rail."""
    obstacles: dict[str, Obstacle] = {}
    for reason in REASONS:
        left = [one for one in owed if one.key not in obstacles]
        obstacles.update(reason(left, maker))
    ways = _Ways(rail, owed)
    found = Sorted([], [])
    for one in owed:
        obstacle = obstacles.get(one.key) or ways.obstacle(one)
        if obstacle:
            found.left_out.append((one, obstacle))
        else:
            found.paid.append((one, ways.destination(one)))
    return found


class _Ways:
    """Where each payee is paid on a rail, asked once for all of them."""

    def __init__(self, rail: str, owed: Sequence[Obligation]) -> None:
        providers = {one.provider.pk: one.provider for one in owed if one.provider}
        people = {one.person.pk: one.person for one in owed if one.person}
        self.to_providers = ways_to_pay(rail, list(providers.values()))
        self.to_people = ways_to_pay_people(rail, list(people.values())) if people else {}
        self.limits = get_any_rail(rail).limits

    def _way(self, one: Obligation) -> Way:
        if one.provider:
            return self.to_providers[one.provider.pk]
        return self.to_people[one.case.person_id]

    def destination(self, one: Obligation) -> str:
        return self._way(one).destination

    def obstacle(self, one: Obligation) -> Obstacle | None:
        way = self._way(one)
        if way.why_not:
            return Obstacle(way.kind, way.why_not)
        too_much = self.limits.refusal(one.amount_pence)
        return Obstacle(LeftOutKind.LIMIT, too_much) if too_much else None


def for_the_makers_own(owed: Sequence[Obligation], maker: User) -> dict[str, Obstacle]:
    """Nobody makes a run of money for themselves, their family or their firm."""
    people = set(
        Person.objects.filter(
            Q(user=maker)
            | Q(pk__in=Representation.objects.filter(user=maker, ended_at=None).values("person"))
            | Q(pk__in=FamilyTie.objects.filter(user=maker).values("person"))
        ).values_list("pk", flat=True)
    )
    firms = set(
        ProviderMember.objects.filter(user=maker, ended_at=None).values_list("provider", flat=True)
    )
    sentence = f"{maker.full_name} made this run, and it is for somebody close to them. Somebody else can put it in a run."
    return {
        one.key: Obstacle(LeftOutKind.OWN, sentence)
        for one in owed
        if one.case.person_id in people or (one.provider and one.provider.pk in firms)
    }


def for_flagged_providers(owed: Sequence[Obligation], maker: User) -> dict[str, Obstacle]:
    """Nothing goes to a provider that somebody flagged, until somebody else has lifted the flag."""
    flags = {
        stop.provider_id: stop
        for stop in Stop.objects.filter(kind=StopKind.SANCTION, lifted_at=None).select_related(
            "set_by"
        )
    }
    return {
        one.key: Obstacle(
            LeftOutKind.SANCTION,
            f"{one.provider.name} was flagged by {flag.set_by.full_name} on {flag.set_at:%-d %B %Y}: "
            f"{flag.reason}",
        )
        for one in owed
        if one.provider and (flag := flags.get(one.provider.pk))
    }


def for_the_dead(owed: Sequence[Obligation], maker: User) -> dict[str, Obstacle]:
    """Nothing is sent to the account of somebody who has died. A provider is still paid for what was given."""
    return {
        one.key: Obstacle(
            LeftOutKind.DIED,
            f"{one.person.full_name} died on {one.person.died_on:%-d %B %Y}. Nothing is sent to their "
            "account: what is owed goes to whoever settles their affairs.",
        )
        for one in owed
        if one.person and one.person.died_on
    }


def for_held(owed: Sequence[Obligation], maker: User) -> dict[str, Obstacle]:
    """What finance said is not to be paid for now."""
    stops = {
        stop.obligation: stop
        for stop in Stop.objects.filter(kind=StopKind.HELD, lifted_at=None).select_related("set_by")
    }
    return {
        one.key: Obstacle(
            LeftOutKind.HELD,
            f"{stop.set_by.full_name} held it on {stop.set_at:%-d %B %Y}: {stop.reason}",
        )
        for one in owed
        if (stop := stops.get(one.key))
    }


def for_more_than_was_agreed(owed: Sequence[Obligation], maker: User) -> dict[str, Obstacle]:
    """Invoices of an agreement that together come to more than it allows. Each budget is the ledger's matter:
    it lets no invoice through that would take one below zero without a named decision."""
    invoices = {one.invoice.pk: one for one in owed if one.invoice}
    if not invoices:
        return {}
    over = {
        pk: (asked, limit)
        for pk, asked, limit in ServiceAgreement.objects.filter(invoices__state__in=OWED)
        .annotate(asked=Sum("invoices__total_pence"))
        .filter(asked__gt=F("limit_pence"))
        .values_list("pk", "asked", "limit_pence")
    }
    found = {
        one.key: Obstacle(
            LeftOutKind.BUDGET,
            f"Invoices under this agreement come to {format_pence(asked)}, which is more than the "
            f"{format_pence(limit)} that was agreed.",
        )
        for one in invoices.values()
        if one.invoice and one.invoice.agreement_id in over
        for asked, limit in [over[one.invoice.agreement_id]]
    }
    return _not_waived(found, LeftOutKind.BUDGET)


STEM = (
    "regexp_replace(translate(regexp_replace(%(expressions)s, '([0-9])-?(COPY|[A-Z])$', '\\1'), "
    "'OISBL', '01581'), '(^|[^0-9])0+([0-9])', '\\1\\2', 'g')"
)
"""``rules.duplicates.stem`` for the database, which finds the pairs; the rule then has the last word."""


class Stem(Func):
    """An invoice number for comparing."""

    template = STEM
    output_field = CharField()


def for_likely_duplicates(owed: Sequence[Obligation], maker: User) -> dict[str, Obstacle]:
    """Invoices that look like one that was paid, is being paid, or is due since longer."""
    by_invoice = {one.invoice.pk: one for one in owed if one.invoice}
    twins = _twins(list(by_invoice))
    others = Invoice.objects.in_bulk({pk for _, pk in twins})
    found: dict[str, Obstacle] = {}
    for pk, other in twins:
        one = by_invoice[pk]
        assert one.invoice is not None
        why = suspicion(_asked(one.invoice), _asked(others[other]))
        if why:
            found.setdefault(one.key, Obstacle(LeftOutKind.DUPLICATE, why))
    return _not_waived(found, LeftOutKind.DUPLICATE)


def _twins(ids: Sequence[int]) -> list[tuple[int, int]]:
    """For each of these invoices, an earlier one of the same provider, person and amount that is like it."""
    alike = Invoice.objects.alias(stem=Stem("number_key")).filter(
        Q(period_from__lte=OuterRef("period_to"), period_to__gte=OuterRef("period_from"))
        | Q(stem=Stem(OuterRef("number_key"))),
        provider=OuterRef("provider"),
        case=OuterRef("case"),
        total_pence=OuterRef("total_pence"),
        state__in=OWED,
        pk__lt=OuterRef("pk"),
    )
    found: list[tuple[int, int]] = []
    for start in range(0, len(ids), BATCH):
        rows = Invoice.objects.filter(pk__in=ids[start : start + BATCH]).annotate(
            twin=Subquery(alike.order_by("pk").values("pk")[:1])
        )
        found += rows.filter(twin__isnull=False).values_list("pk", "twin")
    return found


def _asked(invoice: Invoice) -> Asked:
    return Asked(
        reference=invoice.reference,
        number=invoice.number_key,
        period_from=invoice.period_from,
        period_to=invoice.period_to,
        amount_pence=invoice.total_pence,
    )


def _not_waived(found: dict[str, Obstacle], kind: LeftOutKind) -> dict[str, Obstacle]:
    """Without those that somebody looked at and said are right."""
    if not found:
        return found
    waived = set(
        Waiver.objects.filter(kind=kind, obligation__in=list(found)).values_list(
            "obligation", flat=True
        )
    )
    return {key: obstacle for key, obstacle in found.items() if key not in waived}


REASONS: tuple[Reason, ...] = (
    for_the_makers_own,
    for_flagged_providers,
    for_the_dead,
    for_held,
    for_more_than_was_agreed,
    for_likely_duplicates,
)
"""In this order; whether the payee has an account that can be paid comes after all of them."""
