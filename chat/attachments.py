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
from typing import cast

from PIL import Image, ImageOps, ImageStat, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from errors import InputError
from memory.manage.text_encoding import UnknownEncodingError, decoded
from text import storable

MOST_FILES = 5
FILE_MAX_BYTES = 5 * 1024 * 1024
# Of all files of one message together; some 12,000 tokens.
FILES_MAX_CHARS = 48_000
PDF_MAX_PAGES = 200
# What models scale pictures down to anyway.
PICTURE_MAX_SIDE = 1568
PICTURE_MAX_PIXELS = 50_000_000
# As base64 2.7 MB: the strictest providers take 4 MB.
PICTURE_MAX_BYTES = 2_000_000
JPEG_QUALITIES = (85, 70, 50, 30)
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
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")

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
    try:
        return decoded(data)
    except UnknownEncodingError as exc:
        if b"\0" in data:
            raise InputError(f"{name} is not a text, whatever its name says.") from exc
        raise InputError(f"The encoding of {name} is not clear. Save it as UTF-8.") from exc


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
            # A large JPEG is opened in a smaller size.
            found.draft(None, (2 * PICTURE_MAX_SIDE, 2 * PICTURE_MAX_SIDE))
            kept = _eight_bits(ImageOps.exif_transpose(found))
            kept.thumbnail((PICTURE_MAX_SIDE, PICTURE_MAX_SIDE))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as exc:
        raise InputError(f"{name} is damaged or is not a picture.") from exc
    except Image.DecompressionBombError as exc:
        raise InputError(f"{name} has too many pixels. Send a smaller copy.") from exc
    media_type, picture = _encoded(kept)
    return Attachment(name, media_type, len(data), picture=picture)


def _eight_bits(image: Image.Image) -> Image.Image:
    """The picture as RGB, or as RGBA where one can see through it.

    Grey levels finer than 8 bits are scaled by the bits that they use: converting would clip them.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        levels = image.convert("F")
        low, high = cast("tuple[float, float]", levels.getextrema())
        low = min(low, 0.0)
        scale = 255 / (2 ** max(8, int(high - low).bit_length()) - 1)
        offset = -low * scale
        return levels.point(lambda level: level * scale + offset).convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    see_through = image.convert("RGBA")
    opaque = see_through.getchannel("A").getextrema() == (255, 255)
    return see_through.convert("RGB") if opaque else see_through


def _encoded(image: Image.Image) -> tuple[str, bytes]:
    """Media type and bytes of a new file, without what the camera wrote into the old one.

    PNG where one can see through it and that is small enough, else JPEG; PICTURE_MAX_BYTES at most.
    """
    if image.mode == "RGBA":
        png = _saved(image, "PNG", optimize=True)
        if len(png) <= PICTURE_MAX_BYTES:
            return "image/png", png
        image = _on_contrast(image)
    for quality in JPEG_QUALITIES:
        jpeg = _saved(image, "JPEG", quality=quality)
        if len(jpeg) <= PICTURE_MAX_BYTES:
            break
    return "image/jpeg", jpeg


def _saved(image: Image.Image, form: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.frombytes(image.mode, image.size, image.tobytes()).save(out, form, **options)
    return out.getvalue()


def _on_contrast(image: Image.Image) -> Image.Image:
    """What one sees of it, on black where that is light, else on white."""
    light = ImageStat.Stat(image.convert("L"), image.getchannel("A")).mean[0] > 128
    ground = Image.new("RGB", image.size, "black" if light else "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _short(name: str) -> str:
    clean = " ".join(storable(PurePath(name.replace("\\", "/")).name).split()) or "file"
    if len(clean) <= 100:
        return clean
    suffix = PurePath(clean).suffix[:10]
    return clean[: 100 - len(suffix)] + suffix
