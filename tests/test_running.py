"""The answers that are being given, counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast
from uuid import uuid4

from config import Settings
from memory.chat import MANY_ANSWERS, Chat
from memory.engine import Engine
from memory.generation import Generation


def being_written() -> Generation:
    """Stands for an answer that has not ended."""
    question = SimpleNamespace(conversation_id=uuid4())
    kept = {"start": lambda: None, "stop": lambda: None, "wait": lambda _: True}
    answer = SimpleNamespace(user_id=uuid4(), question=question, abandon=lambda: None, **kept)
    return cast(Generation, answer)


def test_many_answers_at_once_make_it_busy(settings: Settings, engine: Engine) -> None:
    chat = Chat(settings=settings, engine=engine)
    answers = [chat._running.start(being_written()) for _ in range(MANY_ANSWERS)]
    assert not chat.is_busy()
    answers.append(chat._running.start(being_written()))
    assert chat.is_busy()
    chat._running.ended(answers[0])
    assert not chat.is_busy()
    chat.close()
