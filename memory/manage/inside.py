"""A memory that never leaves for a hosted model, or may leave again."""

from __future__ import annotations

from database.binding import Binding
from database.sql import load
from errors import MemoryNotFound
from memory.store import passages
from memory.store.query_params import vector_text
from models.client import Models
from text import storable


def keep_inside(
    binding: Binding, models: Models, memory_id: str, inside: bool, *, embedded_outside: bool
) -> None:
    """One that leaves from now on is embedded, since that may not have been done before.

    `embedded_outside`: whether texts leave for their vectors. Raises MemoryNotFound, ModelError.
    """
    sql, params = load("memory/store/memories"), {"id": storable(str(memory_id))}
    made = None
    if embedded_outside and not inside:
        made = _embedded(binding, models, params)
    with binding.database.as_user(binding.user_id) as connection:
        vector = made and vector_text(made[1].vector)
        changed = {**params, "inside": inside, "vec": vector}
        if not connection.execute(sql["keep_inside"], changed).all():
            raise MemoryNotFound
        if made is not None:
            passages.put(connection, {memory_id: made[0]}, {memory_id: made[1]})


def _embedded(
    binding: Binding, models: Models, params: dict[str, str]
) -> tuple[str, passages.Embedded] | None:
    """Text and vectors; None where it is gone, or must stay inside for another reason."""
    rows = binding.fetch(load("memory/store/memories")["let_out"], params)
    if not rows or rows[0]["still_inside"]:
        return None
    text = rows[0]["text"]
    (made,) = passages.embed([text], models, [rows[0]["cues"] or ""])
    return text, made
