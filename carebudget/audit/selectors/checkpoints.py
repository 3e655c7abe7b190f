"""The signed checkpoints, and how far the last one reaches."""

from dataclasses import dataclass

from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import RawSQL

from ..models import AuditChain, AuditCheckpoint, AuditEvent


@dataclass(frozen=True)
class Coverage:
    """How much there is, and how much of it came after the last signature."""

    events: int
    chains: int
    last: AuditCheckpoint | None
    events_since: int


def coverage() -> Coverage:
    """Counts of events and chains, and the last checkpoint without its heads. Three queries."""
    events = AuditEvent.objects.count()
    last = AuditCheckpoint.objects.defer("heads").order_by("-id").first()
    return Coverage(
        events=events,
        chains=AuditChain.objects.count(),
        last=last,
        events_since=events - (last.events if last else 0),
    )


def checkpoints_newest_first() -> QuerySet[AuditCheckpoint]:
    """Every checkpoint with ``chain_count``, without its heads: they can be megabytes each."""
    counted = RawSQL("(SELECT count(*) FROM jsonb_object_keys(heads))", [], IntegerField())
    return AuditCheckpoint.objects.defer("heads").annotate(chain_count=counted).order_by("-id")
