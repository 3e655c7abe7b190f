"""Searching the whole record. Knows events and chains, not what they are about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from ..models import AuditEvent


@dataclass(frozen=True)
class RecordSearch:
    """What to look for; whatever is empty is not asked. ``actors`` are public ids, ``""`` the system itself."""

    verb: str = ""
    about: str = ""
    actors: tuple[str, ...] | None = None
    chain: str = ""
    since: datetime | None = None
    before: datetime | None = None


def search_record(search: RecordSearch, *, without: Iterable[str] = ()) -> QuerySet[AuditEvent]:
    """Events that match, newest first, with chain and words. ``without`` names chains that do not exist here."""
    events = AuditEvent.objects.select_related("chain", "words").order_by("-at", "-id")
    if search.verb:
        events = events.filter(verb=search.verb)
    if search.about:
        events = events.filter(
            Q(subject__icontains=search.about) | Q(chain__key__icontains=search.about)
        )
    if search.actors is not None:
        events = events.filter(actor__in=search.actors)
    if search.chain:
        events = events.filter(chain__key__icontains=search.chain)
    if search.since:
        events = events.filter(at__gte=search.since)
    if search.before:
        events = events.filter(at__lt=search.before)
    hidden = list(without)
    return events.exclude(chain__key__in=hidden) if hidden else events
