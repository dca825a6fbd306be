"""Everything works through a pooler that gives each transaction another server connection.

With PgBouncer itself, in transaction mode, and fewer connections to the server than clients.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg2
import pytest
from sqlalchemy import text

from chat.chat import Chat
from chat.memory_worker import Worker
from chat.turns import Conversations
from config import Settings
from database.migrations import apply_migrations, read_migrations
from database.transactions import Database
from errors import DatabaseError, DatabaseRefused, MemoryNotFound
from local.install.pooler import find as find_pooler
from memory.engine import Engine, UserMemory
from memory.store.collection import ensure_collection, prove_protection
from tests.support.fakes import ScriptedModels, facts
from tests.support.pooler import SERVER_CONNECTIONS, Pooler, connect, running_pooler
from tests.support.stack import Stack
from tests.support.waiting import PATIENCE_S

OWNERS = text("select distinct owner from vecs.memories")
# What a session keeps from one transaction to the next. The settings left out are those that
# PgBouncer itself sets for each client.
LEFT_OVER = """
select pg_backend_pid(), current_user::text,
       coalesce(current_setting('request.jwt.claims', true), ''),
       array(select name::text from pg_settings where source = 'session' and name not in
             ('application_name', 'client_encoding', 'DateStyle', 'TimeZone',
              'standard_conforming_strings')),
       array(select name from pg_prepared_statements), array(select pg_listening_channels()),
       (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
       (select count(*) from pg_class where relpersistence = 't' and relkind = 'r')
"""
NOTHING: tuple[object, ...] = ("postgres", "", [], [], [], 0, 0)
CLIENTS = 8
ROUNDS = 15


@pytest.fixture(scope="module")
def pooler(stack: Stack) -> Iterator[Pooler]:
    program = find_pooler()
    if program is None:
        pytest.skip("pgbouncer is not installed: `make pooler` installs Debian's package")
    with running_pooler(stack, program) as pooler:
        yield pooler


@pytest.fixture
def settings(stack: Stack, database: str, pooler: Pooler) -> Settings:
    """With these, all other fixtures go through the pooler."""
    direct = stack.settings_of(database)
    return replace(direct, database_url=pooler.url(direct.database_url))


@pytest.fixture
def models() -> ScriptedModels:
    return ScriptedModels(facts("Lives in Lisbon"), answer=["I see."])


@pytest.fixture
def engine(scripted: Engine) -> Engine:
    return scripted


def assert_nothing_is_left(settings: Settings) -> None:
    """Clients that bind nothing find each of the server's connections as after its login."""
    clients = [connect(settings.database_url) for _ in range(SERVER_CONNECTIONS)]
    found = {}
    for client in clients:  # each holds its transaction, so that the next gets another connection
        cursor = client.cursor()
        cursor.execute(LEFT_OVER)
        server, *left = cursor.fetchone()
        found[server] = tuple(left)
    for client in clients:
        client.rollback()  # PgBouncer gives up a connection that is left in a transaction
        client.close()
    assert list(found.values()) == [NOTHING] * SERVER_CONNECTIONS


def seen_by_the_signed_out(url: str) -> list[UUID] | None:
    """The owners of memories that `anon` sees, None where it is refused to look."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("set local role anon")
        try:
            cursor.execute(str(OWNERS))
            return [owner for (owner,) in cursor.fetchall()]
        except psycopg2.errors.InsufficientPrivilege:
            return None
        finally:
            connection.rollback()


def test_clients_at_once_see_only_their_own_and_leave_nothing(
    settings: Settings, alices: UserMemory, bobs: UserMemory, alice: UUID, bob: UUID
) -> None:
    for memory in (alices, bobs):
        memory.add([{"role": "user", "content": "A secret"}], infer=False)
    started = threading.Barrier(CLIENTS)
    pools = [Database(settings.database_url, pool_size=1) for _ in range(CLIENTS)]
    servers: set[int] = set()

    def look(number: int) -> None:
        person = (alice, bob, uuid4())[number % 3]
        own = [person] if number % 3 < 2 else []
        started.wait(PATIENCE_S)
        for turn in range(ROUNDS):
            with pools[number].as_user(person, single=bool(turn % 2)) as connection:
                assert connection.execute(OWNERS).scalars().all() == own
            with pools[number].as_user(person) as connection:
                connection.execute(text("select pg_sleep(0.005)"))
                servers.add(connection.execute(text("select pg_backend_pid()")).scalar_one())
                assert connection.execute(OWNERS).scalars().all() == own
            assert seen_by_the_signed_out(settings.database_url) in (None, [])

    try:
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(look, range(CLIENTS)))
    finally:
        for pool in pools:
            pool.close()
    # All of them, though each client kept its own connection to the pooler all the time.
    assert len(servers) == SERVER_CONNECTIONS
    assert_nothing_is_left(settings)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("statement", ["select 1", "select 1 / 0", "select 1; commit"])
def test_no_transaction_leaves_anything_to_the_next_client(
    single: bool, statement: str, settings: Settings, data: Database, alice: UUID
) -> None:
    try:
        with data.as_user(alice, single=single) as connection:
            connection.execute(text(statement))
    except DatabaseError:
        assert "/ 0" in statement
    assert_nothing_is_left(settings)
    assert seen_by_the_signed_out(settings.database_url) in (None, [])


def test_the_engine_remembers_searches_edits_and_forgets(
    settings: Settings, alices: UserMemory, bobs: UserMemory
) -> None:
    (change,) = alices.add([{"role": "user", "content": "My cat is Tom"}], infer=False)
    assert [found.text for found in alices.search("My cat is Tom")] == ["My cat is Tom"]
    alices.update(change.id, "My cat is Felix")
    assert [memory.text for memory in alices.get_all()] == ["My cat is Felix"]
    assert bobs.get_all() == []
    assert bobs.search("My cat is Felix") == []
    with pytest.raises(MemoryNotFound):
        bobs.delete(change.id)
    alices.restore(alices.forget([change.id]))
    assert [memory.text for memory in alices.get_all()] == ["My cat is Felix"]
    alices.delete(change.id)
    assert alices.get_all() == []
    assert alices.search("My cat is Felix") == []
    assert_nothing_is_left(settings)


def test_a_turn_is_answered_and_remembered(
    settings: Settings, chat: Chat, engine: Engine, alice: UUID, bob: UUID
) -> None:
    generation = chat.send("I live in Lisbon", user_id=alice)
    assert "".join(generation.follow()) == "I see."
    conversation = generation.question.conversation_id
    assert Worker(engine=engine).run_once()
    (turn,) = chat.conversations(alice).turns(conversation)
    assert (turn.answer_state, turn.memory_state) == ("complete", "done")
    kept = engine.for_user(alice).get_all()
    assert [memory.text for memory in kept] == ["Lives in Lisbon"]
    assert engine.for_user(bob).get_all() == []
    assert Conversations(engine.database, bob).turns(conversation) == []
    chat.close()
    assert_nothing_is_left(settings)


def test_many_people_talk_at_once(chat: Chat, stack: Stack, database: str) -> None:
    people = [stack.add_user(database) for _ in range(CLIENTS)]

    def talk(person: UUID) -> tuple[str, list[str]]:
        generation = chat.send(f"I am {person}", user_id=person)
        answer = "".join(generation.follow())
        turns = chat.conversations(person).turns(generation.question.conversation_id)
        return answer, [turn.question for turn in turns]

    with ThreadPoolExecutor(CLIENTS) as threads:
        said = list(threads.map(talk, people))
    assert said == [("I see.", [f"I am {person}"]) for person in people]


@pytest.fixture
def fresh(stack: Stack) -> Iterator[str]:
    """A database as a project has it before Keepsake comes: with Auth, without what is ours."""
    name = stack.clone()
    for schema in ("own", "private", "public", "vecs", "supabase_migrations"):
        stack.execute(name, f"drop schema {schema} cascade")
    stack.execute(name, "create schema public authorization postgres")
    stack.execute(name, "grant usage on schema public to anon, authenticated, service_role")
    yield name
    stack.drop(name)


def test_migrations_are_applied_by_programs_that_start_together(
    stack: Stack, fresh: str, pooler: Pooler
) -> None:
    url = pooler.url(stack.url(fresh))
    with ThreadPoolExecutor(CLIENTS) as threads:
        applied = list(threads.map(lambda _: apply_migrations(url), range(CLIENTS)))
    assert sorted(applied, key=len)[-1] == [one.version for one in read_migrations()]
    assert sum(map(bool, applied)) == 1
    settings = stack.settings_of(fresh)
    ensure_collection(url, dims=settings.embedding_dims)
    data = Database(url)
    try:
        prove_protection(data)
    finally:
        data.close()


def test_programs_that_start_together_make_the_collections(
    stack: Stack, database: str, settings: Settings
) -> None:
    stack.execute(database, "drop table vecs.memories, vecs.memories_entities cascade")

    def start(_: int) -> None:
        ensure_collection(settings.database_url, dims=settings.embedding_dims)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(start, range(4)))
    data = Database(settings.database_url)
    try:
        prove_protection(data)
    finally:
        data.close()


def test_options_that_a_pooler_does_not_take_are_named(settings: Settings) -> None:
    data = Database(f"{settings.database_url}?options=-c%20work_mem%3D8MB")
    try:
        with pytest.raises(DatabaseRefused, match="options"):
            data.ping()
    finally:
        data.close()
