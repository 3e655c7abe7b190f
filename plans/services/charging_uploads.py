"""Making a photo or PDF from outside safe to keep: what it is by its bytes, never by its name.

A photo is drawn anew, so that where it was taken, and anything hidden in the file, stays behind. Nothing
here touches the database.
"""

import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from carebudget.errors import Refused

UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024
PIXEL_LIMIT = 50_000_000
LONGEST_SIDE = 2400
NAME_LIMIT = 80
JPEG_QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")

_MAGIC = ((b"\xff\xd8\xff", "image"), (b"\x89PNG\r\n\x1a\n", "image"))
_ACTIVE_IN_PDF = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia|XFA[\s\[])")
_NOT_IN_A_NAME = re.compile(r"[^\w .,()&+-]", re.UNICODE)

CHOOSE_ANOTHER = "Take a photo of the paper, or choose a PDF."


@dataclass(frozen=True)
class CleanFile:
    """What is kept: the bytes, and what they are."""

    data: bytes
    content_type: str
    name: str


def clean_upload(file: BinaryIO, name: str) -> CleanFile:
    """The file made safe. Raises ``Refused`` beside ``file`` with what to do instead."""
    data = file.read(UPLOAD_LIMIT_BYTES + 1)
    if not data:
        raise _refused("empty", "This file is empty.")
    if len(data) > UPLOAD_LIMIT_BYTES:
        raise _refused("too_large", "This file is larger than 10 MB.", "Take a smaller photo.")
    kind = _kind_of(data)
    if kind == "pdf":
        return CleanFile(_checked_pdf(data), "application/pdf", shown_name(name, ".pdf"))
    if kind == "image":
        return CleanFile(_drawn_anew(data), "image/jpeg", shown_name(name, ".jpg"))
    if kind == "heic":
        raise _refused(
            "heic",
            "This photo is in a format (HEIC) that we cannot read.",
            "On an iPhone choose Settings, Camera, Formats, Most Compatible, and take it again.",
        )
    raise _refused("wrong_type", "This is no photo and no PDF that we can read.")


def _refused(code: str, sentence: str, next_step: str = CHOOSE_ANOTHER) -> Refused:
    return Refused(f"evidence_{code}", sentence, next_step, field="file")


def _kind_of(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if any(data.startswith(magic) for magic, _ in _MAGIC):
        return "image"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image"
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif"):
        return "heic"
    return ""


def _checked_pdf(data: bytes) -> bytes:
    """The PDF as it came: whole, readable without a password, and with nothing in it that acts.

    A name can be hidden inside a compressed part of a PDF, so this is one lock of several: it is also
    only ever handed out as an attachment that no browser runs.
    """
    if b"%%EOF" not in data[-2048:]:
        raise _refused("pdf_broken", "This PDF is not whole.", "Save it again, and try once more.")
    if b"/Encrypt" in data:
        raise _refused(
            "pdf_locked", "This PDF has a password.", "Save it without one, or take a photo."
        )
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), data)
    if _ACTIVE_IN_PDF.search(plain):
        raise _refused(
            "pdf_active",
            "This PDF has programs or other files inside it.",
            "Print it to a new PDF, or take a photo of it.",
        )
    return data


def _drawn_anew(data: bytes) -> bytes:
    """The picture drawn on a fresh sheet as JPEG: turned upright, without metadata, not too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=FORMATS)
            if image.width * image.height > PIXEL_LIMIT:
                raise _refused("too_many_pixels", "This photo is too large.", "Take a smaller one.")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            sheet = Image.new("RGB", upright.size, "white")
            layer = upright.convert("RGBA")
            sheet.paste(layer, mask=layer.getchannel("A"))
    except Image.DecompressionBombError as error:
        raise _refused(
            "too_many_pixels", "This photo is too large.", "Take a smaller one."
        ) from error
    except Image.DecompressionBombWarning as error:
        raise _refused(
            "too_many_pixels", "This photo is too large.", "Take a smaller one."
        ) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise _refused("image_broken", "This photo cannot be read.", "Take it again.") from error
    out = BytesIO()
    sheet.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def shown_name(name: str, ending: str) -> str:
    """The name to show: no folders, no odd signs, and the ending of what it really is."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last else last
    plain = " ".join(_NOT_IN_A_NAME.sub(" ", stem).split()).strip(". ")[:NAME_LIMIT].strip()
    return f"{plain or 'document'}{ending}"
