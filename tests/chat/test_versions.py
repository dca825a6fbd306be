"""Saying a message again, giving an answer again, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest

from chat.attachments import Attachment
from chat.chat import AnswerOptions, Chat
from chat.generation import Generation
from chat.memory_worker import Worker
from chat.records import Turn
from chat.versions import Versions
from errors import DatabaseError, InputError, ModelUnavailable, Unbound
from memory.engine import Engine
from models.client import Message
from tests.support.fakes import ScriptedModels, facts
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S

NOTES = Attachment("notes.txt", "text/plain", 12, content="The key is K7.")


class Echo(ScriptedModels):
    """Answers with the number of the answer and what was asked; remembers what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.models: list[str | None] = []

    def stream_chat(
        self, messages: Sequence[Message], *, model: str | None = None
    ) -> Iterator[str]:
        self.asked.append(messages)
        self.models.append(model)
        self.count += 1
        yield f"Answer {self.count}."


@pytest.fixture
def models() -> Echo:
    return Echo()


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def done(generation: Generation) -> Generation:
    assert generation.wait(PATIENCE_S)
    return generation


def say(chat: Chat, person: UUID, text: str, place: UUID | None = None) -> Generation:
    return done(chat.send(text, user_id=person, conversation_id=place))


def shown(chat: Chat, person: UUID, place: UUID) -> list[tuple[str, str]]:
    return [(t.question, t.answer) for t in chat.conversations(person).turns(place)]


def turns(chat: Chat, person: UUID, place: UUID) -> list[Turn]:
    return chat.conversations(person).turns(place)


def remember(engine: Engine, models: Echo, *replies: str) -> None:
    """Let the worker remember what is due, by these replies."""
    models.replies.extend(replies)
    worker = Worker(engine=engine)
    while worker.run_once():
        pass


def texts(engine: Engine, person: UUID) -> list[str]:
    return [memory.text for memory in engine.for_user(person).get_all()]


def test_a_message_said_again_takes_the_place_of_what_followed_it(chat: Chat, alice: UUID) -> None:
    place = say(chat, alice, "One").question.conversation_id
    say(chat, alice, "Two", place)
    say(chat, alice, "Three", place)
    second = turns(chat, alice, place)[1]
    done(chat.say_again(second.id, "Two, in other words", user_id=alice))
    assert shown(chat, alice, place) == [("One", "Answer 1."), ("Two, in other words", "Answer 4.")]
    assert len(turns(chat, alice, place)[1].versions) == 2


def test_the_version_before_comes_back_with_all_that_followed_it(chat: Chat, alice: UUID) -> None:
    place = say(chat, alice, "One").question.conversation_id
    say(chat, alice, "Two", place)
    first = turns(chat, alice, place)[0]
    done(chat.say_again(first.id, "Uno", user_id=alice))
    say(chat, alice, "Dos", place)
    before, after = turns(chat, alice, place)[0].versions
    chat.show_version(before, user_id=alice)
    assert [q for q, _ in shown(chat, alice, place)] == ["One", "Two"]
    chat.show_version(after, user_id=alice)
    assert [q for q, _ in shown(chat, alice, place)] == ["Uno", "Dos"]


def test_three_versions_inside_a_version_each_come_back(chat: Chat, alice: UUID) -> None:
    place = say(chat, alice, "A1").question.conversation_id
    say(chat, alice, "B1", place)
    b1 = turns(chat, alice, place)[1].id
    b2 = done(chat.say_again(b1, "B2", user_id=alice)).question.turn_id
    a1 = turns(chat, alice, place)[0].id
    a2 = done(chat.say_again(a1, "A2", user_id=alice)).question.turn_id
    done(chat.say_again(a2, "A3", user_id=alice))
    chat.show_version(a1, user_id=alice)
    assert [q for q, _ in shown(chat, alice, place)] == ["A1", "B2"]
    chat.show_version(b1, user_id=alice)
    assert [q for q, _ in shown(chat, alice, place)] == ["A1", "B1"]
    chat.show_version(a2, user_id=alice)
    chat.show_version(a1, user_id=alice)
    chat.show_version(b2, user_id=alice)
    assert [q for q, _ in shown(chat, alice, place)] == ["A1", "B2"]


def test_the_model_sees_only_what_is_shown(chat: Chat, alice: UUID, models: Echo) -> None:
    place = say(chat, alice, "My boat is called Swallow").question.conversation_id
    first = turns(chat, alice, place)[0]
    done(chat.say_again(first.id, "My boat is called Petrel", user_id=alice))
    say(chat, alice, "What did I say?", place)
    prompt = repr(models.asked[-1])
    assert "Petrel" in prompt
    assert "Swallow" not in prompt


