"""What the database notes of memories at mem0's platform: what turns added, what was forgotten.

As the person, under the policies. The texts here go when the memory goes there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from database.audit import note
from database.binding import Binding
from database.sql import load
from memory.records import Change, Event


class Notes:
    """Of one person."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._sql = load("memory/hosted/hosted")
        self._memories = load("memory/store/memories")

    def changed(
        self,
        connection: Connection,
        changes: Sequence[Change],
        *,
        turn_id: UUID | None = None,
    ) -> None:
        """What an add did, and in which turn."""
        for one in changes:
            self.edited(connection, one.id, one.event, new=one.text, turn_id=turn_id)

    def edited(
        self,
        connection: Connection,
        memory_id: str,
        event: Event,
        *,
        new: str | None,
        old: str | None = None,
        turn_id: UUID | None = None,
    ) -> None:
        params = {"memory_id": memory_id, "event": event, "old": old, "new": new}
        connection.execute(self._memories["note_change"], {**params, "turn_id": turn_id})

    def forgotten(self, connection: Connection, ids: Sequence[str]) -> None:
        """Their texts leave the database; that they were forgotten stays."""
        if not ids:
            return
        connection.execute(self._sql["forget_noted"], {"ids": list(ids)})
        connection.execute(self._memories["note_forgotten"], {"ids": list(ids)})
        note(connection, "memories_forgotten", len(ids))

    def all_forgotten(self, connection: Connection, count: int) -> None:
        """The same for everything; turns that wait are not remembered either."""
        connection.execute(load("chat/turns")["close_open"])
        ids = list(connection.execute(self._sql["noted_ids"]).scalars())
        connection.execute(self._sql["forget_noted"], {"ids": ids})
        note(connection, "all_forgotten", count)

    def brought_by(self, turn_ids: Sequence[UUID]) -> list[dict[str, Any]]:
        """`memory_id`, `turn_id` and `text` of what these turns added, newest first."""
        return self._binding.fetch(self._sql["brought_by"], {"turn_ids": list(turn_ids)})
