"""A change of the embedding model: a clear error, and a command that mends it."""

from __future__ import annotations

from uuid import UUID

import pytest

from config import Settings
from errors import DimensionMismatch, ModelUnavailable
from memory.engine import Engine, UserMemory
from memory.store.reembed import reembed
from tests.support.fakes import ScriptedModels
from tests.support.stack import Stack


class ShortVectors(ScriptedModels):
    """Another embedding model, of 8 dimensions."""

    def embed(self, texts: object) -> list[list[float]]:
        return [[*vector[:7], 1.0] for vector in super().embed(texts)]  # type: ignore[arg-type]


@pytest.fixture
def other_settings(stack: Stack, database: str, alices: UserMemory) -> Settings:
    alices.add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    return stack.settings_of(database, EMBEDDING_DIMS="8")


def test_another_dimension_is_refused_and_the_command_named(other_settings: Settings) -> None:
    with pytest.raises(DimensionMismatch, match=r"384 dimensions.*python -m memory\.reembed"):
        Engine.from_settings(other_settings)


def test_the_command_embeds_all_texts_anew(other_settings: Settings, alice: UUID) -> None:
    models = ShortVectors()
    assert reembed(other_settings, models).texts == 1  # type: ignore[arg-type]
    engine = Engine.from_settings(other_settings)
    engine.models = models  # type: ignore[assignment]
    try:
        found = engine.for_user(alice).search("Where do I live?", top_k=1)
    finally:
        engine.close()
    assert [memory.text for memory in found] == ["I live in Lisbon"]


def test_a_model_that_fails_on_the_way_changes_nothing(
    other_settings: Settings, settings: Settings, alices: UserMemory
) -> None:
    models = ShortVectors()

    def fail(_: object) -> None:
        raise ModelUnavailable

    models.before_embedding = fail
    with pytest.raises(ModelUnavailable):
        reembed(other_settings, models)  # type: ignore[arg-type]
    assert [m.text for m in alices.search("Where do I live?")] == ["I live in Lisbon"]
