"""What a message means to have forgotten: only what it names, and nothing by a task or a slip."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from chat.chat import Chat
from chat.commands.commands import (
    Commands,
)
from config import Settings
from database.binding import Binding
from errors import ModelBusy
from memory.engine import Engine, UserMemory
from tests.support.commands import forget, prompts, remember_all, say, texts, which
from tests.support.fakes import ScriptedModels, facts

THINGS = "a text, list, code, file, dish, account or app"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (THINGS, "Delete all duplicate rows from a pandas data frame, please show the code."),
        (THINGS, "Remove the adjectives from this paragraph: The quick brown fox in Lisbon."),
        ("nowhere", "Please don't forget to add tests to this function: def f(x): return x"),
        # A message that says more than "forget that" means no message before it.
        ("this chat", "Please forget about style here and write a poem about User lives in Lisbon"),
        ("nowhere", "Do you remember where I live?"),
    ],
)
def test_a_task_is_answered_and_touches_no_memory(
    source: str,
    message: str,
    settings: Settings,
    scripted: Engine,
    models: ScriptedModels,
    alice: UUID,
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    memory = scripted.for_user(alice)
    memory.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    models.others.append(forget("User lives in Lisbon", source))
    say(chat, message, alice)
    assert "<memory_events>" not in prompts(models)[-1]
    assert "User lives in Lisbon" in prompts(models)[-1]
    assert texts(memory) == ["User lives in Lisbon"]
    chat.close()


def test_what_is_not_named_is_not_forgotten(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    memory = scripted.for_user(alice)
    for text in ("User lives in Lisbon", "User plays the oboe"):
        memory.add([{"role": "user", "content": text}], infer=False)
    models.others.append(forget("my home in Lisbon"))
    say(chat, "Forget my home in Lisbon.", alice)
    assert texts(memory) == ["User plays the oboe"]
    models.others.append(forget("my boat"))
    say(chat, "Forget my boat.", alice)
    assert texts(memory) == ["User plays the oboe"]
    chat.close()


JOB = ["User works as a nurse", "User enjoys the job", "User lives in Lisbon"]


def test_what_is_meant_in_other_words_is_forgotten(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID, bob: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    for person in (alice, bob):
        for text in JOB:
            scripted.for_user(person).add([{"role": "user", "content": text}], infer=False)
    commands = Commands(
        scripted.for_user(alice), Binding(scripted.database, alice), scripted.models
    )
    models.others += [which(1, 2, 3)]
    shown = {one.text for one in commands.named("my job")}
    assert shown == set(JOB)
    notes = json.loads(models.asked[-1][-1]["content"])["notes"]
    number = next(n for n, note in enumerate(notes, 1) if note.endswith("nurse"))
    models.others += [forget("my job"), which(number)]
    answer, _ = say(chat, "Forget my job.", alice)
    assert answer == "Forgotten: User works as a nurse"
    assert texts(scripted.for_user(alice)) == JOB[1:]
    assert texts(scripted.for_user(bob)) == JOB
    chat.close()


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        # A model reads that none is meant, though one has the word.
        (which(), []),
        # What it says is of no use, or it is away: then words decide, and a memory must be named.
        (which(7), ["User has a boat called Job"]),
        ("nonsense", ["User has a boat called Job"]),
        (ModelBusy(), ["User has a boat called Job"]),
    ],
)
def test_only_what_there_is_can_be_meant(
    reply: str | Exception,
    named: list[str],
    scripted: Engine,
    models: ScriptedModels,
    alice: UUID,
) -> None:
    memory = scripted.for_user(alice)
    for text in ("User has a boat called Job", "User lives in Lisbon"):
        memory.add([{"role": "user", "content": text}], infer=False)
    commands = Commands(memory, Binding(scripted.database, alice), scripted.models)
    models.others.append(reply)
    assert [one.text for one in commands.named("the job of a boat")] == named


def test_what_a_small_model_means_must_be_near_as_well(
    scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    memory = scripted.for_user(alice)
    for text in ("User plays the oboe", "User lives in Lisbon"):
        memory.add([{"role": "user", "content": text}], infer=False)
    commands = Commands(
        memory, Binding(scripted.database, alice), scripted.models, small_model=True
    )
    models.others.append(which(1, 2))
    assert commands.named("my boat") == []


def test_a_message_that_tells_something_beside_is_remembered_without_what_it_forgets(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    memory = scripted.for_user(alice)
    memory.add([{"role": "user", "content": "User lives in Lisbon"}], infer=False)
    models.others.append(forget("I live in Lisbon"))
    models.replies.append(facts("User works in Porto"))
    answer, _ = say(chat, "Forget that I live in Lisbon, I work in Porto now.", alice)
    assert answer == "Forgotten: User lives in Lisbon\n\nUnderstood."
    assert prompts(models)[-1].endswith("\n\nI work in Porto now")
    remember_all(scripted)
    read = json.loads(prompts(models)[-1])["message"]
    assert read == ", I work in Porto now."
    assert texts(memory) == ["User works in Porto"]
    chat.close()


def test_what_was_only_to_be_forgotten_is_not_remembered(
    chat: Chat, engine: Engine, alice: UUID, alices: UserMemory
) -> None:
    say(chat, "Forget that I live in Lisbon.", alice)
    remember_all(engine)
    assert texts(alices) == []


def test_a_message_that_is_remembered_and_asks_gets_both(
    settings: Settings, scripted: Engine, models: ScriptedModels, alice: UUID
) -> None:
    chat = Chat(settings=settings, engine=scripted)
    models.replies.append(facts("User is vegetarian"))
    said = "Keep in mind that I am vegetarian and suggest three dinners for Friday."
    answer, _ = say(chat, said, alice)
    assert answer == "Remembered: User is vegetarian\n\nUnderstood."
    assert prompts(models)[-1].endswith(said)
    chat.close()
