"""Documents are made from our own files alone, kept once, and readable by machines that read aloud."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from carebudget.notify.models import Document
from carebudget.notify.services import keep_document, render_pdf

pytestmark = pytest.mark.django_db
REMITTANCE = "documents/base.html"


def test_a_document_is_tagged_titled_and_in_english():
    pdf = PdfReader(BytesIO(render_pdf(REMITTANCE, {"document_title": "Your letter"})))
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).lower().startswith("en")
    assert pdf.metadata is not None
    assert "Your letter" in str(pdf.metadata.title)
    assert "Wrenbury Council" in "".join(page.extract_text() for page in pdf.pages)


def test_nothing_is_fetched_that_is_not_ours(tmp_path: Path, settings: Any):
    (tmp_path / "bad.html").write_text(
        '<html lang="en"><head><title>x</title></head><body><img alt="" src="http://127.0.0.1:9/x.png">'
        '<img alt="" src="static://dist/none.png"><p>Words</p></body></html>'
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    pdf = PdfReader(BytesIO(render_pdf("bad.html", {})))
    assert "Words" in pdf.pages[0].extract_text()
    assert not pdf.pages[0].images


def test_the_same_document_is_made_once():
    def keep(title: str) -> Document:
        return keep_document(
            key="letter:1", kind="letter", title=title, subject="case:CAS-222222",
            template=REMITTANCE, context={},
        )  # fmt: skip

    first = keep("Your letter")
    again = keep("Another title")
    assert again.pk == first.pk
    assert again.title == "Your letter"
    assert Document.objects.count() == 1
    assert len(first.sha256) == 64


def typefaces(content: bytes) -> set[str]:
    names = set()
    for page in PdfReader(BytesIO(content)).pages:
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        names |= {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts.values()}
    return names


def test_our_own_typeface_is_in_every_letter_whichever_thread_makes_it():
    with ThreadPoolExecutor(3) as threads:
        made = list(
            threads.map(lambda n: render_pdf(REMITTANCE, {"document_title": str(n)}), range(9))
        )
    found = [typefaces(content) for content in made]
    assert found == [{"Atkinson-Hyperlegible-Next", "Atkinson-Hyperlegible-Next-Bold"}] * 9
