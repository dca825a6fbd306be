"""The answers that are being given: counted, bounded, and each in nobody else's way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from account.preferences import Preferences
from chat import generation as generation_module
from chat.chat import MANY_ANSWERS, RECALL_THREADS, Chat
from chat.generation import Generation
from chat.temporary import TemporaryConversation
from chat.turns import MOST_PER_PERSON, Conversations
from config import Settings
from errors import DatabaseError, InputError, ModelBusy
from memory.engine import Engine
from models.client import Message
from tests.support.fakes import ScriptedModels, facts
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S, wait_until


class HeldModels(ScriptedModels):
    """Once held, says one word and waits; titles wait always, and facts if so wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.facts_held = False
        self.go_on = threading.Event()

    def stream_chat(
        self, messages: Sequence[Message], *, model: str | None = None
    ) -> Iterator[str]:
        yield "One "
        if self.held:
            self.go_on.wait(PATIENCE_S)
        yield "two."

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        name = schema["name"] if schema is not None else ""
        if name == "title" or (name == "extract" and self.facts_held):
            self.go_on.wait(PATIENCE_S)
        return super().complete_json(messages, schema, timeout_s=timeout_s)


@pytest.fixture
def models() -> HeldModels:
    return HeldModels()


@pytest.fixture
def chat(settings: Settings, scripted: Engine, models: HeldModels) -> Iterator[Chat]:
    chat = Chat(settings=settings, engine=scripted)
    yield chat
    models.go_on.set()
    chat.close()


def being_written() -> Generation:
    """Stands for an answer that has not ended."""
    question = SimpleNamespace(conversation_id=uuid4())
    kept = {"start": lambda: None, "stop": lambda: None, "wait": lambda _: True}
    answer = SimpleNamespace(user_id=uuid4(), question=question, abandon=lambda: None, **kept)
    return cast(Generation, answer)


def test_many_answers_at_once_make_it_busy(settings: Settings, engine: Engine) -> None:
    chat = Chat(settings=settings, engine=engine)
    answers = [chat._running.start(being_written()) for _ in range(MANY_ANSWERS)]
    assert not chat.is_busy()
    answers.append(chat._running.start(being_written()))
    assert chat.is_busy()
    chat._running.ended(answers[0])
    assert not chat.is_busy()
    chat.close()


def kept_chat(chat: Chat, alice: UUID) -> tuple[Callable[[], object], Callable[[], str]]:
    said = chat.send("Hello", user_id=alice)
    assert said.wait(PATIENCE_S)
    place, turn_id = said.question.conversation_id, said.question.turn_id
    return (
        lambda: chat.retry(turn_id, user_id=alice),
        lambda: chat.conversations(alice).turns(place)[0].answer,
    )


def temporary_chat(chat: Chat, alice: UUID) -> tuple[Callable[[], object], Callable[[], str]]:
    conversation = TemporaryConversation(alice)
    said = chat.temporary.send("Hello", conversation=conversation)
    assert said.wait(PATIENCE_S)
    return (
        lambda: chat.temporary.retry(said.question.turn_id, conversation=conversation),
        lambda: conversation.turns()[0].answer,
    )


@pytest.mark.parametrize("place", [kept_chat, temporary_chat])
def test_where_too_much_runs_an_answer_that_was_to_be_given_again_stays(
    place: Callable[[Chat, UUID], tuple[Callable[[], object], Callable[[], str]]],
    chat: Chat,
    models: HeldModels,
    alice: UUID,
) -> None:
    retry, answer = place(chat, alice)
    models.held = True
    for _ in range(MOST_PER_PERSON):
        chat.send("Hello", user_id=alice)
    with pytest.raises(InputError, match="4 answers are being written"):
        retry()
    assert answer() == "One two."


