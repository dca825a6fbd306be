"""What mem0 keeps in a local SQLite file, in the database and bound to one person.

The history of changes, and the last messages that extraction reads as context: those are the
conversation's own messages, so nothing is stored twice and both go when the conversation goes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

from sqlalchemy import Column, MetaData, Table, Text, Uuid, insert

from database.binding import Binding, UnboundBinding
from database.sql import load
from errors import KeepsakeError
from memory.records import HistoryEvent

HISTORY = Table(
    "memory_history",
    MetaData(schema="public"),
    Column("memory_id", Text),
    Column("turn_id", Uuid),
    Column("event", Text),
    Column("old_memory", Text),
    Column("new_memory", Text),
    Column("role", Text),
    Column("actor_id", Text),
)


class History:
    """The methods that mem0's Memory calls. Unbound until `bind`: any use before raises Unbound."""

    def __init__(self) -> None:
        self._binding: Binding | UnboundBinding = UnboundBinding()
        self._sql = load("memory/store/memories")
        self._before: Sequence[Mapping[str, Any]] = ()

    def bind(self, binding: Binding, *, before: Sequence[Mapping[str, Any]] = ()) -> Self:
        """This history for the binding's person; `before` are the messages that came last."""
        bound = copy.copy(self)
        bound._binding = binding
        bound._before = before
        return bound

    def add_history(
        self,
        memory_id: str,
        old_memory: str | None,
        new_memory: str | None,
        event: str,
        *,
        created_at: str | None = None,
        updated_at: str | None = None,
        is_deleted: int = 0,
        actor_id: str | None = None,
        role: str | None = None,
    ) -> None:
        """Note one change; the time is the database's."""
        self.batch_add_history(
            [
                {
                    "memory_id": memory_id,
                    "old_memory": old_memory,
                    "new_memory": new_memory,
                    "event": event,
                    "actor_id": actor_id,
                    "role": role,
                }
            ]
        )

    def batch_add_history(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Note several changes. A DELETE takes the texts of the memory's whole history with it."""
        gone = [r["memory_id"] for r in records if r["event"] == "DELETE"]
        if gone:
            self._binding.write(self._sql["forget_history"], {"ids": gone})
        if records:
            self._binding.write(insert(HISTORY), [self._row(r) for r in records])

    def _row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        deleted = record["event"] == "DELETE"
        return {
            "memory_id": record["memory_id"],
            "turn_id": self._binding.turn_id,
            "event": record["event"],
            "old_memory": None if deleted else record.get("old_memory"),
            "new_memory": None if deleted else record.get("new_memory"),
            "role": record.get("role"),
            "actor_id": record.get("actor_id"),
        }

    def events(self, memory_id: str) -> list[HistoryEvent]:
        """All changes of one memory, oldest first; empty if it is not this person's."""
        rows = self._binding.fetch(self._sql["history"], {"memory_id": memory_id})
        return [HistoryEvent.from_row(row) for row in rows]

    def get_history(self, memory_id: str) -> list[dict[str, Any]]:
        """The same in mem0's form."""
        return [
            {
                "id": str(e.id),
                "memory_id": e.memory_id,
                "old_memory": e.old_text,
                "new_memory": e.new_text,
                "event": e.event,
                "created_at": e.created_at.isoformat(),
                "updated_at": e.created_at.isoformat(),
                "is_deleted": e.event == "DELETE",
                "actor_id": e.actor_id,
                "role": e.role,
            }
            for e in self.events(memory_id)
        ]

    def get_last_messages(self, session_scope: str, limit: int = 10) -> list[dict[str, Any]]:
        """The messages just before those of this add, oldest first; none outside a conversation."""
        return [dict(message) for message in self._before[-limit:]]

    def save_messages(self, messages: Sequence[Mapping[str, Any]], session_scope: str) -> None:
        """Nothing to do: the conversation keeps its messages itself."""

    def reset(self) -> None:
        raise KeepsakeError("A person's memory object cannot reset the history.")

    def close(self) -> None:
        """Nothing to do: the pool is closed with the app."""
