"""Passages: the parts of a long text, each with a vector of its own, by which a question finds it.

A vector is of the beginning of a text only. Passages are split and embedded when the text is
written, in the same request, and go when it changes (a trigger sees to it). They hold no text: a
passage is a range of the memory's characters.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from database.sql import load
from memory.store import cues
from memory.store.query_params import vector_text
from models.client import Models

# The local model (all-MiniLM-L6-v2) reads 256 tokens of a text: some 900 characters of English,
# with room for words that it cuts into more pieces than are counted here. A model that reads more
# makes one vector of many topics, which is near to no question about one of them.
ONE_VECTOR_TOKENS = 225
# No shorter text is long, in whichever script.
LEAST_LONG_CHARS = int(ONE_VECTOR_TOKENS * 1.5)
# Some 500 characters of English: a few sentences.
PASSAGE_TOKENS = 125
# Of what is meant for each: a shorter paragraph, as a heading, is kept together with the next.
SHORTEST = 0.1
# Of one text. Those of a very long one are longer.
MOST_PASSAGES = 100
# Kept in one statement: with the longest vectors some 20 MB.
MOST_AT_ONCE = 500
# Sentences, in every script that ends them with a sign, and lines.
_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？।؟])\s*|\n+")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a text from `start` to before `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text, and its vector."""

    span: Span
    vector: Sequence[float]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text's vector, and its passages where it is long."""

    vector: list[float]
    passages: tuple[Passage, ...] = ()


def tokens_in(text: str) -> float:
    """Estimated, since each model cuts text in its own way: 4 characters of ASCII make one, as in
    English, and 1.5 others, as in Cyrillic or Chinese.
    """
    ascii_chars = len(text) if text.isascii() else sum(char < "\x80" for char in text)
    return ascii_chars / 4 + (len(text) - ascii_chars) / 1.5


def split(text: str) -> list[Span]:
    """The passages of a text that is longer than what one vector holds; none of a shorter one."""
    tokens = tokens_in(text)
    if tokens <= ONE_VECTOR_TOKENS:
        return []
    each = max(PASSAGE_TOKENS, math.ceil(tokens / MOST_PASSAGES))
    found = spans(text, each, longest=max(each, ONE_VECTOR_TOKENS))
    # Sentences that do not fill what is meant for each make more.
    while len(found) > MOST_PASSAGES:
        each = math.ceil(each * 1.25)
        found = spans(text, each, longest=max(each, ONE_VECTOR_TOKENS))
    return found


def spans(text: str, tokens: float, *, longest: float) -> list[Span]:
    """The text in pieces of some sentences, of about so many tokens each, in order.

    A sentence is cut only where it is longer than `longest`. Another paragraph, often about
    something else, begins a piece unless the one before would be too short.
    """
    found = list[Span]()
    size = 0.0
    for sentence in _sentences(text):
        for piece in _cut(text, sentence, longest):
            between = text[found[-1].end : piece.start] if found else ""
            is_new = between.count("\n") > 1 and size >= SHORTEST * tokens
            more = tokens_in(between) + tokens_in(piece.of(text))
            if found and not is_new and size + more <= tokens:
                found[-1] = Span(found[-1].start, piece.end)
                size += more
            else:
                found.append(piece)
                size = tokens_in(piece.of(text))
    return found


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for end in (*_END.finditer(text), None):
        piece = text[start : end.start()] if end else text[start:]
        if stripped := piece.strip():
            begins = start + piece.index(stripped[0])
            yield Span(begins, begins + len(stripped))
        start = end.end() if end else len(text)


def _cut(text: str, sentence: Span, longest: float) -> Iterator[Span]:
    pieces = math.ceil(tokens_in(sentence.of(text)) / longest)
    size = math.ceil((sentence.end - sentence.start) / max(pieces, 1))
    for start in range(sentence.start, sentence.end, size):
        yield Span(start, min(start + size, sentence.end))


def embed(
    texts: Sequence[str], models: Models, cues_of: Sequence[str] | None = None
) -> list[Embedded]:
    """Each text with its cues, if there are any, and its passages, all in one call.

    Raises ModelError.
    """
    parts = [split(text) for text in texts]
    pieces = [span.of(text) for text, found in zip(texts, parts, strict=True) for span in found]
    of_texts = list(cues_of) if cues_of is not None else [""] * len(texts)
    vectors = cues.embed([*texts, *pieces], [*of_texts, *([""] * len(pieces))], models)
    of_pieces = iter(vectors[len(texts) :])
    return [
        Embedded(vector, tuple(Passage(span, next(of_pieces)) for span in found))
        for vector, found in zip(vectors, parts, strict=False)
    ]


def puts(texts: Mapping[str, str], found: Mapping[str, Embedded]) -> Iterator[dict[str, str]]:
    """Parameters of passages.sql's `put`, some passages each; `texts` and `found` by memory id."""
    rows = list(_rows(texts, found))
    for start in range(0, len(rows), MOST_AT_ONCE):
        yield {"rows": json.dumps(rows[start : start + MOST_AT_ONCE])}


def put(connection: Connection, texts: Mapping[str, str], found: Mapping[str, Embedded]) -> None:
    """Keep the passages of memories that are there with these texts."""
    for params in puts(texts, found):
        connection.execute(load("memory/store/passages")["put"], params)


def _rows(texts: Mapping[str, str], found: Mapping[str, Embedded]) -> Iterator[dict[str, Any]]:
    for memory_id, embedded in found.items():
        for number, passage in enumerate(embedded.passages):
            yield {
                "memory_id": memory_id,
                "hash": hash_of(texts[memory_id]),
                "number": number,
                "start_char": passage.span.start,
                "end_char": passage.span.end,
                "vec": vector_text(passage.vector),
            }


def hash_of(text: str) -> str:
    """What tells a text from another, as PostgreSQL's md5() has it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
