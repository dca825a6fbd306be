"""The ranking of own.rank_memories (the last migration that makes it) again, part by part.

In numpy over what is stored, so that each part can be left out and other rankings (meaning alone,
BM25) see the same vectors and stems. tests/memory/recall/test_search.py compares it with the
statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from database.binding import Binding

Scores = npt.NDArray[np.float64]
REACH = 2
NEARNESS = 0.6
KEYWORD = 2.0
MEMORIES = text(
    "select id, vec::text as vec, array(select lexeme from unnest(fts)) as words,"
    " array(select cardinality(positions) from unnest(fts)) as counts"
    " from vecs.memories where owner = :owner order by seq"
)
PASSAGES = text(
    "select memory_id, vec::text as vec from public.memory_passages where user_id = :owner"
)
_WORDS = text(
    "select tsvector_to_array(to_tsvector('pg_catalog.english', asked.query)) as words"
    " from unnest(cast(:queries as text[])) with ordinality asked(query, n) order by n"
)


class Stored:
    """One person's memories in the order of their recording: (n, dims) unit vectors and stems.

    Those of passages are (m, dims), and `passages_of` says of which memory each is.
    """

    def __init__(
        self, rows: Sequence[Mapping[str, Any]], passages: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """`rows` are those of MEMORIES, `passages` those of PASSAGES."""
        self.n = len(rows)
        self.ids = [str(row["id"]) for row in rows]
        self.vectors = np.array([np.fromstring(row["vec"][1:-1], sep=",") for row in rows])
        places = {one: place for place, one in enumerate(self.ids)}
        self.passages_of = np.array([places[row["memory_id"]] for row in passages], dtype=int)
        self.passages = np.array([np.fromstring(row["vec"][1:-1], sep=",") for row in passages])
        self._counts: defaultdict[str, Scores] = defaultdict(lambda: np.zeros(self.n))
        for place, row in enumerate(rows):
            for word, count in zip(row["words"], row["counts"], strict=True):
                self._counts[word][place] = count
        self.lengths: Scores = sum(self._counts.values(), start=np.zeros(self.n))

    @classmethod
    def of(cls, binding: Binding) -> Self:
        """What the person may read."""
        person = {"owner": binding.user_id}
        return cls(binding.fetch(MEMORIES, person), binding.fetch(PASSAGES, person))

    def counts(self, words: Sequence[str]) -> Scores:
        """(words, n): how often each memory has each word."""
        return np.array([self._counts.get(word, np.zeros(self.n)) for word in words])

    def rarity(self, words: Sequence[str]) -> Scores:
        """(words,): BM25's weight of each word among these memories."""
        having = (self.counts(words) > 0).sum(axis=1)
        rarity: Scores = np.log(1 + (self.n - having + 0.5) / (having + 0.5))
        return rarity


@dataclass(frozen=True)
class Query:
    """A query's unit vector and stems."""

    vector: Scores
    words: Sequence[str]


def words_of(binding: Binding, queries: Sequence[str]) -> list[list[str]]:
    """The stems of each query, as the database sees them."""
    return [row["words"] for row in binding.fetch(_WORDS, {"queries": list(queries)})]


def meaning(stored: Stored, query: Query) -> Scores:
    """(n,): the cosine of each memory, or of the nearest of its passages."""
    similarity: Scores = stored.vectors @ query.vector
    if len(stored.passages):
        np.maximum.at(similarity, stored.passages_of, stored.passages @ query.vector)
    return similarity


def keyword(stored: Stored, query: Query, *, nearness: float = 0.0, rarity: bool = True) -> Scores:
    """(n,): the share of the query's words in each memory; those around it count `nearness`."""
    if not query.words:
        return np.zeros(stored.n)
    here = (stored.counts(query.words) > 0).astype(float)
    found = np.maximum(here, nearness * _around(here, np.nanmax))
    weight = stored.rarity(query.words) if rarity else np.ones(len(query.words))
    share: Scores = weight @ found / weight.sum()
    return share


def bm25(stored: Stored, query: Query, *, k1: float = 1.2, b: float = 0.75) -> Scores:
    """(n,): BM25 with its usual constants."""
    if not query.words:
        return np.zeros(stored.n)
    counts = stored.counts(query.words)
    length = stored.lengths
    full = counts + k1 * (1 - b + b * length / length.mean())
    score: Scores = stored.rarity(query.words) @ (counts * (k1 + 1) / full)
    return score


def _around(values: Scores, of: Callable[..., Scores]) -> Scores:
    """`of` each value and its REACH neighbours on either side, along the last axis."""
    edges = [(0, 0)] * (values.ndim - 1) + [(REACH, REACH)]
    padded = np.pad(values, edges, constant_values=np.nan)
    return of(np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=-1), axis=-1)


def with_keyword(stored: Stored, query: Query) -> Scores:
    return meaning(stored, query) + KEYWORD * keyword(stored, query) ** 2


def with_words_around(stored: Stored, query: Query) -> Scores:
    return meaning(stored, query) + KEYWORD * keyword(stored, query, nearness=NEARNESS) ** 2


def without_keyword(stored: Stored, query: Query) -> Scores:
    similarity = meaning(stored, query)
    return similarity + NEARNESS * _around(similarity, np.nanmean)


def without_rarity(stored: Stored, query: Query) -> Scores:
    share = keyword(stored, query, nearness=NEARNESS, rarity=False)
    return without_keyword(stored, query) + KEYWORD * share**2


def complete(stored: Stored, query: Query) -> Scores:
    """What the product's search does."""
    share = keyword(stored, query, nearness=NEARNESS)
    return without_keyword(stored, query) + KEYWORD * share**2


# Each adds one part to the one before; the last two take one part out of the whole.
STAGES: dict[str, Callable[[Stored, Query], Scores]] = {
    "meaning": meaning,
    "+ keyword": with_keyword,
    "+ words around": with_words_around,
    "+ meaning around": complete,
    "all but keyword": without_keyword,
    "all but rarity": without_rarity,
}


def best(scores: Scores, top_k: int) -> list[int]:
    """Places of the best, later ones first among equals."""
    order = np.lexsort((-np.arange(len(scores)), -scores))
    return [int(place) for place in order[:top_k]]
