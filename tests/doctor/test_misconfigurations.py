"""Misconfigurations planted on the real stack, each found and said with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import pytest

from auth.client import AuthClient
from config import Settings
from doctor.examine import examine
from doctor.finding import Finding
from local.install.pooler import find as find_pooler
from memory.engine import Engine
from memory.store import cues
from tests.support.auth_cast import PASSWORD, mail_count, new_email
from tests.support.faults import ModelFaults
from tests.support.pooler import running_pooler
from tests.support.stack import ROOT, Stack, free_port

NOWHERE = "http://127.0.0.1:9"


def looked_at(environ: dict[str, str], **more: object) -> list[Finding]:
    return list(examine(partial(Settings.from_env, environ), **more))  # type: ignore[arg-type]


def wrongs(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.part, one.sentence) for one in findings if one.state == "wrong"]


@pytest.fixture
def environ(stack: Stack, database: str) -> dict[str, str]:
    return {**stack.environ, "DATABASE_URL": stack.url(database)}


def test_the_stack_as_it_comes_has_nothing_wrong(environ: dict[str, str]) -> None:
    findings = looked_at(environ)
    assert wrongs(findings) == []
    fine = {one.part for one in findings if one.state == "ok"}
    assert fine == {
        *("settings", "supabase", "clock", "sign-in", "schemas", "mail", "database", "roles"),
        *("policies", "pooler", "chat model", "memory model", "context", "embedding"),
    }


@dataclass(frozen=True)
class Planted:
    """What is wrong: in the settings, the database (undone after it) or the model server."""

    part: str
    said: str
    to_do: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    sql: str = ""
    undo: str = ""
    behaves: str = ""


PLANTED = {
    "a secret key": Planted(
        "settings", "SUPABASE_KEY is a secret key", environ={"SUPABASE_KEY": "sb_secret_x"}
    ),
    "two settings at once": Planted(
        "settings", "EMBEDDING_DIMS must be a number", environ={"EMBEDDING_DIMS": "many"}
    ),
    "no such project": Planted(
        "supabase", "does not answer", "SUPABASE_URL", environ={"SUPABASE_URL": NOWHERE}
    ),
    "another project's key": Planted(
        "supabase",
        "refuses SUPABASE_KEY",
        "publishable",
        environ={"SUPABASE_KEY": "sb_publishable_x"},
    ),
    "an address that is not Supabase's": Planted(
        "supabase", "not as Supabase Auth does", "alone", environ={"SUPABASE_URL": "<model>"}
    ),
    "a mailbox that is not there": Planted(
        "mail", "cannot be written", "make run", environ={"LOCAL_MAILBOX": "/nowhere/mail.jsonl"}
    ),
    "no such database": Planted(
        "database", "names a database that is not there", environ={"DATABASE_URL": "<absent>"}
    ),
    "a migration too few": Planted(
        "database",
        "not up to date",
        "--dry-run",
        sql="delete from supabase_migrations.schema_migrations where version like '20261127%'",
    ),
    "a table without row level security": Planted(
        "policies",
        "vecs.memories has no row level security",
        "alter table vecs.memories enable row level security",
        sql="alter table vecs.memories disable row level security",
    ),
    "a policy for all": Planted(
        "policies",
        'The policy "Everybody" on public.messages',
        'drop policy "Everybody" on public.messages',
        sql='create policy "Everybody" on public.messages for select to authenticated using (true)',
    ),
    "a table without a policy": Planted(
        "policies",
        "No policy lets people read their own rows of public.turns",
        sql="do $$ declare one text; begin for one in select policyname from pg_policies where"
        " tablename = 'turns' loop execute format('drop policy %I on public.turns', one);"
        " end loop; end $$",
    ),
    "a table that nobody reads": Planted(
        "policies", "grants select to anon", sql="grant select on public.messages to anon"
    ),
    "a table that is truncated": Planted(
        "policies",
        "may truncate public.messages",
        sql="grant truncate on public.messages to authenticated",
    ),
    "a table that is gone": Planted(
        "policies", "public.relations is missing", sql="drop table public.relations cascade"
    ),
    "people above the policies": Planted(
        "roles",
        "stands above row level security",
        "nobypassrls",
        sql="alter role authenticated bypassrls",
        undo="alter role authenticated nobypassrls",
    ),
    "a login role that may not act as people": Planted(
        "roles",
        "may not act as authenticated",
        "postgres",
        sql="revoke authenticated from postgres",
        undo="grant authenticated to postgres with admin true, inherit true, set true",
    ),
    "a table of others that is open": Planted(
        "schemas",
        "public.notes has no row level security",
        sql="create table public.notes (a text); grant select on public.notes to anon",
    ),
    "a view that shows all": Planted(
        "schemas",
        "The view all_messages shows people's rows",
        "security_invoker",
        sql="create view public.all_messages as select * from public.messages;"
        "grant select on public.all_messages to authenticated",
    ),
    "a schema that is entered": Planted(
        "schemas", "private to anon is open", sql="grant usage on schema private to anon"
    ),
    "a door that is open": Planted(
        "schemas",
        "People may call private.purge_sessions()",
        sql="grant execute on function private.purge_sessions() to authenticated",
    ),
    "a schema that is served": Planted(
        "schemas",
        "has the Data API serve private",
        "alter role authenticator",
        sql="create role authenticator;"
        " alter role authenticator set pgrst.db_schemas = 'public, private'",
        undo="drop role authenticator",
    ),
    "too few connections": Planted(
        "pooler",
        "does not give 10 connections at once",
        "DATABASE_POOL_SIZE",
        sql="<connections>",
        undo="<no limit>",
    ),
    "another dimension": Planted(
        "embedding", "gives 384 dimensions", "EMBEDDING_DIMS", environ={"EMBEDDING_DIMS": "1536"}
    ),
    "memories of another dimension": Planted(
        "embedding", "have 384 dimensions, EMBEDDING_DIMS is 8", environ={"EMBEDDING_DIMS": "8"}
    ),
    "no model server": Planted(
        "chat model", "cannot be asked", "OPENAI_BASE_URL", environ={"OPENAI_BASE_URL": NOWHERE}
    ),
    "no such chat model": Planted(
        "chat model", "It offers: test-model", "CHAT_MODEL", environ={"CHAT_MODEL": "no-such-model"}
    ),
    "no such memory model": Planted(
        "memory model", "cannot be asked", "MEMORY_MODEL", environ={"MEMORY_MODEL": "no-such-model"}
    ),
    "no such embedding model": Planted(
        "embedding", "cannot be asked", "EMBEDDING_MODEL", environ={"EMBEDDING_MODEL": "none-such"}
    ),
    "a key that is refused": Planted("chat model", "cannot be asked", behaves="takes no key"),
    "a context that is shorter": Planted(
        "context", "more than test-model reads", "num_ctx", behaves="holds 9,000 characters (400)"
    ),
    "a server that drops what is too long": Planted(
        "context", "read 9 tokens alone", "num_ctx", behaves="counts no completion_tokens"
    ),
    "a collection of mem0's": Planted(
        "database",
        "vecs.memories was made by another program",
        sql="drop table vecs.memories cascade;"
        " create table vecs.memories (id varchar primary key, vec vector(384), metadata jsonb);"
        " insert into vecs.memories (id) values ('1'); alter table vecs.memories owner to postgres",
    ),
    "no model at all": Planted(
        "chat model", "No model is here.", environ={"MODEL_MISSING": "No model is here."}
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(
    name: str, stack: Stack, database: str, environ: dict[str, str], faults: ModelFaults
) -> None:
    planted = PLANTED[name]
    changes = {
        "<model>": stack.environ["OPENAI_BASE_URL"].removesuffix("/v1"),
        "<absent>": stack.url("absent"),
        "<connections>": f'alter database "{database}" connection limit 5',
        "<no limit>": f'alter database "{database}" connection limit -1',
    }
    environ |= {key: changes.get(value, value) for key, value in planted.environ.items()}
    if planted.sql:
        stack.execute(database, changes.get(planted.sql, planted.sql))
    try:
        if planted.behaves:
            with faults.behaving(planted.behaves):
                findings = looked_at(environ)
        else:
            findings = looked_at(environ)
    finally:
        if planted.undo:
            stack.execute(database, changes.get(planted.undo, planted.undo))
    met = [one for one in findings if one.state == "wrong" and planted.said in one.sentence]
    # What does not answer is said of each model that was to be asked there.
    assert met, findings
    assert met[0].part == planted.part
    assert planted.to_do in met[0].to_do
    assert met[0].to_do


@pytest.mark.parametrize(("apart_s", "said"), [(600, "seconds ahead of"), (-600, "seconds behind")])
def test_a_clock_that_is_wrong_is_found(apart_s: int, said: str, environ: dict[str, str]) -> None:
    findings = looked_at(environ, clock=lambda: datetime.now(UTC) + timedelta(seconds=apart_s))
    parts = wrongs(findings)
    assert [part for part, _ in parts] == ["clock", "clock"]
    assert said in parts[0][1]


def test_memories_of_another_model_of_the_same_dimension_are_found(
    stack: Stack, database: str, environ: dict[str, str], engine: Engine, alice: UUID
) -> None:
    memory = engine.for_user(alice)
    memory.add([{"role": "user", "content": "I live in Lisbon"}], infer=False)
    # With cues, which are embedded with it.
    asked = "weather, what to pack"
    stack.execute(
        database,
        "update vecs.memories set vec = %s::vector,"
        " metadata = metadata || jsonb_build_object('cues', %s::text)",
        str(cues.embed(["I live in Lisbon"], [asked], engine.models)[0]),
        asked,
    )
    fine = [one.sentence for one in looked_at(environ) if one.part == "embedding"]
    assert fine[1] == "The stored memories were made with all-MiniLM-L6-v2."
    stack.execute(
        database,
        "update vecs.memories set vec = (select array_agg(sin(n)) from"
        " generate_series(1, 384) n)::vector",
    )
    parts = wrongs(looked_at(environ))
    assert parts == [
        ("embedding", "The stored memories were not made with all-MiniLM-L6-v2, so none is found.")
    ]


def test_before_the_first_start_the_collection_is_not_missed(
    stack: Stack, database: str, environ: dict[str, str]
) -> None:
    stack.execute(database, "drop table vecs.memories, vecs.memories_entities cascade")
    stack.execute(database, "revoke usage on schema vecs from authenticated")
    findings = looked_at(environ)
    assert wrongs(findings) == []
    told = "vecs.memories is not there yet: the first start of the app makes it."
    assert told in [one.sentence for one in findings if one.state == "note"]


def test_no_text_of_a_memory_is_told(environ: dict[str, str], engine: Engine, alice: UUID) -> None:
    engine.for_user(alice).add([{"role": "user", "content": "My secret is plum"}], infer=False)
    assert "plum" not in repr(looked_at(environ))
    assert environ["SUPABASE_KEY"] not in repr(looked_at(environ))


def test_a_server_without_schemas_is_noted_and_not_wrong(
    environ: dict[str, str], faults: ModelFaults
) -> None:
    with faults.behaving("knows no json_schema (400)"):
        findings = looked_at(environ)
    assert wrongs(findings) == []
    assert [(f.part, f.state) for f in findings if "no JSON schemas" in f.sentence] == [
        ("memory model", "note")
    ]


@pytest.mark.parametrize("kind", ["nonsense", "malformed"])
def test_a_memory_model_that_gives_no_json_is_found(
    kind: str, environ: dict[str, str], faults: ModelFaults
) -> None:
    with faults.armed(kind, on="memory", times=5):
        parts = wrongs(looked_at(environ))
    assert [part for part, _ in parts] == ["memory model"]


def test_mail_is_tried_where_an_address_is_named(stack: Stack, environ: dict[str, str]) -> None:
    address = new_email("alice")
    AuthClient(stack.environ["SUPABASE_URL"], stack.environ["SUPABASE_KEY"]).sign_up(
        address, PASSWORD
    )
    hosted = {name: value for name, value in environ.items() if name != "LOCAL_MAILBOX"}
    sent = mail_count(stack, address)
    (told,) = [one for one in looked_at(hosted) if one.part == "mail"]
    assert (told.state, "--mail" in told.to_do) == ("note", True)
    assert mail_count(stack, address) == sent
    (told,) = [one for one in looked_at(hosted, mail_to=address) if one.part == "mail"]
    assert (told.state, address in told.sentence) == ("ok", True)
    assert mail_count(stack, address) == sent + 1


def test_mail_that_cannot_be_sent_is_found(stack: Stack, environ: dict[str, str]) -> None:
    address = new_email("alice")
    AuthClient(stack.environ["SUPABASE_URL"], stack.environ["SUPABASE_KEY"]).sign_up(
        address, PASSWORD
    )
    hosted = {name: value for name, value in environ.items() if name != "LOCAL_MAILBOX"}
    mailbox = Path(stack.environ["LOCAL_MAILBOX"])
    aside = mailbox.with_name("mailbox.aside")
    if mailbox.exists():
        mailbox.rename(aside)
    mailbox.mkdir()
    try:
        parts = wrongs(looked_at(hosted, mail_to=address))
    finally:
        mailbox.rmdir()
        if aside.exists():
            aside.rename(mailbox)
    assert [part for part, _ in parts] == ["mail"]
    assert f"No code could be mailed to {address}" in parts[0][1]


@contextmanager
def data_api(exposed: str, stack: Stack) -> Iterator[str]:
    """The stack's Auth, and a Data API that serves another schema too, as PostgREST answers."""
    import httpx

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            schema = self.headers.get("Accept-Profile")
            if schema == exposed:
                status, kind, body = 404, "application/json", b'{"code":"PGRST205"}'
            else:
                sent = {k: v for k, v in self.headers.items() if k.lower() != "host"}
                reply = httpx.get(stack.environ["SUPABASE_URL"] + self.path, headers=sent)
                status, body = reply.status_code, reply.content
                kind = reply.headers.get("content-type", "")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_data_api_that_serves_our_schemas_is_found(stack: Stack, environ: dict[str, str]) -> None:
    with data_api("vecs", stack) as url:
        parts = wrongs(looked_at({**environ, "SUPABASE_URL": url}))
    assert parts == [("schemas", "The Data API exposes vecs.")]


