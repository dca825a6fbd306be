"""Alice's memories, and what the embedding model was sent."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from config import Settings
from memory.engine import Engine
from memory.graph.graph import keep
from memory.graph.mentions import EntityMention
from tests.memory.embedded_elsewhere.kept import LISBON, REX, told


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, model_is_outside=True, embedding_base_url=settings.openai_base_url)


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


@pytest.fixture
def sent(engine: Engine) -> list[str]:
    """What the embedding model was sent."""
    return engine.models.embedded  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def both(engine: Engine, alice: UUID, sent: list[str]) -> tuple[str, str]:
    """Ids of what names a pet, and of what names a place."""
    rex, lisbon = told(engine.for_user(alice), REX, LISBON)
    with engine.database.as_user(alice) as connection:
        pet, place = EntityMention("Rexaurus", "pet"), EntityMention("Lisbonia", "place")
        keep(connection, memory_id=rex, entities=[pet], relations=[])
        keep(connection, memory_id=lisbon, entities=[place], relations=[])
    sent.clear()
    return rex, lisbon
