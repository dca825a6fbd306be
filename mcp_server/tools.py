"""The tools: what each is called, says of itself, and does, bound to one person.

Knows nothing of MCP's wire. Each runs in a thread and raises KeepsakeError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from account.preferences import Preferences
from errors import InputError, MemoryNotFound
from mcp_server import records
from mcp_server.records import Arguments, ChangeRecord, EventRecord, MemoryRecord
from memory.engine import Engine, UserMemory
from memory.records import Memory

PAUSED = "Memory is paused, so nothing is remembered. The person can switch it on in Keepsake."


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a call is made for."""

    engine: Engine
    user_id: UUID

    @property
    def memory(self) -> UserMemory:
        return self.engine.for_user(self.user_id)


@dataclass(frozen=True, slots=True)
class Tool:
    """`writes`: a token needs the right to. `destroys`: what was there is not afterwards."""

    name: str
    title: str
    description: str
    takes: type[Arguments]
    gives: type[BaseModel]
    work: Callable[[Person, Any], BaseModel]
    writes: bool = False
    destroys: bool = False
    repeatable: bool = True


def _search(person: Person, asked: records.SearchArguments) -> records.Found:
    found = person.memory.search(asked.query, top_k=asked.limit, as_of=asked.as_of)
    free = _free(found)
    return records.Found(
        memories=[MemoryRecord.of(one) for one in free], held_back=len(found) - len(free)
    )


def _list(person: Person, asked: records.ListArguments) -> records.Listed:
    found = person.memory.get_all(as_of=asked.as_of)
    free = _free(found)
    shown = free[asked.offset : asked.offset + asked.limit]
    return records.Listed(
        memories=[MemoryRecord.of(one) for one in shown],
        total=len(free),
        held_back=len(found) - len(free),
    )


def _free(found: Sequence[Memory]) -> list[Memory]:
    """Whatever model a program uses is not ours to know: what stays inside is given to none."""
    return [memory for memory in found if not memory.stays_inside]


def _is_free(person: Person, memory_id: str) -> bool:
    return not person.memory.get(memory_id).stays_inside


def _check_free(person: Person, memory_id: str) -> None:
    """What stays inside is to a program as if it were not there."""
    if not _is_free(person, memory_id):
        raise MemoryNotFound


def _history(person: Person, asked: records.IdArguments) -> records.History:
    try:
        _check_free(person, asked.id)
    except MemoryNotFound:
        return records.History(events=[])
    events = person.memory.history(asked.id)
    return records.History(events=[EventRecord.of(one) for one in events])


def _add(person: Person, asked: records.AddArguments) -> records.Added:
    if Preferences(person.engine.database, person.user_id).get().memory_paused:
        raise InputError(PAUSED)
    size = len(asked.text.encode())
    with person.engine.fair_use.using(person.user_id, messages=1, stored_bytes=size):
        changes = person.memory.add([{"role": "user", "content": asked.text}])
    told = [one for one in changes if one.event != "SUPERSEDE" or _is_free(person, one.id)]
    return records.Added(changes=[ChangeRecord.of(one) for one in told])


def _update(person: Person, asked: records.UpdateArguments) -> MemoryRecord:
    _check_free(person, asked.id)
    return MemoryRecord.of(person.memory.update(asked.id, asked.text))


def _forget(person: Person, asked: records.IdArguments) -> records.Forgotten:
    _check_free(person, asked.id)
    person.memory.delete(asked.id)
    return records.Forgotten(id=asked.id)


SEARCH = Tool(
    "search",
    "Search memories",
    "Finds what is remembered about the person, by meaning and by word. Use it before you answer"
    " something that their life, tastes, work or plans bear on.",
    records.SearchArguments,
    records.Found,
    _search,
)
LIST = Tool(
    "list",
    "List memories",
    "Everything that is remembered about the person and holds, oldest first, a page at a time.",
    records.ListArguments,
    records.Listed,
    _list,
)
HISTORY = Tool(
    "history",
    "History of a memory",
    "All changes of one memory, with its former texts.",
    records.IdArguments,
    records.History,
    _history,
)
ADD = Tool(
    "add",
    "Remember",
    "Remembers what is new in what the person said: facts about them, in their own words. What"
    " contradicts an older memory ends that one. It may take a minute.",
    records.AddArguments,
    records.Added,
    _add,
    writes=True,
    repeatable=False,
)
UPDATE = Tool(
    "update",
    "Correct a memory",
    "Replaces the text of one memory. Its history keeps the former text.",
    records.UpdateArguments,
    MemoryRecord,
    _update,
    writes=True,
    destroys=True,
)
FORGET = Tool(
    "forget",
    "Forget a memory",
    "Forgets one memory for good, its history included. Only if the person asks for it.",
    records.IdArguments,
    records.Forgotten,
    _forget,
    writes=True,
    destroys=True,
    repeatable=False,
)
TOOLS = {tool.name: tool for tool in (SEARCH, LIST, HISTORY, ADD, UPDATE, FORGET)}
