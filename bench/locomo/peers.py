"""What our search is compared with, over the same texts and embeddings of one person.

mem0's own search runs as shipped: its pgvector store, a collection for each person, its scoring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from uuid import uuid4

import numpy as np
from sqlalchemy import text

from bench.locomo.data import TOP, Corpus
from database.binding import Binding
from memory.engine import Engine
from tests.support.ranks import Query, Stored, best, bm25, meaning

Found = list[list[int]]
PEERS = ("mem0", "meaning", "ts_rank", "bm25", "rank_fusion")
# The usual constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009).
RRF = 60
_TS_RANK = text(
    "with ranked as ("
    " select row_number() over (order by seq) - 1 as place, ts_rank(fts, cast("
    "  replace(plainto_tsquery('pg_catalog.english', :query)::text, '&', '|') as tsquery)) as rank"
    " from vecs.memories where owner = (select auth.uid()))"
    " select place from ranked order by rank desc, place desc limit :top_k"
)


class Person:
    """A corpus as it is stored for one person, with the vectors of what is asked."""

    def __init__(
        self, engine: Engine, binding: Binding, corpus: Corpus, queries: Sequence[Query]
    ) -> None:
        self.engine = engine
        self.binding = binding
        self.corpus = corpus
        self.queries = queries
        self.stored = Stored.of(binding)

    def ranked(self, score: Callable[[Stored, Query], np.typing.NDArray[np.float64]]) -> Found:
        """What this ranking finds for each query, best first."""
        return [best(score(self.stored, query), TOP[-1]) for query in self.queries]


def found_by(peer: str, person: Person, database_url: str) -> Found:
    """What a peer finds for each question. `database_url` may create tables (mem0's)."""
    if peer == "mem0":
        return _mem0(person, database_url)
    if peer == "meaning":
        return person.ranked(meaning)
    if peer == "bm25":
        return person.ranked(bm25)
    if peer == "rank_fusion":
        return person.ranked(_fused)
    return [
        [
            row["place"]
            for row in person.binding.fetch(_TS_RANK, {"query": q.text, "top_k": TOP[-1]})
        ]
        for q in person.corpus.questions
    ]


def _fused(stored: Stored, query: Query) -> np.typing.NDArray[np.float64]:
    ranks = [np.argsort(np.argsort(-f(stored, query), kind="stable")) for f in (meaning, bm25)]
    fused: np.typing.NDArray[np.float64] = sum(
        (1 / (RRF + 1 + rank) for rank in ranks), start=np.zeros(stored.n)
    )
    return fused


def _mem0(person: Person, database_url: str) -> Found:
    # Imported here: mem0 reads its settings (no telemetry) at import, and the engine sets them.
    from mem0.utils.lemmatization import lemmatize_for_bm25
    from mem0.vector_stores.pgvector import PGVector

    user_id = str(person.binding.user_id)
    texts = person.corpus.texts
    ids = [str(uuid4()) for _ in texts]
    store = PGVector(
        collection_name=f"mem0_{uuid4().hex}",
        embedding_model_dims=person.stored.vectors.shape[1],
        connection_string=database_url,
        # The other settings of mem0's own defaults.
        dbname=None,
        user=None,
        password=None,
        host=None,
        port=None,
        diskann=False,
        hnsw=True,
    )
    try:
        store.insert(
            vectors=person.stored.vectors.tolist(),
            ids=ids,
            payloads=[
                {
                    "data": said,
                    "user_id": user_id,
                    "hash": hashlib.md5(said.encode(), usedforsecurity=False).hexdigest(),
                    "text_lemmatized": lemmatize_for_bm25(said),
                }
                for said in texts
            ],
        )
        memory = person.engine.extractor.bind(person.binding)
        memory.vector_store = store
        places = {memory_id: place for place, memory_id in enumerate(ids)}
        return [
            [
                places[hit["id"]]
                for hit in memory.search(q.text, top_k=TOP[-1], filters={"user_id": user_id})[
                    "results"
                ]
            ]
            for q in person.corpus.questions
        ]
    finally:
        store.delete_col()
