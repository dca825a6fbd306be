"""Pending turns are remembered once each, whatever fails on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from uuid import UUID

import pytest
from sqlalchemy import text

from chat.conversations import ConversationList
from chat.memory_worker import Worker
from chat.turns import Conversations
from chat.versions import Versions
from errors import AccessDenied
from memory.engine import Engine, UserMemory
from memory.remember.pipeline import TurnLease
from models.client import Message
from tests.support.fakes import Extracting, ScriptedModels, facts
from tests.support.pending import say, state
from tests.support.stack import Stack
from tests.support.waiting import wait_until


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def test_a_turn_is_remembered_once(
    worker: Worker, engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    turn_id = say(engine, alice, "I live in Lisbon.")
    assert worker.run_once()
    assert not worker.run_once()
    (memory,) = alices.get_all()
    assert (memory.text, memory.turn_id) == ("User lives in Lisbon", turn_id)
    outcome = Conversations(engine.database, alice).memory_outcome(turn_id)
    assert outcome is not None
    assert outcome.state == "done"
    assert [(c.event, c.text) for c in outcome.changes] == [("ADD", "User lives in Lisbon")]


def test_the_answer_is_not_among_what_is_remembered(
    worker: Worker, engine: Engine, alice: UUID, models: ScriptedModels
) -> None:
    say(engine, alice, "I live in Lisbon.")
    worker.run_once()
    assert json.loads(models.asked[-1][-1]["content"])["message"] == "I live in Lisbon."


def test_several_turns_of_one_person_are_joined(
    worker: Worker, engine: Engine, alice: UUID, bob: UUID, models: ScriptedModels
) -> None:
    turns = [say(engine, alice, f"Fact {n}.") for n in range(3)]
    bobs_turn = say(engine, bob, "Something of Bob's.")
    worker.run_once()
    assert [state(engine, alice, turn) for turn in turns] == ["done"] * 3
    assert len(models.asked) == 1
    assert "Bob" not in models.asked[0][-1]["content"]
    assert state(engine, bob, bobs_turn) == "pending"


def test_one_person_is_served_by_one_worker_at_a_time(
    engine: Engine, alice: UUID, bob: UUID
) -> None:
    for person in (alice, bob):
        for number in range(20):
            say(engine, person, f"Fact {number}.")
    workers = [Worker(engine=engine) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        claims = [c for c in pool.map(lambda w: w._claim(), workers) if c is not None]
    assert sorted(claim.user_id for claim in claims) == sorted([alice, bob])
    assert Worker(engine=engine)._claim() is None


def test_many_workers_keep_each_fact_once(
    stack: Stack, database: str, engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    def echo(messages: Sequence[Message]) -> str:
        new = json.loads(messages[-1]["content"])["message"]
        return facts(*[f"User said number {n}" for n in range(30) if f"number {n}." in new])

    engine.extractor._models = Extracting(echo)  # type: ignore[assignment]
    for number in range(30):
        say(engine, alice, f"This is number {number}.")
    workers = [Worker(engine=engine) for _ in range(4)]

    give_up_at = time.monotonic() + 30

    def work(worker: Worker) -> None:
        while len(alices.get_all()) < 30 and time.monotonic() < give_up_at:
            worker.run_once()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, workers))
    assert sorted(m.text for m in alices.get_all()) == sorted(
        f"User said number {n}" for n in range(30)
    )


def test_a_turn_that_is_replaced_meanwhile_keeps_no_other_waiting(
    worker: Worker, engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    first, second = (say(engine, alice, text) for text in ("I like tea.", "I live in Lisbon."))

    def replace(_: Sequence[str]) -> None:
        models.before_embedding = lambda _: None
        Versions(engine.database, alice).say_again(first, "Hello")

    models.before_embedding = replace
    models.replies += [facts("User likes tea"), facts("User lives in Lisbon")]
    assert worker.run_once()
    assert alices.get_all() == []
    assert worker.run_once()
    assert [state(engine, alice, turn) for turn in (first, second)] == ["hidden", "done"]
    assert [memory.text for memory in alices.get_all()] == ["User lives in Lisbon"]


def test_what_was_said_before_everything_was_forgotten_stays_forgotten(
    worker: Worker, engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    turn_id = say(engine, alice, "I live in Lisbon.")
    alices.delete_all()
    assert not worker.run_once()
    assert state(engine, alice, turn_id) == "done"
    assert alices.get_all() == []


def test_a_deleted_conversation_is_not_remembered(
    worker: Worker, engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    turn_id = say(engine, alice, "I live in Lisbon.")
    claim = worker._claim()
    assert claim is not None
    conversations = Conversations(engine.database, alice)
    ConversationList(engine.database, alice).delete(conversations.latest()[0].id)
    assert alices.remember(claim) == []
    assert alices.get_all() == []
    assert conversations.memory_outcome(turn_id) is None


def test_the_threads_pick_up_what_is_pending(
    engine: Engine, alice: UUID, alices: UserMemory, models: ScriptedModels
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    worker = Worker(engine=engine)
    worker.start()
    try:
        turn_id = say(engine, alice, "I live in Lisbon.")
        worker.wake()
        wait_until(lambda: state(engine, alice, turn_id) == "done")
    finally:
        worker.stop()
    assert [m.text for m in alices.get_all()] == ["User lives in Lisbon"]


def test_a_fault_of_ours_takes_no_thread_with_it(
    engine: Engine, alice: UUID, models: ScriptedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.replies.append(facts("User lives in Lisbon"))
    worker = Worker(engine=engine, threads=1)
    faults = [RuntimeError("a fault of ours")]
    recover = worker.recover

    def faulty() -> int:
        if faults:
            raise faults.pop()
        return recover()

    monkeypatch.setattr(worker, "recover", faulty)
    worker.start()
    try:
        turn_id = say(engine, alice, "I live in Lisbon.")
        wait_until(lambda: state(engine, alice, turn_id) == "done")
    finally:
        worker.stop()
    assert not faults


def test_a_turn_that_is_saved_is_looked_for_by_one_thread(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.memory_worker.POLL_S", 600.0)
    looks: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr(worker, "_claim", lambda: looks.put(threading.current_thread().name))
    worker.start()
    try:
        assert looks.get(timeout=60) == "worker-0"  # its first look, untold
        for _ in range(3):
            worker.wake()
            looks.get(timeout=60)
    finally:
        worker.stop()
    assert looks.empty()


def test_what_waits_from_before_is_shared_among_the_threads(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[None] = []
    monkeypatch.setattr(worker, "wake", lambda: woken.append(None))
    assert not worker.run_once(polled=True)
    assert woken == []
    claim = TurnLease(UUID(int=1), (), UUID(int=2), 1)
    monkeypatch.setattr(worker, "_claim", lambda: claim)
    assert worker.run_once()
    assert woken == []
    assert worker.run_once(polled=True)
    assert woken == [None]


def test_answers_go_first_but_not_for_ever(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.memory_worker.LOOK_AGAIN_S", 0.01)
    busy = iter([True, True, False])
    Worker(engine=engine, busy=lambda: next(busy))._give_way()
    assert list(busy) == []
    monkeypatch.setattr("chat.memory_worker.GIVES_WAY_S", 0.05)
    Worker(engine=engine, busy=lambda: True)._give_way()


@pytest.mark.parametrize(
    "table", ["public.turns", "public.messages", "vecs.memories", "private.browser_sessions"]
)
def test_the_servers_role_sees_no_table(table: str, engine: Engine) -> None:
    with pytest.raises(AccessDenied), engine.database.as_server() as connection:
        connection.execute(text(f"select * from {table}"))  # noqa: S608


def test_a_person_cannot_claim_turns(engine: Engine, bob: UUID) -> None:
    with pytest.raises(AccessDenied), engine.database.as_user(bob) as connection:
        connection.execute(text("select * from private.claim_turns(60, 8)"))
