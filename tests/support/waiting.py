"""Waiting for a state, not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(reached: Callable[[], bool], timeout_s: float = 15) -> None:
    give_up_at = time.monotonic() + timeout_s
    while not reached():
        assert time.monotonic() < give_up_at, "the state did not come"
        time.sleep(0.01)
