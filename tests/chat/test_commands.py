""" "Remember that …" and "forget that …" said in the chat, and what the answer says of it."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from account.preferences import Preferences
from chat.chat import Chat
from chat.commands.commands import (
    NO_SUCH_MEMORY,
    NOT_FORGOTTEN,
    Commands,
    request_in,
    without_request,
)
from chat.commands.words import kinds_in
from chat.generation import Generation
from chat.memory_worker import Worker
from config import Settings
from database.binding import Binding
from errors import ModelBusy
from memory.engine import Engine, UserMemory
from tests.support.fakes import ScriptedModels, facts
from tests.support.waiting import PATIENCE_S

MAY_ASK = [
    ("forget", "Forget that I live in Berlin"),
    ("forget", "Delete all duplicate rows from a pandas data frame, please show the code."),
    ("forget", "Vergiss bitte, dass ich in Köln wohne."),
    ("forget", "Oublie que j'habite à Lyon."),
    ("forget", "Olvida lo que dije de mi hermana"),
    ("forget", "Esqueça que eu moro em Braga"),
    ("forget", "Dimentica il mio indirizzo"),
    ("forget", "Zapomnij, że mieszkam w Łodzi"),
    ("forget", "Забудь, что я живу в Казани"),
    ("forget", "Ξέχασε πού μένω"),
    ("forget", "请忘记我住在杭州"),
    ("forget", "私の住所は忘れてください"),
    ("forget", "내 주소를 잊어 줘"),
    ("forget", "انسَ أنني أسكن في عمّان"),
    ("remember", "Can you remember that I like tea?"),
    ("remember", "Don’t forget that I'm allergic to nuts."),
    ("remember", "Merk dir, dass ich Tee mag"),
    ("remember", "Запомни: я не ем рыбу"),
    ("remember", "别忘了我对花生过敏"),
]


@pytest.mark.parametrize(("kind", "message"), MAY_ASK)
def test_words_of_many_languages_let_a_model_decide(kind: str, message: str) -> None:
    assert kind in kinds_in(message)


@pytest.mark.parametrize(
    "message",
    ["I live in Lisbon", "silver and wisdom", "another cup", "", "?", "forget " + "word " * 300],
)
def test_most_messages_ask_no_model_before_their_answer(message: str) -> None:
    assert kinds_in(message) == frozenset()


@pytest.mark.parametrize(
    ("message", "what", "request_words"),
    [
        ("Forget my address, I moved", "my address", "Forget my address"),
        ("I moved. Please forget my address!", "my address", "forget my address"),
        ("私の住所は忘れてください。引っ越しました。", "私の住所", "私の住所は忘れてください"),
        (
            "Mein Umzug: die Adresse bitte löschen, danke",
            "die Adresse",
            "die Adresse bitte löschen",
        ),
        ("Forget this. Hello.", "something else", "Forget this. Hello."),
        ("Forget this. Hello.", "", "Forget this. Hello."),
    ],
)
def test_which_words_ask_to_forget(message: str, what: str, request_words: str) -> None:
    assert request_in(message, what) == request_words


@pytest.mark.parametrize(
    ("message", "request_words", "left"),
    [
        ("Forget my address, I moved", "Forget my address", "I moved"),
        ("I moved. Could you please forget my address?", "forget my address", "I moved"),
        ("Forget my cat please!", "Forget my cat", ""),
        ("Forget my cat.", "Forget my cat", ""),
        (
            "私の住所は忘れてください。新しい家は大きいです。",
            "私の住所は忘れてください",
            "新しい家は大きいです",
        ),
    ],
)
def test_what_is_left_to_be_answered(message: str, request_words: str, left: str) -> None:
    assert without_request(message, request_words) == left


def say(
    chat: Chat, text: str, user_id: UUID, before: Generation | None = None
) -> tuple[str, Generation]:
    conversation_id = before.question.conversation_id if before else None
    generation = chat.send(text, user_id=user_id, conversation_id=conversation_id)
    return "".join(generation.follow()), generation


def forget(what: str, source: str = "your notes about me", asks: str = "forget or delete") -> str:
    """A reply of the model that reads what a message wants forgotten."""
    return json.dumps({"asks": asks, "what": what, "from": source})


def remember_all(engine: Engine) -> None:
    worker = Worker(engine=engine)
    while worker.run_once():
        pass


def texts(memory: UserMemory) -> list[str]:
    return [m.text for m in memory.get_all()]


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


def prompts(models: ScriptedModels) -> list[str]:
    return [prompt[-1]["content"] for prompt in models.asked]


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
