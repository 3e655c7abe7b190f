"""Finding providers in the council's directory, and one of them with everything its page shows."""

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Lower, Replace

from ..models import Provider, ProviderRate
from .checks import expiring_check, open_check

CHECKS = {"open": open_check, "expiring": expiring_check}
RUNNING = ("accepted", "live", "suspended")


def _with_parts(rows: QuerySet[Provider]) -> QuerySet[Provider]:
    """``payout_account`` belongs to the floor above; here it is only ever read through its relation."""
    return rows.select_related("payout_account").prefetch_related(
        "checks__checked_by", "rates", "members__user"
    )


def provider_by_reference(reference: str) -> Provider:
    """The provider with its checks, prices, members and payout account. Raises ``Provider.DoesNotExist``."""
    return _with_parts(Provider.objects.all()).get(reference=reference)


def providers_matching(
    *, words: str = "", kind: str = "", postcode: str = "", state: str = "", checks: str = ""
) -> QuerySet[Provider]:
    """Providers by name. Every word must be in the name, the description or the reference.

    ``checks`` is ``open`` or ``expiring``; ``postcode`` is the beginning of one, spaces or not.
    """
    rows = Provider.objects.all()
    for word in words.split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(reference__iexact=word)
            | Q(cqc_location_id__iexact=word)
        )
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    if postcode.strip():
        rows = rows.annotate(
            postcode_closed_up=Replace(F("postcode"), Value(" "), Value(""))
        ).filter(postcode_closed_up__istartswith="".join(postcode.split()))
    if checks in CHECKS:
        rows = CHECKS[checks](rows)
    return _with_parts(rows).order_by(Lower("name"), "id")


def current_rates(provider: Provider) -> list[ProviderRate]:
    """The newest price of each thing the provider offers, in the order they were first published.

    A later price for the same words and unit takes the place of the earlier one.
    """
    newest: dict[tuple[str, str], ProviderRate] = {}
    for rate in sorted(provider.rates.all(), key=lambda rate: (rate.from_date, rate.pk)):
        newest[(" ".join(rate.description.lower().split()), rate.unit)] = rate
    return list(newest.values())


def people_supported(provider: Provider) -> int:
    """How many people have an agreement with the provider now (read through the relation, as above)."""
    running = provider.agreements.filter(state__in=RUNNING)
    return running.values("case").distinct().count()
