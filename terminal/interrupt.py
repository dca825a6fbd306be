"""Ctrl-C while an answer is given: noted, and looked at between two pieces.

As an exception it could come anywhere: before the answer is followed, which then goes on unseen, or
within a lock.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupt:
    """Whether Ctrl-C was pressed."""

    came = False


@contextmanager
def noted() -> Iterator[Interrupt]:
    """Note Ctrl-C instead of raising KeyboardInterrupt; for the main thread."""
    interrupt = Interrupt()

    def note(*_: object) -> None:
        interrupt.came = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
