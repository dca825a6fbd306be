"""Whoever waits for a turn is told when a worker is through with it."""

from __future__ import annotations

from uuid import UUID, uuid4

from chat.chat import Chat
from chat.memory_worker import Worker
from chat.processes.settled_turns import SettledTurns
from chat.turn_events import TurnEvents
from config import Settings
from memory.engine import Engine

SETTLED_WITHIN_S = 20


def test_only_who_waits_for_the_turn_is_told() -> None:
    turn_events, turn_id, told = TurnEvents(), uuid4(), list[str]()
    with turn_events.watched(turn_id, lambda: told.append("turn")):
        turn_events.tell([uuid4()])
        assert told == []
        turn_events.tell([uuid4(), turn_id])
    turn_events.tell([turn_id])
    assert told == ["turn"]


def test_a_worker_tells_once_the_outcome_can_be_read(
    settings: Settings, engine: Engine, alice: UUID
) -> None:
    chat, worker = Chat(settings=settings, engine=engine), Worker(engine=engine)
    generation = chat.send("My dog is called Rex.", user_id=alice)
    assert generation.wait(SETTLED_WITHIN_S)
    turn_id, seen = generation.question.turn_id, list[str]()

    def look() -> None:
        outcome = chat.conversations(alice).memory_outcome(turn_id)
        seen.append(outcome.state if outcome else "gone")

    with worker.turn_events.watched(turn_id, look):
        assert worker.run_once()
    chat.close()
    assert seen == ["done"]


def test_what_a_worker_of_another_process_is_through_with_is_told_too(
    settings: Settings, engine: Engine, alice: UUID
) -> None:
    chat, elsewhere = Chat(settings=settings, engine=engine), Worker(engine=engine)
    generation = chat.send("My dog is called Rex.", user_id=alice)
    assert generation.wait(SETTLED_WITHIN_S)
    here, told = TurnEvents(), list[str]()
    settled_turns = SettledTurns(engine.database, here)
    with here.watched(generation.question.turn_id, lambda: told.append("settled")):
        settled_turns.look()
        assert told == []
        assert elsewhere.run_once()
        settled_turns.look()
    settled_turns.look()
    chat.close()
    assert told == ["settled"]
