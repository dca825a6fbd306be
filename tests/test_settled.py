"""Whoever waits for a turn is told when a worker is through with it."""

from __future__ import annotations

from uuid import UUID, uuid4

from config import Settings
from memory.chat import Chat
from memory.engine import Engine
from memory.settled import Settled
from memory.worker import Worker

SETTLED_WITHIN_S = 20


def test_only_who_waits_for_the_turn_is_told() -> None:
    settled, turn_id, told = Settled(), uuid4(), list[str]()
    with settled.watched(turn_id, lambda: told.append("turn")):
        settled.tell([uuid4()])
        assert told == []
        settled.tell([uuid4(), turn_id])
    settled.tell([turn_id])
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

    with worker.settled.watched(turn_id, look):
        assert worker.run_once()
    chat.close()
    assert seen == ["done"]
