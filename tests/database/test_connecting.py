"""What a database says that lets nobody in becomes its own sentence; what is full is waited for."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import text

from config import Settings
from database.refusals import mistake_in_settings
from database.transactions import Database
from errors import DatabaseRefused, DatabaseUnavailable
from memory.engine import Engine
from tests.support.relay import Relay, relayed

FULL = "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited"


def refusal(message: str) -> bytes:
    """A fatal error in PostgreSQL's wire format, as poolers send it."""
    fields = b"SFATAL\0VFATAL\0CXX000\0M" + message.encode() + b"\0\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


@contextmanager
def refusing(message: str) -> Iterator[str]:
    """A server that lets nobody in, saying why."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(1 << 16)
                client.sendall(refusal(message))

    threading.Thread(target=serve, daemon=True).start()
    options = "sslmode=disable&gssencmode=disable"
    yield f"postgresql+psycopg2://u:p@127.0.0.1:{listener.getsockname()[1]}/d?{options}"
    listener.close()


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Tenant or user not found", "The user or the host in DATABASE_URL is wrong"),
        ("(ENOTFOUND) tenant/user postgres.abc not found", "The user or the host in DATABASE_URL"),
        ("SSL connection is required", "The database asks for TLS"),
        ('password authentication failed for user "u"', "The password or the user in DATABASE_URL"),
        ('database "d" does not exist', "DATABASE_URL names a database that is not there."),
        ('role "u" does not exist', "DATABASE_URL names a user that is not there."),
    ],
)
def test_a_server_that_refuses_names_the_part_that_is_wrong(message: str, sentence: str) -> None:
    with refusing(message) as url, pytest.raises(DatabaseRefused) as raised:
        Database(url).ping()
    assert raised.value.user_message.startswith(sentence)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            'connection to server at "db.abc.supabase.co" (2a05::1), port 5432 failed:'
            " Network is unreachable\n\tIs the server running on that host?",
            "The host in DATABASE_URL is reached by IPv6 only",
        ),
        (
            'could not translate host name "db.abc.supabase.co" to address: No address',
            "The host in DATABASE_URL is unknown here: it is that of the direct connection",
        ),
        (
            'could not translate host name "nowhere.example" to address: Name not known',
            "The host in DATABASE_URL is unknown: check",
        ),
        ('invalid channel_binding value: "maybe"', "DATABASE_URL cannot be read"),
        ('invalid dsn: invalid connection option "pgbouncer"', "DATABASE_URL cannot be read"),
    ],
)
def test_what_libpq_says_names_the_part_that_is_wrong(said: str, sentence: str) -> None:
    assert (mistake_in_settings(said) or "").startswith(sentence)


@pytest.mark.parametrize(
    "said",
    [
        'connection to server at "h" (10.0.0.1), port 5432 failed: Network is unreachable',
        'connection to server at "localhost" (::1), port 5432 failed: Connection refused',
        "server closed the connection unexpectedly",
        "the database system is starting up",
    ],
)
def test_what_passes_is_no_mistake(said: str) -> None:
    assert mistake_in_settings(said) is None


class FullPooler(Relay):
    """A relay that has so many connections at once and refuses more, as the session pooler does."""

    def __init__(self, url: str, most: int) -> None:
        self._most, self._open, self._counting = most, 0, threading.Lock()
        self.refused = 0
        super().__init__(url)

    def _serve(self, client: socket.socket) -> None:
        with self._counting:
            has_room = self._open < self._most
            self._open += has_room
            self.refused += not has_room
        if not has_room:
            with client:
                client.recv(1 << 16)
                client.sendall(refusal(FULL))
            return
        try:
            super()._serve(client)
        finally:
            with self._counting:
                self._open -= 1


def at_once(work: Callable[[int], object], count: int) -> None:
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(work, range(count)))


def test_a_full_pooler_is_waited_for(settings: Settings, engine: Engine, alice: UUID) -> None:
    pooler = FullPooler(settings.database_url, most=3)
    app, beside = Database(pooler.url, pool_size=10), Database(pooler.url, pool_size=2)

    def work(n: int) -> None:
        with (beside if n % 5 == 0 else app).as_user(alice) as connection:
            connection.execute(text("select pg_sleep(0.05)"))

    try:
        with beside.as_user(alice) as connection:
            connection.execute(text("select 1"))
        at_once(work, 20)
        assert pooler.refused > 0
    finally:
        app.close()
        beside.close()
        pooler.close()


def test_a_pooler_that_stays_full_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("database.transactions.WAIT_FOR_CONNECTION_S", 0.3)
    with refusing(FULL) as url, pytest.raises(DatabaseUnavailable) as raised:
        Database(url).ping()
    assert not isinstance(raised.value, DatabaseRefused)


def test_no_more_connections_are_made_than_were_allowed(
    settings: Settings, engine: Engine, alice: UUID
) -> None:
    with relayed(settings.database_url) as relay:
        database = Database(relay.url, pool_size=3)
        seen: set[int] = set()

        def work(_: int) -> None:
            with database.as_user(alice) as connection:
                seen.add(connection.execute(text("select pg_backend_pid()")).scalar_one())
                connection.execute(text("select pg_sleep(0.05)"))

        at_once(work, 12)
        database.close()
    assert len(seen) == 3
