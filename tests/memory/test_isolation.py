"""Nothing of alice's is read or written by bob or by nobody, through any call of the memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from chat.turns import Conversations
from database.binding import UnboundBinding
from errors import AccessDenied, DatabaseError, InputError, KeepsakeError, MemoryNotFound, Unbound
from memory.engine import Engine, UserMemory
from memory.store.collection import NAME
from memory.store.mem0_store import MemoryStore
from tests.support.stack import Stack

SECRET = "Alice keeps her spare key under the blue flowerpot"


@pytest.fixture
def secret_id(alices: UserMemory) -> str:
    return alices.add([{"role": "user", "content": SECRET}], infer=False)[0].id


def test_bob_finds_nothing_of_alices(secret_id: str, bobs: UserMemory) -> None:
    assert bobs.search(SECRET) == []
    assert bobs.get_all() == []
    assert bobs.history(secret_id) == []
    assert bobs.recall("What do you know about me?").recalled == ()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda memory, memory_id: memory.get(memory_id),
        lambda memory, memory_id: memory.update(memory_id, "Bob was here"),
        lambda memory, memory_id: memory.delete(memory_id),
    ],
    ids=["get", "update", "delete"],
)
def test_bob_cannot_touch_alices_memory(
    attempt: Callable[[UserMemory, str], object],
    secret_id: str,
    alices: UserMemory,
    bobs: UserMemory,
) -> None:
    with pytest.raises(MemoryNotFound):
        attempt(bobs, secret_id)
    assert [memory.text for memory in alices.get_all()] == [SECRET]


def test_bobs_delete_all_leaves_alices(
    secret_id: str, alices: UserMemory, bobs: UserMemory
) -> None:
    assert bobs.delete_all() == 0
    assert [memory.id for memory in alices.get_all()] == [secret_id]


def test_mem0s_own_filters_do_not_reach_alice(
    secret_id: str, engine: Engine, alice: UUID, bobs: UserMemory
) -> None:
    mem0 = engine.extractor.bind(bobs._binding)
    filters = {"user_id": str(alice), "AND": [{"user_id": str(alice)}]}
    with pytest.raises(KeepsakeError):
        mem0.vector_store.search("key", [0.1] * 384, 10, {"$or": [{"user_id": str(alice)}]})
    assert mem0.vector_store.get(secret_id) is None
    assert mem0.vector_store.search("key", [0.1] * 384, 10, {"user_id": str(alice)}) == []
    assert mem0.vector_store.list({"user_id": str(alice)}) == [[]]
    assert mem0.search("key", filters=filters, threshold=0.0)["results"] == []


def test_bob_cannot_write_a_memory_for_alice(engine: Engine, alice: UUID, bob: UUID) -> None:
    statement = text(
        "insert into vecs.memories (id, vec, metadata) values"
        " ('x', array_fill(0.1, array[384])::vector, jsonb_build_object('user_id', :alice))"
    )
    with pytest.raises(AccessDenied), engine.database.as_user(bob) as connection:
        connection.execute(statement, {"alice": str(alice)})


def test_an_unbound_store_raises() -> None:
    store = MemoryStore(NAME, dims=3)
    assert isinstance(store._binding, UnboundBinding)
    with pytest.raises(Unbound):
        store.search("anything", [0.0, 0.0, 1.0])
    with pytest.raises(Unbound):
        store.insert([[0.0, 0.0, 1.0]], [{"data": "x"}], ["1"])


@pytest.mark.parametrize("nobody", ["", "alice", None, "00000000-0000-0000-0000-00000000000g"])
def test_a_memory_of_nobody_cannot_be_had(engine: Engine, nobody: str | None) -> None:
    with pytest.raises(Unbound):
        engine.for_user(nobody)  # type: ignore[arg-type]


def test_a_transaction_of_nobody_raises(engine: Engine) -> None:
    with pytest.raises(Unbound), engine.database._pool.begin():
        pass
    with pytest.raises(Unbound), engine.database._pool.connect() as connection:
        connection.execute(text("select 1"))


def test_anon_may_not_even_ask(stack: Stack, database: str, secret_id: str) -> None:
    tables = ("public.conversations", "public.messages", "public.memory_history", "vecs.memories")
    for table in tables:
        anon = create_engine(stack.settings_of(database).database_url)
        with anon.begin() as connection:
            connection.execute(text("select set_config('role', 'anon', true)"))
            with pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(f"select * from {table}"))  # noqa: S608
        anon.dispose()


def test_the_secret_is_there_without_the_policies(
    stack: Stack, database: str, secret_id: str
) -> None:
    rows = stack.execute(database, "select metadata ->> 'data' from vecs.memories")
    assert rows == [(SECRET,)]


@pytest.mark.parametrize("column", ["turn_id", "superseded_by"])
@pytest.mark.parametrize("which", ["alices", "nobodys"])
def test_bobs_memory_cannot_point_at_alices(
    column: str,
    which: str,
    stack: Stack,
    database: str,
    engine: Engine,
    alice: UUID,
    bob: UUID,
    bobs: UserMemory,
    secret_id: str,
) -> None:
    turn = Conversations(engine.database, alice).start_turn("Hello").turn_id
    bobs.add([{"role": "user", "content": "Bob's own"}], infer=False)
    target = {"turn_id": str(turn), "superseded_by": secret_id}[column]
    if which == "nobodys":
        target = str(uuid4())
    # The same refusal for what is another's and for what is not there: nothing is learnt from it.
    with pytest.raises(AccessDenied), engine.database.as_user(bob) as connection:
        connection.execute(text(f"update vecs.memories set {column} = :target"), {"target": target})  # noqa: S608


def test_bob_cannot_note_alices_memory_as_recalled(
    engine: Engine, bob: UUID, secret_id: str
) -> None:
    turn = Conversations(engine.database, bob).start_turn("Hello").turn_id
    statement = text(
        "insert into public.recalled_memories (turn_id, memory_id, rank, score, text)"
        " values (:turn, :memory, 0, 0, '')"
    )
    for memory_id in (secret_id, str(uuid4())):
        with pytest.raises(DatabaseError), engine.database.as_user(bob) as connection:
            connection.execute(statement, {"turn": turn, "memory": memory_id})


@pytest.mark.parametrize("odd", ["", "\0", "\ud83d", "x" * 10_000, "'; drop table vecs.memories"])
def test_an_odd_id_is_no_memory(odd: str, alices: UserMemory) -> None:
    for attempt in (alices.get, alices.delete, lambda one: alices.update(one, "text")):
        with pytest.raises(MemoryNotFound):
            attempt(odd)
    assert alices.history(odd) == []


@pytest.mark.parametrize("top_k", [0, -1, True, "5", 2.5, float("nan"), 10**30])
def test_an_odd_top_k_is_refused(top_k: object, alices: UserMemory) -> None:
    with pytest.raises(InputError):
        alices.search("anything", top_k=top_k)  # type: ignore[arg-type]


def test_odd_arguments_are_refused(alices: UserMemory) -> None:
    for attempt in (
        lambda: alices.search(None),  # type: ignore[arg-type]
        lambda: alices.search("  "),
        lambda: alices.add(None),  # type: ignore[arg-type]
        lambda: alices.add([{"role": "robot", "content": "x"}]),
        lambda: alices.add([{"role": "user"}]),
        lambda: alices.get_all(as_of=datetime(2026, 1, 1)),  # noqa: DTZ001
    ):
        with pytest.raises(InputError):
            attempt()
    assert alices.add([]) == []
    assert alices.add([], infer=False) == []
