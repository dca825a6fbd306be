"""Turns that mem0's platform remembers: once each, noted under them, taken back by turn."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.chat import Chat
from chat.memory_worker import Worker
from chat.turns import Conversations
from errors import MemoryNotFound
from memory.engine import Engine, UserMemory
from tests.support.fakes import ScriptedModels
from tests.support.mem0_platform import Mem0Platform
from tests.support.pending import make_due, say, state
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S

LISBON = "I live in Lisbon."


def test_a_turn_is_remembered_once_and_noted_under_it(
    worker: Worker, engine: Engine, alice: UUID, platform: Mem0Platform
) -> None:
    turn_id = say(engine, alice, LISBON)
    assert worker.run_once()
    assert not worker.run_once()
    assert platform.texts_of(alice) == [LISBON]
    outcome = Conversations(engine.database, alice).memory_outcome(turn_id)
    assert outcome is not None
    assert outcome.state == "done"
    assert [(c.event, c.text) for c in outcome.changes] == [("ADD", LISBON)]
    (added,) = platform.added
    assert added["metadata"] == {"turn_id": str(turn_id)}
    assert added["messages"] == [{"role": "user", "content": LISBON}]


def test_what_states_nothing_never_leaves(
    worker: Worker, engine: Engine, alice: UUID, platform: Mem0Platform
) -> None:
    turn_id = say(engine, alice, "What is the capital of France?")
    worker.run_once()
    assert platform.added == []
    assert state(engine, alice, turn_id) == "done"


def test_a_turn_whose_mark_failed_is_not_added_twice(
    worker: Worker,
    engine: Engine,
    alice: UUID,
    platform: Mem0Platform,
    stack: Stack,
    database: str,
) -> None:
    turn_id = say(engine, alice, LISBON)
    # As a worker leaves it that dies after the platform's answer.
    platform.put(LISBON, alice, metadata={"turn_id": str(turn_id)})
    stack.execute(database, "update public.turns set memory_attempts = 1")
    worker.run_once()
    assert platform.added == []
    assert state(engine, alice, turn_id) == "done"


def test_a_turn_that_the_platform_failed_is_tried_again(
    worker: Worker,
    engine: Engine,
    alice: UUID,
    platform: Mem0Platform,
    stack: Stack,
    database: str,
) -> None:
    turn_id = say(engine, alice, LISBON)
    platform.fails_adds = True
    worker.run_once()
    assert state(engine, alice, turn_id) == "pending"
    platform.fails_adds = False
    make_due(stack, database)
    worker.run_once()
    assert platform.texts_of(alice) == [LISBON]


def test_what_a_turn_added_is_taken_back_and_again(
    worker: Worker, engine: Engine, alice: UUID, alices: UserMemory, platform: Mem0Platform
) -> None:
    turn_id = say(engine, alice, LISBON)
    worker.run_once()
    (memory,) = alices.get_all()
    with pytest.raises(MemoryNotFound):
        alices.turn_undo().change(UUID(int=1), memory.id, "ADD")
    redo = alices.turn_undo().change(turn_id, memory.id, "ADD")
    assert platform.texts_of(alice) == []
    redo()
    assert platform.texts_of(alice) == [LISBON]


def test_an_answer_is_given_memories_and_they_are_noted_under_it(
    chat: Chat, engine: Engine, alice: UUID, bob: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    alices.add(LISBON)
    generation = chat.send("Where do I live?", user_id=alice)
    assert generation.wait(PATIENCE_S)
    conversation_id = generation.question.conversation_id
    (turn,) = Conversations(engine.database, alice).turns(conversation_id)
    assert [noted.text for noted in turn.recalled] == [LISBON]
    assert Conversations(engine.database, bob).turns(conversation_id) == []
    alices.delete_all()
    (turn,) = Conversations(engine.database, alice).turns(conversation_id)
    assert turn.recalled == ()


def test_saying_a_message_again_takes_back_what_it_left(
    chat: Chat, worker: Worker, engine: Engine, alice: UUID, platform: Mem0Platform
) -> None:
    turn_id = say(engine, alice, LISBON)
    worker.run_once()
    generation = chat.say_again(turn_id, "I live in Porto.", user_id=alice)
    assert generation.wait(PATIENCE_S)
    assert platform.texts_of(alice) == []
    worker.run_once()
    assert platform.texts_of(alice) == ["I live in Porto."]