def test_of_two_answers_begun_in_one_conversation_at_once_the_first_is_stopped(
    chat: Chat, models: HeldModels, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.held = True
    first = chat.send("Hello", user_id=alice)
    # As if both tabs had looked before either had begun.
    monkeypatch.setattr(chat._running, "make_room", lambda *_: None)
    second = chat.send("And?", user_id=alice, conversation_id=first.question.conversation_id)
    assert first.wait(PATIENCE_S)
    models.go_on.set()
    assert second.wait(PATIENCE_S)
    turns = chat.conversations(alice).turns(first.question.conversation_id)
    assert [turn.answer_state for turn in turns] == ["stopped", "complete"]


def test_titles_that_are_waited_for_keep_no_search_waiting(
    chat: Chat, models: HeldModels, alice: UUID
) -> None:
    for _ in range(RECALL_THREADS + 1):
        last = chat.send("Hello", user_id=alice)
        assert last.wait(PATIENCE_S)
    (turn,) = chat.conversations(alice).turns(last.question.conversation_id)
    assert turn.recall_state == "done"


def test_a_model_is_not_asked_any_more_when_the_stop_comes_just_before(
    chat: Chat, models: HeldModels, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    about_to_ask, go_on, asked = threading.Event(), threading.Event(), threading.Event()

    def pieces() -> Iterator[str]:
        asked.set()
        yield "One"

    def slowly(*_: object, **__: object) -> Iterator[str]:
        about_to_ask.set()
        go_on.wait(PATIENCE_S)
        return pieces()

    monkeypatch.setattr(models, "stream_chat", slowly)
    generation = chat.send("Hello", user_id=alice)
    assert about_to_ask.wait(PATIENCE_S)
    generation.stop()
    assert generation.wait(PATIENCE_S)
    go_on.set()
    assert not asked.wait(0.5)
    assert state(chat, generation)[0] == "stopped"


def test_an_answer_shows_life_and_can_be_stopped_while_memory_is_at_work(
    stack: Stack, database: str, chat: Chat, models: HeldModels, alice: UUID
) -> None:
    models.facts_held = True
    models.replies.append(facts("User lives in Lisbon"))
    generation = chat.send("Remember that I live in Lisbon.", user_id=alice)
    wait_until(lambda: state(chat, generation) == ("streaming", "working"))
    stack.execute(database, "update public.messages set updated_at = now() - interval '1 minute'")
    wait_until(lambda: recently_alive(stack, database))
    assert state(chat, generation) == ("streaming", "working")
    generation.stop()
    assert generation.wait(PATIENCE_S)
    assert state(chat, generation) == ("stopped", "working")
    models.go_on.set()
    wait_until(lambda: state(chat, generation) == ("stopped", "done"))
    kept = chat._engine.for_user(alice).get_all()
    assert [memory.text for memory in kept] == ["User lives in Lisbon"]


@pytest.mark.parametrize(("paused", "left"), [(False, "pending"), (True, "paused")])
def test_what_was_to_be_remembered_by_a_stopped_answer_is_tried_again(
    paused: bool, left: str, chat: Chat, models: HeldModels, alice: UUID
) -> None:
    models.facts_held = True
    models.replies.append(ModelBusy())
    generation = chat.send("Remember that I live in Lisbon.", user_id=alice)
    wait_until(lambda: state(chat, generation) == ("streaming", "working"))
    generation.stop()
    assert generation.wait(PATIENCE_S)
    Preferences(chat._engine.database, alice).pause(paused)
    models.go_on.set()
    wait_until(lambda: state(chat, generation) == ("stopped", left))


def test_an_answer_that_was_begun_anew_is_not_overwritten_by_the_former(
    chat: Chat, alice: UUID
) -> None:
    generation = chat.send("Hello", user_id=alice)
    assert generation.wait(PATIENCE_S)
    turn_id = generation.question.turn_id
    assert chat.retry(turn_id, user_id=alice).wait(PATIENCE_S)
    former = chat.conversations(alice)
    former.save_progress(turn_id, "Late", number=1)
    former.finish_turn(turn_id, "Late", state="stopped", recalled=(), number=1)
    (turn,) = former.turns(generation.question.conversation_id)
    assert (turn.answer, turn.answer_state) == ("One two.", "complete")


def test_an_answer_that_the_database_refuses_comes_to_an_end(
    chat: Chat, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(generation_module, "MOST_REFUSALS", 1)
    monkeypatch.setattr(Conversations, "finish_turn", refuse)
    generation = chat.send("Hello", user_id=alice)
    assert generation.wait(PATIENCE_S)
    (turn,) = chat.conversations(alice).turns(generation.question.conversation_id)
    assert turn.answer == "One two."


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_waits_for_an_answer_is_let_go_whatever_happens_at_its_end(
    chat: Chat, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(chat, "_saved", fail)
    generation = chat.send("Hello", user_id=alice)
    assert generation.wait(PATIENCE_S)
    assert "".join(generation.follow()) == "One two."
    assert chat.running(generation.question.conversation_id, user_id=alice) is None


def state(chat: Chat, generation: Generation) -> tuple[str, str]:
    """Of its answer, and of its turn in memory."""
    conversations = chat.conversations(generation.user_id)
    (turn,) = conversations.turns(generation.question.conversation_id)
    return turn.answer_state, turn.memory_state


def recently_alive(stack: Stack, database: str) -> bool:
    query = "select bool_and(updated_at > now() - interval '30 s') from public.messages"
    return bool(stack.execute(database, query + " where role = 'assistant'")[0][0])
