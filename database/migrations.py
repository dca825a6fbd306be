"""Applies supabase/migrations/ in order, each file once: `python -m memory.migrations`.

Recorded in the Supabase CLI's own table, so `supabase db push` and this command see the same state.
Runs as the login role of DATABASE_URL, which owns what it makes; nothing else in the app does.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import load_dotenv
from sqlalchemy import Connection, Engine, create_engine, text

from config import Settings
from database.transactions import translated
from errors import KeepsakeError, NotMigrated

FOLDER = Path(__file__).resolve().parents[1] / "supabase" / "migrations"
# One number for all programs that change this database's structure ("keepsake" in ASCII).
STRUCTURE_LOCK = 0x6B656570
_ASK_FOR_LOCK_AGAIN_S = 0.1

_LEDGER = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key, statements text[], name text);
"""


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
            return _apply(connection, read_migrations(folder))
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
    missing = {m.version for m in read_migrations(folder)} - _applied(connection)
    if missing:
        raise NotMigrated


def _apply(connection: Connection, migrations: list[Migration]) -> list[str]:
    connection.exec_driver_sql(_LEDGER)
    applied = _applied(connection)
    new = [m for m in migrations if m.version not in applied]
    for migration in new:
        connection.exec_driver_sql(migration.sql.replace("%", "%%"))
        connection.execute(
            text(
                "insert into supabase_migrations.schema_migrations (version, name, statements)"
                " values (:version, :name, array[:sql])"
            ),
            {"version": migration.version, "name": migration.name, "sql": migration.sql},
        )
    if new:
        connection.exec_driver_sql("notify pgrst, 'reload schema'")
    return [m.version for m in new]


def _applied(connection: Connection) -> set[str]:
    ledger = "supabase_migrations.schema_migrations"
    if connection.execute(text("select to_regclass(:t)"), {"t": ledger}).scalar() is None:
        return set()
    rows = connection.execute(text("select version from supabase_migrations.schema_migrations"))
    return set(rows.scalars())


def main() -> int:
    load_dotenv()
    try:
        # No model is asked, so no key is.
        settings = Settings.from_env({**os.environ, "OPENAI_API_KEY": "none"})
        applied = apply_migrations(settings.database_url)
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n{exc.__cause__ or ''}\n")
        return 1
    sys.stdout.write(f"Applied {len(applied)}: {', '.join(applied) or 'up to date'}\n")
    return 0
