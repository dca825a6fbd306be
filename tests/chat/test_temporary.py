"""A temporary chat neither reads nor writes memory, and leaves nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.attachments import Attachment
from chat.chat import Chat
from chat.memory_worker import Worker
from chat.prompt import opening
from chat.temporary import TemporaryConversation
from errors import InputError
from memory.engine import Engine
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S

SECRET = "zanzibar"


@pytest.fixture
def models() -> ScriptedModels:
    return ScriptedModels(answer=["I see."])


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def rows_with(stack: Stack, database: str, word: str) -> list[str]:
    """The tables of people's data in which this word stands anywhere."""
    tables = stack.execute(
        database,
        "select format('%I.%I', schemaname, tablename) from pg_tables "
        "where schemaname in ('public', 'private', 'vecs', 'auth')",
    )
    found = []
    for (table,) in tables:
        query = f"select count(*) from {table} t where t::text ilike %s"  # noqa: S608
        if stack.execute(database, query, f"%{word}%")[0][0]:
            found.append(str(table))
    return sorted(found)


def test_nothing_of_a_temporary_chat_reaches_the_database(
    chat: Chat, engine: Engine, alice: UUID, stack: Stack, database: str
) -> None:
    here = TemporaryConversation(alice)
    file = Attachment("notes.txt", "text/plain", 8, content=f"{SECRET} file")
    for text in (f"I live in {SECRET}", f"Remember that I like {SECRET}", f"Forget {SECRET}"):
        assert chat.temporary.send(text, conversation=here, files=[file]).wait(PATIENCE_S)
    assert len(here.turns()) == 3
    assert not Worker(engine=engine).run_once()
    assert rows_with(stack, database, SECRET) == []
    # The same words in a chat that is kept do reach it, so the search above finds what is there.
    assert chat.send(f"I live in {SECRET}", user_id=alice).wait(PATIENCE_S)
    assert rows_with(stack, database, SECRET) == ["public.conversations", "public.messages"]


def test_memories_do_not_reach_a_temporary_chat(
    chat: Chat, engine: Engine, alice: UUID, models: ScriptedModels
) -> None:
    engine.for_user(alice).add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    here = TemporaryConversation(alice)
    assert chat.temporary.send("Where do I live? In Lisbon?", conversation=here).wait(PATIENCE_S)
    assert "I live in Lisbon" not in repr(models.asked)
    assert here.turns()[0].recalled == ()


def test_a_temporary_chat_knows_what_was_said_in_it(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    here = TemporaryConversation(alice)
    assert chat.temporary.send("My boat is called Swallow", conversation=here).wait(PATIENCE_S)
    generation = chat.temporary.send("What is its name?", conversation=here)
    assert "".join(generation.follow()) == "I see."
    *before, asked = (m["content"] for m in models.asked[-1][len(opening(())) :])
    assert before == ["My boat is called Swallow", "I see."]
    assert asked.endswith("What is its name?")


def test_a_temporary_answer_is_given_again_and_a_message_said_again(
    chat: Chat, alice: UUID
) -> None:
    here = TemporaryConversation(alice)
    assert chat.temporary.send("One", conversation=here).wait(PATIENCE_S)
    assert chat.temporary.send("Two", conversation=here).wait(PATIENCE_S)
    first, last = here.turns()
    assert chat.temporary.retry(last.id, conversation=here).wait(PATIENCE_S)
    assert chat.temporary.say_again(first.id, "Uno", conversation=here).wait(PATIENCE_S)
    assert [(t.question, t.answer) for t in here.turns()] == [("Uno", "I see.")]
    with pytest.raises(InputError):
        chat.temporary.retry(last.id, conversation=here)


def test_an_answer_says_truthfully_that_nothing_was_remembered(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    here = TemporaryConversation(alice)
    assert chat.temporary.send("Remember that I like tea", conversation=here).wait(PATIENCE_S)
    assert "nothing was remembered or forgotten" in models.asked[-1][-1]["content"]
