"""What is compared and cut without its vector."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from config import Settings
from doctor.model_server import _of_stored_vectors
from memory.engine import Engine
from memory.recall.passage import passages_for
from memory.records import Memory
from memory.store.outside import says_nothing
from tests.memory.embedded_elsewhere.kept import LISBON, REX, told
from tests.support.fakes import ScriptedModels, word_vector


class _NoPassages:
    """A reader of memories whose passages are not kept."""

    def nearest_passage(self, memory_id: str, query: str) -> None:
        return None


def test_a_long_one_is_cut_by_its_words_unsent(engine: Engine, alice: UUID) -> None:
    models = ScriptedModels()
    text = " ".join(f"Sentence number {number} is about tea." for number in range(60))
    hers = engine.for_user(alice)
    memory = replace(hers.get(told(hers, text)[0]), stays_inside=True)
    cut = passages_for("number 50", _NoPassages(), models, outside=True)  # type: ignore[arg-type]
    assert "number 50" in cut(memory, 60).text
    assert models.embedded == []
    free: Memory = replace(memory, stays_inside=False)
    assert "number 50" in cut(free, 60).text
    assert models.embedded != []


def test_a_direction_that_says_nothing_is_near_to_no_text() -> None:
    for dims in (8, 384, 1536):
        vector = says_nothing(REX, dims)
        assert sum(x * x for x in vector) == pytest.approx(1)
        assert vector == says_nothing(REX, dims)
    other = says_nothing(LISBON, 384)
    for vector in (word_vector(REX), other):
        assert abs(sum(a * b for a, b in zip(says_nothing(REX, 384), vector, strict=True))) < 0.2


def test_the_doctor_compares_no_vector_of_what_stays_inside(
    engine: Engine, settings: Settings, alice: UUID, both: tuple[str, str], sent: list[str]
) -> None:
    engine.for_user(alice).keep_inside(both[0])
    [finding] = _of_stored_vectors(settings, engine.models)
    assert sent == [LISBON]
    assert finding.sentence.startswith("The stored memories were made with")
