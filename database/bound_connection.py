"""The driver's connection as the pool holds it: it says nothing to the server that is not bound.

Each transaction is opened by ourselves, in the message that carries its first statement: `begin`,
the binding to role and claims, the statement. A single statement goes without `begin`: what is sent
in one message is one transaction to PostgreSQL. The driver's own way is a trip for each of them.
Whether a transaction is open is asked of the server's last word, which the driver keeps, so that
after an error, a `commit` in a statement or a lost answer nothing is sent as the login role.
Raises Unbound.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor

from errors import Unbound

_BIND = (
    "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),"
    # Ours, or what the project has set for the login role or the database, if that is shorter. Zero
    # means none. The setting of `authenticated` is for those who log in by the Data API: PostgreSQL
    # reads a role's settings at its login.
    " set_config('statement_timeout', least(%s, coalesce(nullif(round(1000 * extract(epoch from"
    " current_setting('statement_timeout')::interval)), 0), 2147483647))::text, true);"
)


class BoundConnection(connection):  # type: ignore[misc]
    """Free until it is sealed, for what SQLAlchemy asks of a server that it meets first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = BoundCursor
        self._sealed = False
        self._opening: bytes | None = None

    def seal(self) -> None:
        """From here on nothing is sent but in bound transactions."""
        # To the driver; otherwise it would send a `begin` of its own, a trip before ours.
        self.autocommit = True
        self._sealed = True

    def bind(
        self, role: str, claims: Mapping[str, str], *, timeout_ms: int, single: bool = False
    ) -> None:
        """What the next transaction runs as; with `single` it is its first statement alone."""
        if not self._sealed or not self.autocommit or not self._is_idle():
            raise Unbound
        values = (role, json.dumps(claims), timeout_ms)
        binding: bytes = self._plain().mogrify(_BIND, values)
        self._opening = binding if single else b"begin;" + binding

    def opening(self) -> bytes:
        """What has to stand before the next statement."""
        opening, self._opening = self._opening, None
        if not self._sealed or not self._is_idle():
            return b""
        if opening is None:
            raise Unbound
        return opening

    def commit(self) -> None:
        self._end("commit")

    def rollback(self) -> None:
        self._end("rollback")

    def ping(self) -> None:
        """Raise the driver's error if the server does not answer."""
        self._plain().execute("select 1")

    def lobject(self, *_: object, **__: object) -> NoReturn:
        """Would begin a transaction of its own."""
        raise Unbound

    def _end(self, how: str) -> None:
        self._opening = None
        if not self._sealed:
            getattr(super(), how)()
        elif not self._is_idle():
            self._plain().execute(how)

    def _is_idle(self) -> bool:
        return bool(self.get_transaction_status() == TRANSACTION_STATUS_IDLE)

    def _plain(self) -> Any:
        return self.cursor(cursor_factory=cursor)


class BoundCursor(cursor):  # type: ignore[misc]
    """Puts the opening of its connection before the first statement of a transaction."""

    def execute(self, query: str | bytes, values: object = None) -> None:
        statement = self.mogrify(query, values)
        super().execute(self.connection.opening() + statement)

    def executemany(self, query: str | bytes, rows: Iterable[object]) -> None:
        for values in rows:
            self.execute(query, values)

    def _unbound(self, *_: object, **__: object) -> NoReturn:
        """The driver sends these without asking `execute`."""
        raise Unbound

    callproc = copy_expert = copy_from = copy_to = _unbound
