"""A turn with model servers that think, cut off, refuse and hold little, on the real database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from chat.answer import TRIES_WITHOUT_A_REASON
from chat.attachments import Attachment
from chat.chat import Chat
from chat.generation import Generation
from chat.memory_worker import Worker
from chat.prompt import opening
from chat.records import Turn
from config import Settings
from errors import InputError, Unbound
from memory.engine import Engine
from models.client import Message
from tests.support.faults import ModelFaults
from tests.support.model.behaviour import THOUGHT
from tests.support.pending import say, state
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S, wait_until


class Switched:
    """A chat whose model server can be switched."""

    def __init__(self, settings: Settings, faults: ModelFaults) -> None:
        self.faults = faults
        self.behave = faults.behave
        self.engine = Engine.from_settings(settings)
        self.chat = Chat(settings=settings, engine=self.engine)

    def requests(self, kind: str) -> list[list[dict[str, str]]]:
        return [body["messages"] for body in self.faults.requests(kind)]

    def close(self) -> None:
        self.chat.close()
        self.engine.close()


@pytest.fixture
def switched(stack: Stack, database: str, faults: ModelFaults) -> Iterator[Switched]:
    """One that does not give up by itself meanwhile, however busy the machine is."""
    switched = Switched(stack.settings_of(database, MODEL_TIMEOUT_S="60"), faults)
    with faults.behaving("as OpenAI's"):
        faults.clear()
        yield switched
        switched.close()


@pytest.fixture
def hasty(stack: Stack, database: str, faults: ModelFaults) -> Iterator[Switched]:
    """One that gives a model up after a second of silence."""
    hasty = Switched(stack.settings_of(database, MODEL_TIMEOUT_S="1"), faults)
    with faults.behaving("as OpenAI's"):
        faults.clear()
        yield hasty
        hasty.close()


def turns(switched: Switched, user_id: UUID, generation: Generation) -> list[Turn]:
    place = generation.question.conversation_id
    return switched.chat.conversations(user_id).turns(place)


def heard(generation: Generation) -> str:
    return "".join(generation.follow())


@pytest.mark.parametrize(
    "behaviour", ["thinks at length", "thinks at length in tags", "sends comments for long"]
)
def test_a_model_that_works_longer_than_the_time_out_is_waited_for(
    behaviour: str, hasty: Switched, alice: UUID
) -> None:
    hasty.behave(behaviour)
    generation = hasty.chat.send("Hello", user_id=alice)
    assert heard(generation).startswith("Hello!")
    (turn,) = turns(hasty, alice, generation)
    assert (turn.answer_state, turn.answer) == ("complete", heard(generation))


def test_thinking_is_seen_while_it_lasts_and_kept_nowhere(switched: Switched, alice: UUID) -> None:
    switched.behave("thinks in tags")
    first = switched.chat.send("Hello", user_id=alice)
    wait_until(lambda: THOUGHT.split()[0] in first.so_far[1])
    heard(first)
    (turn,) = turns(switched, alice, first)
    assert turn.answer.startswith("Hello!")
    second = switched.chat.send(
        "Hello again", user_id=alice, conversation_id=first.question.conversation_id
    )
    heard(second)
    shown = str([switched.requests("chat"), switched.requests("memory")])
    assert "short answer" not in shown
    assert switched.chat.conversations(alice).latest()[0].title == "Hello"


def test_thinking_whose_begin_was_not_told_leaves_the_answer_when_it_ends(
    switched: Switched, alice: UUID
) -> None:
    switched.behave("thinks behind an opening tag of its template")
    for _ in range(2):
        generation = switched.chat.send("Hello", user_id=alice)
        heard(generation)
        (turn,) = turns(switched, alice, generation)
        assert turn.answer == "Hello! What would you like to tell me, or ask me?"


def test_an_answer_that_is_cut_off_is_kept_and_told(switched: Switched, alice: UUID) -> None:
    switched.behave("ends at its limit")
    generation = switched.chat.send("Hello", user_id=alice)
    heard(generation)
    (turn,) = turns(switched, alice, generation)
    assert (turn.answer, turn.answer_state) == ("Hello!", "cut_off")
    # And put by when it is given again.
    switched.behave("as OpenAI's")
    heard(switched.chat.retry(turn.id, user_id=alice))
    (turn,) = turns(switched, alice, generation)
    assert (turn.answer_state, turn.other_answers) == ("complete", (1,))


def test_a_context_that_is_full_in_the_middle_cuts_the_answer_off(
    switched: Switched, alice: UUID
) -> None:
    switched.behave("is full in the middle")
    generation = switched.chat.send("Hello", user_id=alice)
    heard(generation)
    (turn,) = turns(switched, alice, generation)
    assert (turn.answer, turn.answer_state) == ("Hello! What would you like ", "cut_off")
    assert len(switched.requests("chat")) == 1


def test_a_refusal_is_the_answer(switched: Switched, alice: UUID) -> None:
    switched.behave("refuses")
    generation = switched.chat.send("Hello", user_id=alice)
    heard(generation)
    (turn,) = turns(switched, alice, generation)
    assert (turn.answer, turn.answer_state) == ("I cannot help with that.", "complete")


@pytest.mark.parametrize("status", ["400", "413", "and does not say so"])
def test_the_oldest_messages_leave_a_prompt_that_is_too_long(
    status: str, switched: Switched, alice: UUID
) -> None:
    switched.behave("as OpenAI's")
    place = None
    for number in range(8):
        said = f"count to 1. Number {number}: " + "我们住在里斯本。" * 180
        generation = switched.chat.send(said, user_id=alice, conversation_id=place)
        heard(generation)
        place = generation.question.conversation_id
    switched.behave(f"holds 9,000 characters ({status})")
    heard(switched.chat.send("count to 2", user_id=alice, conversation_id=place))
    last = turns(switched, alice, generation)[-1]
    assert (last.answer_state, last.answer) == ("complete", "1, 2.")
    taken = switched.requests("chat")[-1]
    kept = [n for n in range(8) if any(f"Number {n}:" in str(m["content"]) for m in taken)]
    assert kept
    assert kept == list(range(min(kept), 8))
    # What was refused once is not sent again.
    asked_before = len(switched.requests("chat"))
    heard(switched.chat.send("count to 2", user_id=alice, conversation_id=place))
    assert len(switched.requests("chat")) <= asked_before + TRIES_WITHOUT_A_REASON


def test_a_refusal_without_a_reason_is_told_in_the_servers_words(
    switched: Switched, alice: UUID
) -> None:
    switched.behave("refuses without a reason")
    generation = switched.chat.send("Hm. " * 3_000, user_id=alice)
    heard(generation)
    (turn,) = turns(switched, alice, generation)
    assert turn.answer_state == "failed"
    assert "It says: “Die Anfrage wurde abgelehnt.”" in (turn.answer_error or "")


@pytest.mark.parametrize("status", ["400", "404", "500"])
def test_pictures_that_a_model_refuses_are_left_out_with_a_word(
    status: str, switched: Switched, alice: UUID
) -> None:
    switched.behave(f"sees no pictures ({status})")
    picture = Attachment("cat.jpg", "image/jpeg", 3, picture=b"cat")
    for said in ("count to 2", "count to 3"):
        generation = switched.chat.send(said, user_id=alice, files=[picture])
        heard(generation)
        (turn,) = turns(switched, alice, generation)
        assert turn.answer_state == "complete"
        sent = switched.requests("chat")[-1][-1]["content"]
        assert sent.endswith("You cannot see pictures: say so if they are needed.]")
    # What was refused once is not sent again.
    assert len(switched.requests("chat")) == 3


@pytest.mark.parametrize(
    ("fact", "filler", "memory"),
    [
        ("I live in Lisbon. ", "The weather was fine and we talked. ", "User lives in Lisbon"),
        ("I live in Lisbon. ", "天气很好我们聊了很久。", "User lives in Lisbon"),
        ("I live in Lisbon. ", "Погода была хорошая. ", "User lives in Lisbon"),
    ],
)
def test_a_long_message_is_remembered_by_a_server_that_cuts_prompts_without_a_word(
    fact: str, filler: str, memory: str, switched: Switched, alice: UUID
) -> None:
    switched.behave("cuts long prompts without a word")
    said = fact + filler * (14_000 // len(filler))
    switched.engine.for_user(alice).add([{"role": "user", "content": said}])
    assert memory in [one.text for one in switched.engine.for_user(alice).get_all()]


def test_files_are_shortened_after_that_with_a_word_about_it(
    switched: Switched, alice: UUID
) -> None:
    switched.behave("holds 9,000 characters (400)")
    file = Attachment("notes.txt", "text/plain", 20_000, "The boat is blue, " * 1_100)
    generation = switched.chat.send("count to 2", user_id=alice, files=[file])
    heard(generation)
    (turn,) = turns(switched, alice, generation)
    assert turn.answer_state == "complete"
    sent = switched.requests("chat")[-1][-1]["content"]
    assert "[Shortened: the first 1,980 of 19,800 characters." in sent


def test_earlier_files_are_shortened_with_the_messages_that_they_came_with(
    switched: Switched, alice: UUID
) -> None:
    switched.behave("refuses")
    file = Attachment("notes.txt", "text/plain", 20_000, "The boat is blue, " * 1_100)
    generation = switched.chat.send("What is this?", user_id=alice, files=[file])
    heard(generation)
    switched.behave("holds 9,000 characters (400)")
    place = generation.question.conversation_id
    heard(switched.chat.send("count to 2", user_id=alice, conversation_id=place))
    assert turns(switched, alice, generation)[-1].answer_state == "complete"
    first = switched.requests("chat")[-1][len(opening(()))]["content"]
    assert first.startswith("What is this?")
    assert "The boat is blue" in first
    assert "of 19,800 characters." in first


def test_what_is_too_long_even_so_is_told(switched: Switched, alice: UUID) -> None:
    switched.behave("holds 9,000 characters (400)")
    generation = switched.chat.send("Hm. " * 3_000, user_id=alice)
    heard(generation)
    (turn,) = turns(switched, alice, generation)
    assert turn.answer_state == "failed"
    assert turn.answer_error is not None
    assert turn.answer_error.startswith("This is too long for the model")


def test_a_stopped_answer_ends_the_models_stream(switched: Switched, alice: UUID) -> None:
    switched.behave("thinks at length")
    generation = switched.chat.send("Hello", user_id=alice)
    wait_until(lambda: bool(generation.so_far[1]))
    generation.stop()
    wait_until(lambda: switched.faults.hung_up() == 1)
    generation.wait(PATIENCE_S)
    (turn,) = turns(switched, alice, generation)
    assert (turn.answer, turn.answer_state) == ("", "stopped")


def test_a_stopped_answer_to_which_nothing_comes_ends_the_models_stream_at_once(
    switched: Switched, alice: UUID
) -> None:
    switched.behave("falls silent")
    generation = switched.chat.send("count to 40", user_id=alice)
    wait_until(lambda: bool(switched.requests("chat")))
    generation.stop()
    wait_until(lambda: switched.faults.hung_up() == 1)
    assert generation.wait(PATIENCE_S)
    (turn,) = turns(switched, alice, generation)
    assert turn.answer_state == "stopped"


def test_a_stopped_answer_ends_a_stream_in_which_nothing_comes(switched: Switched) -> None:
    switched.behave("falls silent")
    models = switched.engine.models
    answer = models.stream_chat([Message(role="user", content="Hello")])
    next(answer)
    reading = threading.Thread(target=list, args=(answer,))
    reading.start()
    answer.stop()
    reading.join(10)
    assert not reading.is_alive()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("has no credit (429)", "The credit or quota of the model server's account is used up."),
        ("takes no key", "The model server refused the request. Check EMBEDDING_API_KEY"),
        ("has no such model", "The model server does not know the model all-MiniLM-L6-v2."),
        ("has no chat model", "The model test-model cannot chat."),
        ("filters the prompt", "The model provider's content filter stopped this."),
    ],
)
def test_a_refusal_that_will_not_pass_ends_remembering_with_its_reason(
    behaviour: str,
    reason: str,
    switched: Switched,
    alice: UUID,
    bob: UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker = Worker(engine=switched.engine)
    turn_id = say(switched.engine, alice, "I live in Lisbon.")
    with switched.faults.behaving(behaviour):
        assert worker.run_once()
        assert len(switched.faults.requests("memory")) <= 1
    conversations = switched.chat.conversations(alice)
    outcome = conversations.memory_outcome(turn_id)
    assert outcome is not None
    assert outcome.state == "failed"
    assert outcome.error is not None
    assert outcome.error.startswith(reason)
    assert not worker.run_once()
    assert "sk-abcd1234efgh" not in caplog.text + outcome.error
    # Nobody else sees it, or asks for it.
    assert switched.chat.conversations(bob).memory_outcome(turn_id) is None
    with pytest.raises(InputError):
        switched.chat.conversations(bob).retry_memory(turn_id)
    with pytest.raises(Unbound):
        switched.chat.conversations("").retry_memory(turn_id)
    conversations.retry_memory(turn_id)
    assert worker.run_once()
    assert state(switched.engine, alice, turn_id) == "done"
    assert [m.text for m in switched.engine.for_user(alice).get_all()] == ["User lives in Lisbon"]


@pytest.mark.parametrize("behaviour", ["is busy", "is away"])
def test_a_failure_that_passes_is_tried_again(
    behaviour: str, switched: Switched, alice: UUID
) -> None:
    worker = Worker(engine=switched.engine)
    turn_id = say(switched.engine, alice, "I live in Lisbon.")
    with switched.faults.behaving(behaviour):
        assert worker.run_once()
    assert state(switched.engine, alice, turn_id) == "pending"


@pytest.mark.parametrize(
    "behaviour",
    [
        "knows neither form",
        "sends typed parts",
        "thinks behind an opening tag of its template",
        "answers in a stream only",
        "gives one vector",
        "takes no long texts (413)",
    ],
)
def test_a_message_is_remembered_and_found_whatever_the_server_is_like(
    behaviour: str, switched: Switched, alice: UUID
) -> None:
    switched.behave(behaviour)
    memory = switched.engine.for_user(alice)
    filler = "The weather was fine and we talked for long about nothing much. " * 12
    memory.add([{"role": "user", "content": f"I live in Lisbon. {filler} I like tea."}])
    texts = {one.text for one in memory.get_all()}
    assert {"User lives in Lisbon", "User likes tea"} <= texts
    assert memory.search(f"{filler} Where do I live?", top_k=3)[0].text == "User lives in Lisbon"
