"""Who holds a turn, for how long, and what becomes of it when the work fails or ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from uuid import UUID

import pytest

from chat.memory_worker import MOST_ATTEMPTS, Worker
from chat.turns import Conversations
from errors import ModelBusy
from memory.engine import Engine, UserMemory
from models.client import Message
from tests.support.fakes import Extracting, ScriptedModels, facts
from tests.support.pending import make_due, say, state
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def test_a_worker_that_died_is_followed_by_another(
    stack: Stack,
    database: str,
    worker: Worker,
    engine: Engine,
    alice: UUID,
    alices: UserMemory,
    models: ScriptedModels,
) -> None:
    turn_id = say(engine, alice, "I live in Lisbon.")
    assert worker._claim() is not None  # and then its process was killed
    assert not worker.run_once()
    make_due(stack, database)
    models.replies.append(facts("User lives in Lisbon"))
    assert worker.run_once()
    assert state(engine, alice, turn_id) == "done"
    assert len(alices.get_all()) == 1


def test_a_late_worker_changes_nothing(
    stack: Stack,
    database: str,
    worker: Worker,
    engine: Engine,
    alice: UUID,
    alices: UserMemory,
    models: ScriptedModels,
) -> None:
    say(engine, alice, "I live in Lisbon.")
    late = worker._claim()
    make_due(stack, database)
    in_time = worker._claim()
    assert late is not None
    assert in_time is not None
    models.replies += [facts("User lives in Lisbon")]
    assert len(alices.remember(in_time)) == 1
    models.replies += [facts("User resides in Lisbon")]
    assert alices.remember(late) == []
    assert [m.text for m in alices.get_all()] == ["User lives in Lisbon"]


def test_a_lease_lost_during_the_model_call_changes_nothing(
    stack: Stack, database: str, worker: Worker, engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    say(engine, alice, "I live in Lisbon.")
    claim = worker._claim()
    assert claim is not None

    def slow(_: Sequence[Message]) -> str:
        make_due(stack, database)
        assert worker._claim() is not None
        return facts("User lives in Lisbon")

    engine.extractor._models = Extracting(slow)  # type: ignore[assignment]
    assert alices.remember(claim) == []
    assert alices.get_all() == []


def test_a_failure_is_tried_again_and_at_last_given_up(
    stack: Stack,
    database: str,
    worker: Worker,
    engine: Engine,
    alice: UUID,
    alices: UserMemory,
    models: ScriptedModels,
) -> None:
    turn_id = say(engine, alice, "I live in Lisbon.")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        models.replies.append("nonsense")
        assert worker.run_once()
        assert not worker.run_once()  # not before its time
        expected = "failed" if attempt == MOST_ATTEMPTS else "pending"
        assert state(engine, alice, turn_id) == expected
        make_due(stack, database)
    assert not worker.run_once()
    assert alices.get_all() == []

    Conversations(engine.database, alice).retry_memory(turn_id)
    models.replies.append(facts("User lives in Lisbon"))
    assert worker.run_once()
    assert [m.text for m in alices.get_all()] == ["User lives in Lisbon"]


def test_a_model_that_is_away_is_waited_for(
    stack: Stack,
    database: str,
    worker: Worker,
    engine: Engine,
    alice: UUID,
    alices: UserMemory,
    models: ScriptedModels,
) -> None:
    turn_id = say(engine, alice, "I live in Lisbon.")
    for _ in range(MOST_ATTEMPTS + 3):
        models.replies.append(ModelBusy())
        assert worker.run_once()
        make_due(stack, database)
    assert state(engine, alice, turn_id) == "pending"
    models.replies.append(facts("User lives in Lisbon"))
    assert worker.run_once()
    assert [m.text for m in alices.get_all()] == ["User lives in Lisbon"]


def test_a_lease_is_renewed_for_as_long_as_the_work_takes(
    stack: Stack,
    database: str,
    worker: Worker,
    engine: Engine,
    alice: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.memory_worker.LEASE_S", 1)
    left = "select memory_leased_until from public.turns"

    def slow(_: Sequence[Message]) -> str:
        first = stack.execute(database, left)
        give_up_at = time.monotonic() + PATIENCE_S
        while stack.execute(database, left) == first:
            assert time.monotonic() < give_up_at
        return facts()

    engine.extractor._models = Extracting(slow)  # type: ignore[assignment]
    turn_id = say(engine, alice, "I live in Lisbon.")
    assert worker.run_once()
    assert state(engine, alice, turn_id) == "done"


def test_a_worker_that_stops_gives_back_what_it_cannot_finish(
    engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def hanging(_: Sequence[Message]) -> str:
        entered.set()
        go_on.wait(PATIENCE_S)
        return facts("User lives in Lisbon")

    engine.extractor._models = Extracting(hanging)  # type: ignore[assignment]
    turn_id = say(engine, alice, "I live in Lisbon.")
    worker = Worker(engine=engine, threads=1)
    worker.start()
    assert entered.wait(PATIENCE_S)
    worker.stop(timeout_s=0.2)
    assert state(engine, alice, turn_id) == "pending"
    go_on.set()
    worker._threads[0].join(10)
    assert alices.get_all() == []
    assert state(engine, alice, turn_id) == "pending"


def test_a_turn_that_always_fails_does_not_hold_up_the_others(
    stack: Stack,
    database: str,
    worker: Worker,
    engine: Engine,
    alice: UUID,
    models: ScriptedModels,
) -> None:
    def poisoned(messages: Sequence[Message]) -> str:
        return "nonsense" if "poison" in messages[-1]["content"] else facts("User is fine")

    engine.extractor._models = Extracting(poisoned)  # type: ignore[assignment]
    poison = say(engine, alice, "I like poison.")
    good = say(engine, alice, "I am fine, always.")
    for _ in range(4):
        worker.run_once()
        make_due(stack, database)
    assert state(engine, alice, poison) in ("pending", "failed")
    while worker.run_once():
        make_due(stack, database)
    assert state(engine, alice, poison) == "failed"
    assert state(engine, alice, good) == "done"
