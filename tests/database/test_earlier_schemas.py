"""Whoever comes from an earlier version: filled as that one filled it, migrated, all is there."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest

from chat.memory_worker import Worker
from chat.turns import Conversations
from config import Settings
from database.migrations import FOLDER, apply_migrations
from database.transactions import Database
from memory.engine import Engine
from memory.store.collection import ensure_collection, prove_protection
from tests.memory.move_in.mem0_project import project_without_keepsake
from tests.support.fakes import ScriptedModels, facts, word_vector
from tests.support.stack import Stack

FILES = sorted(FOLDER.glob("*.sql"))
# The first with the collection, a few on the way, and the last but one; the others by test-hard.
QUICK = {2, len(FILES) // 2, len(FILES) - 2}
# What an app of that version called when it made the collection, in order, where it was there.
PROTECT = (
    *("protect_memories", "protect_graph", "judge_memories", "tie_memories", "fold_memories"),
    *("pack_memories", "stem_memories", "tie_checks", "tie_cues", "watch_deletions"),
)
# Rows that a version kept which had such a table; of alice's first turn and first memory.
LATER = {
    "public.preferences": "insert into public.preferences (user_id) values (%(alice)s)",
    "public.entities": "insert into public.entities (user_id, kind) values (%(alice)s, 'place')",
    "public.earlier_answers": "insert into public.earlier_answers"
    " (turn_id, user_id, number, content, state)"
    " select id, user_id, 7, 'Said before', 'complete' from public.turns"
    " where user_id = %(alice)s limit 1",
    "public.attachments": "insert into public.attachments"
    " (turn_id, user_id, position, name, media_type, size_bytes, content)"
    " select id, user_id, 0, 'note.txt', 'text/plain', 4, 'note' from public.turns"
    " where user_id = %(alice)s limit 1",
    "public.access_tokens": "insert into public.access_tokens"
    " (user_id, name, token_hash, scopes, expires_at)"
    " values (%(alice)s, 'Desk', sha256('x'), '{read}', now() + interval '9 days')",
}


def version(number: int) -> object:
    hard = pytest.mark.skipif(not os.environ.get("TEST_HARD"), reason="make test-hard")
    marks = [] if number in QUICK else [pytest.mark.hard, hard]
    return pytest.param(number, id=FILES[number].stem, marks=marks)


@pytest.fixture
def project(stack: Stack) -> Iterator[str]:
    with project_without_keepsake(stack) as name:
        yield name


@pytest.fixture
def settings(stack: Stack, project: str) -> Settings:
    return stack.settings_of(project)


def fill(stack: Stack, project: str, alice: UUID) -> None:
    """As an app of this version: a conversation with two turns, and two memories of the first."""
    person = {"alice": str(alice)}
    sql = """
      with place as (
        insert into public.conversations (user_id, title) values (%(alice)s, 'Where I live')
        returning id
      ), said as (
        insert into public.turns (user_id, conversation_id, memory_state)
        select %(alice)s, place.id, state from place, unnest(array['done', 'pending']) as state
        returning id, memory_state
      )
      insert into public.messages (turn_id, user_id, role, content)
      select said.id, %(alice)s, role, content from said
      join (values ('done', 'user', 'Hello'), ('done', 'assistant', 'Hello!'),
                   ('pending', 'user', 'I work at night.'), ('pending', 'assistant', 'I see.'))
        as messages (state, role, content) on messages.state = said.memory_state
    """
    execute(stack, project, sql, person)
    has_collection = [
        name
        for name in PROTECT
        if stack.execute(project, f"select to_regproc('private.{name}')") != [(None,)]
    ]
    if has_collection:
        make_collection(stack, project, has_collection)
        for number, text in enumerate(("I live in Lisbon", "I have a dog")):
            remember(stack, project, person, f"{number}", text)
    for table, row in LATER.items():
        if stack.execute(project, f"select to_regclass('{table}')") != [(None,)]:
            execute(stack, project, row, person)


def make_collection(stack: Stack, project: str, protect: list[str]) -> None:
    stack.execute(project, "create schema if not exists vecs authorization postgres")
    for name in ("memories", "memories_entities"):
        stack.execute(
            project,
            f"create table vecs.{name} (id varchar primary key,"
            " vec extensions.vector(384) not null, metadata jsonb not null default '{}')",
        )
        stack.execute(project, f"alter table vecs.{name} owner to postgres")
    # As the login role, who owns the tables.
    calls = "; ".join(f"select private.{name}()" for name in protect)
    stack.execute(project, f"set role postgres; {calls}")


def remember(stack: Stack, project: str, person: dict[str, str], name: str, text: str) -> None:
    values = {**person, "id": name, "text": text, "vec": str(word_vector(text))}
    execute(
        stack,
        project,
        "insert into vecs.memories (id, vec, metadata, turn_id) select %(id)s, %(vec)s,"
        " jsonb_build_object('user_id', %(alice)s, 'data', %(text)s),"
        " (select t.id from public.turns t where t.memory_state = 'done' limit 1)",
        values,
    )
    execute(
        stack,
        project,
        "insert into public.memory_history (user_id, memory_id, event, new_memory)"
        " values (%(alice)s, %(id)s, 'ADD', %(text)s)",
        values,
    )


def execute(stack: Stack, project: str, sql: str, values: dict[str, str]) -> None:
    connection = psycopg2.connect(stack.url(project, superuser=True))
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(sql, values)


def counts(stack: Stack, project: str) -> dict[str, int]:
    """Rows by table."""
    tables = stack.execute(
        project,
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in ('public', 'vecs') and c.relkind = 'r'",
    )
    return {
        str(table): int(str(stack.execute(project, f"select count(*) from {table}")[0][0]))  # noqa: S608
        for (table,) in tables
    }


@pytest.mark.parametrize("number", [version(number) for number in range(len(FILES))])
def test_all_that_an_earlier_version_kept_is_there_after_its_migrations(
    number: int, stack: Stack, project: str, settings: Settings, tmp_path: Path
) -> None:
    for file in FILES[: number + 1]:
        shutil.copy(file, tmp_path)
    apply_migrations(settings.database_url, tmp_path)
    alice, bob = stack.add_user(project), stack.add_user(project)
    has_conversations = stack.execute(project, "select to_regclass('public.turns')") != [(None,)]
    if has_conversations:
        fill(stack, project, alice)
    before = counts(stack, project)

    applied = apply_migrations(settings.database_url)
    assert applied == [file.name[:14] for file in FILES[number + 1 :]]
    after = counts(stack, project)
    assert {table: after[table] for table in before} == before

    ensure_collection(settings.database_url, dims=384)
    models = ScriptedModels(facts("User works at night"))
    engine = Engine(settings, Database(settings.database_url), models)  # type: ignore[arg-type]
    try:
        prove_protection(engine.database)
        assert everything_of(engine, bob) == ([], [])
        if has_conversations:
            kept = ["I have a dog", "I live in Lisbon"] if before.get("vecs.memories") else []
            assert everything_of(engine, alice) == (
                [("Hello", "Hello!"), ("I work at night.", "I see.")],
                kept,
            )
            if kept:
                memory = engine.for_user(alice)
                assert memory.search("Where do I live?")[0].text == "I live in Lisbon"
                assert [change.event for change in memory.history("0")] == ["ADD"]
            # What waited to be remembered then is remembered now.
            assert Worker(engine=engine).run_once()
            assert "User works at night" in everything_of(engine, alice)[1]
    finally:
        engine.close()


def everything_of(engine: Engine, person: UUID) -> tuple[list[tuple[str, str]], list[str]]:
    """Their turns and the texts of their memories."""
    conversations = Conversations(engine.database, person)
    turns = [turn for place in conversations.latest() for turn in conversations.turns(place.id)]
    texts = [memory.text for memory in engine.for_user(person).get_all()]
    return [(turn.question, turn.answer) for turn in turns], sorted(texts)
