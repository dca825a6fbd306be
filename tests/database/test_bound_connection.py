"""Nothing is said to the database that is not bound, and no binding outlives its transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from config import Settings
from database.bound_connection import BoundConnection
from database.transactions import Database
from errors import DatabaseError, DatabaseUnavailable, Unbound
from memory.engine import Engine, UserMemory
from tests.support.stack import Stack

OWNERS = text("select distinct owner from vecs.memories")
LOGIN_ROLE = ("postgres", "")


@pytest.fixture
def database_of_one(settings: Settings, engine: Engine) -> Iterator[Database]:
    """A pool that gives everybody the same connection, one after the other."""
    database = Database(settings.database_url, pool_size=1)
    yield database
    database.close()


@pytest.fixture
def both(alices: UserMemory, bobs: UserMemory) -> None:
    for memory in (alices, bobs):
        memory.add([{"role": "user", "content": "A secret"}], infer=False)


def driver(database: Database) -> BoundConnection:
    """The one connection, as it waits in the pool."""
    raw = database._pool.raw_connection()
    driver = raw.driver_connection
    raw.close()
    assert isinstance(driver, BoundConnection)
    return driver


def left_over(database: Database) -> tuple[str, str]:
    """What a statement without any binding would run as now."""
    cursor = driver(database)._plain()
    cursor.execute("select current_user, coalesce(current_setting('request.jwt.claims', true), '')")
    role, claims = cursor.fetchone()
    return role, claims


def backend(connection: Connection) -> int:
    pid: int = connection.execute(text("select pg_backend_pid()")).scalar_one()
    return pid


def fails(connection: Connection) -> None:
    connection.execute(text("select 1 / 0"))


def takes_too_long(connection: Connection) -> None:
    connection.execute(text("select set_config('statement_timeout', '20', true); select 1"))
    connection.execute(text("select pg_sleep(20)"))


def takes_too_long_at_once(connection: Connection) -> None:
    connection.execute(text("select pg_sleep(20)"))


def is_cancelled(connection: Connection) -> None:
    connection.execute(text("select pg_cancel_backend(pg_backend_pid()), pg_sleep(20)"))


def commits_by_itself(connection: Connection) -> None:
    connection.execute(text("select 1; commit"))
    connection.execute(OWNERS)


def breaks_in_python(connection: Connection) -> None:
    connection.execute(OWNERS)
    raise DatabaseError


def says_nothing(connection: Connection) -> None:
    raise DatabaseError


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize(
    "happens",
    [
        fails,
        takes_too_long,
        takes_too_long_at_once,
        is_cancelled,
        commits_by_itself,
        breaks_in_python,
        says_nothing,
    ],
)
def test_whatever_happened_the_next_one_sees_only_their_own(
    happens: Callable[[Connection], None],
    single: bool,
    database_of_one: Database,
    both: None,
    alice: UUID,
    bob: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with database_of_one.as_user(alice) as connection:
        before = backend(connection)
    with monkeypatch.context() as patched, suppress(DatabaseError, Unbound):
        patched.setattr("database.transactions.STATEMENT_TIMEOUT_MS", 200)
        with database_of_one.as_user(alice, single=single) as connection:
            happens(connection)
    assert left_over(database_of_one) == LOGIN_ROLE
    for again in (True, False):
        with database_of_one.as_user(bob, single=again) as connection:
            assert connection.execute(OWNERS).scalars().all() == [bob]
    assert left_over(database_of_one) == LOGIN_ROLE
    with database_of_one.as_user(bob) as connection:
        assert backend(connection) == before


@pytest.mark.parametrize("single", [False, True])
def test_a_statement_ends_in_time(
    single: bool, database_of_one: Database, alice: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database.transactions.STATEMENT_TIMEOUT_MS", 100)
    with (
        pytest.raises(DatabaseUnavailable),
        database_of_one.as_user(alice, single=single) as connection,
    ):
        takes_too_long_at_once(connection)


@pytest.mark.parametrize(
    ("configured", "applied"),
    [("0", "15s"), ("8s", "8s"), ("250ms", "250ms"), ("2min", "15s"), ("1d", "15s")],
)
def test_a_shorter_limit_of_the_project_holds_and_a_longer_one_does_not(
    configured: str, applied: str, stack: Stack, database: str, alice: UUID
) -> None:
    stack.execute(database, f"alter database {database} set statement_timeout = '{configured}'")
    pool = Database(stack.settings_of(database).database_url)
    try:
        for single in (True, False, False):
            with pool.as_user(alice, single=single) as connection:
                shown = connection.execute(text("select current_setting('statement_timeout')"))
                assert shown.scalar_one() == applied
    finally:
        pool.close()


def test_a_single_statement_is_written_for_good_and_nothing_follows_it(
    database_of_one: Database, engine: Engine, alice: UUID, stack: Stack, database: str
) -> None:
    insert = text("insert into public.conversations (title) values (:title)")
    with database_of_one.as_user(alice, single=True) as connection:
        connection.execute(insert, {"title": "First"})
        with pytest.raises(Unbound):
            connection.execute(insert, {"title": "Second"})
    assert stack.execute(database, "select title, user_id::text from public.conversations") == [
        ("First", str(alice))
    ]


def test_a_single_statement_that_fails_leaves_nothing(
    database_of_one: Database, engine: Engine, alice: UUID, stack: Stack, database: str
) -> None:
    both = text("insert into public.conversations (title) values ('x'); select 1 / 0")
    with (
        pytest.raises(DatabaseError),
        database_of_one.as_user(alice, single=True) as connection,
    ):
        connection.execute(both)
    assert stack.execute(database, "select title from public.conversations") == []


@pytest.mark.parametrize(
    "attempt",
    [
        lambda connection: connection.cursor().execute("select 1"),
        lambda connection: connection.cursor().executemany("select %s", [(1,)]),
        lambda connection: connection.cursor().callproc("version"),
        lambda connection: connection.cursor().copy_expert("copy vecs.memories to stdout", None),
        lambda connection: connection.cursor("named").execute("select 1"),
        lambda connection: connection.lobject(),
    ],
    ids=["execute", "executemany", "callproc", "copy", "named cursor", "large object"],
)
def test_the_driver_sends_nothing_unbound(
    attempt: Callable[[BoundConnection], object], database_of_one: Database, both: None, alice: UUID
) -> None:
    with database_of_one.as_user(alice) as connection:
        connection.execute(OWNERS)
    with pytest.raises(Unbound):
        attempt(driver(database_of_one))


def test_a_transaction_that_is_open_is_not_bound_anew(
    database_of_one: Database, alice: UUID, bob: UUID
) -> None:
    with database_of_one.as_user(alice) as connection:
        connection.execute(OWNERS)
        held = connection.connection.driver_connection
        assert isinstance(held, BoundConnection)
        with pytest.raises(Unbound):
            held.bind("authenticated", {"sub": str(bob)}, timeout_ms=1_000)


def test_a_connection_that_the_driver_opens_is_not_bound(
    database_of_one: Database, alice: UUID
) -> None:
    driver(database_of_one).autocommit = False
    with pytest.raises(Unbound), database_of_one.as_user(alice):
        pass
