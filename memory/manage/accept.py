"""The person's yes to a memory that waited for it."""

from __future__ import annotations

from sqlalchemy import Connection

from database.sql import load
from errors import MemoryNotFound


def accept(connection: Connection, memory_id: str) -> None:
    """Let it count from now on, and note that in its history; runs in the caller's transaction.

    Raises MemoryNotFound if the person has nothing with this id that waits.
    """
    sql = load("memory/store/memories")
    connection.execute(sql["lock_memories"])
    row = connection.execute(sql["accept"], {"id": memory_id}).first()
    if row is None:
        raise MemoryNotFound
    change = {"memory_id": memory_id, "event": "ACCEPT", "old": None, "new": row.text}
    connection.execute(sql["note_change"], {**change, "turn_id": None})
