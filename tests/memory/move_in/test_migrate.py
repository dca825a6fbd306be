"""The command: what it tells beforehand, what it says, and what is left when it is cut short."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg2
import pytest
from mem0 import Memory

from config import Settings
from memory.move_in import mem0_collection
from memory.move_in.command import WHICH_DATABASE, main, migrate, told
from tests.support.stack import ROOT, Stack
from tests.support.waiting import wait_until

EMBEDDING = ("test-embedding", 384)


def state(stack: Stack, project: str) -> list[tuple[object, ...]]:
    """All tables, functions and roles of the database, and every row of mem0's."""
    return [
        *stack.execute(
            project,
            "select c.oid, n.nspname, c.relname, c.relfilenode from pg_class c"
            " join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema') order by 1",
        ),
        *stack.execute(project, "select oid, proname from pg_proc where oid > 16384 order by 1"),
        *stack.execute(project, "select nspname from pg_namespace order by 1"),
        *stack.execute(
            project, "select id, vec::text, metadata::text from vecs.memories order by 1"
        ),
    ]


def test_without_a_database_it_asks_for_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("memory.move_in.command.load_dotenv", lambda: None)
    for name in ("SUPABASE_URL", "SUPABASE_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert main([]) == 1
    assert capsys.readouterr().err == f"{WHICH_DATABASE}\n"


def run_command(stack: Stack, project: str, *given: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **stack.environ, "DATABASE_URL": stack.url(project)}
    command_line = [sys.executable, "-m", "memory.migrations", *given]
    return subprocess.run(command_line, cwd=ROOT, env=environ, capture_output=True, text=True)


def test_a_dry_run_tells_the_same_and_changes_nothing(
    filled: Memory, stack: Stack, project: str, settings: Settings
) -> None:
    before = state(stack, project)
    tried = migrate(settings.database_url, dry_run=True)
    assert state(stack, project) == before
    assert told(tried, dry_run=True, embedding=EMBEDDING).splitlines()[1:] == [
        "To be taken over of vecs.memories: 3 memories of 2 accounts.",
        "To be put aside, read by nobody: 3 (2 of a user id that is no account's, 1 of none).",
        "Whose they are, and how to give them to an account: python -m memory.unowned",
        "If their vectors were not made with test-embedding: python -m memory.reembed",
        "This was a dry run: nothing was changed.",
    ]
    assert migrate(settings.database_url) == tried


def test_the_command_tells_of_a_dry_run(
    filled: Memory, stack: Stack, project: str, settings: Settings
) -> None:
    before = state(stack, project)
    ran = run_command(stack, project, "--dry-run")
    assert ran.returncode == 0, ran.stderr
    assert "3 memories of 2 accounts" in ran.stdout
    assert state(stack, project) == before


@pytest.mark.parametrize("step", ["find", "put_away", "take_over", "_let_suspicious_wait"])
def test_interrupted_anywhere_it_loses_nothing_and_is_completed_later(
    step: str,
    filled: Memory,
    stack: Stack,
    project: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = state(stack, project)
    with monkeypatch.context() as broken:
        real = getattr(mem0_collection, step)

        def breaks_off(*given: object) -> object:
            real(*given)
            raise KeyboardInterrupt

        broken.setattr(mem0_collection, step, breaks_off)
        with pytest.raises(KeyboardInterrupt):
            migrate(settings.database_url)
    assert state(stack, project) == before
    moved = migrate(settings.database_url).moved_in
    assert moved is not None
    assert (moved.kept, moved.aside) == (3, 3)


def test_a_killed_process_loses_nothing(
    filled: Memory, stack: Stack, project: str, settings: Settings
) -> None:
    before = state(stack, project)
    other = psycopg2.connect(stack.url(project))
    with other.cursor() as cursor:
        # Behind this waits the first migration that names it; the collection is put away by then.
        cursor.execute("lock table auth.users in access exclusive mode")
        environ = {**os.environ, **stack.environ, "DATABASE_URL": stack.url(project)}
        process = subprocess.Popen(
            [sys.executable, "-m", "memory.migrations"], cwd=ROOT, env=environ
        )
        waiting = "select count(*) from pg_locks where not granted"
        wait_until(lambda: stack.execute(project, waiting) != [(0,)])
        process.kill()
        process.wait(10)
    other.close()
    gone = "select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"
    wait_until(lambda: stack.execute(project, gone, project) == [(0,)])
    assert state(stack, project) == before
    moved = migrate(settings.database_url).moved_in
    assert moved is not None
    assert (moved.kept, moved.aside) == (3, 3)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            "create table public.messages (id int)",
            "The name public.messages is taken by what is not Keepsake's: rename that, or give"
            " Keepsake a database of its own, and run this again.",
        ),
        (
            "create table public.turns (id int); create table public.messages (id int)",
            "The names public.messages, public.turns are taken by",
        ),
        (
            "create schema own authorization postgres; create function own.folded(said text)"
            " returns text language sql as 'select said'",
            'function "folded" already exists with same argument types: this name is taken',
        ),
        (
            "create schema vecs authorization postgres; create table vecs.memories (id int)",
            "The name vecs.memories is taken by a table that is no collection of mem0's",
        ),
        (
            "create schema if not exists vecs authorization postgres;"
            "create table vecs.memories (id varchar, vec vector(3), metadata jsonb);"
            "create view public.seen as select id from vecs.memories;"
            "alter view public.seen owner to postgres; alter table vecs.memories owner to postgres",
            "seen leans on vecs.memories: drop it",
        ),
        (
            "create schema if not exists vecs authorization postgres;"
            "create table vecs.memories (id varchar, vec vector(3), metadata jsonb)",
            "vecs.memories belongs to the role",
        ),
        (
            "drop schema auth cascade",
            'schema "auth" does not exist: this does not look like a Supabase project',
        ),
    ],
)
def test_what_stands_in_the_way_is_said_in_a_sentence(
    made: str, said: str, stack: Stack, project: str
) -> None:
    stack.execute(project, made)
    ran = run_command(stack, project)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    for never in ("Please try again", "create table", "[SQL", "Traceback"):
        assert never not in ran.stderr
    assert stack.execute(project, "select to_regclass('public.conversations')") == [(None,)]