def test_what_a_replaced_message_left_in_memory_is_taken_back_and_comes_again(
    chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    place = say(chat, alice, "I live in Oslo").question.conversation_id
    remember(engine, models, facts("User lives in Oslo"))
    oslo = turns(chat, alice, place)[0].id
    done(chat.say_again(oslo, "I live in Bergen", user_id=alice))
    assert texts(engine, alice) == []
    remember(engine, models, facts("User lives in Bergen"))
    assert texts(engine, alice) == ["User lives in Bergen"]
    chat.show_version(oslo, user_id=alice)
    remember(engine, models, facts("User lives in Oslo"))
    assert texts(engine, alice) == ["User lives in Oslo"]


def test_nothing_is_replaced_while_what_it_left_cannot_be_taken_back(
    chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    engine.for_user(alice).add([{"role": "user", "content": "User lives in Oslo"}], infer=False)
    place = say(chat, alice, "I live in Oslo, Norway").question.conversation_id
    remember(engine, models, facts("User lives in Oslo in Norway"))
    (turn,) = turns(chat, alice, place)

    def away(_: Sequence[str]) -> None:
        raise ModelUnavailable

    models.before_embedding = away
    with pytest.raises(ModelUnavailable):
        chat.say_again(turn.id, "I live in Bergen", user_id=alice)
    assert turns(chat, alice, place) == [turn]
    assert texts(engine, alice) == ["User lives in Oslo in Norway"]
    models.before_embedding = lambda _: None
    done(chat.say_again(turn.id, "I live in Bergen", user_id=alice))
    assert texts(engine, alice) == ["User lives in Oslo"]
    models.before_embedding = away
    chat.show_version(turn.id, user_id=alice)
    assert turns(chat, alice, place)[0].id == turn.id


def test_a_message_is_replaced_with_what_it_left_in_memory_or_not_at_all(
    stack: Stack, database: str, chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    place = say(chat, alice, "I live in Oslo").question.conversation_id
    remember(engine, models, facts("User lives in Oslo"))
    before = turns(chat, alice, place)
    stack.execute(
        database,
        "create function public.refuse() returns trigger language plpgsql as"
        " $$ begin raise 'the database went away'; end $$;"
        " create trigger refuse before delete on vecs.memories execute function public.refuse()",
    )
    with pytest.raises(DatabaseError):
        chat.say_again(before[0].id, "I live in Bergen", user_id=alice)
    assert turns(chat, alice, place) == before
    assert texts(engine, alice) == ["User lives in Oslo"]
    stack.execute(database, "drop trigger refuse on vecs.memories")
    done(chat.say_again(before[0].id, "I live in Bergen", user_id=alice))
    assert texts(engine, alice) == []


def test_a_replaced_message_that_was_not_remembered_yet_never_is(
    chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    place = say(chat, alice, "I live in Quito").question.conversation_id
    done(chat.say_again(turns(chat, alice, place)[0].id, "Hello", user_id=alice))
    remember(engine, models, facts())
    assert [m["content"] for m in models.asked[-1] if "Quito" in m["content"]] == []
    assert texts(engine, alice) == []


def test_what_was_said_while_memory_was_paused_stays_unremembered_when_it_is_shown_again(
    chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    from account.preferences import Preferences

    Preferences(engine.database, alice).pause(True)
    place = say(chat, alice, "I live in Oslo").question.conversation_id
    first = turns(chat, alice, place)[0].id
    done(chat.say_again(first, "Hello", user_id=alice))
    Preferences(engine.database, alice).pause(False)
    chat.show_version(first, user_id=alice)
    remember(engine, models, facts("User lives in Oslo"))
    assert texts(engine, alice) == []


def test_an_answer_given_again_keeps_the_one_before(chat: Chat, alice: UUID) -> None:
    generation = say(chat, alice, "Hello")
    place, turn_id = generation.question.conversation_id, generation.question.turn_id
    chat.versions(alice).rate(turn_id, 1)
    done(chat.retry(turn_id, user_id=alice))
    (turn,) = turns(chat, alice, place)
    assert (turn.answer, turn.answer_number, turn.other_answers) == ("Answer 2.", 2, (1,))
    assert turn.feedback is None
    chat.versions(alice).show_answer(turn_id, 1)
    (turn,) = turns(chat, alice, place)
    assert (turn.answer, turn.answer_number, turn.other_answers) == ("Answer 1.", 1, (2,))
    assert turn.feedback == 1
    done(chat.retry(turn_id, user_id=alice))
    (turn,) = turns(chat, alice, place)
    assert (turn.answer, turn.answer_number, turn.other_answers) == ("Answer 3.", 3, (1, 2))


def test_each_answer_shows_the_memories_that_it_was_given(
    chat: Chat, engine: Engine, alice: UUID
) -> None:
    memory = engine.for_user(alice)
    generation = say(chat, alice, "Where do I live?")
    memory.add([{"role": "user", "content": "Where I live: Lisbon"}], infer=False)
    place, turn_id = generation.question.conversation_id, generation.question.turn_id
    done(chat.retry(turn_id, user_id=alice))
    assert [m.text for m in turns(chat, alice, place)[0].recalled] == ["Where I live: Lisbon"]
    chat.versions(alice).show_answer(turn_id, 1)
    assert turns(chat, alice, place)[0].recalled == ()


def test_an_answer_comes_from_the_chosen_model_without_memories_if_so_wanted(
    chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    engine.for_user(alice).add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    options = AnswerOptions(use_memory=False, model="other-model")
    generation = done(chat.send("Where do I live?", user_id=alice, options=options))
    (turn,) = turns(chat, alice, generation.question.conversation_id)
    assert (turn.recall_state, turn.model, turn.recalled) == ("off", "other-model", ())
    assert models.models == ["other-model"]
    assert "Lisbon" not in repr(models.asked[0])


def test_a_file_reaches_the_model_and_never_memory(
    chat: Chat, engine: Engine, alice: UUID, models: Echo
) -> None:
    generation = done(chat.send("What is the key?", user_id=alice, files=[NOTES]))
    place = generation.question.conversation_id
    assert "The key is K7." in models.asked[0][-1]["content"]
    (turn,) = turns(chat, alice, place)
    assert [(f.name, f.size_bytes) for f in turn.files] == [("notes.txt", 12)]
    remember(engine, models, facts())
    assert "K7" not in repr(models.asked[1:])
    say(chat, alice, "And what else?", place)
    assert "The key is K7." in repr(models.asked[-1])


def test_a_message_said_again_keeps_its_files(chat: Chat, alice: UUID, models: Echo) -> None:
    generation = done(chat.send("What is the key?", user_id=alice, files=[NOTES]))
    done(chat.say_again(generation.question.turn_id, "Which key?", user_id=alice))
    assert "The key is K7." in models.asked[-1][-1]["content"]
    done(chat.retry(turns(chat, alice, generation.question.conversation_id)[0].id, user_id=alice))
    assert "The key is K7." in models.asked[-1][-1]["content"]


def test_a_picture_reaches_the_model_as_a_picture(chat: Chat, alice: UUID, models: Echo) -> None:
    picture = Attachment("cat.jpg", "image/jpeg", 3, picture=b"\xff\xd8\xff")
    generation = done(chat.send("What is it?", user_id=alice, files=[picture]))
    assert models.asked[-1][-1]["images"] == ["data:image/jpeg;base64,/9j/"]
    done(chat.retry(generation.question.turn_id, user_id=alice))
    assert models.asked[-1][-1]["images"] == ["data:image/jpeg;base64,/9j/"]


def test_a_long_conversation_is_read_in_parts(chat: Chat, alice: UUID) -> None:
    place = say(chat, alice, "Message 0").question.conversation_id
    conversations = chat.conversations(alice)
    for number in range(1, 12):
        turn_id = conversations.start_turn(f"Message {number}", conversation_id=place).turn_id
        conversations.finish_turn(turn_id, "Yes.", state="complete", recalled=[])
    part = conversations.turns(place, limit=3)
    assert [t.question for t in part] == ["Message 9", "Message 10", "Message 11"]
    sixth = conversations.turns(place)[6]
    part = conversations.turns(place, limit=3, from_turn=sixth.id)
    assert [t.question for t in part] == [f"Message {n}" for n in range(6, 12)]
    assert not part[0].is_first
    assert conversations.turns(place)[0].is_first


class TestBob:
    """Another account, and nobody."""

    def test_bob_cannot_touch_the_versions_of_alices_messages(
        self, chat: Chat, alice: UUID, bob: UUID
    ) -> None:
        generation = done(chat.send("My secret", user_id=alice, files=[NOTES]))
        place, turn_id = generation.question.conversation_id, generation.question.turn_id
        second = done(chat.say_again(turn_id, "My other secret", user_id=alice)).question.turn_id
        done(chat.retry(second, user_id=alice))
        bobs = chat.versions(bob)
        for attempt in (
            lambda: chat.say_again(second, "Mine now", user_id=bob),
            lambda: chat.show_version(turn_id, user_id=bob),
            lambda: chat.retry(second, user_id=bob),
            lambda: bobs.say_again(second, "Mine now"),
            lambda: bobs.show(turn_id),
            lambda: bobs.show_answer(second, 1),
            lambda: bobs.rate(second, -1),
        ):
            with pytest.raises(InputError):
                attempt()
        assert bobs.to_hide(second) == []
        assert chat.conversations(bob).turns(place) == []
        assert chat.conversations(bob).turns(place, from_turn=second) == []
        assert chat.conversations(bob).files(second) == []
        (turn,) = turns(chat, alice, place)
        assert (turn.question, turn.feedback) == ("My other secret", None)

    def test_nobody_has_versions(self, chat: Chat) -> None:
        with pytest.raises(Unbound):
            Versions(chat._engine.database, "")
