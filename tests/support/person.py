"""Somebody of the cast who has memories and a graph."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from database.binding import Binding
from memory.engine import Engine
from memory.graph.graph import EntityMention, Graph, RelationMention, keep
from tests.support.fakes import word_vector
from tests.support.stack import Stack

Said = tuple[str, str]
Relation = tuple[str, str, str]
NOW = datetime.now(UTC)
LIVES = (("User", "lives in", "Lisbon"),)
TABLES = ("entities", "memory_entities", "entity_names", "relations")


class Person:
    """Somebody who has memories and a graph."""

    def __init__(self, engine: Engine, user_id: UUID) -> None:
        self.id = user_id
        self._engine = engine
        self.graph = Graph(Binding(engine.database, user_id))

    def remember(
        self,
        what: str,
        *entities: Said,
        relations: tuple[Relation, ...] = (),
        since: datetime = NOW - timedelta(days=1),
    ) -> str:
        memory_id = str(uuid4())
        self.run(
            "insert into vecs.memories (id, vec, metadata, valid_from) values"
            " (:id, cast(:vec as vector), jsonb_build_object('user_id', cast(:owner as text),"
            " 'data', cast(:data as text)), :since)",
            id=memory_id,
            vec=str(word_vector(what)),
            owner=str(self.id),
            data=what,
            since=since,
        )
        self.describe(memory_id, *entities, relations=relations)
        return memory_id

    def describe(
        self, memory_id: str, *entities: Said, relations: tuple[Relation, ...] = ()
    ) -> None:
        with self._engine.database.as_user(self.id) as connection:
            keep(
                connection,
                memory_id=memory_id,
                entities=[EntityMention(*entity) for entity in entities],
                relations=[RelationMention(*relation) for relation in relations],
            )

    def run(self, sql: str, **params: object) -> int:
        """One statement under the person's policies; the number of rows."""
        with self._engine.database.as_user(self.id) as connection:
            return connection.execute(text(sql), params).rowcount

    def names(self) -> list[str]:
        return sorted(node.name for node in self.graph.picture().nodes if not node.is_self)

    def entity(self, name: str) -> UUID:
        return next(node.id for node in self.graph.picture().nodes if node.name == name)

    def sentences(self) -> list[str]:
        picture = self.graph.picture()
        names = {node.id: node.name for node in picture.nodes}
        return sorted(
            f"{names[e.subject_id]} {e.predicate} {names[e.object_id]}" for e in picture.edges
        )


@pytest.fixture
def ana(engine: Engine, alice: UUID) -> Person:
    return Person(engine, alice)


@pytest.fixture
def ben(engine: Engine, bob: UUID) -> Person:
    """bob, who must not see what is alice's."""
    return Person(engine, bob)


def rows_in(stack: Stack, database: str) -> dict[str, object]:
    """How many rows each table of the graph has, seen without any policy."""
    return {
        table: stack.execute(database, f"select count(*) from public.{table}")[0][0]  # noqa: S608
        for table in TABLES
    }
