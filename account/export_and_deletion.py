"""A person's whole account: everything that is kept about them, and the end of it.

Raises DatabaseError; AccessDenied where the session that asks has ended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    func,
    literal,
    literal_column,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from account import account_file, readable
from account.account_file import Row
from account.certificate import Certificate, certificate_of
from database.audit import note
from database.catalog import PersonalTable, personal_tables
from database.sql import load
from database.transactions import Database
from errors import DatabaseConflict, DatabaseError
from memory.records import Memory

# Columns that only machines read: embeddings, search vectors, what a token or a code is found by.
MACHINES = ("vec", "next_vec", "fts", "token_hash", "code_hash")
# Holds no text and no word of its own; made from the texts of the file when it is imported.
REMADE = ("public.memory_passages",)
MOST_TRIES = 5
PAUSE_S = 0.5
_log = logging.getLogger(__name__)


def export(
    database: Database,
    *,
    user_id: UUID,
    email: str,
    embedding_model: str = "",
    at_platform: Sequence[Memory] = (),
) -> str:
    """All of a person's data as JSON, read under the policies as them; `at_platform` is what mem0's
    platform keeps of it.
    """
    rows, vectors = _read(database, user_id)
    return account_file.write(
        rows,
        vectors,
        account={"id": str(user_id), "email": email},
        embedding_model=embedding_model,
        at_platform=[one.to_dict() for one in at_platform],
    )


def export_readable(
    database: Database,
    *,
    user_id: UUID,
    email: str,
    zone: ZoneInfo,
    at_platform: Sequence[Memory] = (),
) -> str:
    """The same as Markdown, to be read."""
    rows, _ = _read(database, user_id)
    written = readable.write(rows, email=email, zone=zone)
    return written + readable.at_platform(at_platform, zone) if at_platform else written


def _read(database: Database, user_id: UUID) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """All rows by table, without what only machines read, and the vectors by their ids."""
    tables = [t for t in personal_tables(database, user_id) if t.full_name not in REMADE]
    rows: dict[str, list[Row]] = {one.full_name: [] for one in tables}
    with database.as_user(user_id) as connection:
        note(connection, "data_exported")
        # One statement, so that all of it is of one moment.
        for found in connection.execute(union_all(*map(_everything, tables))):
            rows[found[0]].append(found[1])
        found_vectors = connection.execute(load("account/bring_along")["vectors"])
        return rows, {row.id: row.vec for row in found_vectors}


def delete_account(database: Database, *, user_id: UUID, secret_hash: bytes) -> Certificate:
    """Delete the account of a living session with all that it has.

    What there was is counted in that transaction, what is left in one afterwards. Raises
    AccessDenied unless the session's hash belongs to a living session of this person.
    """
    sql = load("account/export_and_deletion")
    params = {"person": user_id, "hash": secret_hash}
    for tries_left in reversed(range(MOST_TRIES)):
        try:
            with database.as_server(single=True) as connection:
                before = connection.execute(sql["delete_account"], params).mappings().all()
            break
        except DatabaseConflict:
            # What was just being remembered had rows that this needs, and needed the account.
            if not tries_left:
                raise
            # It goes on first: at once, this would take the account before it wakes up.
            time.sleep(PAUSE_S)
    with database.as_server(single=True) as connection:
        after = connection.execute(sql["count_left"], {"account": user_id}).mappings().all()
    return certificate_of(user_id, before, after)


def clear_auth_log(database: Database, account: UUID) -> bool:
    """Take an account that is no more out of the Auth server's own log.

    Whether nothing of it is left there: it may not be ours to clear, or take too long.
    """
    try:
        with database.as_server(single=True) as connection:
            statement = load("account/export_and_deletion")["clear_auth_log"]
            left = connection.execute(statement, {"account": account}).scalar_one()
    except DatabaseError as exc:
        _log.warning("the log of Auth was not cleared: %s", type(exc).__name__)
        return False
    return bool(left == 0)


def _everything(one: PersonalTable) -> Select[str, Any]:
    row: ColumnElement[Any] = func.to_jsonb(literal_column("t"), type_=JSONB)
    for column in MACHINES:
        row = row.op("-", return_type=JSONB())(literal(column, Text))
    rows = table(one.name, schema=one.schema).alias("t")
    return select(literal(one.full_name, Text), row).select_from(rows)
