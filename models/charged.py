"""The models as they are asked for one person: each call is charged to whoever it is made for.

Where a piece of work is charged already, its calls are no others'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from models.client import Models
from models.message import Message
from models.spending import spending

Charge = Callable[[], AbstractContextManager[None]]


class ChargedModels:
    """Stands in for Models. `charge` is entered around each call that nobody is charged for yet."""

    def __init__(self, models: Callable[[], Models], charge: Charge) -> None:
        self._models = models
        self._charge = charge

    def complete_json(
        self,
        messages: Sequence[Message],
        schema: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> str:
        if spending() is not None:
            return self._models().complete_json(messages, schema, timeout_s=timeout_s)
        with self._charge():
            return self._models().complete_json(messages, schema, timeout_s=timeout_s)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if spending() is not None:
            return self._models().embed(texts)
        with self._charge():
            return self._models().embed(texts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._models(), name)
