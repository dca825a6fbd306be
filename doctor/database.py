"""The database: whether it lets us in, is up to date, and binds every table to its owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from sqlalchemy import make_url

from config import Settings
from database.login import as_login_role, several
from database.migrations import require_migrated
from database.sql import load
from database.transactions import Database
from doctor.finding import Finding, note, ok, wrong
from doctor.project import HIDDEN, MOST_APART_S
from errors import AccessDenied, DatabaseError, DatabaseUnavailable, NotMigrated
from memory.store.collection import PERSONAL_TABLES, collection_dims, refuse_others

OLDEST_SERVER = 150_000
POOLER = "This is a question of the project's pooler or of PostgreSQL's own limit."
# What is wrong with a table, by the kind in holes of doctor/database.sql, and what to do.
HOLES = {
    "missing": ("{table} is missing.", "Run: make migrate"),
    "no row level security": (
        "{table} has no row level security: everybody may read it.",
        "Run: alter table {table} enable row level security",
    ),
    "owned": (
        "{table} belongs to {detail}, a role of people's, whom no policy binds.",
        "Run: alter table {table} owner to the login role of DATABASE_URL",
    ),
    "truncate": (
        "People may truncate {table}, which asks no policy.",
        "Run: revoke truncate on {table} from public, anon, authenticated",
    ),
    "anon": (
        "{table} grants {detail} to anon, who is nobody.",
        "Run: revoke all on {table} from public, anon",
    ),
    "policy": (
        'The policy "{detail}" on {table} says something else than "your own rows".',
        'Run: drop policy "{detail}" on {table}',
    ),
    "one factor": (
        "{table} shows the Data API's callers rows of accounts whose second factor they lack.",
        "Run: select private.ask_for_all_factors('{table}')",
    ),
    "unreadable": (
        "No policy lets people read their own rows of {table}.",
        "Take the policies of this table from supabase/schema.sql.",
    ),
}


def examine_database(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Where it does not let us in, or is not migrated, nothing more is asked of it."""
    url = settings.database_url
    try:
        yield from _of_server(url, now)
        try:
            with as_login_role(url) as connection:
                require_migrated(connection)
                refuse_others(connection)
        except NotMigrated as exc:
            yield wrong("database", exc.user_message, "See: python -m memory.migrations --dry-run")
            return
        yield ok("database", "All migrations are applied.")
        yield from _of_roles(url)
        yield from _of_tables(url)
        yield from _of_doors(url)
        yield from _of_pooler(settings)
        yield from _of_dimension(settings)
    except DatabaseUnavailable as exc:
        yield wrong("database", exc.user_message, "Check DATABASE_URL and whether it is running.")
    except DatabaseError as exc:
        yield wrong("database", exc.user_message, "Run: make migrate, and look at its log.")


def _of_server(url: str, now: datetime) -> Iterator[Finding]:
    with as_login_role(url) as connection:
        about = connection.execute(load("doctor/database")["about"]).one()
    if about.version < OLDEST_SERVER:
        yield wrong(
            "database",
            f"The server is PostgreSQL {about.version // 10_000}.",
            "Keepsake needs PostgreSQL 15 or newer.",
        )
    else:
        yield ok("database", f"The database lets {about.login} in.")
    apart = (now - about.now).total_seconds()
    if abs(apart) > MOST_APART_S:
        yield wrong(
            "clock",
            f"This machine's clock is {abs(apart):.0f} seconds apart from the database's.",
            "Let the machine set its clock over the network (NTP).",
        )


def _of_roles(url: str) -> Iterator[Finding]:
    person = uuid4()
    database = Database(url, pool_size=2)
    try:
        database.ping()
        with database.as_user(person) as connection:
            row = connection.execute(load("database/protection")["who_am_i"]).one()
    except AccessDenied:
        yield wrong(
            "roles",
            "The login role of DATABASE_URL may not act as authenticated and keepsake_server.",
            "Use the role that ran the migrations (on Supabase: postgres), or grant both to it.",
        )
        return
    finally:
        database.close()
    if row.bypasses:
        yield wrong(
            "roles",
            "The role authenticated stands above row level security.",
            "Run: alter role authenticated nosuperuser nobypassrls",
        )
    elif row.person != person:
        yield wrong(
            "roles",
            "auth.uid() does not give the person of a transaction.",
            "Put back Supabase's own function auth.uid().",
        )
    else:
        yield ok("roles", "Transactions act as one person each, bound by row level security.")


