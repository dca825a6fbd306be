"""A database that was handed on is as a fresh one."""

from __future__ import annotations

import psycopg2
import pytest

from memory.engine import Engine
from tests.support.clones import Clones
from tests.support.stack import Stack

LISBON = [{"role": "user", "content": "I live in Lisbon."}]


@pytest.fixture
def own(stack: Stack) -> Clones:
    return Clones(stack)


def rows(stack: Stack, database: str) -> dict[str, str]:
    """How many rows each table has."""
    tables = stack.execute(
        database, "select format('%I.%I', schemaname, relname) from pg_stat_user_tables"
    )
    each = [f"select '{table}', count(*)::text from {table}" for (table,) in tables]  # noqa: S608
    return {
        str(name): str(count) for name, count in stack.execute(database, " union all ".join(each))
    }


def test_what_a_test_wrote_is_gone_for_the_next(stack: Stack, own: Clones) -> None:
    with own.taken() as first:
        fresh = rows(stack, first)
        identity = stack.execute(first, "select oid from pg_database where datname = %s", first)
        engine = Engine.from_settings(stack.settings_of(first))
        engine.for_user(stack.add_user(first)).add(LISBON)
        assert rows(stack, first)["vecs.memories"] == "1"
        assert rows(stack, first) != fresh
        engine.close()
    with own.taken() as second:
        assert identity == stack.execute(
            second, "select oid from pg_database where datname = %s", second
        )
        assert rows(stack, second) == fresh


def test_what_an_earlier_test_left_running_does_not_reach_it(stack: Stack, own: Clones) -> None:
    with own.taken() as first:
        left = psycopg2.connect(stack.url(first, superuser=True))
    with own.taken(), pytest.raises(psycopg2.OperationalError):
        left.cursor().execute("select 1")
    left.close()
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        stack.execute(first, "select 1")


@pytest.mark.parametrize(
    "change",
    [
        "alter table public.messages disable row level security",
        'drop policy "Users can read their own messages" on public.messages',
        "alter table vecs.memories disable trigger point_to_own_rows",
        "create table public.remarks (id bigint)",
        "create function public.one() returns int language sql as 'select 1'",
        "grant truncate on public.conversations to authenticated",
        "delete from supabase_migrations.schema_migrations",
        "insert into auth.users (id, email) select gen_random_uuid(), n || repeat('x', 200)"
        " from generate_series(1, 5000) n",
    ],
)
def test_a_database_that_was_changed_otherwise_is_not_handed_on(
    stack: Stack, own: Clones, change: str
) -> None:
    with own.taken() as first:
        stack.execute(first, change)
    remaining = stack.execute("postgres", "select datname from pg_database")
    with own.taken() as second:
        assert (second,) not in remaining
