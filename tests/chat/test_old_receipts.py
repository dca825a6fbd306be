"""What old answers were given goes after RECEIPTS_KEPT_DAYS, and nothing else of them does."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from chat.memory_worker import Worker
from chat.processes import old_receipts
from chat.processes.old_receipts import prune_receipts
from chat.records import Turn
from chat.turns import Conversations
from memory.engine import Engine
from memory.recall.recollection import Recalled
from tests.support.stack import Stack
from tests.support.waiting import wait_until

OLD_TURNS = (
    "update public.turns set created_at = now() - interval '31 days' where id = any (%s::uuid[])"
)
OLD_ANSWERS = (
    "update public.messages set updated_at = now() - interval '31 days'"
    " where turn_id = any (%s::uuid[])"
)


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def answered(engine: Engine, person: UUID, *, given: bool = True) -> UUID:
    """A turn whose answer was given a memory, or one was only near enough to be told of."""
    conversations = Conversations(engine.database, person)
    told = [{"role": "user", "content": "User lives in Lisbon"}]
    [kept] = engine.for_user(person).add(told, infer=False)
    turn = conversations.start_turn("Where do I live?").turn_id
    found = [Recalled(engine.for_user(person).get(kept.id), "It is near.")]
    recalled, left_out = (found, []) if given else ([], found)
    conversations.finish_turn(
        turn, "In Lisbon.", state="complete", recalled=recalled, left_out=left_out
    )
    return turn


def make_old(stack: Stack, database: str, *turns: UUID, answers: bool = True) -> None:
    ids = [str(turn) for turn in turns]
    stack.execute(database, OLD_TURNS, ids)
    if answers:
        stack.execute(database, OLD_ANSWERS, ids)


def read(engine: Engine, person: UUID, turn_id: UUID) -> Turn:
    conversations = Conversations(engine.database, person)
    with engine.database.as_user(person, single=True) as connection:
        place = connection.exec_driver_sql(
            "select conversation_id from public.turns where id = %s", (str(turn_id),)
        ).scalar_one()
    [turn] = conversations.turns(place)
    return turn


def test_the_receipts_of_old_answers_go_and_their_turns_say_so(
    engine: Engine, alice: UUID, bob: UUID, stack: Stack, database: str
) -> None:
    old, without = answered(engine, alice), answered(engine, alice, given=False)
    of_bob = answered(engine, bob)
    new = answered(engine, alice)
    make_old(stack, database, old, without, of_bob)
    assert list(prune_receipts(engine.database, 30)) == [3]
    for person, turn_id, state in (
        (alice, old, "unkept"),
        (alice, without, "nothing"),
        (bob, of_bob, "unkept"),
    ):
        turn = read(engine, person, turn_id)
        assert (turn.recall_state, turn.recalled, turn.answer) == (state, (), "In Lisbon.")
    assert len(read(engine, alice, new).recalled) == 1
    assert len(engine.for_user(alice).get_all()) == 3, "the memories stay"


def test_an_old_question_that_is_answered_again_keeps_its_new_receipts(
    engine: Engine, alice: UUID, stack: Stack, database: str
) -> None:
    turn = answered(engine, alice)
    make_old(stack, database, turn, answers=False)
    assert list(prune_receipts(engine.database, 30)) == [0]
    assert len(read(engine, alice, turn).recalled) == 1


def test_they_go_in_steps(
    engine: Engine, alice: UUID, stack: Stack, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_receipts, "BATCH", 2)
    make_old(stack, database, *(answered(engine, alice) for _ in range(5)))
    assert list(prune_receipts(engine.database, 30)) == [2, 2, 1]


def test_without_the_setting_they_stay_for_ever(
    engine: Engine, alice: UUID, stack: Stack, database: str
) -> None:
    turn = answered(engine, alice)
    make_old(stack, database, turn)
    assert list(prune_receipts(engine.database, engine.settings.receipts_kept_days)) == []
    assert len(read(engine, alice, turn).recalled) == 1


def test_the_worker_lets_go_of_them(
    engine: Engine, alice: UUID, stack: Stack, database: str
) -> None:
    turn = answered(engine, alice)
    make_old(stack, database, turn)
    engine.settings = replace(engine.settings, receipts_kept_days=30)
    worker = Worker(engine=engine)
    worker.start()
    try:
        wait_until(lambda: read(engine, alice, turn).recall_state == "unkept")
    finally:
        worker.stop()
