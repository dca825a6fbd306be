"""Migrations: each once, recorded as the Supabase CLI does; and what start-up proves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import vecs

from config import Settings
from database.migrations import FOLDER, apply_migrations, read_migrations
from database.transactions import Database
from errors import DatabaseError, NotMigrated, Unprotected
from memory.engine import Engine, UserMemory
from memory.store.collection import PERSONAL_TABLES, ensure_collection, prove_protection
from tests.support.fakes import word_vector
from tests.support.stack import Stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations of our own."""
    (tmp_path / "20300101000000_one.sql").write_text(
        "create table public.one (share text default '100% of :it');"
    )
    (tmp_path / "20300101000001_two.sql").write_text("insert into public.one default values;")
    return tmp_path


def test_each_migration_is_applied_once_and_recorded(
    stack: Stack, database: str, settings: Settings, folder: Path
) -> None:
    versions = ["20300101000000", "20300101000001"]
    assert apply_migrations(settings.database_url, folder) == versions
    assert apply_migrations(settings.database_url, folder) == []
    assert stack.execute(database, "select share from public.one") == [("100% of :it",)]
    recorded = stack.execute(
        database,
        "select version, name, statements[1] like '%one%'"
        " from supabase_migrations.schema_migrations where version like '2030%' order by 1",
    )
    assert recorded == [(versions[0], "one", True), (versions[1], "two", True)]


def test_programs_that_start_together_wait_for_each_other(
    stack: Stack, database: str, settings: Settings, folder: Path
) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(
            pool.map(lambda _: apply_migrations(settings.database_url, folder), range(4))
        )
    assert sorted(len(versions) for versions in applied) == [0, 0, 0, 2]
    assert stack.execute(database, "select count(*) from public.one") == [(1,)]


def test_a_migration_that_fails_leaves_nothing(
    stack: Stack, database: str, settings: Settings, folder: Path
) -> None:
    (folder / "20300101000002_three.sql").write_text("select no_such_function();")
    with pytest.raises(DatabaseError):
        apply_migrations(settings.database_url, folder)
    assert stack.execute(database, "select to_regclass('public.one')") == [(None,)]


def test_a_database_that_was_not_migrated_is_refused(
    stack: Stack, database: str, settings: Settings
) -> None:
    stack.execute(database, "delete from supabase_migrations.schema_migrations")
    with pytest.raises(NotMigrated, match="make migrate"):
        Engine.from_settings(settings)


def test_every_table_of_ours_has_row_level_security(stack: Stack, database: str) -> None:
    tables = stack.execute(
        database,
        "select n.nspname || '.' || c.relname, c.relrowsecurity from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in ('public', 'vecs', 'private') and c.relkind = 'r'",
    )
    assert {name for name, secured in tables if not secured} == set()
    assert {name for name, _ in tables if not str(name).startswith("private.")} == set(
        PERSONAL_TABLES
    )


def test_every_migration_that_makes_a_table_secures_it() -> None:
    for migration in read_migrations(FOLDER):
        made = migration.sql.lower().count("create table ")
        assert migration.sql.lower().count("enable row level security") >= made, migration.name


def test_every_personal_row_goes_with_its_account(stack: Stack, database: str) -> None:
    cascades = stack.execute(
        database,
        "select conrelid::regclass::text from pg_constraint"
        " where confrelid = 'auth.users'::regclass and contype = 'f' and confdeltype = 'c'",
    )
    named = {str(name).removeprefix("public.") for (name,) in cascades}
    assert {table.removeprefix("public.") for table in PERSONAL_TABLES} <= named


def test_deleting_an_account_deletes_all_that_it_had(
    stack: Stack, database: str, engine: Engine, alices: UserMemory, bobs: UserMemory
) -> None:
    for memory in (alices, bobs):
        kept = memory.add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
        memory.update(kept[0].id, "I live in Porto")
    stack.execute(database, "delete from auth.users where id = %s", str(alices._binding.user_id))
    assert alices.get_all() == []
    assert stack.execute(database, "select count(*) from public.memory_history") == [(2,)]
    assert [memory.text for memory in bobs.get_all()] == ["I live in Porto"]


class TestUnprotected:
    """The app refuses to run where the policies do not bind it."""

    @pytest.fixture
    def opened(self, settings: Settings) -> Iterator[Database]:
        database = Database(settings.database_url)
        yield database
        database.close()

    def test_as_it_comes_it_is_protected(self, opened: Database) -> None:
        prove_protection(opened)

    @pytest.mark.parametrize(
        "hole",
        [
            "alter table public.messages disable row level security",
            "alter table vecs.memories disable row level security",
            "grant truncate on public.conversations to authenticated",
            'create policy "All" on public.conversations for insert to authenticated'
            " with check (true)",
            'create policy "All" on vecs.memories for select to authenticated using (true)',
            'create policy "All" on public.messages for select to public using (true)',
            'create policy "All" on public.turns for update to authenticated'
            " using (user_id = auth.uid() or memory_only)",
            "drop table public.recalled_memories",
        ],
    )
    def test_a_hole_is_found(
        self, hole: str, stack: Stack, database: str, opened: Database
    ) -> None:
        stack.execute(database, hole)
        with pytest.raises((Unprotected, DatabaseError)):
            prove_protection(opened)


@pytest.mark.filterwarnings("ignore:Query does not have a covering index")
def test_the_collection_is_one_that_vecs_knows(
    stack: Stack, database: str, settings: Settings, alices: UserMemory
) -> None:
    alices.add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    client = vecs.create_client(settings.database_url)
    try:
        collection = client.get_or_create_collection("memories", dimension=384)
        found = collection.query(
            data=word_vector("anything"), limit=1, include_metadata=True, skip_adapter=True
        )
        collection.upsert(
            [
                (
                    "from-vecs",
                    word_vector("x"),
                    {"user_id": str(alices._binding.user_id), "data": "User likes tea"},
                )
            ]
        )
    finally:
        client.disconnect()
    assert found[0][1]["data"] == "I live in Lisbon"
    assert {memory.text for memory in alices.get_all()} == {"I live in Lisbon", "User likes tea"}


def test_a_collection_that_lost_its_policies_gets_them_back(
    stack: Stack, database: str, settings: Settings
) -> None:
    stack.execute(database, "alter table vecs.memories disable row level security")
    ensure_collection(settings.database_url, dims=384)
    assert stack.execute(
        database, "select relrowsecurity from pg_class where oid = 'vecs.memories'::regclass"
    ) == [(True,)]
