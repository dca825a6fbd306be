"""What an answer was not given is kept with its turn, for the person alone, and goes with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest

from account.export_and_deletion import export
from chat.chat import Chat
from chat.generation import Generation
from chat.prompt import NOTHING_ELSE
from chat.records import Turn
from chat.turns import Conversations
from config import Settings
from database.transactions import Database
from memory.engine import Engine
from memory.recall.budget import LEAST_TOLD
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack

KEPT = ["User sails", *[f"User plays violin number {n}" for n in range(LEAST_TOLD + 1)]]
ROWS = "select count(*) from public.recalled_memories where not is_given"


@pytest.fixture
def settings(stack: Stack, database: str) -> Settings:
    """With room for all but two."""
    return stack.settings_of(database, RECALL_TOKENS="50")


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def asked(chat: Chat, engine: Engine, alice: UUID) -> Generation:
    """alice's question that one of her memories answers, answered."""
    memory = engine.for_user(alice)
    memory.add([{"role": "user", "content": text} for text in KEPT], infer=False)
    generation = chat.send("Who sails?", user_id=alice)
    assert list(generation.follow())
    return generation


def turn_of(data: Database, person: UUID, generation: Generation) -> list[Turn]:
    return Conversations(data, person).turns(generation.question.conversation_id)


def test_it_is_kept_beside_what_was_given(
    asked: Generation, data: Database, alice: UUID, models: ScriptedModels
) -> None:
    [turn] = turn_of(data, alice, asked)
    assert len(turn.recalled) == LEAST_TOLD
    assert len(turn.left_out) == 2
    assert {one.text for one in (*turn.recalled, *turn.left_out)} == set(KEPT)
    assert turn.left_out[0].why.startswith("Too far from your message: nearness 0.")
    # It did not reach the model.
    prompt = next(m for m in models.asked if NOTHING_ELSE in m[-1]["content"])[-1]["content"]
    assert all(one.text in prompt for one in turn.recalled)
    assert not any(one.text in prompt for one in turn.left_out)


def test_bob_sees_nothing_of_it(asked: Generation, data: Database, bob: UUID) -> None:
    assert turn_of(data, bob, asked) == []
    with data.as_user(bob) as connection:
        assert connection.exec_driver_sql(ROWS).scalar() == 0


def test_nobody_sees_anything_of_it(asked: Generation, stack: Stack, database: str) -> None:
    with pytest.raises(Exception, match="permission denied for table recalled_memories"):
        stack.execute(database, f"set role anon; {ROWS}")


def test_it_is_in_the_export_of_alice_and_not_of_bob(
    asked: Generation, data: Database, alice: UUID, bob: UUID
) -> None:
    def left_out(person: UUID) -> list[str]:
        document = json.loads(export(data, user_id=person, email="a@example.com"))
        rows = document["tables"]["public.recalled_memories"]
        return [row["text"] for row in rows if not row["is_given"]]

    assert len(left_out(alice)) == 2
    assert left_out(bob) == []


Way = Callable[[Engine, Database, UUID, Generation, Turn], object]


def forget_them(engine: Engine, data: Database, person: UUID, _: Generation, turn: Turn) -> object:
    return engine.for_user(person).forget([one.memory_id for one in turn.left_out])


def delete_turn(engine: Engine, data: Database, person: UUID, asked: Generation, _: Turn) -> object:
    with data.as_user(person) as connection:
        return connection.exec_driver_sql("delete from public.conversations")


@pytest.mark.parametrize("way", [forget_them, delete_turn])
def test_it_goes_with_the_memory_and_with_the_conversation(
    way: Way,
    asked: Generation,
    engine: Engine,
    data: Database,
    alice: UUID,
    stack: Stack,
    database: str,
) -> None:
    [turn] = turn_of(data, alice, asked)
    assert stack.execute(database, ROWS) == [(2,)]
    way(engine, data, alice, asked, turn)
    assert stack.execute(database, ROWS) == [(0,)]


def test_it_goes_with_the_account(
    asked: Generation, alice: UUID, stack: Stack, database: str
) -> None:
    stack.execute(database, "delete from auth.users where id = %s", str(alice))
    assert stack.execute(database, ROWS) == [(0,)]


def test_undo_of_forgetting_brings_it_back_as_left_out(
    asked: Generation, engine: Engine, data: Database, alice: UUID
) -> None:
    [before] = turn_of(data, alice, asked)
    memory = engine.for_user(alice)
    memory.restore(memory.forget([one.memory_id for one in before.left_out]))
    [after] = turn_of(data, alice, asked)
    assert after.left_out == before.left_out


def test_an_answer_given_again_has_its_own(
    chat: Chat, asked: Generation, engine: Engine, data: Database, alice: UUID
) -> None:
    [before] = turn_of(data, alice, asked)
    engine.for_user(alice).forget([one.memory_id for one in before.recalled])
    again = chat.retry(before.id, user_id=alice)
    assert list(again.follow())
    [after] = turn_of(data, alice, asked)
    assert after.left_out == ()
    assert {one.text for one in after.recalled} == {one.text for one in before.left_out}
