"""Runs calls in threads, so that the event loop never waits, and says so kindly where one is late.

A call that is late goes on. Each person has a few at once; adds, which wait for a model, have
threads of their own, so that they do not hold up searches. No thread keeps the program from ending.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from errors import InputError

T = TypeVar("T")
THREADS = 8
ADD_THREADS = 4
MOST_AT_ONCE = 4
_log = logging.getLogger(__name__)


class Late(Exception):
    """The call goes on, but whoever made it is not kept waiting."""


class Calls:
    """The calls of all people in this process. For one event loop."""

    def __init__(self) -> None:
        self._quick = asyncio.Semaphore(THREADS)
        self._slow = asyncio.Semaphore(ADD_THREADS)
        self._open: Counter[UUID] = Counter()
        self._tasks: set[asyncio.Task[object]] = set()

    async def run(self, user_id: UUID, work: Callable[[], T], *, slow: bool, timeout_s: float) -> T:
        """What `work` returns. Raises what it raises, Late, InputError for too many at once."""
        if self._open[user_id] >= MOST_AT_ONCE:
            raise InputError(
                f"{MOST_AT_ONCE} calls are being worked on already. Wait until one has ended."
            )
        self._open[user_id] += 1
        call = asyncio.create_task(_in_thread(work, self._slow if slow else self._quick))
        # The loop itself holds tasks weakly.
        self._tasks.add(call)
        call.add_done_callback(lambda done: self._ended(user_id, done))
        await asyncio.wait({call}, timeout=timeout_s)
        if not call.done():
            raise Late
        return call.result()

    def close(self) -> None:
        """Wait for nothing any more."""
        for call in self._tasks:
            call.cancel()

    def _ended(self, user_id: UUID, call: asyncio.Task[T]) -> None:
        self._tasks.discard(call)
        self._open[user_id] -= 1
        if not self._open[user_id]:
            del self._open[user_id]
        if not call.cancelled() and (failure := call.exception()) is not None:
            _log.info("A call over MCP failed: %s", type(failure).__name__)


async def _in_thread(work: Callable[[], T], room: asyncio.Semaphore) -> T:
    """In a daemon thread, which those of the standard library's pools are not."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def tell(act: Callable[[], None]) -> None:
        # The loop is closed, or nobody waits any more, where the app has ended meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if ended.done() else act())

    def run() -> None:
        try:
            result = work()
        except Exception as exc:  # noqa: BLE001 - raised where it is waited for
            failure = exc
            tell(lambda: ended.set_exception(failure))
        else:
            tell(lambda: ended.set_result(result))

    async with room:
        threading.Thread(target=run, name="mcp", daemon=True).start()
        return await ended
