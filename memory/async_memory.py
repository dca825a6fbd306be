"""One person's memory for async code: calls run in threads, so that the event loop goes on.

The database's driver and mem0 know no other way. A call that is cancelled is not waited for any
more, and goes on to its end. Raises what UserMemory raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from memory.engine import UserMemory

P = ParamSpec("P")
T = TypeVar("T")


def _in_a_thread(
    call: Callable[Concatenate[UserMemory, P], T],
) -> Callable[Concatenate[AsyncUserMemory, P], Coroutine[Any, Any, T]]:
    """The same call of `sync`, with its arguments and its words, to be awaited."""

    @wraps(call)
    async def awaited(self: AsyncUserMemory, /, *args: P.args, **kwargs: P.kwargs) -> T:
        # By its name: mem0's platform has calls of its own.
        own: Callable[P, T] = getattr(self.sync, call.__name__)
        return await self.run(own, *args, **kwargs)

    return awaited


class AsyncUserMemory:
    """`AsyncUserMemory(engine.for_user(user_id))`; each call does what UserMemory's does.

    Without an `executor` of one's own the threads are the event loop's.
    """

    def __init__(self, memory: UserMemory, executor: Executor | None = None) -> None:
        self.sync = memory
        self._executor = executor

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.sync.close()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Any other call of `sync`: `await memory.run(memory.sync.recall, "Where do I live?")`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(call, *args, **kwargs))

    add = _in_a_thread(UserMemory.add)
    search = _in_a_thread(UserMemory.search)
    get = _in_a_thread(UserMemory.get)
    get_all = _in_a_thread(UserMemory.get_all)
    update = _in_a_thread(UserMemory.update)
    delete = _in_a_thread(UserMemory.delete)
    delete_all = _in_a_thread(UserMemory.delete_all)
    history = _in_a_thread(UserMemory.history)
