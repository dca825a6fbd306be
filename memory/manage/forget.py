"""Forgetting for good, and what is needed to take it back.

What is forgotten leaves every table in one transaction. It is handed out as a frozen snapshot that
nobody stores: as long as the caller holds it, the same rows can be written back; afterwards never.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from database.audit import note
from database.sql import load
from errors import AccessDenied, InputError

Rows = tuple[str, ...]

# What a memory mentions. Rows are written back in this order.
GRAPH = ("entities", "mentions", "names", "relations")
_READ = ("memories", "passages", "history", *GRAPH, "recalled", "replaced", "checks", "store")
_WRITTEN_BACK = (
    "passages",
    "history",
    *GRAPH,
    "recalled",
    "replaced",
    "checks",
    "store",
    "turns",
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Memories that are gone, with all that went with them: rows as JSON, by what they are."""

    user_id: UUID
    ids: tuple[str, ...]
    rows: Mapping[str, Rows] = field(repr=False)


class Forgetter:
    """Forgets and brings back on one connection, which is bound to the person."""

    def __init__(self, connection: Connection, user_id: UUID) -> None:
        self._connection = connection
        self._user_id = user_id
        self._sql = load("memory/manage/forget")

    def forget(self, memory_ids: Sequence[str]) -> Forgotten:
        """Forget those of these memories that the person has."""
        forgotten = self.take_out(memory_ids)
        if forgotten.ids:
            note(self._connection, "memories_forgotten", len(forgotten.ids))
        return forgotten

    def take_out(self, memory_ids: Sequence[str]) -> Forgotten:
        """The same where nothing is lost by it: what they were made of comes back."""
        self._lock()
        return self._forget(self._ids("owned", {"ids": list(memory_ids)}), {})

    def forget_all(self) -> Forgotten:
        """Forget all; what was said so far and waits to be remembered is not remembered either."""
        self._lock()
        turns = self._rows("turns", {})
        self._connection.execute(load("chat/turns")["close_open"])
        forgotten = self._forget(self._ids("all_owned", {}), {"turns": turns})
        note(self._connection, "all_forgotten", len(forgotten.ids))
        return forgotten

    def restore(self, forgotten: Forgotten) -> None:
        """Write everything back as it was. Raises InputError if one is there (again)."""
        if forgotten.user_id != self._user_id:
            raise AccessDenied
        self._lock()
        if self._ids("owned", {"ids": list(forgotten.ids)}):
            raise InputError("These memories are there already.")
        rows = {**forgotten.rows, **self._graph_for_today(forgotten.rows)}
        self._put("memories", rows)
        self._connection.execute(self._sql["drop_markers"], {"ids": list(forgotten.ids)})
        rows["replaced"] = (*rows["replaced"], *rows["memories"])
        for name in _WRITTEN_BACK:
            self._put(name, rows)
        note(self._connection, "forgetting_undone", len(forgotten.ids))

    def graph_of(self, memory_id: str) -> dict[str, Rows]:
        """What one memory mentions, to be put back by `put_graph`."""
        return {name: self._rows(name, {"ids": [memory_id]}) for name in GRAPH}

    def put_graph(self, memory_id: str, rows: Mapping[str, Rows]) -> None:
        """Let a memory mention this, and nothing else."""
        self._connection.execute(load("memory/graph/graph")["lock_graph"])
        self._connection.execute(self._sql["drop_mentions"], {"ids": [memory_id]})
        today = self._graph_for_today(rows)
        for name in GRAPH:
            self._put(name, today)

    def checks_of(self, memory_id: str) -> Rows:
        """Because of what one memory is to be checked, to be put back by `put_checks`."""
        rows = self._rows("checks", {"ids": [memory_id]})
        return tuple(row for row in rows if json.loads(row)["memory_id"] == memory_id)

    def put_checks(self, rows: Rows) -> None:
        """Let memories be to check again, as far as what ended is still there."""
        self._put("checks", {"checks": rows})

    def passages_of(self, memory_id: str) -> Rows:
        """The passages of a long text, to be put back by `put_passages` with that text."""
        return self._rows("passages", {"ids": [memory_id]})

    def put_passages(self, rows: Rows) -> None:
        """Let texts be found by these passages again."""
        self._put("passages", {"passages": rows})

    def drop_unnamed(self, memory_id: str) -> None:
        """A memory whose text has changed no longer mentions what it does not name."""
        self._connection.execute(self._sql["drop_unnamed"], {"id": memory_id})

    def _forget(self, ids: list[str], more: Mapping[str, Rows]) -> Forgotten:
        rows = {name: self._rows(name, {"ids": ids}) for name in _READ}
        if ids:
            sql = load("memory/store/memories")
            self._connection.execute(self._sql["delete_many"], {"ids": ids})
            self._connection.execute(sql["forget_history"], {"ids": ids})
            self._connection.execute(sql["unlink_entities"], {"ids": ids})
            self._connection.execute(sql["note_forgotten"], {"ids": ids})
        return Forgotten(self._user_id, tuple(ids), {**rows, **more})

    def _graph_for_today(self, rows: Mapping[str, Rows]) -> dict[str, Rows]:
        """The rows of a graph, speaking of entities that were made anew in the meantime."""
        params = {"entities": _array(rows["entities"]), "names": _array(rows["names"])}
        found = self._connection.execute(self._sql["stand_ins"], params)
        today = {str(row.was): str(row.today) for row in found}
        if not today:
            return {name: rows[name] for name in GRAPH}
        return {
            name: tuple(_renamed(row, today) for row in rows[name])
            for name in GRAPH
            if name != "entities"
        } | {"entities": tuple(r for r in rows["entities"] if json.loads(r)["id"] not in today)}

    def _lock(self) -> None:
        self._connection.execute(load("memory/store/memories")["lock_memories"])

    def _ids(self, statement: str, params: Mapping[str, Any]) -> list[str]:
        return list(self._connection.execute(self._sql[statement], params).scalars())

    def _rows(self, name: str, params: Mapping[str, Any]) -> Rows:
        return tuple(self._connection.execute(self._sql[f"of_{name}"], params).scalars())

    def _put(self, name: str, rows: Mapping[str, Rows]) -> None:
        if rows.get(name):
            self._connection.execute(self._sql[f"put_{name}"], {"rows": _array(rows[name])})


def _array(rows: Rows) -> str:
    return f"[{','.join(rows)}]"


def _renamed(row: str, today: Mapping[str, str]) -> str:
    columns = json.loads(row)
    return json.dumps(
        {
            name: today.get(value, value) if name.endswith("_id") else value
            for name, value in columns.items()
        }
    )
