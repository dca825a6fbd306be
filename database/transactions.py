"""The way to the database: every transaction runs as one person, or through the server's doors.

Each transaction starts by taking the role and the claims that it was bound to, so the policies
decide what it sees; one that is bound to nobody raises Unbound: see database/bound_connection.py.
Driver errors leave as ours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from database.bound_connection import BoundConnection
from database.refusals import is_full, mistake_in_settings
from errors import (
    AccessDenied,
    DatabaseConflict,
    DatabaseError,
    DatabaseRefused,
    DatabaseUnavailable,
    Unbound,
)

PERSON = "authenticated"
SERVER = "keepsake_server"
_BOUND = "keepsake_claims"
STATEMENT_TIMEOUT_MS = 15_000
# No server or proxy restarts faster than this.
RESTED_S = 1.0
# A server that vanished is given up after a minute, not after the kernel's two hours.
# Of TCP only; a statement that is at work answers the probes.
_NOTICED_GONE = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
# Classes of SQLSTATE that mean "not now": connection, resources, operator intervention.
_UNAVAILABLE = ("08", "53", "57")
# Rolled back for the sake of another transaction: a deadlock, for one.
_CONFLICT = "40"
NOT_NOW = (*_UNAVAILABLE, _CONFLICT)

# While all connections are taken, here or at the server, one is waited for this long.
WAIT_FOR_CONNECTION_S = 10.0
ASK_AGAIN_S = 0.1


class Database:
    """One pool of at most `pool_size` connections, handed out bound; what is over it waits."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._pool = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=WAIT_FOR_CONNECTION_S,
            pool_recycle=1800,
            # Parameters are what people wrote; an error that is logged must not quote them.
            hide_parameters=True,
            # Looking for that type would be a trip for every new connection.
            use_native_hstore=False,
            connect_args={
                "connect_timeout": 5,
                **_NOTICED_GONE,
                "application_name": "keepsake",
                "connection_factory": BoundConnection,
            },
        )
        # After what SQLAlchemy itself asks of the first connection.
        event.listen(self._pool, "connect", _seal)
        event.listen(self._pool, "begin", _bind_transaction)
        event.listen(self._pool, "checkin", _note_use)
        event.listen(self._pool, "checkout", self._ping_after_a_rest)

    @contextmanager
    def as_user(self, user_id: UUID | str, *, single: bool = False) -> Iterator[Connection]:
        """One transaction as this person, committed at the end, rolled back on any error.

        With `single` it is one statement, which goes in one trip; a second one raises Unbound.
        """
        claims = {"sub": str(as_uuid(user_id)), "role": PERSON}
        with self._bound(PERSON, claims, single=single) as connection:
            yield connection

    @contextmanager
    def as_server(self, *, single: bool = False) -> Iterator[Connection]:
        """One transaction as keepsake_server, which may call the functions in `private` only."""
        with self._bound(SERVER, {"role": SERVER}, single=single) as connection:
            yield connection

    @contextmanager
    def _bound(self, role: str, claims: dict[str, str], *, single: bool) -> Iterator[Connection]:
        with translated(), self._connect() as connection:
            connection.execution_options(**{_BOUND: (role, claims, single)})
            with connection.begin():
                yield connection

    def _connect(self) -> Connection:
        """A connection of the pool. Where the server has none left, one that comes back here or
        becomes free there is waited for.
        """
        give_up_at = time.monotonic() + WAIT_FOR_CONNECTION_S
        while True:
            try:
                return self._pool.connect()
            except OperationalError as exc:
                if not is_full(str(exc.orig)) or time.monotonic() > give_up_at:
                    raise
            time.sleep(ASK_AGAIN_S)

    def ping(self) -> None:
        """Raise DatabaseUnavailable unless the database answers."""
        with self.as_server(single=True) as connection:
            connection.execute(text("select 1"))

    def close(self) -> None:
        self._pool.dispose()

    def _ping_after_a_rest(
        self, connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        """A connection that rested may have died. Pinging at every checkout, as `pool_pre_ping`
        does, would be one trip more for each transaction.
        """
        if time.monotonic() - record.info.get("used_at", math.inf) < RESTED_S:
            return
        try:
            _bindable(connection).ping()
        except self._pool.dialect.loaded_dbapi.Error as exc:
            # All others have rested as long.
            raise InvalidatePoolError from exc


def _seal(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    _bindable(connection).seal()


def _note_use(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def as_uuid(user_id: UUID | str) -> UUID:
    """Check a person's id. Raises Unbound for anything that is not a UUID."""
    try:
        return user_id if isinstance(user_id, UUID) else UUID(user_id)
    except (AttributeError, TypeError, ValueError) as exc:
        raise Unbound from exc


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except PoolTimeout as exc:
        raise DatabaseUnavailable from exc
    except DBAPIError as exc:
        raise _translate(exc) from exc


def _translate(exc: DBAPIError) -> DatabaseError:
    code = getattr(exc.orig, "pgcode", None) or ""
    if code == "42501":
        return AccessDenied()
    if code.startswith(_CONFLICT):
        return DatabaseConflict()
    no_answer = isinstance(exc, OperationalError) and not code
    # What libpq cannot read is no answer either, but comes as ProgrammingError.
    mistake = None if code else mistake_in_settings(str(exc.orig))
    if mistake and (no_answer or isinstance(exc, ProgrammingError)):
        return DatabaseRefused(mistake)
    if exc.connection_invalidated or no_answer or code.startswith(_UNAVAILABLE):
        return DatabaseUnavailable()
    return DatabaseError()


def _bind_transaction(connection: Connection) -> None:
    bound = connection.get_execution_options().get(_BOUND)
    if bound is None:
        raise Unbound
    role, claims, single = bound
    driver = _bindable(connection.connection.driver_connection)
    driver.bind(role, claims, timeout_ms=STATEMENT_TIMEOUT_MS, single=single)


def _bindable(connection: object) -> BoundConnection:
    if not isinstance(connection, BoundConnection):
        raise Unbound
    return connection
