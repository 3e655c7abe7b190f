"""What happened about one thing, for its own page."""

from django.db.models import QuerySet

from ..models import AuditEvent


def timeline(*chains: str, limit: int = 200) -> QuerySet[AuditEvent]:
    """The latest events of the named chains, newest first, with their words."""
    return (
        AuditEvent.objects.filter(chain__key__in=chains)
        .select_related("chain", "words")
        .order_by("-at", "-id")[:limit]
    )
