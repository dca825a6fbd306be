"""One person's memory for async code: calls run in threads, so that the event loop goes on.

The database's driver and mem0 know no other way. A call that is cancelled is not waited for any
more, and goes on to its end. Raises what UserMemory raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import date, datetime
from functools import partial
from typing import Any, ParamSpec, Self, TypeVar

from memory.engine import UserMemory
from memory.records import Change, HistoryEvent, Memory
from memory.remember.messages import Messages

P = ParamSpec("P")
T = TypeVar("T")


class AsyncUserMemory:
    """`AsyncUserMemory(engine.for_user(user_id))`; what it does is said at UserMemory.

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

    async def add(
        self,
        messages: Messages,
        *,
        infer: bool = True,
        metadata: Mapping[str, Any] | None = None,
        expiration_date: date | str | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
    ) -> list[Change]:
        return await self.run(
            self.sync.add,
            messages,
            infer=infer,
            metadata=metadata,
            expiration_date=expiration_date,
            agent_id=agent_id,
            run_id=run_id,
        )

    async def search(
        self,
        query: str,
        *,
        top_k: int = 10,
        as_of: datetime | None = None,
        with_past: bool = False,
        filters: Mapping[str, Any] | None = None,
        threshold: float | None = None,
        agent_id: str | None = None,
        run_id: str | None = None,
    ) -> list[Memory]:
        return await self.run(
            self.sync.search,
            query,
            top_k=top_k,
            as_of=as_of,
            with_past=with_past,
            filters=filters,
            threshold=threshold,
            agent_id=agent_id,
            run_id=run_id,
        )

    async def get(self, memory_id: str) -> Memory:
        return await self.run(self.sync.get, memory_id)

    async def get_all(
        self,
        *,
        as_of: datetime | None = None,
        filters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        offset: int = 0,
        agent_id: str | None = None,
        run_id: str | None = None,
    ) -> list[Memory]:
        return await self.run(
            self.sync.get_all,
            as_of=as_of,
            filters=filters,
            limit=limit,
            offset=offset,
            agent_id=agent_id,
            run_id=run_id,
        )

    async def update(self, memory_id: str, text: str) -> Memory:
        return await self.run(self.sync.update, memory_id, text)

    async def delete(self, memory_id: str) -> None:
        await self.run(self.sync.delete, memory_id)

    async def delete_all(self, *, agent_id: str | None = None, run_id: str | None = None) -> int:
        return await self.run(self.sync.delete_all, agent_id=agent_id, run_id=run_id)

    async def history(self, memory_id: str) -> list[HistoryEvent]:
        return await self.run(self.sync.history, memory_id)
