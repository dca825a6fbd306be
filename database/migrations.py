"""Applies supabase/migrations/ in order, each file once; memory/move_in/ is the command.

Recorded in the Supabase CLI's own table, so `supabase db push` and this command see the same state.
Runs as the login role of DATABASE_URL, which owns what it makes; nothing else in the app does.
Raises MigrationFailed with one sentence, DatabaseError.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from database.transactions import NOT_NOW, translated
from errors import MigrationFailed, NotMigrated

FOLDER = Path(__file__).resolve().parents[1] / "supabase" / "migrations"
# One number for all programs that change this database's structure ("keepsake" in ASCII).
STRUCTURE_LOCK = 0x6B656570
_ASK_FOR_LOCK_AGAIN_S = 0.1

_LEDGER = (
    "create schema if not exists supabase_migrations",
    "create table if not exists supabase_migrations.schema_migrations ("
    " version text not null primary key, statements text[], name text)",
)
# Tables that a file makes; `if not exists` is none of them.
_MADE = re.compile(r"^create table ([a-z0-9_]+\.[a-z0-9_]+) \(", re.MULTILINE)
_TAKEN = ": this name is taken by something that is not Keepsake's, rename that"
# What to do, by the database's code.
_ADVICE = {
    "42P07": _TAKEN,
    "42723": _TAKEN,
    "42710": _TAKEN,
    "42P06": _TAKEN,
    "42501": ": run this as the role that owns the database (on Supabase: postgres)",
    "3F000": ": this does not look like a Supabase project's database, which has a schema auth",
    "55P03": ": another program is using it, end that program and run this again",
}


@dataclass(frozen=True, slots=True)
class Migration:
    """One file `<version>_<name>.sql`."""

    version: str
    name: str
    sql: str


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """All migrations, in the order in which they are applied."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"(\d{14})_(\w+)\.sql", path.name)
        if match is None:
            raise NotMigrated(f"{path.name} is not named <14 digits>_<name>.sql.")
        found.append(Migration(match[1], match[2], path.read_text(encoding="utf-8")))
    return found


def apply_migrations(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing, all in one transaction; returns the versions applied now.

    Two programs that start together wait for each other. Raises DatabaseError.
    """
    engine = create_engine(database_url, connect_args={"connect_timeout": 5})
    try:
        with translated(), structure_locked(engine) as connection:
            return apply_missing(connection, folder)
    finally:
        engine.dispose()


@contextmanager
def structure_locked(engine: Engine) -> Iterator[Connection]:
    """One transaction in which no other program changes this database's structure.

    Who waits for the lock holds no transaction: behind a transaction pooler that would keep one of
    a few server connections from the program that has the lock.
    """
    while True:
        with engine.begin() as connection:
            lock = text("select pg_try_advisory_xact_lock(:key)")
            if connection.execute(lock, {"key": STRUCTURE_LOCK}).scalar_one():
                yield connection
                return
        time.sleep(_ASK_FOR_LOCK_AGAIN_S)


def require_migrated(connection: Connection, folder: Path = FOLDER) -> None:
    """Raise NotMigrated unless each file has been applied."""
    if missing(connection, folder):
        raise NotMigrated


def apply_missing(connection: Connection, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing in this transaction; returns the versions applied now."""
    new = missing(connection, folder)
    refuse_taken_names(connection, new)
    for statement in _LEDGER:
        connection.exec_driver_sql(statement)
    for migration in new:
        _apply(connection, migration)
    if new:
        connection.exec_driver_sql("notify pgrst, 'reload schema'")
    return [m.version for m in new]


def missing(connection: Connection, folder: Path = FOLDER) -> list[Migration]:
    """What has not been applied, in order."""
    applied = _applied(connection)
    return [m for m in read_migrations(folder) if m.version not in applied]


def refuse_taken_names(connection: Connection, new: Iterable[Migration]) -> None:
    """Raise MigrationFailed where a table that these files make is there already."""
    names = sorted({name for m in new for name in _MADE.findall(m.sql)})
    there = text(
        "select name from unnest(cast(:names as text[])) name"
        " where to_regclass(name) is not null order by name"
    )
    taken = list(connection.execute(there, {"names": names}).scalars())
    if taken:
        are = f"names {', '.join(taken)} are" if len(taken) > 1 else f"name {taken[0]} is"
        raise MigrationFailed(
            f"The {are} taken by what is not Keepsake's: rename that, or give Keepsake a database "
            "of its own, and run this again."
        )


def _apply(connection: Connection, migration: Migration) -> None:
    try:
        connection.exec_driver_sql(migration.sql.replace("%", "%%"))
    except DBAPIError as exc:
        said = said_by(exc)
        if said is None:
            raise
        raise MigrationFailed(f"{migration.version}_{migration.name}.sql: {said}") from exc
    connection.execute(
        text(
            "insert into supabase_migrations.schema_migrations (version, name, statements)"
            " values (:version, :name, array[:sql])"
        ),
        {"version": migration.version, "name": migration.name, "sql": migration.sql},
    )


def said_by(exc: DBAPIError) -> str | None:
    """What the database said, as one sentence without the statement; None for "not now"."""
    code = getattr(exc.orig, "pgcode", None)
    said = getattr(getattr(exc.orig, "diag", None), "message_primary", None)
    if code is None or said is None or code.startswith(NOT_NOW):
        return None
    return f"{said}{_ADVICE.get(code, '')}."


def _applied(connection: Connection) -> set[str]:
    ledger = "supabase_migrations.schema_migrations"
    if connection.execute(text("select to_regclass(:t)"), {"t": ledger}).scalar() is None:
        return set()
    rows = connection.execute(text("select version from supabase_migrations.schema_migrations"))
    return set(rows.scalars())
