"""What is due by payee, for the page on which a run is made: sums, and who cannot be paid yet."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncDate

from carebudget.money import Pence
from carebudget.people.models import Person
from providers.models import Provider

from . import obligations
from .due import due_invoices
from .obligations import EVERYTHING, Wanted, invoices_due, wanted_invoices
from .payees import ways_to_pay, ways_to_pay_people


@dataclass(frozen=True)
class DueToPayee:
    """What is due to one payee, in pence; ``why_not`` says in words why it cannot be paid now."""

    provider: Provider | None
    person: Person | None
    count: int
    pence: Pence
    oldest: date
    why_not: str = ""

    @property
    def reference(self) -> str:
        """What names the payee in a form."""
        payee = self.provider or self.person
        assert payee is not None
        return payee.reference

    @property
    def name(self) -> str:
        """Who it is, as we know them."""
        return self.provider.name if self.provider else self.person.full_name  # type: ignore[union-attr]


def due_by_payee(wanted: Wanted = EVERYTHING, *, rail: str = "stripe") -> list[DueToPayee]:
    """What is due and wanted, the largest sum first, and who cannot be paid on ``rail``.

    Invoices are summed up by the database; other sources have few payees beside them.
    """
    found = [*_to_providers(wanted), *_from_other_sources(wanted)]
    to_providers = ways_to_pay(rail, [one.provider for one in found if one.provider])
    people = [one.person for one in found if one.person]
    to_people = ways_to_pay_people(rail, people) if people else {}
    told = [
        replace(
            one,
            why_not=(
                to_providers[one.provider.pk] if one.provider else to_people[one.person.pk]  # type: ignore[union-attr]
            ).why_not,
        )
        for one in found
    ]
    return sorted(told, key=lambda one: (-one.pence, one.reference))


def _to_providers(wanted: Wanted) -> list[DueToPayee]:
    rows = list(
        due_invoices()
        .filter(wanted_invoices(wanted))
        .values("provider")
        .annotate(n=Count("pk"), total=Sum("total_pence"), oldest=TruncDate(Min("approved_at")))
        .order_by()
    )
    providers = Provider.objects.select_related("payout_account").in_bulk(
        [row["provider"] for row in rows]
    )
    return [
        DueToPayee(providers[row["provider"]], None, row["n"], row["total"], row["oldest"])
        for row in rows
    ]


def _from_other_sources(wanted: Wanted) -> Iterable[DueToPayee]:
    found: dict[str, DueToPayee] = {}
    for source in obligations.SOURCES:
        if source is invoices_due:
            continue
        for one in filter(wanted.takes, source(wanted)):
            new = DueToPayee(one.provider, one.person, 1, one.amount_pence, one.due_on)
            old = found.get(new.reference)
            found[new.reference] = (
                replace(
                    old,
                    count=old.count + 1,
                    pence=old.pence + new.pence,
                    oldest=min(old.oldest, new.oldest),
                )
                if old
                else new
            )
    return found.values()
