"""Payees as finance sees them: accounts by what they wait for, one payee with every account, and finding one."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from carebudget.people.models import Person, User
from providers.models import Provider

from ..models import PayeeAccount, PayeeState

FOUND = 20

TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "waiting": ("To confirm", (PayeeState.PROPOSED,)),
    "used": ("In use", (PayeeState.CONFIRMED,)),
    "faulty": ("Sent back by the bank", (PayeeState.FAULTY,)),
    "over": ("Not used", (PayeeState.REFUSED, PayeeState.REPLACED, PayeeState.ENDED)),
}


@dataclass(frozen=True)
class Payee:
    """Whoever is paid: a provider, or a person."""

    provider: Provider | None
    person: Person | None

    @property
    def behind(self) -> Provider | Person:
        """The one of the two that it is."""
        found = self.provider or self.person
        assert found is not None
        return found

    @property
    def reference(self) -> str:
        """Their public number."""
        return self.behind.reference

    @property
    def name(self) -> str:
        """Who it is, as we know them."""
        return self.provider.name if self.provider else self.person.full_name  # type: ignore[union-attr]


def payee_by_reference(reference: str) -> Payee:
    """The provider or person with this number, with what permissions ask about. May raise ``DoesNotExist``."""
    providers = Provider.objects.select_related("payout_account").prefetch_related("members")
    provider = providers.filter(reference=reference).first()
    if provider:
        return Payee(provider, None)
    people = Person.objects.prefetch_related("representations", "family_ties")
    return Payee(None, people.get(reference=reference))


def account_by_reference(reference: str) -> PayeeAccount:
    """One account with whose it is. May raise ``DoesNotExist``."""
    return (
        PayeeAccount.objects.select_related(
            "provider", "person", "proposed_by", "decided_by", "contact_user"
        )
        .prefetch_related("provider__members", "person__representations", "person__family_ties")
        .get(reference=reference)
    )


def accounts_of(payee: Payee) -> list[PayeeAccount]:
    """Every version of every account of a payee, the newest first."""
    rows = PayeeAccount.objects.filter(provider=payee.provider, person=payee.person)
    return list(
        rows.select_related("provider", "person", "proposed_by").order_by("-proposed_at", "-id")
    )


def payee_tabs() -> list[tuple[str, str, int]]:
    """Key, words and count of every way to look at the accounts."""
    found = PayeeAccount.objects.aggregate(
        **{key: Count("pk", filter=Q(state__in=states)) for key, (_, states) in TABS.items()}
    )
    return [(key, title, found[key]) for key, (title, _) in TABS.items()]


def finance_payees(tab: str) -> QuerySet[PayeeAccount]:
    """Accounts in these states; what waits the longest comes first."""
    rows = PayeeAccount.objects.filter(state__in=TABS[tab][1]).select_related(
        "provider", "person", "proposed_by"
    )
    return (
        rows.order_by("proposed_at", "id")
        if tab == "waiting"
        else rows.order_by("-proposed_at", "-id")
    )


def find_payees(words: str, *, user: User) -> list[Payee]:
    """Providers and persons by name or number, the first few. Nobody finds their own family here."""
    text = words.strip()
    providers = Provider.objects.filter(
        Q(reference__iexact=text) | Q(name__icontains=text)
    ).exclude(members__user=user, members__ended_at=None)
    people = (
        Person.objects.filter(Q(reference__iexact=text) | Q(full_name__icontains=text))
        .exclude(user=user)
        .exclude(family_ties__user=user)
        .exclude(representations__user=user, representations__ended_at=None)
    )
    return [
        *(Payee(one, None) for one in providers.order_by("name", "pk")[:FOUND]),
        *(Payee(None, one) for one in people.order_by("full_name", "pk")[:FOUND]),
    ]
