"""One person's access to the database, as memory objects hold it.

Reads happen at once. Writes happen at once too, each in a transaction, or, on a deferred binding,
together at the end: so everything that becomes of one turn is kept, or nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Executable

from database.transactions import Database, as_uuid
from errors import Unbound

Params = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Binding:
    """Reads and writes as `user_id`; `turn_ids` are the turns that the writes come from."""

    def __init__(
        self,
        database: Database,
        user_id: UUID | str,
        *,
        turn_ids: Sequence[UUID] = (),
        deferred: bool = False,
    ) -> None:
        self.database = database
        self.user_id = as_uuid(user_id)
        self.turn_ids = tuple(turn_ids)
        self._waiting: list[tuple[Executable, Params]] | None = [] if deferred else None

    @property
    def turn_id(self) -> UUID | None:
        """The turn that the writes come from: the last, where several were joined."""
        return self.turn_ids[-1] if self.turn_ids else None

    def fetch(self, statement: Executable, params: Params | None = None) -> list[dict[str, Any]]:
        with self.database.as_user(self.user_id, single=True) as connection:
            result = connection.execute(statement, params)
            names = list(result.keys())
            return [dict(zip(names, row, strict=True)) for row in result]

    def write(self, statement: Executable, params: Params) -> None:
        if self._waiting is not None:
            self._waiting.append((statement, params))
            return
        # Rows in a list may become several statements.
        single = isinstance(params, Mapping)
        with self.database.as_user(self.user_id, single=single) as connection:
            connection.execute(statement, params)

    def flush(self, connection: Connection) -> None:
        """Carry out the deferred writes in a transaction of the caller's."""
        for statement, params in self._waiting or ():
            connection.execute(statement, params)
        self._waiting = [] if self._waiting is not None else None


class UnboundBinding:
    """Stands where a binding belongs until there is a person: every use raises Unbound."""

    def __getattr__(self, name: str) -> Any:
        raise Unbound
