"""Where an answer's markdown has code or HTML, a line at a time: there a backslash is a backslash.

By the rules of CommonMark, as far as they decide this; it knows nothing of what stands in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Behind the marks of quotes and lists, in which a fence may stand.
_FENCE = re.compile(r"(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}(?=[^`]*$)|~{3,})")
_FENCE_END = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*$")
_LIST_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_INDENTED = re.compile(r" {4}| {0,3}\t")
_TAGS = (
    "address|article|aside|blockquote|body|center|details|dialog|div|dl|dd|dt|fieldset|figcaption"
    "|figure|footer|form|h[1-6]|head|header|hr|html|iframe|li|main|nav|ol|p|pre|script|section"
    "|style|summary|table|tbody|td|textarea|tfoot|th|thead|tr|ul"
)
_HTML = re.compile(rf" {{0,3}}(?:<!--|</?(?:{_TAGS})(?:[\s/>]|$))", re.IGNORECASE)


def blocks(markdown: str) -> Iterator[tuple[bool, str]]:
    """Yield all of it in pieces: whether the piece is code or HTML, and its lines."""
    reader = _Reader()
    held, held_is_code = "", False
    for line in markdown.splitlines(keepends=True):
        is_code = reader.takes(line.rstrip("\r\n"))
        if held and is_code != held_is_code:
            yield held_is_code, held
            held = ""
        held, held_is_code = held + line, is_code
    if held:
        yield held_is_code, held


@dataclass(slots=True)
class _Reader:
    """What the lines so far have opened."""

    fence: str = ""
    in_html: bool = False
    in_list: bool = False
    after_blank: bool = True
    indented: bool = False

    def takes(self, line: str) -> bool:
        """Read the next line; whether it is code or HTML."""
        if self.fence:
            end = _FENCE_END.match(line)
            if end and end[1].startswith(self.fence):
                self.fence = ""
            return True
        if not line.strip():
            self.in_html = False
            self.after_blank = True
            return self.indented
        if begun := _FENCE.match(line):
            self.fence = begun[1]
            self._note(line)
            return True
        self.in_html = self.in_html or bool(_HTML.match(line))
        # Within a list the same indentation belongs to an item.
        open_before = self.indented or self.after_blank
        self.indented = open_before and not self.in_list and bool(_INDENTED.match(line))
        if not self.indented:
            self._note(line)
        self.after_blank = False
        return self.in_html or self.indented

    def _note(self, line: str) -> None:
        indented = line[:1] in (" ", "\t")
        self.in_list = bool(_LIST_ITEM.match(line)) or (self.in_list and indented)
        self.indented = self.after_blank = False
