"""Misconfigurations planted on the real stack, each found and said with what to do."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.doctor.looking import looked_at
from tests.support.faults import ModelFaults
from tests.support.stack import Stack

NOWHERE = "http://127.0.0.1:9"


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
    "an Auth that is no OAuth server": Planted(
        "oauth", "tells nothing of itself", "OAuth Server", environ={"MCP_OAUTH": "read"}
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
        " tablename = 'turns' and permissive = 'PERMISSIVE' loop"
        " execute format('drop policy %I on public.turns', one);"
        " end loop; end $$",
    ),
    "a table that one factor opens": Planted(
        "policies",
        "public.turns shows the Data API's callers",
        "private.ask_for_all_factors('public.turns')",
        sql='drop policy "Whoever has a second factor needs it" on public.turns',
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
