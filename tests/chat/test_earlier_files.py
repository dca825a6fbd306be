"""Files and pictures of earlier turns, in the prompt of the next question."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from chat.attachments import Attachment
from chat.chat import AnswerOptions, Chat
from chat.context import Reader, Room, Said, within_context
from chat.prompt import opening
from chat.temporary import TemporaryConversation
from chat.turns import Conversations
from config import Settings
from errors import Unbound
from memory.engine import Engine
from models.client import Message
from tests.support.fakes import ScriptedModels
from tests.support.waiting import PATIENCE_S

READER = Reader("gpt-4o", 32_000, sees=True)
BLIND = Reader("text-only", 32_000, sees=False)
SEES = AnswerOptions(model="gpt-4o")
CONTRACT = "x" * 23_900 + "Zirbenholz" + "x" * 23_990
PLAN = "Day one: the harbour."


@pytest.fixture
def models() -> ScriptedModels:
    return ScriptedModels(answer=["I see."])


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def small(settings: Settings, scripted: Engine) -> Iterator[Chat]:
    """A chat whose model holds little."""
    chat = Chat(settings=replace(settings, context_tokens=8_192), engine=scripted)
    yield chat
    chat.close()


def text(name: str, content: str) -> Attachment:
    return Attachment(name, "text/plain", len(content), content=content)


def picture(name: str, data: bytes) -> Attachment:
    return Attachment(name, "image/jpeg", len(data), picture=data)


def url(data: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def say(
    chat: Chat,
    user_id: UUID,
    said: str,
    place: UUID | None = None,
    files: Sequence[Attachment] = (),
    options: AnswerOptions = SEES,
) -> UUID:
    generation = chat.send(
        said, user_id=user_id, conversation_id=place, files=files, options=options
    )
    assert generation.wait(PATIENCE_S)
    return generation.question.conversation_id


def earlier(models: ScriptedModels) -> Sequence[Message]:
    """What stood between the instructions with their examples and the last question."""
    return models.asked[-1][len(opening(())) : -1]


def all_images(messages: Sequence[Message]) -> list[str]:
    return [one for message in messages for one in message.get("images", ())]


def room(context_tokens: int = 32_000, files: Sequence[Attachment] = ()) -> Room:
    return Room.beside(files, Reader("gpt-4o", context_tokens, sees=True))


def test_files_of_the_allowed_size_are_whole_in_the_next_question(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    place = say(chat, alice, "Summarise", files=[text("contract.txt", CONTRACT)])
    say(chat, alice, "Which wood does it name?", place)
    first, answer = earlier(models)
    assert first["content"].startswith("Summarise\n\n")
    assert CONTRACT in first["content"]
    assert "Shortened" not in first["content"]
    assert answer["content"] == "I see."


def test_a_file_is_shortened_to_a_small_context_and_that_is_said(
    small: Chat, alice: UUID, models: ScriptedModels
) -> None:
    place = say(small, alice, "Summarise", files=[text("contract.txt", CONTRACT)])
    say(small, alice, "Which wood does it name?", place)
    first, answer = earlier(models)
    assert "[Shortened: the first 10,903 of 47,900 characters." in first["content"]
    assert answer["content"] == "I see."
    assert len(str(models.asked[-1])) < 8_192 * 3


def test_the_newest_file_comes_first_and_what_has_no_room_is_named() -> None:
    said = [
        Said("user", "One", (text("one.txt", "1" * 40_000),)),
        Said("user", "Two", (text("two.txt", "2" * 40_000),)),
        Said("user", "Three", (text("three.txt", "3" * 20_000),)),
    ]
    one, two, three = (message["content"] for message in within_context(said, room()))
    assert "3" * 20_000 in three
    assert "2" * 40_000 in two
    assert "1" * 900 in one
    assert "[Shortened: the first 900 of 40,000 characters." in one
    one, two, three = (message["content"] for message in within_context(said, room(12_000)))
    assert "[Shortened: the first 18,900 of 20,000 characters." in three
    assert '<file name="two.txt">\n[Not to be read any more.' in two
    assert '<file name="one.txt">\n[Not to be read any more.' in one


def test_a_file_stays_when_its_message_leaves_the_prompt() -> None:
    said = [
        Said("user", "Read this", (text("plan.txt", PLAN),)),
        Said("assistant", "Done."),
    ]
    for number in range(40):
        said += [Said("user", f"Q{number} " + "a" * 1_000), Said("assistant", "b" * 1_000)]
    kept = within_context(said, room())
    assert kept[0]["role"] == "user"
    assert PLAN in kept[0]["content"]
    assert "Read this" not in str(kept)
    assert sum(len(message["content"]) for message in kept) < 48_500
    assert kept[-1]["content"] == "b" * 1_000


def test_a_prompt_begins_the_same_from_turn_to_turn() -> None:
    said = [Said("user", "Read these", (text("a.txt", "a" * 30_000), text("b.txt", "b" * 50_000)))]
    began: list[str] = []
    for number in range(60):
        said += [Said("user", f"Q{number} " + "a" * 500), Said("assistant", "b" * 500)]
        began.append(str(within_context(said, room())[:1]))
    changes = sum(1 for before, after in itertools.pairwise(began) if before != after)
    assert changes <= 4


def test_a_picture_is_seen_in_the_next_question(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    place = say(chat, alice, "What car is this?", files=[picture("car.jpg", b"car")])
    say(chat, alice, "And what does the plate say?", place)
    first, _ = earlier(models)
    assert first["images"] == [url(b"car")]
    assert 'name="car.jpg"' in first["content"]
    (question,) = models.asked[-1][-1:]
    assert not question.get("images")


def test_older_pictures_are_named_as_gone(chat: Chat, alice: UUID, models: ScriptedModels) -> None:
    place = None
    for number in range(7):
        file = picture(f"{number}.jpg", f"picture {number}".encode())
        place = say(chat, alice, f"Look at {number}", place, [file])
    # Five pictures in all, with the new one.
    asked = models.asked[-1][len(opening(())) :]
    assert all_images(asked) == [url(f"picture {number}".encode()) for number in range(2, 7)]
    assert "not to be seen any more" in asked[0]["content"]
    assert "not to be seen any more" in asked[2]["content"]
    assert "not to be seen any more" not in asked[4]["content"]


def test_pictures_have_a_budget_of_bytes() -> None:
    said = [
        Said("user", f"Look {n}", (picture(f"{n}.jpg", bytes([n]) * 1_900_000),)) for n in range(4)
    ]
    kept = within_context(said, room())
    assert [len(message.get("images", ())) for message in kept] == [0, 1, 1, 1]
    with_new = within_context(said, room(files=[picture("new.jpg", b"n" * 2_000_000)]))
    assert [len(message.get("images", ())) for message in with_new] == [0, 0, 1, 1]


def test_pictures_that_are_not_sent_are_not_read(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    place = None
    for number in range(6):
        place = say(chat, alice, "Look", place, [picture(f"{number}.jpg", f"{number}".encode())])
    assert place is not None
    said = chat.conversations(alice).recent_messages(place, reader=READER)
    assert [f.picture for one in said for f in one.files] == [None, b"1", b"2", b"3", b"4", b"5"]
    said = chat.conversations(alice).recent_messages(place, reader=BLIND)
    assert [f.picture for one in said for f in one.files] == [None] * 6


def test_texts_beyond_every_budget_are_not_read(chat: Chat, alice: UUID) -> None:
    place = say(chat, alice, "One", files=[text("1.txt", "1" * 48_000)])
    for number in "234":
        say(chat, alice, number, place, [text(f"{number}.txt", number * 48_000)])
    said = chat.conversations(alice).recent_messages(place, reader=READER)
    assert [len(f.content or "") for one in said for f in one.files] == [0, 0, 48_000, 48_000]


def test_a_model_that_does_not_see_is_told_so(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    place = say(chat, alice, "What car is this?", files=[picture("car.jpg", b"car")])
    blind = AnswerOptions(model="text-only")
    say(chat, alice, "And its plate?", place, options=blind)
    assert not all_images(models.asked[-1])
    assert "You cannot see pictures" in earlier(models)[0]["content"]
    # Whoever was given a picture when it was new is given it again.
    place = say(chat, alice, "What car is this?", files=[picture("car.jpg", b"car")], options=blind)
    say(chat, alice, "And its plate?", place, options=blind)
    assert earlier(models)[0]["images"] == [url(b"car")]


def test_an_answer_given_again_and_a_message_said_again_see_earlier_files(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    place = say(chat, alice, "Look", files=[picture("car.jpg", b"car"), text("plan.txt", PLAN)])
    say(chat, alice, "And?", place)
    last = chat.conversations(alice).turns(place)[-1]
    assert chat.retry(last.id, user_id=alice, options=SEES).wait(PATIENCE_S)
    assert earlier(models)[0]["images"] == [url(b"car")]
    assert PLAN in earlier(models)[0]["content"]
    assert chat.say_again(last.id, "And then?", user_id=alice, options=SEES).wait(PATIENCE_S)
    assert earlier(models)[0]["images"] == [url(b"car")]
    assert PLAN in earlier(models)[0]["content"]
    # A message that stands back takes its files with it.
    first = chat.conversations(alice).turns(place)[0]
    assert chat.say_again(first.id, "Look again", user_id=alice, options=SEES).wait(PATIENCE_S)
    assert earlier(models) == []


def test_a_temporary_chat_sees_earlier_files(
    chat: Chat, alice: UUID, models: ScriptedModels
) -> None:
    here = TemporaryConversation(alice)
    files = [picture("car.jpg", b"car"), text("contract.txt", CONTRACT)]
    for said, sent in (("Look", files), ("And the plate?", [])):
        assert chat.temporary.send(said, conversation=here, files=sent, model="gpt-4o").wait(
            PATIENCE_S
        )
    first, _ = earlier(models)
    assert first["images"] == [url(b"car")]
    assert CONTRACT in first["content"]
    assert chat.temporary.send("And now?", conversation=here, model="text-only").wait(PATIENCE_S)
    assert not all_images(models.asked[-1])


def test_bob_and_nobody_read_no_earlier_files(
    chat: Chat, engine: Engine, alice: UUID, bob: UUID
) -> None:
    files = [picture("car.jpg", b"car"), text("plan.txt", PLAN)]
    place = say(chat, alice, "Look", files=files)
    assert chat.conversations(bob).recent_messages(place, reader=READER) == []
    with pytest.raises(Unbound):
        Conversations(engine.database, "")