def test_a_pooler_in_transaction_mode_is_told(stack: Stack, environ: dict[str, str]) -> None:
    program = find_pooler()
    if program is None:
        pytest.skip("pgbouncer is not installed: `make pooler` installs Debian's package")
    with running_pooler(stack, program) as pooler:
        environ["DATABASE_URL"] = pooler.url(environ["DATABASE_URL"])
        findings = looked_at(environ)
    # The test's pooler has two connections to the server for each database.
    (told,) = [one for one in findings if one.part == "pooler"]
    assert told.state == "note"
    assert "a pooler in transaction mode, which works" in told.sentence
    assert wrongs(findings) == []


def run_doctor(environ: dict[str, str], *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "doctor", *given],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_ends_with_nothing_where_nothing_is_wrong(environ: dict[str, str]) -> None:
    ran = run_doctor(environ, "--quick")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("0 wrong, 1 to know,")
    assert ran.stderr == ""


def test_the_command_ends_with_one_and_says_what_to_do(environ: dict[str, str]) -> None:
    ran = run_doctor({**environ, "CHAT_MODEL": "no-such-model"})
    assert ran.returncode == 1
    assert "wrong  chat model: no-such-model cannot be asked:" in ran.stdout
    assert "→ Check CHAT_MODEL" in ran.stdout


def test_without_settings_it_says_how_to_name_them(tmp_path: Path) -> None:
    ran = run_doctor({"SUPABASE_URL": ""}, "--home", str(tmp_path))
    assert ran.returncode == 1
    assert f"No Keepsake runs from {tmp_path}" in ran.stdout
