"""Of a long text, the part that is nearest to a message."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from errors import ModelError
from memory.recall.budget import SHORTENED, tokens_of
from memory.records import Memory
from models.client import Models

log = logging.getLogger(__name__)

# Sentences, in every script that ends them with a sign, and lines.
_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？।؟])\s*|\n+")
# Short sentences are looked at together, and of a very long text only so many parts.
PART_TOKENS = 40
MOST_PARTS = 100


def passages_for(query: str, models: Models, *, outside: bool) -> Callable[[Memory, int], Memory]:
    """What cuts a memory to a number of tokens, for one query; one embedding request each.

    With `outside` that request leaves this machine: of what stays inside it is the beginning.
    """

    def cut(memory: Memory, budget: int) -> Memory:
        parts = _parts(memory.text, budget)
        if outside and memory.stays_inside:
            return replace(memory, text=_around(parts, 0, budget))
        try:
            vectors = np.asarray(models.embed([query, *parts]), dtype=float)
        except ModelError as exc:
            log.warning("a passage is the beginning: %s", type(exc).__name__)
            best = 0
        else:
            norms = np.linalg.norm(vectors[1:], axis=1)
            best = int(np.argmax(vectors[1:] @ vectors[0] / np.where(norms > 0, norms, 1)))
        return replace(memory, text=_around(parts, best, budget))

    return cut


def _parts(text: str, budget: int) -> list[str]:
    """The text in pieces of some sentences, none longer than the budget."""
    most_chars = max(PART_TOKENS, budget // 2)
    parts = list[str]()
    for sentence in filter(None, (piece.strip() for piece in _END.split(text))):
        for start in range(0, len(sentence), 2 * most_chars):
            piece = sentence[start : start + 2 * most_chars]
            if parts and tokens_of(f"{parts[-1]} {piece}") <= PART_TOKENS:
                parts[-1] += f" {piece}"
            else:
                parts.append(piece)
    return parts[:MOST_PARTS]


def _around(parts: Sequence[str], best: int, budget: int) -> str:
    """The best part and as much around it as fits, in the order of the text."""
    first = last = best
    left = budget - tokens_of(parts[best]) - 2 * tokens_of(SHORTENED)
    for step in range(1, len(parts)):
        for place in (best + step, best - step):
            adjoins = place in (last + 1, first - 1)
            if adjoins and 0 <= place < len(parts) and tokens_of(parts[place]) <= left:
                left -= tokens_of(parts[place])
                first, last = min(first, place), max(last, place)
    text = " ".join(parts[first : last + 1])
    return ("" if first == 0 else "[…] ") + text + ("" if last == len(parts) - 1 else SHORTENED)
