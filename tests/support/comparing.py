"""Comparisons whose model says what it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from chat.preview_answer import AnswerProgress
from compare.compare import Comparison, Comparisons
from config import Settings
from errors import ModelBusy
from memory.engine import Engine, UserMemory
from models.client import Message, Usage
from tests.support.fakes import ScriptedModels
from tests.support.waiting import PATIENCE_S, wait_until

HOME = "User lives in Lisbon"
DOG = "User has a dog called Rex"


class Answers(ScriptedModels):
    """Says what it was given; `gate` holds every answer back, `refuse` fails those it matches."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.refuse: Callable[[str], bool] = lambda given: False
        self.counts = True
        self.models: list[str | None] = []

    def stream_chat(
        self, messages: Sequence[Message], *, model: str | None = None, usage: Usage | None = None
    ) -> Iterator[str]:
        self.asked.append(messages)
        self.models.append(model)
        given = messages[-1]["content"]
        if self.refuse(given):
            raise ModelBusy
        yield "I know: "
        assert self.gate.wait(PATIENCE_S)
        yield ". ".join(fact for fact in (HOME, DOG) if fact in given) or "nothing"
        if usage is not None and self.counts:
            usage.prompt_tokens, usage.completion_tokens = 111, 22


@pytest.fixture
def comparisons(settings: Settings, engine: Engine) -> Iterator[Comparisons]:
    made = Comparisons(settings=settings, engine=engine)
    yield made
    made.close()


def tell(memory: UserMemory, *texts: str) -> None:
    memory.add([{"role": "user", "content": text} for text in texts], infer=False)


def seen(comparison: Comparison) -> list[AnswerProgress]:
    """Both answers, and the third if it was asked for, at their end."""
    wait_until(lambda: not comparison.running)
    return [answer.progress for answer in comparison.answers]
