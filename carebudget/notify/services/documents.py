"""Making documents: HTML templates to PDF/UA with WeasyPrint, kept once per key."""

import atexit
import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from carebudget import clock

from ..models import Document

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

STYLE = "dist/document.css"
_of_this_thread = threading.local()
atexit.register(lambda: vars(_of_this_thread).clear())
"""Typefaces are let go before the interpreter takes their library away."""


def render_pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF/UA-1 of a template under ``templates/documents/``. Fetches nothing but our own files."""
    from weasyprint import HTML

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
    style, fonts = _style()
    document = HTML(string=html, base_url="static:///", url_fetcher=_own_files_only())
    return bytes(document.write_pdf(pdf_variant="pdf/ua-1", stylesheets=[style], font_config=fonts))


def _own_files_only() -> Any:
    from weasyprint import URLFetcher

    class OwnFilesOnly(URLFetcher):
        """``static://name`` is a file of ours; nothing else is fetched."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("static://"):
                url = _file_of(url.removeprefix("static://").lstrip("/")).as_uri()
            return super().fetch(url, headers)

    return OwnFilesOnly(allowed_protocols={"file", "data"})


def _file_of(name: str) -> Path:
    found = finders.find(name)
    if not found:
        raise ValueError(f"There is no file of ours called {name}")
    return Path(str(found))


def _style() -> tuple["CSS", "FontConfiguration"]:
    """Our style and its typefaces, read once by each thread: unpacking them takes longer than a letter."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    file = _file_of(STYLE)
    changed_at = file.stat().st_mtime_ns
    kept = getattr(_of_this_thread, "style", None)
    if kept is None or kept[0] != changed_at:
        fonts = FontConfiguration()
        style = CSS(filename=file, url_fetcher=_own_files_only(), font_config=fonts)
        kept = _of_this_thread.style = (changed_at, style, fonts)
    return kept[1], kept[2]


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
