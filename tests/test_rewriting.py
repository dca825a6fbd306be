"""A text that the person changes by hand, and what the graph says of it."""

from __future__ import annotations

from uuid import UUID

import pytest

from errors import MemoryNotFound
from memory.engine import Engine
from tests.person import LIVES, Person


def test_what_a_new_text_does_not_name_leaves_the_graph_until_that_is_undone(
    ana: Person, engine: Engine
) -> None:
    memory_id = ana.remember("User lives in Lisbon", ("Lisbon", "place"), relations=LIVES)
    memories = engine.for_user(ana.id)
    undo = memories.rewriter().rewrite(memory_id, "User lives in Porto")
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
        engine.for_user(bob).rewriter().rewrite(memory_id, "Bob was here")
    assert ana.names() == ["Lisbon"]
