"""Waiting for a state, not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

# Two cores, shared by three workers, their stacks, apps and browsers: a state that comes is not
# waited for longer than it takes, and one that does not is a fault after a minute as after 15 s.
PATIENCE_S = 60.0


def wait_until(reached: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    give_up_at = time.monotonic() + timeout_s
    while not reached():
        assert time.monotonic() < give_up_at, "the state did not come"
        time.sleep(0.01)
