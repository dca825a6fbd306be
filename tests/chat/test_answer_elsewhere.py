"""Two processes on one database: each has a chat of its own, and both serve the same person."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid4

import pytest

from chat.chat import Chat
from chat.generation import Generation
from chat.records import Turn
from chat.turns import MOST_PER_PERSON, Conversations
from config import Settings
from database.transactions import Database
from errors import InputError
from memory.engine import Engine
from models.client import Message
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S, wait_until


class Told(ScriptedModels):
    """Says what it is told to, word by word, until it is told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ended = threading.Event()

    def stream_chat(
        self, messages: Sequence[Message], *, model: str | None = None
    ) -> Iterator[str]:
        said = 0
        while not self.ended.wait(0.01):
            yield from self.words[said:]
            said = len(self.words)
        yield from self.words[said:]


@pytest.fixture
def models() -> Told:
    return Told()


@pytest.fixture
def here(settings: Settings, scripted: Engine, models: Told) -> Iterator[Chat]:
    """The process that writes the answers."""
    chat = Chat(settings=settings, engine=scripted)
    yield chat
    models.ended.set()
    chat.close()


@pytest.fixture
def there(settings: Settings) -> Iterator[Chat]:
    """The other one, whose models say nothing."""
    models = ScriptedModels(answer=("Elsewhere.",))
    engine = Engine(settings, Database(settings.database_url), models)  # type: ignore[arg-type]
    chat = Chat(settings=settings, engine=engine)
    yield chat
    chat.close()
    engine.close()


def turns(chat: Chat, person: UUID, generation: Generation) -> list[Turn]:
    return chat.conversations(person).turns(generation.question.conversation_id)


def kept(chat: Chat, person: UUID, generation: Generation) -> tuple[str, str]:
    turn = turns(chat, person, generation)[0]
    return turn.answer, turn.answer_state


def test_an_answer_is_seen_to_grow_in_the_other_process(
    here: Chat, there: Chat, models: Told, alice: UUID
) -> None:
    generation = here.send("Tell me", user_id=alice)
    turn_id = generation.question.turn_id
    assert there.running(generation.question.conversation_id, user_id=alice) is None
    elsewhere = there.elsewhere(turn_id, user_id=alice)
    seen = []
    for piece in elsewhere.follow():
        if piece:
            seen.append(piece)
        if not models.words:
            models.words.append("One ")
        elif piece == "One ":
            models.words.append("two.")
        elif piece == "One two.":
            models.ended.set()
    assert seen == ["One ", "One two."]
    assert elsewhere.so_far == ("One two.", "")
    assert kept(there, alice, generation) == ("One two.", "complete")


def test_stop_in_one_process_stops_the_answer_that_the_other_writes(
    here: Chat, there: Chat, models: Told, alice: UUID
) -> None:
    models.words.append("One ")
    generation = here.send("Tell me", user_id=alice)
    wait_until(lambda: kept(there, alice, generation) == ("One ", "streaming"))
    there.elsewhere(generation.question.turn_id, user_id=alice).stop()
    assert generation.wait(PATIENCE_S)
    assert kept(there, alice, generation) == ("One ", "stopped")


def test_what_is_said_in_one_process_stops_the_answer_before_it_in_the_other(
    here: Chat, there: Chat, models: Told, alice: UUID
) -> None:
    first = here.send("Tell me", user_id=alice)
    place = first.question.conversation_id
    second = there.send("And?", user_id=alice, conversation_id=place)
    assert first.wait(PATIENCE_S)
    assert second.wait(PATIENCE_S)
    states = [(turn.answer, turn.answer_state) for turn in turns(there, alice, first)]
    assert states == [("", "stopped"), ("Elsewhere.", "complete")]


def test_an_answer_whose_conversation_was_deleted_elsewhere_stops(
    here: Chat, stack: Stack, database: str, models: Told, alice: UUID
) -> None:
    generation = here.send("Tell me", user_id=alice)
    stack.execute(database, "delete from public.conversations")
    assert generation.wait(PATIENCE_S)
    assert not models.ended.is_set()


def test_of_an_answer_whose_process_died_the_other_keeps_what_was_said_and_asks_again(
    here: Chat, there: Chat, stack: Stack, database: str, models: Told, alice: UUID
) -> None:
    models.words.append("One ")
    generation = here.send("Tell me", user_id=alice)
    wait_until(lambda: kept(there, alice, generation) == ("One ", "streaming"))
    # It says no more, as if it had been killed.
    generation._save_progress = lambda: None  # type: ignore[method-assign]
    age = "update public.messages set updated_at = now() - interval '13 s' where role = 'assistant'"
    stack.execute(database, age)
    assert "".join(there.elsewhere(generation.question.turn_id, user_id=alice).follow()) == ""
    assert kept(there, alice, generation) == ("One ", "interrupted")
    again = there.retry(generation.question.turn_id, user_id=alice)
    assert again.wait(PATIENCE_S)
    assert kept(there, alice, generation) == ("Elsewhere.", "complete")


def test_one_taken_for_dead_that_was_only_slow_goes_on(
    here: Chat, there: Chat, stack: Stack, database: str, models: Told, alice: UUID
) -> None:
    generation = here.send("Tell me", user_id=alice)
    stack.execute(
        database, "update public.messages set state = 'interrupted' where role = 'assistant'"
    )
    models.words.append("One ")
    wait_until(lambda: kept(there, alice, generation) == ("One ", "streaming"))


def test_the_limit_on_answers_at_once_counts_those_of_all_processes(
    here: Chat, there: Chat, models: Told, alice: UUID, bob: UUID
) -> None:
    answered = there.send("Hello", user_id=alice)
    assert answered.wait(PATIENCE_S)
    for _ in range(MOST_PER_PERSON):
        here.send("Tell me", user_id=alice)
    with pytest.raises(InputError, match="4 answers are being written for you"):
        there.send("Tell me too", user_id=alice)
    with pytest.raises(InputError, match="4 answers are being written for you"):
        there.retry(answered.question.turn_id, user_id=alice)
    assert kept(there, alice, answered) == ("Elsewhere.", "complete")
    assert there.send("Hello", user_id=bob).wait(PATIENCE_S)


def test_bob_neither_follows_nor_stops_alices_answer(
    here: Chat, there: Chat, models: Told, alice: UUID, bob: UUID
) -> None:
    models.words.append("Secret ")
    generation = here.send("Tell me", user_id=alice)
    turn_id = generation.question.turn_id
    wait_until(lambda: kept(there, alice, generation) == ("Secret ", "streaming"))
    bobs = there.elsewhere(turn_id, user_id=bob)
    assert list(bobs.follow()) == []
    bobs.stop()
    there.conversations(bob).request_stop_beside(turn_id)
    with pytest.raises(InputError):
        there.send("Bob was here", user_id=bob, conversation_id=generation.question.conversation_id)
    assert here.conversations(alice).save_progress(turn_id, "Secret ")


def test_nobody_sees_or_stops_an_answer(data: Database, alice: UUID) -> None:
    question = Conversations(data, alice).start_turn("Hello")
    nobody = Conversations(data, uuid4())
    assert nobody.progress(question.turn_id) is None
    nobody.request_stop(question.turn_id)
    assert not nobody.save_progress(question.turn_id, "Not what was said")
    assert Conversations(data, alice).save_progress(question.turn_id, "")
