"""Whoever waits for what becomes of a turn in memory is told here when a worker is through with it.

What workers of other processes are through with is told by chat/processes/settled_turns.py.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID


class TurnEvents:
    """Thread-safe."""

    def __init__(self) -> None:
        self._waiting: defaultdict[UUID, list[Callable[[], object]]] = defaultdict(list)
        self._lock = threading.Lock()

    @contextmanager
    def watched(self, turn_id: UUID, tell: Callable[[], object]) -> Iterator[None]:
        """Inside, `tell` is called, from another thread, whenever a worker has done with the turn.

        Look at the turn after entering: what was settled before is not told.
        """
        with self._lock:
            self._waiting[turn_id].append(tell)
        try:
            yield
        finally:
            with self._lock:
                self._waiting[turn_id].remove(tell)
                if not self._waiting[turn_id]:
                    del self._waiting[turn_id]

    def waited_for(self) -> list[UUID]:
        """The turns that somebody waits for."""
        with self._lock:
            return list(self._waiting)

    def tell(self, turn_ids: Iterable[UUID]) -> None:
        """These turns are settled, or put back; whoever waits looks for themselves."""
        with self._lock:
            waiting = [tell for turn_id in turn_ids for tell in self._waiting.get(turn_id, ())]
        for tell in waiting:
            tell()
