"""What may be paid now, whatever it is for. A run is made of obligations and knows nothing else.

An obligation is one amount owed to one payee under one plan, whole: it is paid by one payment at a time.
Each kind has a source here; another kind is one more function in ``SOURCES``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import F, Q

from carebudget.money import Pence
from carebudget.people.models import Person
from plans.models import Case
from providers.models import Provider

from ..models import Account, AccountKind, Invoice, InvoiceState
from .due import due_invoices

MOST = 100_000
"""The most that one run is made of. What is over it waits for the next run."""


@dataclass(frozen=True)
class Obligation:
    """One amount owed, in pence. ``key`` is unique among all obligations ever: ``invoice:INV-7K2QFA``.

    The payee is a provider, or the person of the case. ``words`` say what it is for, to the payee.
    """

    key: str
    case: Case
    plan_id: int
    payable: Account
    amount_pence: Pence
    due_on: date
    words: str
    provider: Provider | None = None
    person: Person | None = None
    invoice: Invoice | None = None
    instalment_id: int | None = None

    def __post_init__(self) -> None:
        if (self.provider is None) == (self.person is None):
            raise ValueError(f"{self.key} must have one payee.")
        if self.person is not None and self.person.pk != self.case.person_id:
            raise ValueError(f"{self.key} must be owed to the person of its case.")

    @property
    def payee_name(self) -> str:
        """Who is paid, as we know them."""
        return self.provider.name if self.provider else self.case.person.full_name


@dataclass(frozen=True)
class Wanted:
    """Which obligations to take. What is not named narrows nothing.

    ``payee`` and ``payees`` are references of providers and persons, ``pack`` the key of a programme,
    ``team`` a name; ``keys`` are obligations by name; amounts are in pence and include their ends, as
    ``due_by`` does.
    """

    pack: str = ""
    team: str = ""
    payee: str = ""
    payees: frozenset[str] | None = None
    due_by: date | None = None
    from_pence: Pence | None = None
    to_pence: Pence | None = None
    keys: frozenset[str] | None = None
    limit: int = MOST

    def takes(self, one: Obligation) -> bool:
        """Whether an obligation is wanted. A source narrows in the database; this has the last word."""
        payee = one.provider.reference if one.provider else one.case.person.reference
        return (
            (not self.pack or one.case.pack.key == self.pack)
            and (not self.team or bool(one.case.team and one.case.team.name == self.team))
            and (not self.payee or payee == self.payee)
            and (self.payees is None or payee in self.payees)
            and (self.due_by is None or one.due_on <= self.due_by)
            and (self.from_pence is None or one.amount_pence >= self.from_pence)
            and (self.to_pence is None or one.amount_pence <= self.to_pence)
            and (self.keys is None or one.key in self.keys)
        )

    def kept(self) -> dict[str, Any]:
        """As a run keeps it: only what narrows, and obligations by name only as how many they were."""
        named = {
            "payee": self.payee,
            "pack": self.pack,
            "team": self.team,
            "payees": sorted(self.payees) if self.payees is not None else None,
            "due_by": self.due_by.isoformat() if self.due_by else "",
            "from_pence": self.from_pence,
            "to_pence": self.to_pence,
            "chosen": len(self.keys) if self.keys is not None else None,
        }
        return {name: value for name, value in named.items() if value not in ("", None)}


EVERYTHING = Wanted()

Source = Callable[..., Iterable[Obligation]]
"""Called as ``source(wanted, lock=True)``: yields what is due of its kind and ``wanted``, the longest due
first, at most ``wanted.limit``. With ``lock`` inside a transaction it locks its rows for the rest of it and
leaves out what somebody else has locked. A constant number of queries for some thousands."""


def invoices_due(wanted: Wanted = EVERYTHING, *, lock: bool = False) -> Iterator[Obligation]:
    """Approved invoices that no payment is under way for."""
    rows = due_invoices().filter(wanted_invoices(wanted))
    if lock:
        ids = list(rows.values_list("pk", flat=True)[: wanted.limit])
        rows = (
            Invoice.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk__in=ids, state=InvoiceState.APPROVED)
            .order_by("approved_at", "id")
        )
    yield from _owed_for(list(rows.annotate(plan_id=F("agreement__plan"))[: wanted.limit]))


def wanted_invoices(wanted: Wanted) -> Q:
    """The same narrowing for a query of invoices."""
    found = Q()
    if wanted.pack:
        found &= Q(case__pack__key=wanted.pack)
    if wanted.team:
        found &= Q(case__team__name=wanted.team)
    if wanted.payee:
        found &= Q(provider__reference=wanted.payee)
    if wanted.payees is not None:
        found &= Q(provider__reference__in=wanted.payees)
    if wanted.due_by:
        found &= Q(approved_at__date__lte=wanted.due_by)
    if wanted.from_pence is not None:
        found &= Q(total_pence__gte=wanted.from_pence)
    if wanted.to_pence is not None:
        found &= Q(total_pence__lte=wanted.to_pence)
    if wanted.keys is not None:
        found &= Q(
            reference__in=[key.removeprefix("invoice:") for key in wanted.keys if key.startswith("invoice:")]
        )  # fmt: skip
    return found


def invoice_key(invoice: Invoice) -> str:
    """The name of the obligation that an approved invoice is."""
    return f"invoice:{invoice.reference}"


def _owed_for(invoices: list[Any]) -> Iterator[Obligation]:
    """Cases, providers and accounts are fetched once each, not once an invoice."""
    cases: dict[int, Any] = Case.objects.select_related("person", "team", "pack").in_bulk(
        {invoice.case_id for invoice in invoices}
    )
    providers: dict[int, Any] = Provider.objects.select_related("payout_account").in_bulk(
        {invoice.provider_id for invoice in invoices}
    )
    payables = {
        row.provider_id: row
        for row in Account.objects.filter(
            kind=AccountKind.PAYABLE, provider__in=list(providers)
        ).order_by("-id")
    }
    for invoice in invoices:
        yield Obligation(
            key=invoice_key(invoice),
            case=cases[invoice.case_id],
            plan_id=invoice.plan_id,
            payable=payables[invoice.provider_id],
            amount_pence=invoice.total_pence,
            due_on=invoice.approved_at.date(),
            words=f"Invoice {invoice.number}, {_span(invoice.period_from, invoice.period_to)}",
            provider=providers[invoice.provider_id],
            invoice=invoice,
        )


def _span(first: date, last: date) -> str:
    until = f"{last.day} {last:%B %Y}"
    return until if first == last else f"{first.day} {first:%B %Y} to {until}"


SOURCES: tuple[Source, ...] = (invoices_due,)
"""Every kind of obligation, in the order in which a run takes them."""


def obligations_due(wanted: Wanted = EVERYTHING, *, lock: bool = False) -> list[Obligation]:
    """What every source has, at most ``wanted.limit``."""
    found: list[Obligation] = []
    for source in SOURCES:
        left = wanted.limit - len(found)
        if left <= 0:
            break
        of_kind = source(replace(wanted, limit=left), lock=lock)
        found.extend(one for one in of_kind if wanted.takes(one))
    return found
