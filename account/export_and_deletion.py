"""A person's whole account: everything that is kept about them, and the end of it.

Raises DatabaseError; AccessDenied where the session that asks has ended.
"""

from __future__ import annotations

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

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

from account.certificate import Certificate, certificate_of
from database.audit import note
from database.catalog import PersonalTable, personal_tables
from database.sql import load
from database.transactions import Database
from errors import DatabaseConflict, DatabaseError

Row = dict[str, Any]
# Columns that only machines read: embeddings, search vectors, what a token or a code is found by.
MACHINES = ("vec", "fts", "token_hash", "code_hash")
MOST_TRIES = 5
PAUSE_S = 0.5
_log = logging.getLogger(__name__)
ABOUT = (
    "Everything that Keepsake keeps about this account. conversations and memories are complete "
    "and in order; tables holds all other rows as they are stored."
)


def export(database: Database, *, user_id: UUID, email: str) -> str:
    """All of a person's data as JSON, read under the policies as them."""
    tables = personal_tables(database, user_id)
    rows: dict[str, list[Row]] = {one.full_name: [] for one in tables}
    with database.as_user(user_id) as connection:
        note(connection, "data_exported")
        # One statement, so that all of it is of one moment.
        for found in connection.execute(union_all(*map(_everything, tables))):
            rows[found[0]].append(found[1])
    document = {
        "about": ABOUT,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "account": {"id": str(user_id), "email": email},
        "conversations": _conversations(rows),
        "memories": _memories(rows),
        "tables": rows,
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


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


def _conversations(rows: dict[str, list[Row]]) -> list[Row]:
    messages = _by(rows.pop("public.messages"), "turn_id", "created_at")
    turns = _by(rows.pop("public.turns"), "conversation_id", "seq")
    return [
        {
            **conversation,
            "turns": [
                {**turn, "messages": messages[turn["id"]]} for turn in turns[conversation["id"]]
            ],
        }
        for conversation in sorted(rows.pop("public.conversations"), key=_at("created_at"))
    ]


def _memories(rows: dict[str, list[Row]]) -> list[Row]:
    history = _by(rows.pop("public.memory_history"), "memory_id", "seq")
    found = [
        {"text": row["metadata"].get("data"), **row, "history": history.pop(row["id"], [])}
        for row in sorted(rows.pop("vecs.memories"), key=_at("seq"))
    ]
    # Of what was forgotten only that it was.
    forgotten = [
        {"text": None, "id": memory_id, "history": events} for memory_id, events in history.items()
    ]
    return found + forgotten


def _by(rows: Sequence[Row], key: str, order: str) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=_at(order)):
        grouped[row[key]].append(row)
    return grouped


def _at(column: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: row[column]
