"""One person's memory from async code, which goes on while a call waits."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from errors import MemoryNotFound
from memory.async_memory import AsyncUserMemory
from memory.engine import Engine, UserMemory
from tests.support.coroutines import outcome_of
from tests.support.fakes import ScriptedModels

SAID = [{"role": "user", "content": "I live in Lisbon."}]


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def test_all_calls_do_as_their_namesakes(alices: UserMemory, bobs: UserMemory) -> None:
    async def story() -> None:
        memory, other = AsyncUserMemory(alices), AsyncUserMemory(bobs)
        kept = await memory.add(SAID, infer=False, metadata={"kind": "a"})
        memory_id = kept[0].id
        assert (await memory.get(memory_id)).metadata == {"kind": "a"}
        assert [m.id for m in await memory.search("Lisbon", filters={"kind": "a"})] == [memory_id]
        assert (await memory.update(memory_id, "Lives in Porto")).text == "Lives in Porto"
        assert [e.event for e in await memory.history(memory_id)] == ["ADD", "UPDATE"]
        assert [m.text for m in await memory.get_all()] == ["Lives in Porto"]
        assert (await memory.run(memory.sync.recall, "Porto?")).recalled[0].memory.id == memory_id
        # Bob's holds nothing of it.
        assert await other.get_all() == []
        assert await other.search("Porto") == []
        assert await other.history(memory_id) == []
        with pytest.raises(MemoryNotFound):
            await other.get(memory_id)
        with pytest.raises(MemoryNotFound):
            await other.update(memory_id, "Lives in Rome")
        with pytest.raises(MemoryNotFound):
            await other.delete(memory_id)
        assert await other.delete_all() == 0
        await memory.delete(memory_id)
        assert await memory.delete_all() == 0

    outcome_of(story())


def test_a_memory_that_is_kept_elsewhere_is_asked_by_its_own_calls() -> None:
    class Elsewhere(UserMemory):
        def __init__(self) -> None:
            pass

        def delete_all(self, *, agent_id: str | None = None, run_id: str | None = None) -> int:
            """Unlike the database's."""
            return 7

    assert outcome_of(AsyncUserMemory(Elsewhere()).delete_all(run_id="1")) == 7
    assert inspect.signature(AsyncUserMemory.search) == inspect.signature(UserMemory.search)


def test_the_event_loop_goes_on_while_a_call_waits(
    alices: UserMemory, models: ScriptedModels
) -> None:
    waits, may_go_on = threading.Event(), threading.Event()

    def wait(_: Sequence[str]) -> None:
        waits.set()
        assert may_go_on.wait(60)

    models.before_embedding = wait

    async def story() -> list[Any]:
        adding = asyncio.create_task(AsyncUserMemory(alices).add(SAID, infer=False))
        while not waits.is_set():
            await asyncio.sleep(0.01)
        turns = 0
        for _ in range(1_000):
            await asyncio.sleep(0)
            turns += 1
        assert not adding.done()
        may_go_on.set()
        return [turns, len(await adding)]

    assert outcome_of(story()) == [1_000, 1]


def test_many_people_at_once_in_threads_of_ones_own(
    engine: Engine, stack: Any, database: str
) -> None:
    people: list[UUID] = [stack.add_user(database) for _ in range(6)]

    async def story() -> list[list[str]]:
        with ThreadPoolExecutor(6) as threads:
            memories = [AsyncUserMemory(engine.for_user(one), threads) for one in people]
            await asyncio.gather(
                *(
                    memory.add([{"role": "user", "content": f"I am {person}"}], infer=False)
                    for memory, person in zip(memories, people, strict=True)
                )
            )
            read = await asyncio.gather(*(memory.get_all() for memory in memories))
        return [[one.text for one in found] for found in read]

    assert outcome_of(story()) == [[f"I am {person}"] for person in people]
