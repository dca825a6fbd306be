"""A search as parameters of memories.sql's statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from text import storable

# More than anybody has.
MOST_RANKED = 2_000_000_000


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
