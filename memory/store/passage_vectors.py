"""New vectors for the passages of long texts, for `memory.store.reembed`, beside the former ones.

Texts that have no passages yet are split. Runs as the login role, over everybody's memories; what
is changed or forgotten meanwhile has other passages, or none. Where texts are embedded elsewhere,
what stays inside has none. Raises ModelError.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine

from database.sql import load
from database.transactions import translated
from memory.store.passages import LEAST_LONG_CHARS, hash_of, split
from memory.store.query_params import vector_text
from models.client import Models

# Before the first passage of all.
_FIRST = ("", -1)


class PassageVectors:
    """Those that a re-embedding makes, `batch` at a time."""

    def __init__(self, engine: Engine, models: Models, *, batch: int, outside: bool) -> None:
        """`outside`: the embedding model is not of this machine."""
        self._engine = engine
        self._outside = outside
        self._models = models
        self._batch = batch
        self._sql = load("memory/store/passage_vectors")

    def begin(self) -> int:
        """Split what is not split yet; how many passages there are."""
        if self._outside:
            with translated(), self._engine.begin() as connection:
                connection.execute(self._sql["drop_inside"])
        after: str | None = ""
        while after is not None:
            with translated(), self._engine.begin() as connection:
                after = self._split_some(connection, after)
        with translated(), self._engine.connect() as connection:
            there: int = connection.execute(self._sql["count"]).one().there
            return there

    def left(self, connection: Connection) -> int:
        """How many have no new vector."""
        without: int = connection.execute(self._sql["count"]).one().without
        return without

    def fill(self) -> Iterator[int]:
        """Embed those without, a batch in a transaction of its own; how many each step did.

        Those that come meanwhile are left to `finish`.
        """
        after = _FIRST
        while True:
            with translated(), self._engine.begin() as connection:
                rows = self._without(connection, after)
            if not rows:
                return
            vectors = self._models.embed([row.text for row in rows])
            with translated(), self._engine.begin() as connection:
                self._set(connection, rows, vectors)
            after = (rows[-1].memory_id, rows[-1].number)
            yield len(rows)

    def finish(self, connection: Connection) -> None:
        """The rest, while nobody writes."""
        if self._outside:
            connection.execute(self._sql["drop_inside"])
        after: str | None = ""
        while after is not None:
            after = self._split_some(connection, after)
        while rows := self._without(connection, _FIRST):
            self._set(connection, rows, self._models.embed([row.text for row in rows]))

    def _split_some(self, connection: Connection, after: str) -> str | None:
        """The id of the last text that was looked at, None after the last of all."""
        params = {
            "after": after,
            "chars": LEAST_LONG_CHARS,
            "most": self._batch,
            "outside": self._outside,
        }
        rows = connection.execute(self._sql["unsplit"], params).all()
        found = [
            {
                "memory_id": row.id,
                "hash": hash_of(row.text),
                "number": number,
                "start_char": span.start,
                "end_char": span.end,
            }
            for row in rows
            for number, span in enumerate(split(row.text))
        ]
        connection.execute(self._sql["put_spans"], {"spans": json.dumps(found)})
        return rows[-1].id if rows else None

    def _without(self, connection: Connection, after: tuple[str, int]) -> Sequence[Any]:
        params = {
            "after": after[0],
            "number": after[1],
            "most": self._batch,
            "outside": self._outside,
        }
        return connection.execute(self._sql["without"], params).all()

    def _set(
        self, connection: Connection, rows: Sequence[Any], vectors: Sequence[list[float]]
    ) -> None:
        found = [
            {"id": row.memory_id, "number": row.number, "text": row.text, "vec": vector_text(v)}
            for row, v in zip(rows, vectors, strict=True)
        ]
        connection.execute(self._sql["set"], {"found": json.dumps(found)})
