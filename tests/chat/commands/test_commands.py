""" "Remember that …" and "forget that …" said in the chat, and what the answer says of it."""

from __future__ import annotations

from uuid import UUID

import pytest

from account.preferences import Preferences
from chat.chat import Chat
from chat.commands.commands import (
    NO_SUCH_MEMORY,
    NOT_FORGOTTEN,
    Commands,
)
from config import Settings
from database.binding import Binding
from errors import ModelBusy
from memory.engine import Engine, UserMemory
from tests.support.commands import remember_all, say, texts
from tests.support.fakes import ScriptedModels, facts
from tests.support.waiting import PATIENCE_S


def test_remember_is_done_when_the_answer_says_so(
    chat: Chat, alice: UUID, alices: UserMemory
) -> None:
    answer, generation = say(chat, "Remember that I live in Lisbon.", alice)
    assert answer.startswith("Remembered: User lives in Lisbon\n\n")
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
    assert answer == "Forgotten: User lives in Lisbon"
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
    assert bobs.carry_out("Forget that.", second.question.turn_id).said == (NO_SUCH_MEMORY,)
    answer, _ = say(chat, "Forget that.", alice, second)
    assert "will not be remembered" in answer
    remember_all(engine)
    assert texts(alices) == ["User lives in Lisbon"]


def test_remember_is_said_truthfully_when_the_answer_is_given_again(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    models.replies.append(facts("User lives in Lisbon"))
    _, generation = say(chat, "Remember that I live in Lisbon.", alice)
    assert chat.retry(generation.question.turn_id, user_id=alice).wait(PATIENCE_S)
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
    assert "memory is paused" in answer
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


@pytest.mark.parametrize(
    "reply", ["nonsense", '{"asks": "forget or delete", "from": 7}', '{"asks": "burn"}', "[1]"]
)
def test_a_nonsense_choice_forgets_nothing(
    reply: str, settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    memory = scripted.for_user(alice)
    memory.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    models.others.append(reply)
    answer, _ = say(chat, "Forget that I live in Lisbon.", alice)
    assert answer.startswith(NOT_FORGOTTEN)
    assert texts(memory) == ["User lives in Lisbon"]
    chat.close()
