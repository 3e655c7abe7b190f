"""Making documents: HTML templates to PDF/UA with WeasyPrint, kept once per key."""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from carebudget import clock

from ..models import Document


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF/UA-1 of a template under ``templates/documents/``. Fetches nothing but our own files."""
    from weasyprint import HTML, URLFetcher

    class OwnFilesOnly(URLFetcher):
        """``static://name`` is a file of ours; nothing else is fetched."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("static://"):
                found = finders.find(url.removeprefix("static://").lstrip("/"))
                if not found:
                    raise ValueError(f"There is no file of ours called {url}")
                url = Path(str(found)).as_uri()
            return super().fetch(url, headers)

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
    fetcher = OwnFilesOnly(allowed_protocols={"file", "data"})
    document = HTML(string=html, base_url="static:///", url_fetcher=fetcher)
    return bytes(document.write_pdf(pdf_variant="pdf/ua-1"))


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
