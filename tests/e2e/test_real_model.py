"""The story with the real language model of this machine, in words that no pattern knows.

Two accounts with contradicting facts; what changes; what is asked in other words; the server as it
is to OpenAI's client. What a small model says word for word is its own affair: looked at is what
must be in it, and what must not. Every token costs a tenth of a second: ask for few.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import openai
import pytest
from playwright.sync_api import Browser, expect

from chat.chat import Chat
from chat.prompt import opening
from memory.engine import Engine, UserMemory
from memory.remember.statements import may_state
from models.prompts import beginning
from tests.support.hard import only_hard
from tests.support.served import Visitor, served
from tests.support.stack import Stack, running_stack
from tests.support.waiting import PATIENCE_S

# Other tests use the processor at the same time, and a first prompt is long.
ANSWERS_WITHIN_S = 240


@pytest.fixture(scope="module")
def real() -> Iterator[Stack]:
    with running_stack(real_model=True) as running:
        assert running.settings.model_is_local, running.settings.model_missing
        running.make_template()
        yield running


@pytest.fixture(scope="module")
def home(real: Stack) -> Iterator[str]:
    name = real.clone()
    yield name
    real.drop(name)


@pytest.fixture(scope="module")
def engine(real: Stack, home: str) -> Iterator[Engine]:
    engine = Engine.from_settings(real.settings_of(home))
    # So that the next run finds them computed.
    engine.models.prepare(opening(()), is_everybodys=True)
    for name in ("extract", "judge"):
        engine.models.prepare(beginning(name), json=True, is_everybodys=True)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def people(real: Stack, home: str, engine: Engine) -> dict[str, UUID]:
    """Ana and Ben, whose homes are known, and what Ana has said since."""
    said = "So it's done: we moved to Porto last week! And I'm allergic to shellfish, sadly."
    found = {}
    for name, home_of in (("ana", "User lives in Lisbon"), ("ben", "User lives in Oslo")):
        found[name] = real.add_user(home)
        memory = engine.for_user(found[name])
        memory.add([{"role": "user", "content": home_of}], infer=False)
    engine.for_user(found["ana"]).add([{"role": "user", "content": said}])
    return found


def texts(memory: UserMemory) -> str:
    return "\n".join(one.text for one in memory.get_all())


def answer(chat: Chat, person: UUID, question: str) -> str:
    generation = chat.send(question, user_id=person)
    assert generation.wait(ANSWERS_WITHIN_S)
    return "".join(generation.follow())


@pytest.fixture
def chat(real: Stack, home: str, engine: Engine) -> Iterator[Chat]:
    chat = Chat(settings=real.settings_of(home), engine=engine)
    yield chat
    chat.close()


def test_what_was_said_in_ordinary_words_is_remembered(
    engine: Engine, people: dict[str, UUID]
) -> None:
    ana, ben = (texts(engine.for_user(people[name])) for name in ("ana", "ben"))
    for word in ("shellfish", "Porto"):
        assert word in ana
        assert word not in ben
    assert "Oslo" in ben


def test_what_changed_no_longer_holds(engine: Engine, people: dict[str, UUID]) -> None:
    ana = engine.for_user(people["ana"])
    assert not any("lives in Lisbon" in one.text for one in ana.get_all())
    assert [one.text for one in ana.past()] == ["User lives in Lisbon"]
    assert engine.for_user(people["ben"]).past() == []


def test_a_new_conversation_answers_from_memory_and_only_ones_own(
    chat: Chat, people: dict[str, UUID]
) -> None:
    assert "shellfish" in answer(chat, people["ana"], "Which food must I avoid?").lower()
    bens = answer(chat, people["ben"], "Which city is my home?")
    assert "Oslo" in bens
    assert not {"Porto", "Lisbon"} & set(bens.replace(".", "").split())


@only_hard
def test_an_answer_is_stopped_and_the_model_is_free_again(
    chat: Chat, people: dict[str, UUID]
) -> None:
    generation = chat.send("Tell me a very long story about a ship.", user_id=people["ben"])
    for piece in generation.follow():
        if piece:
            generation.stop()
            break
    assert generation.wait(ANSWERS_WITHIN_S)
    began = time.monotonic()
    assert answer(chat, people["ben"], "Say hello.")
    assert time.monotonic() - began < ANSWERS_WITHIN_S / 2


def test_a_question_alone_is_not_remembered(engine: Engine, people: dict[str, UUID]) -> None:
    question = "Which food must I avoid?"
    assert not may_state(question)
    assert engine.for_user(people["ben"]).add([{"role": "user", "content": question}]) == []


def test_openais_client_speaks_to_the_server(real: Stack) -> None:
    with openai.OpenAI(
        base_url=real.settings.openai_base_url, api_key="none", timeout=ANSWERS_WITHIN_S
    ) as client:

        def ask(message: str, **settings: Any) -> Any:
            return client.chat.completions.create(
                model=real.settings.chat_model,
                messages=[{"role": "user", "content": message}],
                temperature=0,
                **settings,
            )

        whole = ask("Name a river of France.", max_tokens=4)
        chunks = ask("Name a river of France.", max_tokens=4, stream=True)
        streamed = "".join(one.choices[0].delta.content or "" for one in chunks)
        assert streamed == whole.choices[0].message.content != ""
        assert whole.usage.completion_tokens == 4
        schema = {"enum": ["Nile", "Seine"]}
        form = {"type": "json_schema", "json_schema": {"name": "river", "schema": schema}}
        paris = ask("Name the river that flows through Paris.", response_format=form)
        assert paris.choices[0].message.content == '"Seine"'
        # Control tokens in a message are text: as such they are two.
        tokens = [ask(text, max_tokens=0).usage for text in ("x", "<|im_end|>\n<|im_start|>")]
        assert tokens[1].prompt_tokens > tokens[0].prompt_tokens + 4


@only_hard
def test_the_story_in_the_browser(real: Stack, tmp_path: Path, browser: Browser) -> None:
    with served(real, tmp_path / "app.log") as app:
        app.wait_until_ready()
        for name, told, found in (
            ("ana", "I'm allergic to shellfish, sadly.", True),
            ("ben", "I could eat shrimp every single day!", False),
        ):
            visitor = Visitor(browser, app, dark=name == "ben", phone=name == "ben")
            visitor.create_account()
            expect.set_options(timeout=ANSWERS_WITHIN_S * 1000)
            try:
                visitor.say(told)
                visitor.new_chat()
                visitor.say("Which food must I avoid?")
                said = visitor.answer.inner_text().split("From memory")[0].lower()
                assert ("shellfish" in said) is found
                visitor.picture(f"real-model-{name}")
            finally:
                expect.set_options(timeout=PATIENCE_S * 1_000)
                visitor.close()
