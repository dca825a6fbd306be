"""Taking back what a turn added to mem0's platform: it is forgotten there and here.

Done again, it is kept as it was, under another id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from database.binding import Binding
from database.sql import load
from errors import InputError, MemoryNotFound
from memory.hosted.notes import Notes
from memory.hosted.person import PlatformPerson
from memory.manage.undo import CANNOT, Redo, TakenBack, TurnUndo
from memory.records import Change, Event

AddAgain = Callable[[Sequence[str]], None]


class HostedTurnUndo(TurnUndo):
    """For one person; `again` keeps texts as they are."""

    def __init__(self, person: PlatformPerson, binding: Binding, again: AddAgain) -> None:
        self._person = person
        self._binding = binding
        self._again_kept = again
        self._notes = Notes(binding)

    def prepare(self, turn_ids: Sequence[UUID]) -> None:
        """No model is asked for it."""

    def change(self, turn_id: UUID, memory_id: str, event: Event) -> Redo:
        if event in CANNOT:
            raise InputError(CANNOT[event])
        rows = [r for r in self._notes.brought_by([turn_id]) if r["memory_id"] == memory_id]
        if event != "ADD" or not rows:
            raise MemoryNotFound
        self._person.delete(memory_id)
        with self._binding.database.as_user(self._person.user_id) as connection:
            self._notes.forgotten(connection, [memory_id])
        return lambda: self._again_kept([rows[0]["text"]])

    def turn(self, turn_id: UUID) -> TakenBack:
        with self._binding.database.as_user(self._person.user_id) as connection:
            taken = self._take_back(connection, [turn_id])
        texts = [row["text"] for row in taken]
        changes = tuple(Change(row["memory_id"], row["text"], "ADD") for row in taken)
        return TakenBack(changes, (), lambda: self._again_kept(texts))

    def turns_in(self, connection: Connection, turn_ids: Sequence[UUID]) -> None:
        """The platform forgets at once, whatever becomes of the caller's transaction."""
        self._take_back(connection, turn_ids)

    def _take_back(self, connection: Connection, turn_ids: Sequence[UUID]) -> list[dict[str, Any]]:
        rows = self._notes.brought_by(turn_ids)
        for row in rows:
            with suppress(MemoryNotFound):
                self._person.delete(row["memory_id"])
        self._notes.forgotten(connection, [row["memory_id"] for row in rows])
        for turn_id in turn_ids:
            connection.execute(load("memory/manage/undo")["close_turn"], {"turn_id": turn_id})
        return rows
