"""What every page shows around its content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from .navigation import navigation_for


def page(request: HttpRequest) -> dict[str, Any]:
    """Council, navigation by role and the count of unread messages."""
    user = getattr(request, "user", None)
    around: dict[str, Any] = {
        "council_name": settings.COUNCIL_NAME,
        "council_short_name": settings.COUNCIL_SHORT_NAME,
        "council_phone": settings.COUNCIL_PHONE,
        "council_email": settings.COUNCIL_EMAIL,
        "demo": settings.DEMO,
        "navigation": navigation_for(user, request.path),
        "unread_messages": 0,
    }
    if user is not None and user.is_authenticated:
        around["unread_messages"] = user.notify_messages.filter(read_at=None).count()
    return around
