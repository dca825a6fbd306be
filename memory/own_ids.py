"""People whom a program knows by ids of its own: each is a user without an account.

A user's UUID stays what it is. Knows nothing of memories. Raises Unbound, DatabaseError.
"""

from __future__ import annotations

from uuid import UUID

from database.sql import load
from database.transactions import Database
from errors import Unbound
from text import storable

OWN_ID_MAX_CHARS = 200


class OwnIds:
    """The users of such ids, looked up once each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = load("memory/own_ids")
        self._known: dict[str, UUID] = {}

    def user_of(self, given: UUID | str) -> UUID:
        """The user of an id, made where there is none; of a UUID the same."""
        if (user_id := _uuid(given)) is not None:
            return user_id
        own_id = _checked(given)
        if own_id not in self._known:
            with self._database.as_server(single=True) as connection:
                found = connection.execute(self._sql["user_of"], {"own_id": own_id})
                self._known[own_id] = found.scalar_one()
        return self._known[own_id]

    def delete(self, own_id: str) -> bool:
        """The end of a user of such an id, with all that they have; whether there was one."""
        if _uuid(own_id) is not None:
            raise Unbound("Only people with an id of your own end here; accounts end themselves.")
        wanted = _checked(own_id)
        self._known.pop(wanted, None)
        with self._database.as_server(single=True) as connection:
            return bool(connection.execute(self._sql["delete"], {"own_id": wanted}).scalar_one())


def is_account(given: UUID | str) -> bool:
    """Whether this is the id of an account, and no id of one's own."""
    return _uuid(given) is not None


def _uuid(given: UUID | str) -> UUID | None:
    try:
        return given if isinstance(given, UUID) else UUID(given)
    except (AttributeError, TypeError, ValueError):
        return None


def _checked(given: object) -> str:
    if not isinstance(given, str) or not given.strip() or given != storable(given):
        raise Unbound("A user id is a text that is not empty.")
    if len(given) > OWN_ID_MAX_CHARS:
        raise Unbound(f"A user id has {OWN_ID_MAX_CHARS} characters at most.")
    return given
