"""What an add writes in two calls: whose rows they reach, and that they see what was there last."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from psycopg2.errors import InsufficientPrivilege
from sqlalchemy import Connection, text

from chat.turns import Conversations
from database.sql import load
from errors import AccessDenied, DatabaseError
from memory.engine import Engine, UserMemory
from memory.remember.persist import FactWriter
from tests.support.stack import Stack

NOTHING: dict[str, list[object]] = {"added": [], "refined": [], "ended": [], "noted": []}
NO_GRAPH: dict[str, list[object]] = {
    name: [] for name in ("entities", "kinds", "described", "mentions", "names", "relations")
}
VECTOR = str([0.1] * 384)


@pytest.fixture
def kept(alices: UserMemory) -> str:
    return alices.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)[0].id


def keep(connection: Connection, **changes: object) -> None:
    graph = {**NO_GRAPH, **{name: changes.pop(name) for name in NO_GRAPH if name in changes}}
    params = {"changes": json.dumps({**NOTHING, **changes}), "graph": json.dumps(graph)}
    connection.execute(load("memory/store/memories")["keep"], params)


def test_bob_holds_and_marks_nothing_of_alices(
    kept: str, engine: Engine, alice: UUID, bob: UUID
) -> None:
    turn = Conversations(engine.database, alice).start_turn("I live in Lisbon.").turn_id
    with engine.database.as_user(alice) as connection:
        lease = connection.execute(
            load("chat/turns")["claim_own"], {"turn_id": turn, "lease_s": 60}
        ).scalar_one()
    asked = {"about": [kept], "turn_ids": [turn], "lease": lease, "keys": [], "long_keys": []}
    rows = {}
    for person in (bob, alice):
        with engine.database.as_user(person) as connection:
            rows[person] = connection.execute(
                load("memory/store/memories")["begin_keeping"], asked
            ).one()
            connection.rollback()
    assert (rows[bob].marked, rows[bob].held) == (0, None)
    assert (rows[alice].marked, list(rows[alice].held)) == (1, [kept])


def test_bob_writes_nothing_over_alices(
    kept: str, engine: Engine, alices: UserMemory, bob: UUID
) -> None:
    refined = {"id": kept, "text": "Bob was here", "vec": VECTOR, "updated_at": "now"}
    with engine.database.as_user(bob) as connection:
        keep(connection, refined=[refined], ended=[{"id": kept, "invalid_at": "2020-01-01"}])
        keep(connection, described=[kept])
    assert [memory.text for memory in alices.get_all()] == ["User lives in Lisbon"]


def test_bob_adds_no_memory_for_alice(engine: Engine, alice: UUID, bob: UUID) -> None:
    metadata = {"user_id": str(alice), "data": "Bob was here"}
    added = {"id": str(uuid4()), "vec": VECTOR, "metadata": metadata, "valid_from": "2020-01-01"}
    with pytest.raises(AccessDenied), engine.database.as_user(bob) as connection:
        keep(connection, added=[added])


def test_bob_names_nothing_in_alices_memory(kept: str, engine: Engine, bob: UUID) -> None:
    entity = {"id": str(uuid4()), "kind": "place", "is_self": False}
    mention = {"memory_id": kept, "entity_id": entity["id"], "name": "Lisbon"}
    with pytest.raises(DatabaseError), engine.database.as_user(bob) as connection:
        keep(connection, entities=[entity], mentions=[mention])


@pytest.mark.parametrize(
    "call",
    [
        "own.memories_version()",
        "own.known_entities('{}', '{}')",
        "own.begin_keeping('{}', '{}', null, null, null)",
        "own.describe_memories('{}')",
        "own.keep_memories('{}', '{}')",
    ],
)
def test_the_signed_out_may_call_none_of_it(call: str, stack: Stack, database: str) -> None:
    with pytest.raises(InsufficientPrivilege, match="permission denied for schema own"):
        stack.execute(database, f"set role anon; select {call}")


def test_an_add_that_waited_for_another_sees_what_that_one_kept(
    kept: str, stack: Stack, database: str, engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    def version() -> str:
        with engine.database.as_user(alice) as connection:
            return FactWriter(connection, alice, []).version

    before = version()
    with ThreadPoolExecutor(1) as pool:
        with engine.database.as_user(alice) as connection:
            connection.execute(load("memory/store/memories")["lock_memories"])
            waiting = pool.submit(version)
            while not stack.execute(
                database,
                "select 1 from pg_stat_activity where datname = %s and wait_event = 'advisory'",
                database,
            ):
                assert not waiting.done()
            connection.execute(
                text("update vecs.memories set invalid_at = now() where id = :id"), {"id": kept}
            )
        assert waiting.result(10) != before
