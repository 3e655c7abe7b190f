"""What is shown when a request cannot be read, or when we have made a mistake. Asks nothing of the database."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from carebudget.ids import new_reference

log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our mistake: said plainly, with a number that finds the entry in the log."""
    code = new_reference("ERR")
    log.error("%s was shown for %s %s", code, request.method, request.path)
    return HttpResponse(render_to_string("500.html", _council() | {"code": code}), status=500)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that cannot be read."""
    return HttpResponse(render_to_string("400.html", _council()), status=400)


def _council() -> dict[str, str]:
    return {
        "council_name": settings.COUNCIL_NAME,
        "council_phone": settings.COUNCIL_PHONE,
        "council_email": settings.COUNCIL_EMAIL,
    }
