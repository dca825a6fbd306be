"""Gives memories cues where they have none, and embeds all anew: `python -m memory.reembed`.

After a change of the embedding model, or for memories from before there were cues, or passages of
long texts. Runs as the login role, over everybody's memories, while the app goes on with the former
vectors. New ones are kept beside them and take their place all at once, in one transaction. Cut
off, the next run goes on where it was. Texts stay as they are; one that is changed meanwhile is
embedded again. What stays inside is sent to no model elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from dotenv import load_dotenv
from pgvector.sqlalchemy import Vector
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    func,
    select,
    update,
)

from config import Settings
from database.migrations import structure_locked
from database.sql import load
from database.transactions import translated
from errors import KeepsakeError, ModelAnswerInvalid, ModelError
from memory.store import cues
from memory.store.collection import ENTITIES, NAME, collection_dims, collection_table
from memory.store.outside import Outside, says_nothing
from memory.store.passage_vectors import PassageVectors
from models.client import Models

BATCH = 256
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Reembedded:
    """How many texts were embedded, memories given cues, memories left without, and passages of
    long texts embedded.

    `inside` texts were not sent to the embedding model, and are found by their words alone.
    """

    texts: int
    cued: int = 0
    without_cues: int = 0
    # Why no more cues were made, where the model failed.
    failure: str = ""
    inside: int = 0
    passages: int = 0


def reembed(
    settings: Settings,
    models: Models,
    *,
    make_cues: bool = True,
    switch: bool = True,
    tell: Tell = lambda _, __: None,
    tell_embedded: Tell = lambda _, __: None,
) -> Reembedded:
    """`tell` hears after each step how many memories of how many have been given cues, and
    `tell_embedded` how many texts and passages of how many have been embedded.

    Without `switch` the new vectors are only made ready. A memory model that fails keeps nothing
    from being embedded. Raises DatabaseError, and ModelError where the embedding model fails; what
    was made by then stays.
    """
    engine = create_engine(settings.database_url, connect_args={"connect_timeout": 5})
    embedding = _Embedding(engine, settings, models)
    try:
        outside = Outside.of(settings)
        done = _make_cues(engine, models, outside, tell) if make_cues else Reembedded(0)
        embedding.begin()
        embedding.fill(tell_embedded)
        if switch:
            embedding.switch()
        inside = embedding.count_inside()
        return replace(
            done, texts=embedding.texts - inside, inside=inside, passages=embedding.passages
        )
    finally:
        engine.dispose()


def _make_cues(engine: Engine, models: Models, outside: Outside, tell: Tell) -> Reembedded:
    sql = load("memory/store/reembed")
    with translated(), engine.connect() as connection:
        if collection_dims(connection, NAME) is None:
            return Reembedded(0)
        found_without = connection.execute(sql["without_cues"]).all()
    without = [row for row in found_without if not (outside.model and row.stays_inside)]
    cued = 0
    failure = ""
    # What is one person's never stands in a prompt beside another's.
    of_each = [list(rows) for _, rows in groupby(without, key=lambda row: row.owner)]
    for batch in (b for rows in of_each for b in _batches(rows, cues.MOST_AT_ONCE)):
        try:
            made = cues.make([row.text for row in batch], models)
        except ModelAnswerInvalid as exc:
            failure = exc.user_message
            continue
        except ModelError as exc:
            failure = exc.user_message
            break
        found = [
            {"id": row.id, "text": row.text, "cues": cue}
            for row, cue in zip(batch, made, strict=True)
        ]
        with translated(), engine.begin() as connection:
            connection.execute(sql["set_cues"], {"found": json.dumps(found)})
        cued += len(batch)
        tell(cued, len(without))
    return Reembedded(0, cued, len(without) - cued, failure)


class _Embedding:
    """New vectors for the collections that there are, beside the former ones."""

    def __init__(self, engine: Engine, settings: Settings, models: Models) -> None:
        self._engine = engine
        self._dims = settings.embedding_dims
        self._model = settings.embedding_model
        self._models = models
        self._outside = Outside.of(settings)
        self._names: list[str] = []
        self._sql = load("memory/store/reembed")
        self.texts = 0
        self.passages = 0
        self._passages = PassageVectors(
            engine, models, batch=BATCH, outside=self._outside.embeddings
        )

    def begin(self) -> None:
        """Make room, or find what a former run of this model has made."""
        with translated(), structure_locked(self._engine) as connection:
            found = (NAME, ENTITIES)
            self._names = [name for name in found if collection_dims(connection, name) is not None]
            for name in self._names:
                params = {"name": name, "dims": self._dims, "model": self._model}
                connection.execute(self._sql["begin_embedding"], params)
                self.texts += connection.execute(
                    select(func.count()).select_from(self._table(name))
                ).scalar_one()
        if NAME in self._names:
            self.passages = self._passages.begin()

    def fill(self, tell: Tell) -> None:
        """Embed what has no new vector yet, a batch in a transaction of its own."""
        with translated(), self._engine.connect() as connection:
            left = sum(self._left(connection, name) for name in self._names)
            if NAME in self._names:
                left += self._passages.left(connection)
        of = self.texts + self.passages
        done = of - left
        for name in self._names:
            passed = BATCH
            # What came or changed meanwhile may stand before where a pass has come to.
            while passed >= BATCH:
                passed = 0
                for count in self._pass(name):
                    passed += count
                    done += count
                    tell(min(done, of), of)
        if NAME in self._names:
            for count in self._passages.fill():
                done += count
                tell(min(done, of), of)

    def _pass(self, name: str) -> Iterator[int]:
        """Go once through a collection; how many texts each step embedded."""
        after = ""
        while True:
            with translated(), self._engine.begin() as connection:
                rows = self._without(connection, name, after)
            if not rows:
                return
            with translated(), self._engine.connect() as connection:
                inside = self._inside(connection, name, [row.id for row in rows])
            vectors = self._vectors(rows, inside)
            with translated(), self._engine.begin() as connection:
                self._set(connection, name, rows, vectors)
            after = rows[-1].id
            yield len(rows)

    def switch(self) -> None:
        """Let searches use the new vectors, those of the latest memories among them."""
        if not self._names:
            return
        with translated(), structure_locked(self._engine) as connection:
            connection.execute(self._sql["hold_writes"])
            for name in self._names:
                while rows := self._without(connection, name):
                    inside = self._inside(connection, name, [row.id for row in rows])
                    self._set(connection, name, rows, self._vectors(rows, inside))
            if NAME in self._names:
                self._passages.finish(connection)
            for name in self._names:
                params = {"name": name, "dims": self._dims}
                connection.execute(self._sql["switch_vectors"], params)

    def _table(self, name: str) -> Table:
        table = collection_table(name, dims=self._dims)
        table.append_column(Column("next_vec", Vector(self._dims)))
        return table

    def _without(self, connection: Connection, name: str, after: str = "") -> Sequence[Any]:
        """The next texts that have no new vector."""
        table = self._table(name)
        data, cue = (table.c.metadata[key].astext.label(key) for key in ("data", "cues"))
        query = select(table.c.id, data, cue).where(table.c.next_vec.is_(None), table.c.id > after)
        return connection.execute(query.order_by(table.c.id).limit(BATCH)).all()

    def _left(self, connection: Connection, name: str) -> int:
        table = self._table(name)
        query = select(func.count()).select_from(table).where(table.c.next_vec.is_(None))
        count: int = connection.execute(query).scalar_one()
        return count

    def count_inside(self) -> int:
        """How many texts no model elsewhere was sent."""
        count = 0
        with translated(), self._engine.connect() as connection:
            for name in self._names:
                ids = connection.execute(select(self._table(name).c.id)).scalars().all()
                count += len(self._inside(connection, name, ids))
        return count

    def _inside(self, connection: Connection, name: str, ids: Sequence[str]) -> set[str]:
        """Which of these must not be sent to the embedding model."""
        if not self._outside.embeddings:
            return set()
        found = connection.execute(self._sql[f"inside_{name}"], {"ids": list(ids)})
        return set(found.scalars())

    def _vectors(self, rows: Sequence[Any], inside: set[str]) -> list[list[float]]:
        free = [row for row in rows if row.id not in inside]
        texts, made = [row.data or "" for row in free], [row.cues or "" for row in free]
        vectors = dict(
            zip((row.id for row in free), cues.embed(texts, made, self._models), strict=True)
        )
        return [vectors.get(row.id) or says_nothing(row.data or "", self._dims) for row in rows]

    def _set(
        self,
        connection: Connection,
        name: str,
        rows: Sequence[Any],
        vectors: Sequence[list[float]],
    ) -> None:
        """Where the text and the cues are still those that the vector was made of."""
        table = self._table(name)
        data, cue = (table.c.metadata[key].astext for key in ("data", "cues"))
        same = (
            data.is_not_distinct_from(bindparam("text")),
            cue.is_not_distinct_from(bindparam("cue")),
        )
        set_vector = update(table).where(table.c.id == bindparam("row"), *same)
        connection.execute(
            set_vector.values(next_vec=bindparam("new")),
            [
                {"row": row.id, "text": row.data, "cue": row.cues, "new": vector}
                for row, vector in zip(rows, vectors, strict=True)
            ],
        )


def _batches(rows: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m memory.reembed", description=__doc__)
    parser.add_argument(
        "--without-cues", action="store_true", help="ask the memory model nothing, only embed"
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="make the new vectors ready, and leave searches with the former ones",
    )
    options = parser.parse_args(argv)
    load_dotenv()
    try:
        settings = Settings.from_env(os.environ)
        done = reembed(
            settings,
            Models(settings),
            make_cues=not options.without_cues,
            switch=not options.prepare,
            tell=_tell,
            tell_embedded=_tell_embedded,
        )
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n")
        return 1
    sys.stdout.write(
        f"{done.cued} memories given cues. {done.texts} texts and {done.passages} passages of long "
        "ones embedded with "
        f"{settings.embedding_model} ({settings.embedding_dims} dimensions).\n"
    )
    if done.inside:
        sys.stdout.write(
            f"{done.inside} stay inside and were not sent to it: they are found by their words "
            "alone.\n"
        )
    if options.prepare:
        sys.stdout.write(
            "Searches still use the former vectors. Stop the app, run this without --prepare, and"
            " start the app with the new settings.\n"
        )
    if done.without_cues:
        sys.stderr.write(
            f"{done.without_cues} memories have no cues yet: {done.failure} They are found by "
            "their texts alone until python -m memory.reembed is run again.\n"
        )
    return 0


def _tell(done: int, of: int) -> None:
    sys.stderr.write(f"cues: {done} of {of}\n")


def _tell_embedded(done: int, of: int) -> None:
    sys.stderr.write(f"embedded: {done} of {of}\n")
