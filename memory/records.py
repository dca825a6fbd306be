"""What memory hands out: frozen records, made from rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from memory.extras import plain

# CONFIRM: said again; SUPERSEDE: holds no longer; ACCEPT: the person said yes to what waited;
# MERGE: one was made of several, and this ended; UNDO: a change was taken back; IMPORT: of a file.
Event = Literal[
    "ADD", "UPDATE", "DELETE", "CONFIRM", "SUPERSEDE", "ACCEPT", "MERGE", "UNDO", "IMPORT"
]

# Since when something is true that nobody said the beginning of ("lived in Rome until 2020").
LONG_AGO = datetime(1000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Memory:
    """One fact about a person. Times are aware; what a search found out is None outside of one.

    It holds from `valid_from` until `invalid_at` (None: still). `waits_for` names why it waits for
    the person's yes; until then no answer is given it.
    """

    id: str
    text: str
    valid_from: datetime
    recorded_at: datetime
    invalid_at: datetime | None = None
    superseded_by: str | None = None
    updated_at: datetime | None = None
    edited_at: datetime | None = None
    pending_reason: str | None = None
    judged: str | None = None
    turn_id: UUID | None = None
    # What ended that this leans on: the person is to check whether it is still true.
    leans_on: str | None = None
    # It never leaves for a hosted model, by the person's own word.
    stays_inside: bool = False
    # What a program gave along with it; where it was read to be shown on a page, nothing.
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    score: float | None = None
    similarity: float | None = None
    keyword: float | None = None

    @property
    def evidence(self) -> float:
        """How much of a query the memory itself meets, without what was said around it."""
        return (self.similarity or 0.0) + 0.5 * (self.keyword or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON has it: times as ISO 8601."""
        return _as_dict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Memory:
        """From the columns of vecs.memories, `text` and `updated_at` taken out of its metadata."""
        updated_at = row["updated_at"]
        return cls(
            id=row["id"],
            text=row["text"] or "",
            valid_from=row["valid_from"],
            recorded_at=row["recorded_at"],
            invalid_at=row["invalid_at"],
            superseded_by=row["superseded_by"],
            updated_at=datetime.fromisoformat(updated_at) if updated_at else None,
            edited_at=row["edited_at"],
            pending_reason=row["waits_for"],
            judged=row["judged"],
            turn_id=row["turn_id"],
            leans_on=row.get("leans_on"),
            stays_inside=bool(row.get("stays_inside")),
            metadata=row.get("metadata") or {},
            score=row.get("score"),
            similarity=row.get("similarity"),
            keyword=row.get("keyword"),
        )


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One change of one memory. A DELETE keeps no text."""

    memory_id: str
    event: Event
    old_text: str | None
    new_text: str | None
    created_at: datetime
    turn_id: UUID | None
    id: UUID | None = None
    actor_id: str | None = None
    role: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return _as_dict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> HistoryEvent:
        return cls(
            memory_id=row["memory_id"],
            event=row["event"],
            old_text=row["old_memory"],
            new_text=row["new_memory"],
            created_at=row["created_at"],
            turn_id=row["turn_id"],
            id=row.get("id"),
            actor_id=row.get("actor_id"),
            role=row.get("role"),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a memory in one add; `waits_for` is set where the person has to say yes."""

    id: str
    text: str
    event: Event
    pending_reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return _as_dict(self)


def _as_dict(record: Memory | HistoryEvent | Change) -> dict[str, Any]:
    return {one.name: plain(getattr(record, one.name)) for one in fields(record)}
