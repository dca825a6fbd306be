"""The vecs collections as mem0 wants its vector stores, bound to one person.

No approximate index stands before the person's filter, so nothing of theirs is overlooked however
many others there are; no DDL is run; and row level security, not a filter that mem0 passes, decides
whose rows are seen.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from mem0.vector_stores.base import VectorStoreBase
from pydantic import BaseModel
from sqlalchemy import (
    Column,
    DateTime,
    Uuid,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy import update as update_rows
from sqlalchemy.sql.elements import ColumnElement

from database.binding import Binding, UnboundBinding
from database.sql import load
from errors import KeepsakeError
from memory.extras import checked_extras
from memory.store.collection import collection_table
from memory.store.query_params import search_params

Payload = dict[str, Any]


class StoredVector(BaseModel):
    """One row as mem0 reads it: `score` is higher for what is nearer, None outside a search."""

    id: str
    score: float | None = None
    payload: Payload


class Store(VectorStoreBase):  # type: ignore[misc]
    """One vecs collection. Unbound until `bind`: any use before raises Unbound."""

    def __init__(self, name: str, *, dims: int) -> None:
        self.collection_name = name
        self._binding: Binding | UnboundBinding = UnboundBinding()
        self._table = collection_table(name, dims=dims)

    def bind(self, binding: Binding) -> Self:
        """This store for the binding's person."""
        bound = copy.copy(self)
        bound._binding = binding
        return bound

    def insert(
        self,
        vectors: Sequence[Sequence[float]],
        payloads: Sequence[Payload] | None = None,
        ids: Sequence[str] | None = None,
    ) -> None:
        if payloads is None or ids is None or not len(vectors) == len(payloads) == len(ids):
            raise KeepsakeError("A store insert needs a vector, a payload and an id for each row.")
        if vectors:
            self._insert_rows(list(zip(ids, vectors, payloads, strict=True)))

    def _insert_rows(self, rows: Sequence[tuple[str, Sequence[float], Payload]]) -> None:
        self._binding.write(
            insert(self._table),
            [{"id": i, "vec": v, "metadata": self._owned(p)} for i, v, p in rows],
        )

    def _owned(self, payload: Mapping[str, Any]) -> Payload:
        return {**payload, "user_id": str(self._binding.user_id)}

    def search(
        self,
        query: str,
        vectors: Sequence[float],
        top_k: int = 5,
        filters: Payload | None = None,
    ) -> Sequence[StoredVector]:
        distance = self._table.c.vec.cosine_distance(list(vectors))
        statement = (
            select(self._table.c.id, self._table.c.metadata, (1 - distance).label("score"))
            .where(*self._conditions(filters))
            .order_by(distance, self._table.c.id)
            .limit(top_k)
        )
        return [_stored(row) for row in self._binding.fetch(statement)]

    def search_batch(
        self,
        queries: Sequence[str],
        vectors_list: Sequence[Sequence[float]],
        top_k: int = 1,
        filters: Payload | None = None,
    ) -> Sequence[Sequence[StoredVector]]:
        pairs = zip(queries, vectors_list, strict=True)
        return [self.search(query, vector, top_k, filters) for query, vector in pairs]

    def list(
        self, filters: Payload | None = None, top_k: int | None = None
    ) -> Sequence[Sequence[StoredVector]]:
        statement = (
            select(self._table.c.id, self._table.c.metadata)
            .where(*self._conditions(filters))
            .order_by(self._table.c.metadata["created_at"].astext.desc(), self._table.c.id)
            .limit(top_k)
        )
        return [[_stored(row) for row in self._binding.fetch(statement)]]

    def get(self, vector_id: str) -> StoredVector | None:
        statement = select(self._table.c.id, self._table.c.metadata).where(
            self._table.c.id == str(vector_id)
        )
        rows = self._binding.fetch(statement)
        return _stored(rows[0]) if rows else None

    def update(
        self,
        vector_id: str,
        vector: Sequence[float] | None = None,
        payload: Payload | None = None,
    ) -> None:
        values: dict[str, Any] = {}
        if vector is not None:
            values["vec"] = vector
        if payload is not None:
            values["metadata"] = self._owned(payload)
        if values:
            statement = update_rows(self._table).where(self._table.c.id == str(vector_id))
            self._binding.write(statement.values(**values), {})

    def delete(self, vector_id: str) -> None:
        self._binding.write(delete(self._table).where(self._table.c.id == str(vector_id)), {})

    def _conditions(self, filters: Payload | None) -> Sequence[ColumnElement[bool]]:
        """Equality on metadata, or that it has a key at all.

        The person needs no filter: the policies see to that.
        """
        wanted = {k: v for k, v in (filters or {}).items() if k != "user_id"}
        if not all(isinstance(v, str | int | float | bool) for v in wanted.values()):
            raise KeepsakeError("Only plain values can be filtered by.")
        # For mem0 "*" is any value.
        any_value = [name for name, value in wanted.items() if value == "*"]
        plain = {name: value for name, value in wanted.items() if value != "*"}
        return [
            self._table.c.metadata.contains(plain),
            self._table.c.metadata["user_id"].astext == str(self._binding.user_id),
            *(self._table.c.metadata.has_key(name) for name in any_value),
        ]

    def list_cols(self) -> Sequence[str]:
        return [self.collection_name]

    def col_info(self) -> Payload:
        count = select(func.count().label("count")).select_from(self._table)
        return {"name": self.collection_name, "count": self._binding.fetch(count)[0]["count"]}

    def create_col(self, name: str, vector_size: int, distance: str) -> None:
        raise KeepsakeError("Collections are made by memory.store.collection at start.")

    def delete_col(self) -> None:
        raise KeepsakeError("A person's memory object cannot delete a collection.")

    def reset(self) -> None:
        raise KeepsakeError("A person's memory object cannot reset a collection.")


class MemoryStore(Store):
    """vecs.memories: search finds by meaning and by word, and new rows know their turn."""

    def __init__(self, name: str, *, dims: int) -> None:
        super().__init__(name, dims=dims)
        self._table.append_column(Column("turn_id", Uuid))
        self._table.append_column(Column("valid_from", DateTime(timezone=True)))
        self._table.append_column(Column("invalid_at", DateTime(timezone=True)))
        self._sql = load("memory/store/memories")

    def search(
        self,
        query: str,
        vectors: Sequence[float],
        top_k: int = 5,
        filters: Payload | None = None,
    ) -> Sequence[StoredVector]:
        if set(filters or ()) - {"user_id"}:
            raise KeepsakeError("Memories are searched by their text only.")
        rows = self._binding.fetch(self._sql["search_stored"], search_params(query, vectors, top_k))
        return [_stored(row) for row in rows]

    def _insert_rows(self, rows: Sequence[tuple[str, Sequence[float], Payload]]) -> None:
        now = datetime.now(UTC)
        self._binding.write(
            insert(self._table),
            [
                {
                    "id": memory_id,
                    "vec": vector,
                    "metadata": self._owned(payload),
                    "turn_id": self._binding.turn_id,
                    "valid_from": now,
                    "invalid_at": checked_extras(None, payload.get("expiration_date")).ends(
                        now, None
                    ),
                }
                for memory_id, vector, payload in rows
            ],
        )


def _stored(row: Mapping[str, Any]) -> StoredVector:
    return StoredVector(id=row["id"], score=row.get("score"), payload=row["metadata"] or {})
