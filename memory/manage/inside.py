"""A memory that never leaves for a hosted model, or may leave again."""

from __future__ import annotations

from dataclasses import dataclass

from database.binding import Binding
from database.sql import load
from errors import MemoryFailed, MemoryNotFound
from memory.store import passages
from memory.store.query_params import vector_text
from models.client import Models
from text import storable

# Of making vectors of a text that is changed at the same time.
MOST_TRIES = 3


def keep_inside(
    binding: Binding, models: Models, memory_id: str, inside: bool, *, embedded_outside: bool
) -> None:
    """One that leaves from now on is embedded, since that may not have been done before.

    `embedded_outside`: whether texts leave for their vectors. Raises MemoryNotFound, ModelError,
    and MemoryFailed where its text changes again and again meanwhile.
    """
    sql, id_ = load("memory/store/memories"), storable(str(memory_id))
    for _ in range(MOST_TRIES):
        made = _embedded(binding, models, id_) if embedded_outside and not inside else None
        vector = made and vector_text(made.embedded.vector)
        of = {"text": made and made.text, "cues": made and made.cues}
        changed = {"id": id_, "inside": inside, "vec": vector, **of}
        with binding.database.as_user(binding.user_id) as connection:
            if connection.execute(sql["keep_inside"], changed).all():
                if made is not None:
                    passages.put(connection, {id_: made.text}, {id_: made.embedded})
                return
        if made is None:
            raise MemoryNotFound
    raise MemoryFailed("This memory changed meanwhile. Please try again.")


@dataclass(frozen=True, slots=True)
class _Made:
    """Vectors, and what they are of."""

    text: str
    cues: str
    embedded: passages.Embedded


def _embedded(binding: Binding, models: Models, memory_id: str) -> _Made | None:
    """None where the memory is gone, or must stay inside for another reason."""
    rows = binding.fetch(load("memory/store/memories")["let_out"], {"id": memory_id})
    if not rows or rows[0]["still_inside"]:
        return None
    text, cues = rows[0]["text"], rows[0]["cues"] or ""
    (embedded,) = passages.embed([text], models, [cues])
    return _Made(text, cues, embedded)
