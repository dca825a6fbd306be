""" "Remember that …" and "forget that …" said in the chat, and what the answer says of it."""

from __future__ import annotations

from uuid import UUID

import pytest

from config import Settings
from errors import ModelBusy
from memory.binding import Binding
from memory.chat import Chat
from memory.commands import Command, Commands, command_in
from memory.engine import Engine, UserMemory
from memory.generation import Generation
from memory.preferences import Preferences
from memory.worker import Worker
from tests.fakes import ScriptedModels, facts

FORGET_ALL = Command("forget everything")


@pytest.mark.parametrize(
    ("message", "command"),
    [
        ("Remember that I parked on level 3", Command("remember")),
        ("please remember: my locker is 12", Command("remember")),
        ("Can you remember that I like tea?", Command("remember")),
        ("Don’t forget that I'm allergic to nuts.", Command("remember")),
        ("Keep in mind that I work at night", Command("remember")),
        ("Forget that I live in Berlin", Command("forget", "that I live in Berlin")),
        ("Please forget my address.", Command("forget", "my address.")),
        ("forget what I said about Rex", Command("forget", "what I said about Rex")),
        ("Forget that.", Command("forget")),
        ("Forget everything you know about me!", FORGET_ALL),
        ("Do you remember where I live?", None),
        ("Remember when we talked about Rome?", None),
        ("Remember how I like my tea", None),
        ("I always forget my keys", None),
        ("Forget it", None),
        ("forget about it, never mind", None),
        ("I remember that day well", None),
        ("How do I delete my account?", None),
        ("", None),
    ],
)
def test_a_command_is_told_from_what_only_sounds_like_one(
    message: str, command: Command | None
) -> None:
    assert command_in(message) == command


def say(
    chat: Chat, text: str, user_id: UUID, before: Generation | None = None
) -> tuple[str, Generation]:
    conversation_id = before.question.conversation_id if before else None
    generation = chat.send(text, user_id=user_id, conversation_id=conversation_id)
    return "".join(generation.follow()), generation


def texts(memory: UserMemory) -> list[str]:
    return [m.text for m in memory.get_all()]


def test_remember_is_done_when_the_answer_says_so(
    chat: Chat, alice: UUID, alices: UserMemory
) -> None:
    answer, generation = say(chat, "Remember that I live in Lisbon.", alice)
    assert "Remembered: You live in Lisbon." in answer
    assert texts(alices) == ["User lives in Lisbon"]
    outcome = chat.conversations(alice).memory_outcome(generation.question.turn_id)
    assert outcome is not None
    assert outcome.state == "done"


def test_what_waits_for_a_yes_is_not_called_remembered(
    chat: Chat, alice: UUID, alices: UserMemory
) -> None:
    answer, _ = say(chat, "Remember that my password is hunter22x.", alice)
    assert "Remembered:" not in answer
    assert texts(alices) == []


def test_forget_forgets_what_was_named_and_nothing_else(
    chat: Chat, alice: UUID, alices: UserMemory
) -> None:
    for text in ("User lives in Lisbon", "User's dog is called Rex"):
        alices.add([{"role": "user", "content": text}], infer=False)
    answer, _ = say(chat, "Forget that I live in Lisbon.", alice)
    assert "Forgotten: You live in Lisbon." in answer
    assert texts(alices) == ["User's dog is called Rex"]


def test_forget_that_means_what_was_said_last(
    chat: Chat, engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    _, first = say(chat, "Remember that I live in Lisbon.", alice)
    say(chat, "Forget that.", alice, first)
    assert texts(alices) == []


def test_forget_that_means_what_waits_to_be_remembered_too(
    chat: Chat, engine: Engine, alice: UUID, bob: UUID, alices: UserMemory
) -> None:
    _, first = say(chat, "I live in Lisbon.", alice)
    _, second = say(chat, "I work at night.", alice, first)
    bobs = Commands(engine.for_user(bob), Binding(engine.database, bob), engine.models)
    assert bobs.obey(Command("forget"), second.question.turn_id)[0].startswith("Nothing")
    answer, _ = say(chat, "Forget that.", alice, second)
    assert "will not be remembered" in answer
    worker = Worker(engine=engine)
    while worker.run_once():
        pass
    assert texts(alices) == ["User lives in Lisbon"]


def test_remember_is_said_truthfully_when_the_answer_is_given_again(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    models.replies.append(facts("User lives in Lisbon"))
    _, generation = say(chat, "Remember that I live in Lisbon.", alice)
    assert chat.retry(generation.question.turn_id, user_id=alice).wait(10)
    assert "seen to when it was said" in models.asked[-1][-1]["content"]
    chat.close()


def test_forget_what_nobody_knows_changes_nothing(
    chat: Chat, alice: UUID, alices: UserMemory
) -> None:
    alices.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    answer, _ = say(chat, "Forget that I own a boat.", alice)
    assert "Nothing was forgotten" in answer
    assert texts(alices) == ["User lives in Lisbon"]


def test_forget_everything_is_left_to_the_page_that_asks_first(
    chat: Chat, alice: UUID, alices: UserMemory
) -> None:
    alices.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    answer, _ = say(chat, "Forget everything about me.", alice)
    assert "Nothing was forgotten" in answer
    assert texts(alices) == ["User lives in Lisbon"]


def test_bobs_forget_leaves_alices(chat: Chat, alice: UUID, bob: UUID, alices: UserMemory) -> None:
    alices.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    answer, _ = say(chat, "Forget that I live in Lisbon.", bob)
    assert "Nothing was forgotten" in answer
    assert texts(alices) == ["User lives in Lisbon"]


def test_while_memory_is_paused_remember_says_so(
    chat: Chat, engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    Preferences(engine.database, alice).pause(True)
    answer, _ = say(chat, "Remember that I live in Lisbon.", alice)
    assert "Memory is paused" in answer
    assert texts(alices) == []


def test_a_model_that_fails_is_admitted_and_the_turn_waits(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    models.replies.append(ModelBusy())
    _, generation = say(chat, "Remember that I live in Lisbon.", alice)
    assert "could not be remembered yet" in models.asked[-1][-1]["content"]
    outcome = chat.conversations(alice).memory_outcome(generation.question.turn_id)
    assert outcome is not None
    assert outcome.state == "pending"
    chat.close()


@pytest.mark.parametrize("reply", ["nonsense", '{"numbers": "all"}', "{}", "[1]"])
def test_a_nonsense_choice_forgets_nothing(
    reply: str, settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    memory = scripted.for_user(alice)
    memory.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    models.others.append(reply)
    say(chat, "Forget that I live in Lisbon.", alice)
    assert "could not be forgotten" in models.asked[-1][-1]["content"]
    assert texts(memory) == ["User lives in Lisbon"]
    chat.close()


def test_numbers_of_nothing_forget_nothing(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    memory = scripted.for_user(alice)
    memory.add([{"role": "user", "content": facts("x")}], infer=False)
    models.others.append('{"numbers": [0, 7, -1, "1", true]}')
    say(chat, "Forget that I live in Lisbon.", alice)
    assert len(memory.get_all()) == 1
    chat.close()
