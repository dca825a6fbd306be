"""An answer drawn: its markdown, and apart from it what Streamlit's markdown would change.

Streamlit 1.67 puts `:material_` for `:material/` in all of a markdown text, in code as well,
where nothing can keep it apart. A block that has it is drawn by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from ui.elements.markdown import as_markdown, beginning
from ui.elements.markdown_blocks import blocks

_ICON = ":material/"
_OPENING = re.compile(
    r"[\s>]*(?:[-*+]|\d{1,9}[.)])?[\s>]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\s`]*)"
)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an answer: markdown, or code of a language."""

    text: str
    language: str | None = None
    is_code: bool = False


def draw_markdown(place: DeltaGenerator, answer: str, *, being_written: bool = False) -> None:
    """In the place of what was drawn there before."""
    parts = list(_parts(answer))
    if len(parts) > 1 or any(part.is_code for part in parts):
        place = place.container()
    for part in parts:
        if part.is_code:
            place.code(part.text, language=part.language)
        elif being_written:
            place.markdown(beginning(part.text))
        else:
            place.markdown(as_markdown(part.text))


def _parts(answer: str) -> Iterator[_Part]:
    if _ICON not in answer:
        yield _Part(answer)
        return
    markdown = ""
    for is_code, lines in blocks(answer):
        code = _code(lines) if is_code and _ICON in lines else None
        if code is None:
            markdown += lines
            continue
        if markdown.strip():
            yield _Part(markdown)
        markdown = ""
        yield code
    if markdown.strip():
        yield _Part(markdown)


def _code(block: str) -> _Part | None:
    """The code in a block, without its fence; None where it is HTML."""
    lines = block.strip("\n").split("\n")
    opening = _OPENING.match(lines[0])
    if opening:
        inside = lines[1:]
        if inside and inside[-1].strip(" \t>").startswith(opening["fence"]):
            inside.pop()
        indent = opening.start("fence")
        text = "\n".join(line[:indent].lstrip(" \t>") + line[indent:] for line in inside)
        return _Part(text, opening["info"] or None, is_code=True)
    if all(not line.strip() or line[:4].isspace() or line[:1] == "\t" for line in lines):
        return _Part("\n".join(line.removeprefix("    ") for line in lines), is_code=True)
    return None
