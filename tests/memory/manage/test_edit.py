"""A text that the person changes by hand, and what the graph says of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from uuid import UUID

import pytest

from database.sql import load
from errors import MemoryNotFound
from memory.engine import Engine
from tests.support.person import LIVES, Person


def test_what_a_new_text_does_not_name_leaves_the_graph_until_that_is_undone(
    ana: Person, engine: Engine
) -> None:
    memory_id = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
    memories = engine.for_user(ana.id)
    undo = memories.editor().rewrite(memory_id, "User lives in Porto")
    assert [memory.text for memory in memories.get_all()] == ["User lives in Porto"]
    assert (ana.names(), ana.sentences()) == ([], [])
    undo()
    assert [memory.text for memory in memories.get_all()] == ["User lives in Lisbon"]
    assert (ana.names(), ana.sentences()) == (["Lisbon"], ["User lives in Lisbon"])
    memories.update(memory_id, "user has moved to lisbon")
    assert ana.names() == ["Lisbon"]


def test_bob_cannot_rewrite_alices(ana: Person, engine: Engine, bob: UUID) -> None:
    memory_id = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
    with pytest.raises(MemoryNotFound):
        engine.for_user(bob).editor().rewrite(memory_id, "Bob was here")
    assert ana.names() == ["Lisbon"]


def test_an_edit_waits_for_whatever_else_writes_memories(ana: Person, engine: Engine) -> None:
    memory_id = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
    memories = engine.for_user(ana.id)
    lock = load("memory/store/memories")["lock_memories"]
    with ThreadPoolExecutor(1) as beside:
        with engine.database.as_user(ana.id) as connection:
            connection.execute(lock)
            edit = beside.submit(memories.update, memory_id, "User lives in Porto")
            with pytest.raises(FutureTimeout):
                edit.result(0.5)
            [memory] = memories.get_all()
            assert memory.text == "User lives in Lisbon"
        assert edit.result(10).text == "User lives in Porto"
