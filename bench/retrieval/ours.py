"""Our side of bench.retrieval: the product's own search, with vectors that were prepared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import NullPool, create_engine, make_url

from bench.retrieval.data import Asked
from config import Settings
from database.binding import Binding
from database.transactions import Database
from memory.engine import Engine
from tests.support.ranks import MEMORIES, Query, Stored, best, complete, words_of

STARTS = 3


class PreparedModels:
    """Takes the place of models.client.Models: embedding costs nothing here."""

    def __init__(self) -> None:
        self.vector: list[float] = []

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """The vector that was prepared for the one text that is asked for."""
        return [self.vector for _ in texts]

    def close(self) -> None:
        """Nothing to close."""


class Ours:
    """The product's search, and how long starting it took with the rows in place.

    What it should find is read through `superuser_url`, past the policies that it searches under.
    """

    table = "vecs.memories"

    def __init__(self, settings: Settings, superuser_url: str) -> None:
        self.starts_s = [_start(settings) for _ in range(STARTS)]
        self._models = PreparedModels()
        self._database = Database(settings.database_url)
        url = make_url(superuser_url).set(drivername="postgresql+psycopg2")
        self._everything = create_engine(url, poolclass=NullPool)
        self._engine = Engine(settings, self._database, self._models)  # type: ignore[arg-type]

    def search(self, asked: Asked) -> list[str]:
        """The ids that are found."""
        self._models.vector = asked.vector
        memory = self._engine.for_user(asked.user_id)
        return [hit.id for hit in memory.search(asked.text, top_k=10)]

    def exact(self, queries: Sequence[Asked]) -> list[frozenset[str]]:
        """For each query the ten best by our own score, from all rows of the person, in numpy."""
        ranked: dict[int, frozenset[str]] = {}
        people: dict[UUID, list[int]] = {}
        for n, asked in enumerate(queries):
            people.setdefault(asked.user_id, []).append(n)
        for user_id, numbers in people.items():
            with self._everything.connect() as connection:
                rows = connection.execute(MEMORIES, {"owner": user_id}).mappings().all()
            stored = Stored([{**row} for row in rows])
            binding = Binding(self._database, user_id)
            words = words_of(binding, [queries[n].text for n in numbers])
            for n, said in zip(numbers, words, strict=True):
                scores = complete(stored, Query(np.array(queries[n].vector), said))
                ranked[n] = frozenset(stored.ids[place] for place in best(scores, 10))
        return [ranked[n] for n in range(len(queries))]

    def close(self) -> None:
        self._engine.close()


def _start(settings: Settings) -> float:
    started_at = time.perf_counter()
    Engine.from_settings(settings).close()
    return time.perf_counter() - started_at
