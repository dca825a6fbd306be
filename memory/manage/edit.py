"""Changing what a memory says, by the person's own hand, with the way back.

What its new text does not name it mentions no longer, so the graph says nothing that it does not;
and what was to be checked of the former text is not of the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from database.binding import Binding
from database.sql import load
from errors import MemoryNotFound
from memory.manage.forget import Forgetter, Rows
from memory.store import cues, passages
from memory.store.outside import Outside
from memory.store.query_params import vector_text
from models.client import Models
from text import checked, storable

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Former:
    """A memory's text before, what it mentioned, and why it was to be checked."""

    text: str
    cues: str
    mentioned: dict[str, Rows]
    checks: Rows


class Editor:
    """Changes texts of one person's memories."""

    def __init__(
        self, binding: Binding, models: Models, *, most_chars: int, outside: Outside
    ) -> None:
        self._outside = outside
        self._binding = binding
        self._models = models
        self._most_chars = most_chars
        self._sql = load("memory/store/memories")

    def rewrite(self, memory_id: str, text: str) -> Undo:
        """Replace a text; the history keeps the former one. What is returned takes it back.

        Raises MemoryNotFound, InputError, ModelError.
        """
        memory_id = storable(str(memory_id))
        new = checked(text, max_chars=self._most_chars, what="memory")
        stays_inside = self._stays_inside(memory_id)
        self._outside.check_new_text(stays_inside=stays_inside)
        is_asked = not (stays_inside and self._outside.model)
        cue = cues.make_if_possible(new, self._models) if is_asked else ""
        former = self._replace(memory_id, new, cue)

        def undo() -> None:
            self._outside.check_new_text(stays_inside=self._stays_inside(memory_id))
            self._replace(memory_id, former.text, former.cues, before=former)

        return undo

    def _stays_inside(self, memory_id: str) -> bool:
        if not (self._outside.model or self._outside.embeddings):
            return False
        rows = self._binding.fetch(self._sql["one"], {"id": memory_id})
        return any(row["stays_inside"] for row in rows)

    def _replace(
        self, memory_id: str, new: str, cue: str, *, before: _Former | None = None
    ) -> _Former:
        """Returns what was there; with `before` also what belongs to that text comes back.

        All of it is changed, or nothing.
        """
        (embedded,) = passages.embed([new], self._models, [cue])
        params = {
            "id": memory_id,
            "text": new,
            "vec": vector_text(embedded.vector),
            "cues": cue or None,
            "updated_at": datetime.now(UTC).isoformat(),
            "by_hand": True,
        }
        user_id = self._binding.user_id
        with self._binding.database.as_user(user_id) as connection:
            connection.execute(self._sql["lock_memories"])
            forgetter = Forgetter(connection, user_id)
            checked_before = forgetter.checks_of(memory_id)
            row = connection.execute(self._sql["update_text"], params).first()
            if row is None:
                raise MemoryNotFound
            passages.put(connection, {memory_id: new}, {memory_id: embedded})
            noted = {"memory_id": memory_id, "event": "UPDATE", "old": row.old_text, "new": new}
            connection.execute(self._sql["note_change"], {**noted, "turn_id": None})
            mentioned = forgetter.graph_of(memory_id)
            if before is None:
                forgetter.drop_unnamed(memory_id)
            else:
                forgetter.put_graph(memory_id, before.mentioned)
                forgetter.put_checks(before.checks)
        return _Former(row.old_text, row.old_cues or "", mentioned, checked_before)
