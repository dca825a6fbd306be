"""Which models the server offers to chat with, as it said last; asking keeps nobody waiting."""

from __future__ import annotations

import logging
import threading
import time

from errors import KeepsakeError
from memory.llm import Models

log = logging.getLogger(__name__)

ASK_EVERY_S = 60.0


class Offered:
    """Thread-safe. Until the server has answered, the usual model is all there is."""

    def __init__(self, models: Models, usual: str) -> None:
        self._models = models
        self._names = [usual]
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
        return self._names

    def _ask(self) -> None:
        try:
            self._names = self._models.chat_models()
        except (KeepsakeError, RuntimeError) as exc:
            # RuntimeError: the process ends, and the client is closed already.
            log.warning("models not listed: %s", type(exc).__name__)
