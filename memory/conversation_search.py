"""What a search among one's own conversations asks for, and what it found: places and words.

Accents and capitals do not matter. Pure functions; the finding is in queries/conversations.sql.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from memory.preferences import Preference
from memory.text import storable

QUERY_CHARS = 200
MOST_WORDS = 12
SNIPPET_CHARS = 110
BEFORE_CHARS = 30
# A stem has lost its ending: running → run, cities → citi.
_STEM_CHARS = 3
_WORD = re.compile(r"[^\W_]+")
# Scripts that put no spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


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
    """The words to look for, and those of scripts without spaces; None if there are none."""
    found = _words(text)
    parts = [f"%{word}%" for word in found if _UNSPACED.search(word)]
    words = [word for word in found if not _UNSPACED.search(word)]
    return {"words": words, "parts": parts} if words or parts else None


def snippet(said: str, query: str) -> Snippet:
    """What stands around the first of the query's words."""
    said = " ".join(said.split())
    start, end = _place(folded(said), [folded(word) for word in _words(query)])
    begin = max(0, start - BEFORE_CHARS)
    if begin:
        space = said.find(" ", begin, start)
        begin = space + 1 if space >= 0 else begin
    stop = begin + SNIPPET_CHARS
    before = ("…" if begin else "") + said[begin:start]
    after = said[end:stop] + ("…" if stop < len(said) else "")
    return Snippet(before, said[start:end], after)


def folded(text: str) -> str:
    """In small and without accents, as many characters as before."""
    plain = (unicodedata.normalize("NFKD", char)[:1].lower()[:1] or char for char in text)
    return "".join(plain)


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFC", storable(text))[:QUERY_CHARS]
    return _WORD.findall(text)[:MOST_WORDS]


def _place(said: str, words: Sequence[str]) -> tuple[int, int]:
    """Where the first of the words begins and ends, else one with the same stem; (0, 0) if none."""
    for cut in (False, True):
        for word in sorted(words, key=len, reverse=True):
            start = word[: max(_STEM_CHARS, len(word) - 4)] if cut else word
            boundary = "" if _UNSPACED.search(word) else r"\b"
            match = re.search(rf"{boundary}{re.escape(start)}" + (r"\w*" if cut else ""), said)
            if match:
                return match.span()
    return 0, 0
