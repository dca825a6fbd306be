"""Changing what a memory says, by the person's own hand, with the way back.

What its new text does not name it mentions no longer, so the graph says nothing that it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from errors import MemoryNotFound
from memory.binding import Binding
from memory.forgetting import Forgetter
from memory.llm import Models
from memory.queries import load
from memory.search import vector_text
from memory.text import checked, storable

Undo = Callable[[], None]


class Rewriter:
    """Changes texts of one person's memories."""

    def __init__(self, binding: Binding, models: Models, *, most_chars: int) -> None:
        self._binding = binding
        self._models = models
        self._most_chars = most_chars
        self._sql = load("memories")

    def rewrite(self, memory_id: str, text: str) -> Undo:
        """Replace a text; the history keeps the former one. What is returned takes it back.

        Raises MemoryNotFound, InputError, ModelError.
        """
        memory_id = storable(str(memory_id))
        new = checked(text, max_chars=self._most_chars, what="memory")
        params = {
            "id": memory_id,
            "text": new,
            "vec": vector_text(self._models.embed([new])[0]),
            "updated_at": datetime.now(UTC).isoformat(),
            "by_hand": True,
        }
        user_id = self._binding.user_id
        with self._binding.database.as_user(user_id) as connection:
            row = connection.execute(self._sql["update_text"], params).first()
            if row is None:
                raise MemoryNotFound
            former: str = row.old_text
            noted = {"memory_id": memory_id, "event": "UPDATE", "old": former, "new": new}
            connection.execute(self._sql["note_change"], {**noted, "turn_id": None})
            forgetter = Forgetter(connection, user_id)
            mentioned = forgetter.graph_of(memory_id)
            forgetter.drop_unnamed(memory_id)

        def undo() -> None:
            self.rewrite(memory_id, former)
            with self._binding.database.as_user(user_id) as connection:
                Forgetter(connection, user_id).put_graph(memory_id, mentioned)

        return undo
