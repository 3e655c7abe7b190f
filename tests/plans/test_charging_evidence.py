"""Papers from outside: known by their bytes, drawn anew, kept from all but those who work on it."""

import hashlib
import io
import os
import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from carebudget.audit.models import AuditEvent
from carebudget.errors import Conflict, NotAllowed, Refused
from plans.models import EvidenceContent, FinancialEvidence
from plans.services import attach_evidence, remove_evidence
from plans.services.charging_evidence import FILES_LIMIT
from plans.services.charging_uploads import UPLOAD_LIMIT_BYTES, clean_upload, shown_name
from tests.plans.charging_pages import PDF, begun, decided, in_2016, pdf, photo, sent
from tests.plans.page_world import World, do, family_tie, see, words


@pytest.fixture
def w(db: None) -> Iterator[World]:
    with in_2016() as found:
        yield found


def attach(w: World, file: io.BytesIO, name: str = "statement.png", about: str = "savings") -> Any:
    return attach_evidence(assessment=begun(w), about=about, file=file, name=name, by=w.ruth)


def upload(name: str, data: bytes, kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type=kind)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side: int) -> bytes:
    """A few kilobytes that say they are an image of side times side pixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", zlib.compress(b"\0" * 100_000, 9))
        + png_chunk(b"IEND", b"")
    )


# ---- what a photo becomes


def test_a_photo_is_drawn_anew_without_what_was_hidden_in_it():
    secret = b"51.5074 N, 0.1278 W"
    exif = Image.Exif()
    exif[0x010E] = secret.decode()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif, comment=secret)
    trailing = out.getvalue() + b"<script>alert(1)</script>" + secret
    clean = clean_upload(io.BytesIO(trailing), "photo.jpg")
    assert clean.content_type == "image/jpeg"
    assert secret not in clean.data
    assert b"<script>" not in clean.data
    drawn = Image.open(io.BytesIO(clean.data))
    assert drawn.size == (20, 40)  # turned upright, as the camera said
    assert not drawn.getexif()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_photos_of_three_kinds_become_jpegs(kind: str):
    clean = clean_upload(photo(kind), f"photo.{kind.lower()}")
    assert (clean.content_type, clean.name) == ("image/jpeg", "photo.jpg")
    assert Image.open(io.BytesIO(clean.data)).format == "JPEG"


def test_words_hidden_in_a_png_and_its_transparent_parts_are_gone():
    info = PngInfo()
    info.add_text("Comment", "hidden words")
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG", pnginfo=info)
    clean = clean_upload(io.BytesIO(out.getvalue()), "x.png")
    assert b"hidden words" not in clean.data
    assert Image.open(io.BytesIO(clean.data)).getpixel((5, 5)) == (255, 255, 255)


def test_a_large_photo_is_made_smaller():
    clean = clean_upload(photo("JPEG", (5000, 3000)), "big.jpg")
    assert max(Image.open(io.BytesIO(clean.data)).size) == 2400


def test_a_pdf_stays_as_it_came():
    assert clean_upload(pdf(), "letter.pdf").data == pdf().getvalue()


# ---- what is refused


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "empty.png", "This file is empty."),
        (b"just words", "notes.txt", "This is no photo and no PDF that we can read."),
        (b"MZ\x90\x00" + b"\0" * 100, "photo.jpg", "This is no photo and no PDF"),
        (b"PK\x03\x04" + b"\0" * 100, "photo.png", "This is no photo and no PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "x.svg", "no photo and no PDF"),
        (b"<?xml version='1.0'?><svg onload='alert(1)'/>", "photo.png", "no photo and no PDF"),
        (b"<!doctype html><script>alert(1)</script>", "letter.pdf", "no photo and no PDF"),
        (b"\n\n" + PDF, "letter.pdf", "no photo and no PDF"),
        (b"GIF89a" + b"\0" * 50, "moving.gif", "no photo and no PDF"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 50, "IMG_1.HEIC", "in a format (HEIC) that we cannot read"),
        (b"\x89PNG\r\n\x1a\n" + b"junk", "x.png", "This photo cannot be read."),
        (b"\xff\xd8\xff\xe0" + b"\0" * 200, "x.jpg", "This photo cannot be read."),
        (photo("JPEG", (300, 300)).getvalue()[:400], "half.jpg", "This photo cannot be read."),
        (b"RIFF\x10\0\0\0WEBPjunk", "x.webp", "This photo cannot be read."),
        (b"%PDF-1.7 no end", "letter.pdf", "This PDF is not whole."),
        (pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>").getvalue(), "x.pdf", "has programs or other files inside"),
        (pdf(b"/OpenAction << /S /Java#53cript >>").getvalue(), "x.pdf", "has programs or other files inside"),
        (pdf(b"/A << /S /Launch >>").getvalue(), "x.pdf", "has programs or other files inside"),
        (pdf(b"/EmbeddedFiles 3 0 R").getvalue(), "x.pdf", "has programs or other files inside"),
        (pdf(b"/Encrypt 2 0 R").getvalue(), "x.pdf", "This PDF has a password."),
    ],
)  # fmt: skip
def test_what_is_no_honest_paper_is_refused_with_what_to_do(data: bytes, name: str, sentence: str):
    with pytest.raises(Refused) as refused:
        clean_upload(io.BytesIO(data), name)
    assert sentence in refused.value.sentence
    assert refused.value.field == "file"


def test_a_file_that_is_too_large_is_refused_without_reading_it_all():
    class Endless(io.RawIOBase):
        """Never ends; counts what was asked of it."""

        asked = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.asked += size
            return b"\xff" * size

    endless = Endless()
    with pytest.raises(Refused, match="larger than 10 MB"):
        clean_upload(endless, "huge.jpg")  # type: ignore[arg-type]
    assert endless.asked == UPLOAD_LIMIT_BYTES + 1


@pytest.mark.parametrize("side", [8000, 20_000, 60_000])
def test_an_image_that_would_fill_the_memory_is_refused_at_once(side: int):
    data = bomb(side)
    assert len(data) < 2000
    began = time.monotonic()
    with pytest.raises(Refused, match="This photo is too large"):
        clean_upload(io.BytesIO(data), "bomb.png")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\windows\\system32\\x.exe", "x.jpg"),
        ("/abs/olute.png", "olute.jpg"),
        ("a\r\nSet-Cookie: x.png", "a Set-Cookie x.jpg"),
        ('quote".png', "quote.jpg"),
        ("<script>.png", "script.jpg"),
        ("\u202egnp.exe", "gnp.jpg"),
        ("x.php.png", "x.php.jpg"),
        (".htaccess", "document.jpg"),
        ("", "document.jpg"),
        ("ö" * 300 + ".png", "ö" * 80 + ".jpg"),
    ],
)
def test_a_name_never_names_a_place(name: str, shown: str):
    assert shown_name(name, ".jpg") == shown


# ---- attaching and taking away


def test_a_paper_is_attached_once_and_recorded(w: World):
    assessment = begun(w)
    first = attach_evidence(
        assessment=assessment, about="savings", file=photo(), name="a.png", by=w.ruth
    )
    again = attach_evidence(
        assessment=assessment, about="savings", file=photo(), name="b.png", by=w.margaret
    )
    assert first == again
    assert first.sha256 == hashlib.sha256(bytes(first.content.data)).hexdigest()
    event = AuditEvent.objects.get(verb="charge.evidence_added")
    assert event.changes["sha256"] == first.sha256


def test_the_council_can_add_a_paper_after_the_answers_are_sent(w: World):
    attach_evidence(assessment=sent(w), about="income", file=pdf(), name="letter.pdf", by=w.samira)
    assert FinancialEvidence.objects.get().uploaded_by == w.samira


def test_taking_a_paper_away_deletes_its_bytes_and_keeps_that_it_was_there(w: World):
    evidence = attach(w, photo())
    remove_evidence(evidence=evidence, by=w.margaret)
    remove_evidence(evidence=evidence, by=w.margaret)
    assert not EvidenceContent.objects.exists()
    evidence.refresh_from_db()
    assert evidence.removed_at is not None
    assert AuditEvent.objects.filter(verb="charge.evidence_removed").count() == 1
    attach_evidence(
        assessment=evidence.assessment, about="savings", file=photo(), name="a.png", by=w.ruth
    )


def test_after_the_decision_papers_stay_as_they_were(w: World):
    evidence = attach(w, photo())
    decision = decided(w)
    with pytest.raises(Conflict, match="The decision rests on this file"):
        remove_evidence(evidence=evidence, by=w.ruth)
    with pytest.raises(Conflict, match="decided already"):
        attach_evidence(assessment=decision, about="savings", file=pdf(), name="x.pdf", by=w.ruth)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE plans_financialevidence SET sha256 = 'other'")


def test_there_is_a_limit_to_how_many(w: World):
    assessment = begun(w)
    for n in range(FILES_LIMIT):
        attach_evidence(
            assessment=assessment, about="other", file=pdf(b"/N %d" % n), name="x.pdf", by=w.ruth
        )
    with pytest.raises(Refused, match="There are 40 files already"):
        attach_evidence(assessment=assessment, about="other", file=photo(), name="x.png", by=w.ruth)


def test_who_may_attach_and_take_away(w: World):
    evidence = attach(w, photo())
    for who in (w.stranger, w.other_worker, w.auditor, w.panel):
        with pytest.raises(NotAllowed):
            attach_evidence(
                assessment=evidence.assessment, about="other", file=pdf(), name="x.pdf", by=who
            )
        with pytest.raises(NotAllowed):
            remove_evidence(evidence=evidence, by=who)


# ---- the pages


def test_a_phone_photo_is_attached_on_the_page(w: World, client: Client):
    begun(w)
    answer = do(
        client, w.ruth, "plans:paying_evidence", w.case.reference, about="savings", file=photo()
    )
    assert answer.url == reverse("plans:paying_evidence", args=[w.case.reference])
    after = words(client.get(answer.url))
    assert "The paper is attached." in after
    assert "statement.jpg" in after
    assert "attached by Ruth Ashdown on 2 May 2016" in after


@pytest.mark.parametrize(
    ("about", "file", "sentence"),
    [
        ("", photo(), "Say what it shows."),
        ("weather", photo(), "Choose what it shows from the list."),
        ("savings", None, "Choose a photo or PDF."),
        ("savings", upload("x.png", b""), "This file is empty."),
        ("savings", upload("x.svg", b"<svg onload='alert(1)'/>", "image/svg+xml"), "no photo and no PDF"),
        ("savings", upload("x.png", bomb(30_000)), "This photo is too large."),
        ("savings", upload("big.jpg", b"\xff\xd8\xff" + os.urandom(UPLOAD_LIMIT_BYTES)), "larger than 10 MB"),
    ],
)  # fmt: skip
def test_a_paper_that_cannot_be_taken_is_refused_beside_its_field(
    w: World, client: Client, about: str, file: Any, sentence: str
):
    begun(w)
    if file is not None:
        file.seek(0)
    data = {"about": about} | ({"file": file} if file is not None else {})
    answer = do(client, w.ruth, "plans:paying_evidence", w.case.reference, **data)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert "<title>Error: " in answer.content.decode()
    assert not FinancialEvidence.objects.exists()
    if about == "savings":
        assert answer.context["form"]["about"].value() == "savings"


def test_a_paper_is_handed_out_as_an_attachment_that_nothing_runs(w: World, client: Client):
    evidence = attach(w, photo(), name='odd "name\r\n.png')
    answer = see(client, w.ruth, "plans:evidence_file", w.case.reference, evidence.public_id)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="odd name.jpg"'
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "no-store"
    assert hashlib.sha256(answer.content).hexdigest() == evidence.sha256


def test_who_may_see_a_paper(w: World, client: Client):
    evidence = attach(w, photo())
    at = (w.case.reference, evidence.public_id)
    for who in (w.margaret, w.ruth, w.samira, w.david, w.finance, w.auditor):
        assert see(client, who, "plans:evidence_file", *at).status_code == 200, who
    for who in (w.stranger, w.other_worker, w.panel):
        assert see(client, who, "plans:evidence_file", *at).status_code == 404, who
    family_tie(w.finance, w.case)
    assert see(client, w.finance, "plans:evidence_file", *at).status_code == 404
    assert "/accounts/login/" in see(client, None, "plans:evidence_file", *at).url
    assert do(client, w.ruth, "plans:evidence_file", *at).status_code == 405


def test_a_paper_is_only_found_under_its_own_case_and_until_it_is_taken_away(
    w: World, client: Client
):
    evidence = attach(w, photo())
    assert (
        see(client, w.ruth, "plans:evidence_file", "CAS-222222", evidence.public_id).status_code
        == 404
    )
    page = see(client, w.ruth, "plans:evidence_remove", w.case.reference, evidence.public_id)
    assert "Take this paper away?" in words(page)
    do(client, w.ruth, "plans:evidence_remove", w.case.reference, evidence.public_id)
    at = (w.case.reference, evidence.public_id)
    assert see(client, w.ruth, "plans:evidence_file", *at).status_code == 404
    assert see(client, w.ruth, "plans:evidence_remove", *at).status_code == 404


def test_no_address_of_the_site_leads_to_the_bytes_except_that_view(w: World, client: Client):
    evidence = attach(w, photo())
    client.force_login(w.ruth)
    for path in ("/media/", f"/media/{evidence.name}", f"/static/{evidence.public_id}"):
        assert client.get(path).status_code == 404
