"""What is known of a server's models from how they took requests; forgotten after a while.

A server is updated, a gateway sends the next request elsewhere: nothing learnt is for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from models.dialect.feature import Feature

FORGOTTEN_AFTER_S = 3600.0
T = TypeVar("T")


class Learnt:
    """Of one server, by the names of its models. Thread-safe."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[tuple[str, Feature], float] = {}
        self._suspected: dict[tuple[str, Feature], float] = {}
        self._limits: dict[tuple[str, str], tuple[int, float]] = {}

    def lacks(self, model: str) -> frozenset[Feature]:
        """What this model is known not to take."""
        now = self._clock()
        with self._lock:
            return frozenset(
                f for (m, f), until in self._until.items() if m == model and until > now
            )

    def note_lack(self, model: str, features: Iterable[Feature], *, sure: bool = True) -> None:
        """A request was taken without these after it had been refused with them.

        What is not sure, because it may have been a passing failure, counts the second time.
        """
        now = self._clock()
        with self._lock:
            for feature in features:
                key = (model, feature)
                if sure or self._suspected.get(key, now) > now:
                    self._until[key] = now + FORGOTTEN_AFTER_S
                    self._suspected.pop(key, None)
                else:
                    self._suspected[key] = now + FORGOTTEN_AFTER_S

    def note_present(self, model: str, feature: Feature) -> None:
        """A request was taken with it: what was suspected of it, or learnt, is not so."""
        if self._suspected or self._until:
            with self._lock:
                self._suspected.pop((model, feature), None)
                self._until.pop((model, feature), None)

    def limit(self, model: str, what: str) -> int | None:
        """The most of something that a model took after it had refused more; None if unknown."""
        with self._lock:
            known = self._limits.get((model, what))
        return known[0] if known is not None and known[1] > self._clock() else None

    def note_limit(self, model: str, what: str, most: int) -> None:
        with self._lock:
            self._limits[model, what] = (most, self._clock() + FORGOTTEN_AFTER_S)
