"""What leaves this machine, and what may: a memory that stays inside is sent to no model elsewhere.

Knows where models are, not which memory is meant. Raises InputError where a change would need one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from config import Settings
from errors import InputError

NEEDS_EMBEDDING = (
    "This memory never leaves for a hosted model, and a new text would have to: it is embedded "
    "there. Allow it for hosted models first, or delete it."
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Whether prompts go elsewhere, and texts to be embedded."""

    model: bool = False
    embeddings: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.model_is_outside, settings.embeddings_are_outside)

    def check_new_text(self, *, stays_inside: bool) -> None:
        """Raises InputError where a text of a memory that stays inside would be embedded there."""
        if stays_inside and self.embeddings:
            raise InputError(NEEDS_EMBEDDING)
