"""What our search is measured against: mem0's own stores, on the same server and the same rows.

Both as shipped, with HNSW. The `supabase` store gets the least it needs to run at all: SQLAlchemy
2.1 reads its address as another driver's, and its own settings refuse to name one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import vecs

from bench.retrieval.data import DIMS, Asked
from tests.support.stack import Stack

# The supabase store builds its index at each start; beyond so many rows it is started twice.
REPEAT_BELOW = 20_000
_COPY_TO_VECS = "insert into vecs.stock select id, vec, metadata from vecs.memories"
_COPY_TO_PGVECTOR = (
    "insert into public.stock select id::uuid, vec, metadata"
    " || jsonb_build_object('text_lemmatized', metadata ->> 'data') from vecs.memories"
)


@dataclass(frozen=True, slots=True)
class Peer:
    """One of mem0's stores with everybody's memories in its table."""

    store: Any
    table: str
    starts_s: list[float]

    def search(self, asked: Asked) -> list[str]:
        """The ids that are found, as mem0 itself asks its store."""
        found = self.store.search(
            query=asked.text,
            vectors=asked.vector,
            top_k=10,
            filters={"user_id": str(asked.user_id)},
        )
        return [hit.id for hit in found]


def supabase(stack: Stack, database: str, rows: int, limit_s: int) -> Peer:
    """mem0's `supabase` store; its constructor builds the index."""
    from mem0.vector_stores.supabase import Supabase

    url = _limited(stack, database, limit_s).replace("postgresql://", "postgresql+psycopg2://")
    client = vecs.create_client(url)
    client.get_or_create_collection(name="stock", dimension=DIMS)
    client.disconnect()
    _copy(stack, database, _COPY_TO_VECS, "vecs.stock")
    store, starts_s = _started(
        lambda: Supabase(url, collection_name="stock", embedding_model_dims=DIMS),
        2 if rows > REPEAT_BELOW else 3,
    )
    return Peer(store, "vecs.stock", starts_s)


def pgvector(stack: Stack, database: str, rows: int, limit_s: int) -> Peer:
    """mem0's `pgvector` store; its index is built once, after the rows are there."""
    from mem0.vector_stores.pgvector import PGVector

    def start() -> Any:
        store = PGVector(
            collection_name="stock",
            embedding_model_dims=DIMS,
            connection_string=_limited(stack, database, limit_s),
            # The other settings of mem0's own defaults.
            dbname=None,
            user=None,
            password=None,
            host=None,
            port=None,
            diskann=False,
            hnsw=True,
        )
        store.list_cols()
        return store

    start().create_col()
    for index in ("stock_hnsw_idx", "stock_text_lemmatized_idx"):
        stack.execute(database, f"drop index public.{index}")
    _copy(stack, database, _COPY_TO_PGVECTOR, "public.stock")
    start().create_col()
    store, starts_s = _started(start, 3)
    return Peer(store, "public.stock", starts_s)


PEERS: dict[str, Callable[[Stack, str, int, int], Peer]] = {
    "supabase": supabase,
    "pgvector": pgvector,
}


def _limited(stack: Stack, database: str, limit_s: int) -> str:
    """The app's own address, with a limit for building an index."""
    return f"{stack.url(database)}&options={quote(f'-c statement_timeout={limit_s}s')}"


def _copy(stack: Stack, database: str, statement: str, table: str) -> None:
    stack.execute(database, statement)
    stack.execute(database, f"vacuum analyze {table}")


def _started(start: Callable[[], Any], times: int) -> tuple[Any, list[float]]:
    took = []
    for _ in range(times):
        started_at = time.perf_counter()
        store = start()
        took.append(time.perf_counter() - started_at)
    return store, took
