"""How memories are asked for, and which of them an answer is given: those that matter, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from memory.records import Memory
from memory.text import storable

# Measured with all-MiniLM-L6-v2: 95 of 100 facts that answer a question without sharing a word with
# it are above this, of those that do not answer it 5 (bench/RESULTS.md). It is asked of a memory's
# own evidence: what was said around it may change its place, but not bring it into an answer.
FLOOR = 0.2
# "What do you know about me?" resembles no fact, so it asks for all of them.
ALL_MOST = 200
_EVERYTHING = re.compile(
    r"\b(what|anything|everything|all)\b.{0,30}\b(know|remember|learned|learnt|memor(y|ies))\b"
    r".{0,12}\b(about|of|on) (me|myself)\b|\bwho am i\b|\btell me about (me|myself)\b",
    re.IGNORECASE,
)


def asks_for_everything(query: str) -> bool:
    """Whether the message asks what is known about the person as a whole (English wordings)."""
    return bool(_EVERYTHING.search(query[:500]))


def worth_telling(found: Sequence[Memory], *, floor: float = FLOOR) -> list[Memory]:
    """The search results that are near enough to the message, or related to it, best first."""
    return [memory for memory in found if memory.similarity is None or memory.evidence >= floor]


def search_params(
    query: str,
    vector: Sequence[float],
    top_k: int,
    *,
    as_of: datetime | None = None,
    with_past: bool = False,
) -> dict[str, Any]:
    """Parameters of memories.sql's `search`."""
    # A very long query would only cost: the embedding model reads no more than this either.
    return {
        "query": storable(query)[:4000],
        "vec": vector_text(vector),
        "top_k": top_k,
        "as_of": as_of,
        "with_past": with_past,
    }


def vector_text(vector: Sequence[float]) -> str:
    """pgvector's text form; nine digits say all that it keeps of a number."""
    return "[" + ",".join(["%.9g"] * len(vector)) % tuple(vector) + "]"
