"""Memories that are to be checked, because one that they lean on holds no longer.

A mark counts while that one stays ended. Runs in the caller's transaction, bound to the person.
"""

from __future__ import annotations

from sqlalchemy import Connection

from database.sql import load
from errors import MemoryNotFound


def mark_to_check(connection: Connection, memory_id: str, because_of: str) -> None:
    """Mark a memory because of one that ended.

    Raises MemoryNotFound if one of the two is not the person's.
    """
    params = {"id": memory_id, "because_of": because_of}
    if connection.execute(load("memory/manage/checks")["mark"], params).first() is None:
        raise MemoryNotFound


def still_true(connection: Connection, memory_id: str) -> None:
    """The person has checked it. Raises MemoryNotFound if they have no such memory to check."""
    sql = load("memory/manage/checks")
    if connection.execute(sql["still_true"], {"id": memory_id}).first() is None:
        raise MemoryNotFound
