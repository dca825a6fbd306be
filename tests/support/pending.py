"""Turns that wait to be remembered."""

from __future__ import annotations

from uuid import UUID

import pytest

from chat.memory_worker import Worker
from chat.turns import Conversations
from memory.engine import Engine
from tests.support.stack import Stack


@pytest.fixture
def worker(engine: Engine) -> Worker:
    return Worker(engine=engine)


def say(engine: Engine, user_id: UUID, message: str, conversation_id: UUID | None = None) -> UUID:
    """A turn that has been answered and waits to be remembered; its id."""
    conversations = Conversations(engine.database, user_id)
    question = conversations.start_turn(message, conversation_id=conversation_id)
    conversations.finish_turn(question.turn_id, "I see.", state="complete", recalled=[])
    return question.turn_id


def state(engine: Engine, user_id: UUID, turn_id: UUID) -> str:
    outcome = Conversations(engine.database, user_id).memory_outcome(turn_id)
    assert outcome is not None
    return outcome.state


def make_due(stack: Stack, database: str) -> None:
    stack.execute(
        database, "update public.turns set memory_due_at = now(), memory_leased_until = now()"
    )
