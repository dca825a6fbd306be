"""Turns that mem0's platform remembers: once each, noted under them, taken back by turn."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from chat.chat import Chat
from chat.conversations import ConversationList
from chat.memory_worker import Worker
from chat.turns import Conversations
from errors import MemoryNotFound
from memory.engine import Engine, UserMemory
from memory.tailoring import Hooks
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


def test_what_comes_of_a_turn_that_is_gone_meanwhile_goes_too(
    worker: Worker, engine: Engine, alice: UUID, platform: Mem0Platform
) -> None:
    say(engine, alice, LISBON)

    def delete_meanwhile(text: str) -> str:
        listed = ConversationList(engine.database, alice)
        for one in listed.latest(10):
            listed.delete(one.id)
        return text

    engine.tailoring = replace(engine.tailoring, hooks=Hooks(before_keeping=delete_meanwhile))
    worker.run_once()
    assert len(platform.added) == 1
    assert platform.texts_of(alice) == []


def test_what_is_asked_to_be_forgotten_is(
    chat: Chat, alice: UUID, alices: UserMemory, models: ScriptedModels, platform: Mem0Platform
) -> None:
    alices.add("My dog is called Rex. I live in Lisbon.")
    reply = {"asks": "forget or delete", "what": "My dog is called Rex"}
    models.others.append(json.dumps({**reply, "from": "your notes about me"}))
    generation = chat.send("Forget that my dog is called Rex", user_id=alice)
    assert generation.wait(PATIENCE_S)
    assert platform.texts_of(alice) == [LISBON]
    assert generation.so_far[0].startswith("Forgotten: My dog is called Rex.")


def test_an_answer_comes_without_memory_while_the_platform_is_away(
    chat: Chat, engine: Engine, alice: UUID, alices: UserMemory, platform: Mem0Platform
) -> None:
    alices.add(LISBON)
    platform.status = 503
    generation = chat.send("Where do I live?", user_id=alice)
    assert generation.wait(PATIENCE_S)
    assert generation.recalled is None
    assert generation.so_far[0]


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
