"""What another program deletes from vecs.memories is forgotten everywhere, and nothing else is."""

from __future__ import annotations

from uuid import UUID

import pytest
import vecs
from sqlalchemy import text

from config import Settings
from database.transactions import Database
from memory.engine import Engine, UserMemory
from tests.support.fakes import ScriptedModels, facts, word_vector
from tests.support.stack import Stack

SAID = [{"role": "user", "content": "I live in Lisbon."}]
TRACES = """
select (select count(*) from public.memory_history where user_id = %s and event <> 'DELETE'),
       (select count(*) from vecs.memories_entities where owner = %s)
"""


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def remember(memory: UserMemory, models: ScriptedModels, engine: Engine) -> str:
    """A memory with a history and two places in mem0's entity store; its id."""
    models.replies.append(facts("User lives in Lisbon"))
    memory_id = memory.add(SAID)[0].id
    memory.update(memory_id, "Lives in Lisbon, in Alfama")
    store = engine.extractor.bind(memory._binding).entity_store
    own = f"{memory_id}-own"
    store.insert(
        [word_vector("Lisbon"), word_vector("Alfama")],
        [
            {"data": "Lisbon", "linked_memory_ids": [memory_id]},
            {"data": "Alfama", "linked_memory_ids": [memory_id, "another"]},
        ],
        [own, f"{memory_id}-shared"],
    )
    return memory_id


def traces(stack: Stack, database: str, person: UUID) -> tuple[object, ...]:
    return stack.execute(database, TRACES, str(person), str(person))[0]


def test_a_statement_of_sql_leaves_nothing(
    stack: Stack,
    database: str,
    engine: Engine,
    models: ScriptedModels,
    alices: UserMemory,
    bobs: UserMemory,
    alice: UUID,
    bob: UUID,
) -> None:
    memory_id = remember(alices, models, engine)
    remember(bobs, models, engine)
    before = traces(stack, database, bob)
    assert traces(stack, database, alice) == before == (2, 2)
    stack.execute(database, "delete from vecs.memories where id = %s", memory_id)
    assert traces(stack, database, alice) == (0, 1)
    assert alices.history(memory_id) == []
    shared = engine.extractor.bind(alices._binding).entity_store.get(f"{memory_id}-shared")
    assert shared.payload["linked_memory_ids"] == ["another"]
    # Bob's is as it was.
    assert traces(stack, database, bob) == before
    assert [one.text for one in bobs.get_all()] == ["Lives in Lisbon, in Alfama"]


def test_vecs_own_client_leaves_nothing(
    stack: Stack,
    database: str,
    settings: Settings,
    engine: Engine,
    models: ScriptedModels,
    alices: UserMemory,
    alice: UUID,
) -> None:
    memory_id = remember(alices, models, engine)
    client = vecs.create_client(settings.database_url)
    try:
        client.get_or_create_collection("memories", dimension=384).delete(ids=[memory_id])
    finally:
        client.disconnect()
    assert traces(stack, database, alice) == (0, 1)


def test_bob_deletes_nothing_of_alices(
    stack: Stack,
    database: str,
    data: Database,
    engine: Engine,
    models: ScriptedModels,
    alices: UserMemory,
    alice: UUID,
    bob: UUID,
) -> None:
    remember(alices, models, engine)
    with data.as_user(bob) as connection:
        connection.execute(text("delete from vecs.memories"))
    assert traces(stack, database, alice) == (2, 2)


def test_a_person_who_deletes_by_themselves_leaves_nothing(
    stack: Stack,
    database: str,
    data: Database,
    engine: Engine,
    models: ScriptedModels,
    alices: UserMemory,
    alice: UUID,
) -> None:
    remember(alices, models, engine)
    with data.as_user(alice) as connection:
        connection.execute(text("delete from vecs.memories"))
    assert traces(stack, database, alice) == (0, 1)


def test_what_is_forgotten_here_comes_back_whole(
    stack: Stack,
    database: str,
    engine: Engine,
    models: ScriptedModels,
    alices: UserMemory,
    alice: UUID,
) -> None:
    memory_id = remember(alices, models, engine)
    forgotten = alices.forget([memory_id])
    assert traces(stack, database, alice) == (0, 1)
    alices.restore(forgotten)
    assert traces(stack, database, alice) == (2, 2)
    assert [one.event for one in alices.history(memory_id)] == ["ADD", "UPDATE"]
