"""Which beginnings of prompts are kept on disk: those with nothing of anybody in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest

from chat.chat import USUAL_PROMPTS, Chat
from chat.prompt import opening
from memory.engine import Engine
from models.client import Message
from models.prompts import beginning
from tests.support.fakes import ScriptedModels
from tests.support.waiting import PATIENCE_S, wait_until


@dataclass(frozen=True)
class Prepared:
    """What a model of this machine was given to compute beforehand."""

    text: str
    is_everybodys: bool


@dataclass
class PreparingModels(ScriptedModels):
    prepared: list[Prepared] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def prepare(
        self, messages: Sequence[Message], *, json: bool = False, is_everybodys: bool = False
    ) -> None:
        self.prepared.append(Prepared(text(messages), is_everybodys))


def text(messages: Sequence[Message]) -> str:
    return "\n".join(one["content"] for one in messages)


@pytest.fixture
def models() -> PreparingModels:
    return PreparingModels()


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    scripted.settings = replace(scripted.settings, model_is_local=True)
    return scripted


@pytest.fixture
def chat(engine: Engine) -> Chat:
    return Chat(settings=engine.settings, engine=engine)


def test_what_is_kept_is_the_same_before_and_after_people_talk(
    chat: Chat, models: PreparingModels, alice: UUID
) -> None:
    chat.warm_up()
    wait_until(lambda: len(models.prepared) == 1 + len(USUAL_PROMPTS))
    assert chat.send("I keep bees in Graz.", user_id=alice).wait(PATIENCE_S)
    wait_until(lambda: any("bees" in one.text for one in models.prepared))
    chat.warm_up()
    wait_until(lambda: len(models.prepared) == 3 + 2 * len(USUAL_PROMPTS))
    chat.close()
    for one in models.prepared:
        assert one.is_everybodys is ("bees" not in one.text)


def test_they_are_how_the_prompts_begin(chat: Chat, models: PreparingModels) -> None:
    chat.warm_up()
    wait_until(lambda: len(models.prepared) == 1 + len(USUAL_PROMPTS))
    chat.close()
    begin = [text(opening(())), *(text(beginning(name)) for name in USUAL_PROMPTS)]
    assert [one.text for one in models.prepared] == begin
