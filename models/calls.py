"""Calls to a model server that are under way: counted, and waited for when everything is closed."""

from __future__ import annotations

import threading

from errors import ModelUnavailable


class CallsUnderWay:
    """Entered around each call. Raises ModelUnavailable after `end`, and where
    `missing` says why there is no model at all.
    """

    def __init__(self, missing: str = "") -> None:
        self._missing = missing
        self._changed = threading.Condition()
        self._count = 0
        self._ended = False

    def __enter__(self) -> None:
        if self._missing:
            raise ModelUnavailable(self._missing)
        with self._changed:
            if self._ended:
                raise ModelUnavailable
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def end(self, timeout_s: float) -> None:
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._count, timeout_s)
