"""What leaves this machine, and what may: a memory that stays inside is sent to no model elsewhere.

Knows where models are, not which memory is meant. Where texts are embedded elsewhere, one that
stays inside is given a vector that says nothing: it is found by its words alone. Raises InputError
where a change would need a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from config import Settings
from errors import InputError
from memory.store import passages
from memory.store.passages import Embedded
from models.client import Models

NEEDS_EMBEDDING = (
    "This memory never leaves for a hosted model, and a new text would have to: it is embedded "
    "there. Allow it for hosted models first, or delete it."
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Whether prompts go elsewhere, and texts to be embedded, as vectors of `dims` numbers."""

    model: bool = False
    embeddings: bool = False
    dims: int = 0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            settings.model_is_outside, settings.embeddings_are_outside, settings.embedding_dims
        )

    def check_new_text(self, *, stays_inside: bool) -> None:
        """Raises InputError where a text of a memory that stays inside would be embedded there."""
        if stays_inside and self.embeddings:
            raise InputError(NEEDS_EMBEDDING)

    def embed(
        self, texts: Sequence[str], stay_inside: Sequence[bool], models: Models
    ) -> list[Embedded]:
        """Each text with its passages; of those that stay inside nothing leaves: they have none.

        Raises ModelError.
        """
        kept = [self.embeddings and inside for inside in stay_inside]
        free = [text for text, inside in zip(texts, kept, strict=True) if not inside]
        made = iter(passages.embed(free, models) if free else [])
        return [
            Embedded(says_nothing(text, self.dims)) if inside else next(made)
            for text, inside in zip(texts, kept, strict=True)
        ]


def says_nothing(text: str, dims: int) -> list[float]:
    """A direction of length one, near to no text's vector; the same text's is always the same."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest())
    drawn = np.random.default_rng(seed).standard_normal(dims)
    direction: list[float] = (drawn / np.linalg.norm(drawn)).tolist()
    return direction
