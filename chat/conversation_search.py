"""What a search among one's own conversations asks for, and what it found: places and words.

Accents and capitals do not matter. Pure functions; the finding is in chat/conversations.sql.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from account.preferences import Preference
from text import folded, storable

QUERY_CHARS = 200
MOST_WORDS = 12
SNIPPET_CHARS = 110
BEFORE_CHARS = 30
# A stem has lost its ending: running → run, cities → citi.
_STEM_CHARS = 3
# Scripts whose words are looked for anywhere: they put no spaces between words, or hang particles,
# articles and endings on them. The first line as in own.spaced, the second are Hebrew and Arabic.
_PARTS = (
    "\u0900-\u0963\u0966-\u0eff\u1000-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
    "\u05d0-\u05ea\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f"
)
_PART = re.compile(f"[{_PARTS}]")
_WORD = re.compile(rf"[{_PARTS}]+|(?:(?![{_PARTS}])[^\W_])+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Some words around one that was looked for; `found` is empty where none stands so."""

    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a conversation; without a turn, the conversation was found by its title."""

    conversation_id: UUID
    title: str
    turn_id: UUID | None
    snippet: Snippet
    said_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any], query: str) -> Hit:
        zone = Preference(time_zone=row["time_zone"] or "UTC").zone
        said = row["title"] if row["turn_id"] is None else row["content"]
        return cls(
            conversation_id=row["conversation_id"],
            title=row["title"],
            turn_id=row["turn_id"],
            snippet=snippet(said, query),
            said_at=row["said_at"].astimezone(zone),
        )


def search_params(text: str) -> dict[str, list[str]] | None:
    """The words to look for, and those to look for anywhere; None if there are none."""
    found = _words(text)
    parts = [f"%{word}%" for word in found if _PART.search(word)]
    words = [word for word in found if not _PART.search(word)]
    return {"words": words, "parts": parts} if words or parts else None


def snippet(said: str, query: str) -> Snippet:
    """What stands around the first of the query's words."""
    said = " ".join(said.split())
    plain, places = _folded_with_places(said)
    first, last = _place(plain, _words(query))
    start, end = places[first], places[last]
    begin = max(0, start - BEFORE_CHARS)
    if begin:
        space = said.find(" ", begin, start)
        begin = space + 1 if space >= 0 else begin
    stop = begin + SNIPPET_CHARS
    before = ("…" if begin else "") + said[begin:start]
    after = said[end:stop] + ("…" if stop < len(said) else "")
    return Snippet(before, said[start:end], after)


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """Folded, and where each of its characters, and its end, stood in the text."""
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    # A letter and its marks are folded together.
    for end in range(1, len(text) + 1):
        if end < len(text) and unicodedata.category(text[end]) in ("Mn", "Mc"):
            continue
        piece = folded(text[start:end])
        pieces.append(piece)
        places += [start] * len(piece)
        start = end
    return "".join(pieces), [*places, len(text)]


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(storable(text)[:QUERY_CHARS]))[:MOST_WORDS]


def _place(said: str, words: Sequence[str]) -> tuple[int, int]:
    """Where the first of the words begins and ends, else one with the same stem; (0, 0) if none."""
    for cut in (False, True):
        for word in sorted(words, key=len, reverse=True):
            start = word[: max(_STEM_CHARS, len(word) - 4)] if cut else word
            boundary = "" if _PART.search(word) else r"\b"
            match = re.search(rf"{boundary}{re.escape(start)}" + (r"\w*" if cut else ""), said)
            if match:
                return match.span()
    return 0, 0
