"""Files that come with a message: read, checked and made small, before anything is saved.

Of a text its characters are kept, of a picture a smaller copy without what cameras write into it.
What is in a file is material for one answer: it is never remembered as a fact about the person.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from errors import InputError
from memory.text import storable

MOST_FILES = 5
FILE_MAX_BYTES = 5 * 1024 * 1024
# Of all files of one message together; some 12,000 tokens.
FILES_MAX_CHARS = 48_000
PDF_MAX_PAGES = 200
# What models scale pictures down to anyway.
PICTURE_MAX_SIDE = 1568
PICTURE_MAX_PIXELS = 50_000_000
TEXT_KINDS = {
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
    "pdf": "application/pdf",
}
PICTURE_KINDS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file: `content` of a text, `picture` (JPEG or PNG) of a picture."""

    name: str
    media_type: str
    size_bytes: int
    content: str | None = None
    picture: bytes | None = None

    @property
    def data_url(self) -> str | None:
        """The picture as models take it."""
        if self.picture is None:
            return None
        return f"data:{self.media_type};base64,{base64.b64encode(self.picture).decode()}"


def read_files(files: Sequence[tuple[str, bytes]], *, pictures: bool) -> list[Attachment]:
    """The files of one message, given as name and bytes; `pictures` where the model sees them.

    Raises InputError with the file's name and what to do.
    """
    if len(files) > MOST_FILES:
        raise InputError(f"At most {MOST_FILES} files fit into one message.")
    read = [_read(_short(name), data, pictures=pictures) for name, data in files]
    chars = sum(len(one.content or "") for one in read)
    if chars > FILES_MAX_CHARS:
        raise InputError(
            f"The files hold {chars:,} characters of text; {FILES_MAX_CHARS:,} in one message is "
            "the most. Send a part of them."
        )
    return read


def _read(name: str, data: bytes, *, pictures: bool) -> Attachment:
    kind = PurePath(name).suffix.lower().lstrip(".")
    if not data:
        raise InputError(f"{name} is empty.")
    if len(data) > FILE_MAX_BYTES:
        raise InputError(f"{name} is larger than {FILE_MAX_BYTES // 1024**2} MB.")
    if kind in PICTURE_KINDS:
        if not pictures:
            raise InputError(f"{name} is a picture, and this model reads text only.")
        return _picture(name, data)
    if kind not in TEXT_KINDS:
        known = ", ".join(k.upper() for k in (*TEXT_KINDS, *(PICTURE_KINDS if pictures else ())))
        raise InputError(f"{name} cannot be read. These can: {known}.")
    text = _pdf_text(name, data) if kind == "pdf" else _decoded(name, data)
    text = storable(text).strip()
    if not text:
        raise InputError(f"There is no text in {name}; it may hold scanned pages only.")
    return Attachment(name, TEXT_KINDS[kind], len(data), content=text)


def _decoded(name: str, data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise InputError(f"{name} is not a text, whatever its name says.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _pdf_text(name: str, data: bytes) -> str:
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(f"{name} is locked with a password.")
        if len(reader.pages) > PDF_MAX_PAGES:
            raise InputError(f"{name} has more than {PDF_MAX_PAGES} pages. Send a part of it.")
        pages: list[str] = []
        chars = 0
        for page in reader.pages:
            pages.append(page.extract_text())
            chars += len(pages[-1])
            if chars > 2 * FILES_MAX_CHARS:
                break
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError) as exc:
        raise InputError(f"{name} is damaged or is not a PDF.") from exc
    except RecursionError as exc:
        raise InputError(f"{name} cannot be read.") from exc
    return "\n\n".join(pages)


def _picture(name: str, data: bytes) -> Attachment:
    try:
        with Image.open(io.BytesIO(data)) as found:
            if found.width * found.height > PICTURE_MAX_PIXELS:
                raise InputError(f"{name} has too many pixels. Send a smaller copy.")
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((PICTURE_MAX_SIDE, PICTURE_MAX_SIDE))
            see_through = upright.mode in ("RGBA", "LA", "P")
            kept = upright.convert("RGBA" if see_through else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise InputError(f"{name} is damaged or is not a picture.") from exc
    except Image.DecompressionBombError as exc:
        raise InputError(f"{name} has too many pixels. Send a smaller copy.") from exc
    # A new file: nothing of what the camera wrote into the old one goes along.
    out = io.BytesIO()
    if see_through:
        kept.save(out, "PNG", optimize=True)
    else:
        kept.save(out, "JPEG", quality=85)
    media_type = "image/png" if see_through else "image/jpeg"
    return Attachment(name, media_type, len(data), picture=out.getvalue())


def _short(name: str) -> str:
    clean = " ".join(storable(PurePath(name.replace("\\", "/")).name).split()) or "file"
    if len(clean) <= 100:
        return clean
    suffix = PurePath(clean).suffix[:10]
    return clean[: 100 - len(suffix)] + suffix
