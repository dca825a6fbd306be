"""Which models the server offers to chat with, as it said last; asking keeps nobody waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from errors import KeepsakeError
from models.client import Models

log = logging.getLogger(__name__)

ASK_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a model that a person chose: `model` is to answer, None for the usual one;
    `gone` is the one they chose, where the server says that it has it no more.
    """

    names: Sequence[str]
    model: str | None
    gone: str | None = None

    @property
    def sentence(self) -> str:
        """Why another model answers than the one that was chosen; empty if none does."""
        if self.gone is None:
            return ""
        return (
            f"“{self.gone}”, the model that you chose, is not offered now;"
            f" {self.names[0]} answers instead."
        )


def choice_among(names: Sequence[str], wanted: str | None, *, listed: bool) -> Choice:
    """`listed` is False as long as the server has not said what it offers: then the model that was
    wanted is asked, and a server that does not know it refuses it by name.
    """
    if wanted is None or wanted in names:
        return Choice(names, wanted)
    if not listed:
        return Choice([*names, wanted], wanted)
    return Choice(names, None, gone=wanted)


class ModelCatalog:
    """Thread-safe. Until the server has answered, the usual model is all there is."""

    def __init__(self, models: Models, usual: str) -> None:
        self._models = models
        self._usual = usual
        self._listed: list[str] | None = None
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """By name, the usual one first."""
        with self._lock:
            due = time.monotonic() - self._asked_at > ASK_EVERY_S
            if due:
                self._asked_at = time.monotonic()
        if due:
            threading.Thread(target=self._ask, name="offered-models", daemon=True).start()
        return self._listed or [self._usual]

    def choice(self, wanted: str | None) -> Choice:
        """What becomes of a person's choice now."""
        return choice_among(self.names(), wanted, listed=self._listed is not None)

    def _ask(self) -> None:
        try:
            self._listed = self._models.chat_models()
        except (KeepsakeError, RuntimeError) as exc:
            # RuntimeError: the process ends, and the client is closed already.
            log.warning("models not listed: %s", type(exc).__name__)
