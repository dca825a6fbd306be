"""What tools take and give, as MCP clients see it: the descriptions are read by models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from memory.engine import MEMORY_MAX_CHARS
from memory.records import LONG_AGO, Change, HistoryEvent, Memory
from memory.remember.messages import ADD_MAX_CHARS

QUERY_MAX_CHARS = 4_000
MemoryId = Annotated[
    str, Field(max_length=200, description="The id of a memory, from search or list.")
]
AsOf = Annotated[
    AwareDatetime | None,
    Field(description="What held at this time, with a time zone; left out: what holds now."),
]


class Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchArguments(Arguments):
    query: str = Field(max_length=QUERY_MAX_CHARS, description="What to look for, in plain words.")
    limit: int = Field(default=10, ge=1, le=50, description="At most so many memories.")
    as_of: AsOf = None


class ListArguments(Arguments):
    limit: int = Field(default=100, ge=1, le=500, description="At most so many memories.")
    offset: int = Field(default=0, ge=0, description="Leave out so many from the beginning.")
    as_of: AsOf = None


class AddArguments(Arguments):
    text: str = Field(
        max_length=ADD_MAX_CHARS,
        description="What the person said or wants remembered, in their own words.",
    )


class UpdateArguments(Arguments):
    id: MemoryId
    text: str = Field(max_length=MEMORY_MAX_CHARS, description="The new text of the memory.")


class IdArguments(Arguments):
    id: MemoryId


HELD_BACK = "How many the person keeps from other programs and hosted models."


class MemoryRecord(BaseModel):
    """One fact about the person."""

    id: str
    text: str
    holds_since: datetime | None = Field(description="null: nobody knows since when.")
    holds_until: datetime | None = Field(description="null: it still holds.")
    recorded_at: datetime
    score: float | None = Field(
        default=None, description="How well it meets the query; compares within one search only."
    )

    @classmethod
    def of(cls, memory: Memory) -> MemoryRecord:
        return cls(
            id=memory.id,
            text=memory.text,
            holds_since=None if memory.valid_from == LONG_AGO else memory.valid_from,
            holds_until=memory.invalid_at,
            recorded_at=memory.recorded_at,
            score=memory.score,
        )


class Found(BaseModel):
    memories: list[MemoryRecord] = Field(description="Best first.")
    held_back: int = Field(default=0, description=HELD_BACK)


class Listed(BaseModel):
    memories: list[MemoryRecord] = Field(description="Oldest first.")
    total: int = Field(description="How many there are in all.")
    held_back: int = Field(default=0, description=HELD_BACK)


class ChangeRecord(BaseModel):
    id: str = Field(description="The id of the memory.")
    text: str
    event: str = Field(
        description="ADD: new. UPDATE: its text changed. CONFIRM: known already. SUPERSEDE: holds"
        " no longer. DELETE: forgotten."
    )
    waits_for_yes: bool = Field(
        description="It looks odd and is kept back until the person says yes on the Memories page."
    )

    @classmethod
    def of(cls, change: Change) -> ChangeRecord:
        return cls(
            id=change.id,
            text=change.text,
            event=change.event,
            waits_for_yes=change.pending_reason is not None,
        )


class Added(BaseModel):
    changes: list[ChangeRecord] = Field(description="Empty where nothing was worth remembering.")
    finished: bool = Field(default=True, description="false: it is still being remembered.")
    note: str | None = None


class Forgotten(BaseModel):
    id: str = Field(description="The memory that is gone, with its history.")


class EventRecord(BaseModel):
    event: str
    old_text: str | None
    new_text: str | None
    at: datetime

    @classmethod
    def of(cls, event: HistoryEvent) -> EventRecord:
        return cls(
            event=event.event, old_text=event.old_text, new_text=event.new_text, at=event.created_at
        )


class History(BaseModel):
    events: list[EventRecord] = Field(description="Oldest first; empty for an unknown id.")
