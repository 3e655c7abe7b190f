"""A person's messages, and the documents that came with them."""

from urllib.parse import quote
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from carebudget.people.access import SIGNED_IN, needs, signed_in

from ..models import Document, Message
from ..services import mark_read

PAGE_SIZE = 20


def message_by_id(public_id: UUID) -> Message:
    """The message, with its document's title but not its bytes."""
    return (
        Message.objects.select_related("document")
        .defer("document__content")
        .get(public_id=public_id)
    )


def document_by_id(public_id: UUID) -> Document:
    """The document with its bytes."""
    return Document.objects.get(public_id=public_id)


@require_safe
@needs(SIGNED_IN)
def messages_list(request: HttpRequest) -> HttpResponse:
    """What I was told, newest first."""
    mine = (
        Message.objects.filter(to=signed_in(request))
        .select_related("document")
        .defer("document__content")
    )
    page = Paginator(mine, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "notify/messages.html", {"page": page})


@require_safe
@needs("notify.view_message", load=message_by_id)
def message(request: HttpRequest, found: Message) -> HttpResponse:
    """One message. Opening it marks it as read."""
    mark_read(message=found)
    return render(request, "notify/message.html", {"message": found})


@require_safe
@needs("notify.view_document", load=document_by_id)
def document(request: HttpRequest, found: Document) -> HttpResponse:
    """The document, byte for byte as it was kept."""
    return document_response(found)


def document_response(kept: Document) -> HttpResponse:
    """Serve a kept document; the browser may show it, and saves it under its title."""
    ending = ".pdf" if kept.content_type == "application/pdf" else ""
    response = HttpResponse(bytes(kept.content), content_type=kept.content_type)
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(kept.title + ending)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
