"""Of a long text, the part that is nearest to a message."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from errors import ModelError
from memory.recall.budget import SHORTENED, Cut, tokens_of
from memory.recall.reader import MemoryReader
from memory.records import Memory
from memory.store.passages import Span, spans
from models.client import Models

log = logging.getLogger(__name__)

# Short sentences are looked at together.
PART_TOKENS = 40
# Of a text without passages so many parts are embedded.
MOST_PARTS = 100


def passages_for(query: str, reader: MemoryReader, models: Models, *, outside: bool) -> Cut:
    """What cuts a memory to a number of tokens, for one query.

    The part is chosen by the vectors that are kept of the memory's passages. Of the first that has
    none the parts are embedded, in one request; of others words decide, and of one that stays
    inside where with `outside` that request leaves this machine.
    """
    embedded = False

    def cut(memory: Memory, budget: int) -> Memory:
        nonlocal embedded
        longest = max(PART_TOKENS, budget // 4)
        parts = spans(memory.text, PART_TOKENS, longest=longest) or [Span(0, 0)]
        passage = reader.nearest_passage(memory.id, query)
        if passage is not None:
            within = _within(parts, passage)
        elif not embedded and not (outside and memory.stays_inside):
            embedded = True
            within = [_nearest(memory.text, parts, query, models)]
        else:
            within = list(range(len(parts)))
        return replace(memory, text=_around(memory.text, parts, within, query, budget))

    return cut


def _within(parts: Sequence[Span], passage: Span) -> list[int]:
    """Places of the parts that a passage is made of; all where the text is another by now."""
    places = [
        place
        for place, part in enumerate(parts)
        if part.start < passage.end and passage.start < part.end
    ]
    return places or list(range(len(parts)))


def _nearest(text: str, parts: Sequence[Span], query: str, models: Models) -> int:
    """The place of the part that is nearest by meaning."""
    said = [part.of(text) for part in parts[:MOST_PARTS]]
    try:
        vectors = np.asarray(models.embed([query, *said]), dtype=float)
    except ModelError as exc:
        log.warning("a passage is the beginning: %s", type(exc).__name__)
        return 0
    norms = np.linalg.norm(vectors[1:], axis=1)
    return int(np.argmax(vectors[1:] @ vectors[0] / np.where(norms > 0, norms, 1)))


def _around(
    text: str, parts: Sequence[Span], within: Sequence[int], query: str, budget: int
) -> str:
    """Of the parts `within` the one that shares most words with the query, and as much around it as
    fits, first of those, in the order of the text.
    """
    room = budget - 2 * tokens_of(SHORTENED)
    words = _words(query)
    best = max(within, key=lambda place: len(words & _words(parts[place].of(text))))
    found = _widened(text, parts, (best, best), (within[0], within[-1]), room)
    first, last = _widened(text, parts, found, (0, len(parts) - 1), room)
    told = text[parts[first].start : parts[last].end]
    return ("" if first == 0 else "[…] ") + told + ("" if last == len(parts) - 1 else SHORTENED)


def _widened(
    text: str, parts: Sequence[Span], had: tuple[int, int], ends: tuple[int, int], room: int
) -> tuple[int, int]:
    """The first and the last part, when as many more as have room are taken in up to the ends."""

    def fits(first: int, last: int) -> bool:
        if first < ends[0] or last > ends[1]:
            return False
        return tokens_of(text[parts[first].start : parts[last].end]) <= room

    first, last = had
    before = None
    while before != (first, last):
        before = (first, last)
        last += fits(first, last + 1)
        first -= fits(first - 1, last)
    return first, last


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
