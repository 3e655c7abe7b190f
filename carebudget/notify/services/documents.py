"""Making documents: HTML templates to PDF/UA with WeasyPrint, kept once per key."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from weasyprint import HTML, default_url_fetcher

from carebudget import clock

from ..models import Document


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF/UA-1 of a template under ``templates/documents/``. Fetches nothing but our own files."""
    html = render_to_string(
        template,
        {
            "council_name": settings.COUNCIL_NAME,
            "council_phone": settings.COUNCIL_PHONE,
            "council_email": settings.COUNCIL_EMAIL,
            "today": clock.today(),
            **context,
        },
    )
    return HTML(string=html, base_url="static:///", url_fetcher=_own_files_only).write_pdf(
        pdf_variant="pdf/ua-1"
    )


def _own_files_only(url: str) -> dict[str, Any]:
    if url.startswith("data:"):
        return default_url_fetcher(url)
    name = url.removeprefix("static:///").removeprefix("static://")
    path = finders.find(name)
    if not path:
        raise ValueError(f"A document may only use our own files, not {url}")
    return {"file_obj": open(path, "rb")}  # noqa: SIM115  (WeasyPrint closes it)


def keep_document(
    *, key: str, kind: str, title: str, subject: str, template: str, context: dict[str, Any]
) -> Document:
    """Render and keep a document; the same ``key`` gives back the one that was kept first."""
    kept = Document.objects.filter(key=key).first()
    if kept:
        return kept
    content = render_pdf(template, {"document_title": title, **context})
    document, _ = Document.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "title": title,
            "subject": subject,
            "content": content,
            "sha256": hashlib.sha256(content).hexdigest(),
            "created_at": clock.now(),
        },
    )
    return document