def _of_tables(url: str) -> Iterator[Finding]:
    with as_login_role(url) as connection:
        found = connection.execute(
            load("doctor/database")["holes"], {"tables": list(PERSONAL_TABLES)}
        )
        holes = [_hole(hole.name, hole.kind, hole.detail) for hole in found]
    yield from holes
    if not holes:
        yield ok(
            "policies", f"All {len(PERSONAL_TABLES)} tables let people at their own rows alone."
        )


def _hole(table: str, kind: str, detail: str) -> Finding:
    sentence, to_do = HOLES[kind]
    if kind == "missing" and table.startswith("vecs."):
        return note("policies", f"{table} is not there yet: the first start of the app makes it.")
    return wrong(
        "policies",
        sentence.format(table=table, detail=detail),
        to_do.format(table=table, detail=detail),
    )


def _of_doors(url: str) -> Iterator[Finding]:
    """What stands open beside the tables: other tables, views, schemas, functions."""
    sql = load("doctor/database")
    with as_login_role(url) as connection:
        tables = connection.execute(sql["open_tables"]).scalars().all()
        shown = {"tables": list(PERSONAL_TABLES)}
        views = connection.execute(sql["open_views"], shown).scalars().all()
        schemas = connection.execute(sql["open_schemas"]).scalars().all()
        doors = connection.execute(sql["open_doors"]).scalars().all()
        hidden = {"hidden": list(HIDDEN)}
        exposed = connection.execute(sql["exposed_by_setting"], hidden).scalars().all()
    for name in tables:
        if f"public.{name}" not in PERSONAL_TABLES:
            yield wrong(
                "schemas",
                f"public.{name} has no row level security, and the Data API serves it to anybody.",
                f"Run: alter table public.{name} enable row level security",
            )
    for name in views:
        yield wrong(
            "schemas",
            f"The view {name} shows people's rows to whoever may read it.",
            f"Run: alter view {name} set (security_invoker = true), or revoke all on {name}"
            " from anon, authenticated",
        )
    for name in schemas:
        yield wrong(
            "schemas",
            f"The schema {name} is open.",
            f"Run: revoke usage on schema {name.replace(' to ', ' from ')}",
        )
    for name in doors:
        yield wrong(
            "schemas",
            f"People may call {name}, which is the server's.",
            f"Run: revoke execute on function {name} from public, anon, authenticated",
        )
    for name in exposed:
        yield wrong(
            "schemas",
            f"pgrst.db_schemas has the Data API serve {name}.",
            "Set it to public alone: alter role authenticator set pgrst.db_schemas = 'public'",
        )


def _of_pooler(settings: Settings) -> Iterator[Finding]:
    """Whether all connections of a process are to be had, and whose each is."""
    size, ask = settings.database_pool_size, load("doctor/database")["backend"]
    try:
        with several(settings.database_url, size) as connections:
            first, second = connections[:2]
            before = first.execute(ask).scalar_one()
            first.rollback()
            second.execute(ask)
            after = first.execute(ask).scalar_one()
    except DatabaseUnavailable:
        yield wrong(
            "pooler",
            f"The database does not give {size} connections at once, which DATABASE_POOL_SIZE asks"
            " for.",
            "Set DATABASE_POOL_SIZE lower: of what the pooler hands out (15 on a small project),"
            " leave some for the terminal and for make migrate.",
        )
        return
    port = make_url(settings.database_url).port
    if before != after or port == 6543:
        yield note(
            "pooler",
            "DATABASE_URL leads through a pooler in transaction mode, which works.",
            "For supabase db push use the session pooler (port 5432).",
        )
    else:
        yield ok("pooler", f"The database gives {size} connections at once.")


def _of_dimension(settings: Settings) -> Iterator[Finding]:
    with as_login_role(settings.database_url) as connection:
        stored = collection_dims(connection)
    if stored is not None and stored != settings.embedding_dims:
        yield wrong(
            "embedding",
            f"The stored memories have {stored} dimensions, EMBEDDING_DIMS is"
            f" {settings.embedding_dims}.",
            "Set the former embedding model again, or run: python -m memory.reembed",
        )
