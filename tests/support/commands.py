"""What is said in a chat to remember or forget something, and what models are told to reply."""

from __future__ import annotations

import json
from uuid import UUID

from chat.chat import Chat
from chat.generation import Generation
from chat.memory_worker import Worker
from memory.engine import Engine, UserMemory
from tests.support.fakes import ScriptedModels


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


def prompts(models: ScriptedModels) -> list[str]:
    return [prompt[-1]["content"] for prompt in models.asked]


def which(*numbers: int) -> str:
    """A reply of the model that reads which notes are meant."""
    return json.dumps({"about": "job", "numbers": numbers})
