"""How a provider's checks stand: passed, not made yet, not passed, run out or about to."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from carebudget import clock

from ..models import REQUIRED_CHECKS, CheckKind, CheckOutcome, Provider, ProviderCheck

EXPIRING_DAYS = 60
"""How long before a check runs out the provider and the council are told."""

LABELS = {
    "passed": "Passed",
    "soon": "Runs out soon",
    "missing": "Not checked yet",
    "expired": "Has run out",
    "failed": "Not passed",
}
COLOURS = {
    "passed": "passed",
    "soon": "suspended",
    "missing": "open",
    "expired": "failed",
    "failed": "failed",
}
"""For the shared status tag, which is coloured by the name of a state."""


@dataclass(frozen=True)
class CheckStanding:
    """One kind of check of one provider. ``check`` is the last one made, if any."""

    kind: str
    title: str
    state: str
    required: bool
    check: ProviderCheck | None

    @property
    def label(self) -> str:
        """The state in words."""
        return LABELS[self.state]

    @property
    def colour(self) -> str:
        """The state whose colour the tag takes."""
        return COLOURS[self.state]

    @property
    def expires_on(self) -> date | None:
        """The last day on which it counts."""
        return self.check.expires_on if self.check else None


def check_standings(provider: Provider) -> list[CheckStanding]:
    """Every check the provider needs, then others that were made. Reads ``provider.checks`` as prefetched."""
    made = {check.kind: check for check in provider.checks.all()}
    needed = REQUIRED_CHECKS[provider.kind]
    kinds = [*needed, *(kind for kind in CheckKind.values if kind in made and kind not in needed)]
    return [
        CheckStanding(
            kind=kind,
            title=str(CheckKind(kind).label),
            state=_state(made.get(kind)),
            required=kind in needed,
            check=made.get(kind),
        )
        for kind in kinds
    ]


def _state(check: ProviderCheck | None) -> str:
    if check is None:
        return "missing"
    if check.outcome == CheckOutcome.FAILED:
        return "failed"
    if check.expires_on is None:
        return "passed"
    if check.expires_on < clock.today():
        return "expired"
    return "soon" if check.expires_on <= _soon() else "passed"


def _soon() -> date:
    return clock.today() + timedelta(days=EXPIRING_DAYS)


def checks_to_do(provider: Provider) -> list[CheckStanding]:
    """Needed checks that are not passed, or will not be for much longer."""
    return [one for one in check_standings(provider) if one.required and one.state != "passed"]


def open_check(rows: QuerySet[Provider]) -> QuerySet[Provider]:
    """Providers with a needed check that is not passed and in date."""
    in_date = Q(checks__expires_on=None) | Q(checks__expires_on__gte=clock.today())
    unfinished = Q()
    for kind, needed in REQUIRED_CHECKS.items():
        passed = Count(
            "checks",
            filter=Q(checks__outcome=CheckOutcome.PASSED, checks__kind__in=needed) & in_date,
            distinct=True,
        )
        rows = rows.annotate(**{f"passed_as_{kind}": passed})
        unfinished |= Q(kind=kind, **{f"passed_as_{kind}__lt": len(needed)})
    return rows.filter(unfinished)


def expiring_check(rows: QuerySet[Provider]) -> QuerySet[Provider]:
    """Providers with a needed check that runs out soon."""
    soon = ProviderCheck.objects.filter(
        provider=OuterRef("pk"),
        outcome=CheckOutcome.PASSED,
        expires_on__range=(clock.today(), _soon()),
    )
    needed = Q()
    for kind, kinds in REQUIRED_CHECKS.items():
        needed |= Q(Exists(soon.filter(kind__in=kinds)), kind=kind)
    return rows.filter(needed)
