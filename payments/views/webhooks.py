"""Where rails tell us that something happened. Verified, stored once, worked through later."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from carebudget.people.access import PUBLIC, needs

from ..rails.protocol import ForgedWebhook
from ..services import store_webhook
from ..tasks import work_webhooks

log = logging.getLogger(__name__)

BODY_LIMIT = 256 * 1024


@csrf_exempt
@require_POST
@needs(PUBLIC)
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Stripe's own signature is the permission. Anything else is refused, and nothing is kept of it."""
    if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT:
        return HttpResponse(status=413)
    try:
        store_webhook(
            rail="stripe",
            payload=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
        )
    except ForgedWebhook as error:
        log.warning("a webhook was refused: %s", error)
        return HttpResponse(status=400)
    _nudge()
    return HttpResponse(status=200)


def _nudge() -> None:
    """If the queue is down, the beat finds the event in the database."""
    try:
        work_webhooks.delay()
    except Exception:
        log.exception("the queue did not take the nudge for a webhook")
