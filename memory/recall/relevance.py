"""How near a memory has to be to a message to count as near: the floor, of each embedding model.

A floor is asked of a memory's own evidence: what was said around it may change its place, but not
bring it into an answer.
"""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import numpy as np

from errors import ModelError
from models.client import Models

log = logging.getLogger(__name__)

# The measured one of the model that set-up installs: of 132 facts that answer a question without
# sharing a word with it 95 % are above this, of those that do not answer it 5 %.
FLOORS = {"all-MiniLM-L6-v2": 0.2}
USUAL = 0.2
# Of our pairs of a question and a fact that does not answer it, in percent: with all-MiniLM-L6-v2
# this gives 0.20, which is what other questions gave.
BELOW = 99
_PAIRS = Path(__file__).with_name("floor_pairs.json")


class Floor:
    """The floor of the embedding model at hand. Thread-safe."""

    def __init__(self, models: Models, embedding_model: str) -> None:
        self._models = models
        self._name = embedding_model
        self._value = FLOORS.get(embedding_model)
        self._measuring = threading.Lock()

    def value(self) -> float:
        """The cosine that a fact must have; an unknown model is measured once, by one request.

        While another thread measures, or where the model fails, the usual one.
        """
        if self._value is None and self._measuring.acquire(blocking=False):
            try:
                self._value = measured(self._models)
                log.info("the floor of %s is %.2f", self._name, self._value)
            except ModelError as exc:
                log.warning("the floor could not be measured: %s", type(exc).__name__)
            finally:
                self._measuring.release()
        return USUAL if self._value is None else self._value


def measured(models: Models) -> float:
    """Where 99 of 100 pairs of a question and a fact that does not answer it are below.

    Raises ModelError.
    """
    pairs = json.loads(_PAIRS.read_text(encoding="utf-8"))
    texts = [pair[kind] for kind in ("fact", "question") for pair in pairs]
    vectors = np.asarray(models.embed(texts), dtype=float)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    facts, questions = vectors[: len(pairs)], vectors[len(pairs) :]
    similarity = questions @ facts.T
    unrelated = similarity[~np.eye(len(pairs), dtype=bool)]
    return float(np.percentile(unrelated, BELOW))
