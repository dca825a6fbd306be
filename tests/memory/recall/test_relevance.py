"""The floor of each embedding model: known, or measured at its first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from errors import ModelUnavailable
from local.model.embedding import Embedder
from local.model.embedding_weights import WEIGHTS
from memory.recall.relevance import FLOORS, USUAL, Floor, measured


class Embeddings:
    """The local model, its cosines squeezed into the upper part as some models have them."""

    def __init__(self, *, squeezed: bool = False, fails: int = 0) -> None:
        self._embedder = Embedder(WEIGHTS)
        self._squeezed = squeezed
        self.fails = fails
        self.requests = 0

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.requests += 1
        if self.fails:
            self.fails -= 1
            raise ModelUnavailable
        vectors = self._embedder.embed(texts).tolist()
        return [[*vector, 2.0] for vector in vectors] if self._squeezed else vectors


def floor_of(models: Any, name: str) -> Floor:
    return Floor(models, name)


def test_what_is_measured_is_what_other_questions_gave() -> None:
    models: Any = Embeddings()
    assert measured(models) == pytest.approx(FLOORS["all-MiniLM-L6-v2"], abs=0.02)


def test_a_known_model_is_not_measured() -> None:
    models = Embeddings()
    assert floor_of(models, "all-MiniLM-L6-v2").value() == FLOORS["all-MiniLM-L6-v2"]
    assert models.requests == 0


def test_an_unknown_model_is_measured_once_on_its_own_scale() -> None:
    models = Embeddings(squeezed=True)
    floor = floor_of(models, "another")
    assert floor.value() == floor.value() == pytest.approx((0.2 + 4) / 5, abs=0.01)
    assert models.requests == 1


def test_where_the_model_fails_the_usual_floor_holds_until_it_answers() -> None:
    models = Embeddings(squeezed=True, fails=1)
    floor = floor_of(models, "another")
    assert floor.value() == USUAL
    assert floor.value() > 0.8
