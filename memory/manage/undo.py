"""Taking back what one turn changed in memory, one change or all of them.

An added memory is forgotten, a changed text becomes what it was, what was said to be no longer true
holds again (the new fact stays). What was forgotten stays forgotten. Whatever is taken back can be
done again for as long as the caller holds what is returned; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from database.sql import load
from database.transactions import Database
from errors import InputError, MemoryNotFound
from memory.manage.forget import Forgetter
from memory.records import Change, Event
from memory.store import passages
from memory.store.outside import Outside
from memory.store.query_params import vector_text
from models.client import Models

Redo = Callable[[], None]
_Step = Callable[[Connection], None]
_Row = Mapping[str, Any]
CANNOT = {
    "DELETE": "What was forgotten is gone for good.",
    "CONFIRM": "Nothing was changed there, so there is nothing to take back.",
}


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back, newest first; `kept` was changed again since and stays as it is."""

    changes: tuple[Change, ...]
    kept: tuple[Change, ...]
    redo: Redo = field(repr=False)


class TurnUndo:
    """Takes back for one person, under the lock that everything that writes memories takes."""

    def __init__(self, database: Database, user_id: UUID, models: Models, outside: Outside) -> None:
        self._outside = outside
        self._database = database
        self._user_id = user_id
        self._models = models
        self._sql = load("memory/manage/undo")
        self._known: dict[str, passages.Embedded] = {}

    def prepare(self, turn_ids: Sequence[UUID]) -> None:
        """Ask the model now for what taking these turns back needs. Raises ModelError.

        So that nothing has been changed yet where it does not answer.
        """
        for turn_id in turn_ids:
            self._known |= self._vectors(self._planned(turn_id))

    def change(self, turn_id: UUID, memory_id: str, event: Event) -> Redo:
        """Take back one change; what is returned does it again.

        Raises MemoryNotFound if there is no such change (any more), InputError if it cannot be
        taken back, ModelError.
        """
        if event in CANNOT:
            raise InputError(CANNOT[event])
        vectors = self._vectors([self._one(self._planned(turn_id), memory_id, event)])
        with self._database.as_user(self._user_id) as connection:
            row = self._one(self._plan(connection, turn_id), memory_id, event)
            if row["taken_back"]:
                raise InputError("That has been taken back already.")
            step = self._take(connection, row, vectors, turn_id)
            if step is None:
                raise InputError("This memory has been changed since; it stays as it is now.")
        return lambda: self._again([step])

    def turn(self, turn_id: UUID) -> TakenBack:
        """Take back all that a turn changed, and remember nothing more of it, all or nothing.

        Call it before the turn itself is deleted. Raises ModelError, DatabaseError.
        """
        vectors = self._vectors(self._planned(turn_id))
        with self._database.as_user(self._user_id) as connection:
            return self._take_all(connection, turn_id, vectors)

    def turns_in(self, connection: Connection, turn_ids: Sequence[UUID]) -> None:
        """The same for several turns, in a transaction of the person's that is the caller's.

        It should hold the lock of the memories before any row. Models are asked for what `prepare`
        did not know. Raises ModelError, DatabaseError; the caller's transaction has failed then.
        """
        for turn_id in turn_ids:
            vectors = self._vectors(self._plan(connection, turn_id))
            self._take_all(connection, turn_id, vectors)

    def _take_all(
        self, connection: Connection, turn_id: UUID, vectors: Mapping[str, passages.Embedded]
    ) -> TakenBack:
        taken: list[Change] = []
        kept: list[Change] = []
        steps: list[_Step] = []
        plan = self._plan(connection, turn_id)
        for row in (one for one in plan if not one["taken_back"]):
            step = None
            if not row["touched"]:
                step = self._take(connection, row, vectors, turn_id)
            change = Change(row["memory_id"], row["text"], row["event"])
            (kept if step is None else taken).append(change)
            steps += [step] if step else []
        steps += self._close(connection, turn_id)
        return TakenBack(tuple(taken), tuple(kept), lambda: self._again(steps[::-1]))

    def _again(self, steps: Sequence[_Step]) -> None:
        with self._database.as_user(self._user_id) as connection:
            connection.execute(load("memory/store/memories")["lock_memories"])
            for step in steps:
                step(connection)

    def _planned(self, turn_id: UUID) -> list[_Row]:
        with self._database.as_user(self._user_id) as connection:
            return self._plan(connection, turn_id, lock=False)

    def _plan(self, connection: Connection, turn_id: UUID, *, lock: bool = True) -> list[_Row]:
        if lock:
            connection.execute(load("memory/store/memories")["lock_memories"])
        rows = connection.execute(self._sql["changes"], {"turn_id": turn_id}).mappings()
        return [dict(row) for row in rows]

    @staticmethod
    def _one(plan: Sequence[_Row], memory_id: str, event: Event) -> _Row:
        for row in plan:
            if row["memory_id"] == memory_id and row["event"] == event:
                return row
        raise MemoryNotFound

    def _vectors(self, plan: Sequence[_Row]) -> dict[str, passages.Embedded]:
        """Of the texts that come back; read before anything is locked."""
        changed = [row for row in plan if row["event"] == "UPDATE"]
        inside = {row["old_memory"] for row in changed if row["stays_inside"]}
        new = sorted({row["old_memory"] for row in changed} - self._known.keys())
        made = self._outside.embed(new, [text in inside for text in new], self._models)
        return self._known | dict(zip(new, made, strict=True))

    def _take(
        self,
        connection: Connection,
        row: _Row,
        vectors: Mapping[str, passages.Embedded],
        turn_id: UUID,
    ) -> _Step | None:
        """Take one change back; how it is done again, or None if that is not possible any more."""
        match row["event"]:
            case "ADD":
                return self._forget(connection, row["memory_id"])
            case "UPDATE":
                return self._former_text(connection, row, vectors, turn_id)
            case _:
                return self._hold_again(connection, row, turn_id)

    def _forget(self, connection: Connection, memory_id: str) -> _Step | None:
        forgotten = Forgetter(connection, self._user_id).forget([memory_id])
        if not forgotten.ids:
            return None
        return lambda later: Forgetter(later, self._user_id).restore(forgotten)

    def _former_text(
        self,
        connection: Connection,
        row: _Row,
        vectors: Mapping[str, passages.Embedded],
        turn_id: UUID,
    ) -> _Step | None:
        memory_id, former = row["memory_id"], row["old_memory"]
        now = connection.execute(self._sql["text_of"], {"id": memory_id}).mappings().first()
        current = (
            connection.execute(load("memory/store/memories")["one"], {"id": memory_id})
            .mappings()
            .first()
        )
        if now is None or current is None or current["text"] != row["new_memory"]:
            return None
        if former not in vectors:
            return None
        forgetter = Forgetter(connection, self._user_id)
        graph = forgetter.graph_of(memory_id)
        of_current = forgetter.passages_of(memory_id)
        vector = vector_text(vectors[former].vector)
        params = {"id": memory_id, "text": former, "vec": vector}
        connection.execute(
            load("memory/store/memories")["update_text"],
            {**params, "cues": None, "updated_at": _now(), "by_hand": False},
        )
        passages.put(connection, {memory_id: former}, {memory_id: vectors[former]})
        forgetter.drop_unnamed(memory_id)
        noted = self._note(connection, row, turn_id, old=row["new_memory"], new=former)

        def again(later: Connection) -> None:
            params = {"id": memory_id, **now, "updated_at": _now()}
            if later.execute(self._sql["put_text"], params).first() is None:
                raise MemoryNotFound
            Forgetter(later, self._user_id).put_graph(memory_id, graph)
            Forgetter(later, self._user_id).put_passages(of_current)
            later.execute(self._sql["drop_undo"], {"id": noted})

        return again

    def _hold_again(self, connection: Connection, row: _Row, turn_id: UUID) -> _Step | None:
        memory_id = row["memory_id"]
        if connection.execute(self._sql["hold_again"], {"id": memory_id}).first() is None:
            return None
        noted = self._note(connection, row, turn_id, old=None, new=row["text"])
        ended = {name: row[name] for name in ("invalid_at", "superseded_by")}

        def again(later: Connection) -> None:
            params = {"id": memory_id, **ended}
            if later.execute(self._sql["end_again"], params).first() is None:
                raise MemoryNotFound
            later.execute(self._sql["drop_undo"], {"id": noted})

        return again

    def _note(
        self, connection: Connection, row: _Row, turn_id: UUID, *, old: str | None, new: str
    ) -> UUID:
        params = {"memory_id": row["memory_id"], "old": old, "new": new, "turn_id": turn_id}
        noted: UUID = connection.execute(self._sql["note_undo"], params).scalar_one()
        return noted

    def _close(self, connection: Connection, turn_id: UUID) -> list[_Step]:
        row = connection.execute(self._sql["close_turn"], {"turn_id": turn_id}).scalar()
        if row is None:
            return []

        def again(later: Connection) -> None:
            later.execute(load("memory/manage/forget")["put_turns"], {"rows": f"[{row}]"})

        return [again]


def _now() -> str:
    return datetime.now(UTC).isoformat()
