"""What was put aside when a collection was taken over: `python -m memory.unowned`.

Lists the user ids that it was made for, and gives what belongs to one of them to an account. Texts
are embedded anew, since the model may have changed meanwhile. Runs as the login role.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dotenv import load_dotenv
from sqlalchemy import Connection, create_engine

from config import Settings
from database.migrations import require_migrated, structure_locked
from database.sql import load
from database.transactions import translated
from errors import InputError, KeepsakeError
from memory.move_in.mem0_collection import MovedIn, settle
from memory.store import passages
from memory.store.collection import NAME
from memory.store.outside import Outside
from memory.store.query_params import vector_text
from models.client import EMBEDDING_BATCH, Models

NOWHERE_ELSE = Outside()


def listed(database_url: str) -> list[tuple[str, int]]:
    """The user ids and how many memories each had; "" for memories of none."""
    with _locked(database_url) as connection:
        rows = connection.execute(load("memory/move_in/unowned")["listed"])
        return [(row.user_id, row.memories) for row in rows]


def give(
    database_url: str,
    former: str,
    account: str,
    models: Models,
    outside: Outside = NOWHERE_ELSE,
) -> MovedIn:
    """Give what was made for the user id `former` to an account, named by id or email.

    Raises InputError where there is no such account or nothing of that user id, ModelError,
    DatabaseError; then nothing was given.
    """
    sql = load("memory/move_in/unowned")
    with _locked(database_url) as connection:
        owners = connection.execute(sql["account"], {"account": account}).all()
        if len(owners) != 1:
            raise InputError(f"There is no account {account}.")
        rows = [
            dict(row) for row in connection.execute(sql["taken_up"], {"former": former}).mappings()
        ]
        if not rows:
            raise InputError(f"Nothing of the user id {former} was put aside.")
        connection.execute(load("memory/move_in/mem0_collection")["make_room"])
        connection.execute(sql["make_place"])
        found = _put(connection, rows, str(owners[0].id), models, outside)
        moved = settle(connection, NAME, dims=len(next(iter(found.values())).vector))
        texts = {row["id"]: row["text"] for row in rows if row["collection"] == NAME}
        passages.put(connection, texts, {id_: one for id_, one in found.items() if id_ in texts})
        return moved


def _put(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    owner: str,
    models: Models,
    outside: Outside,
) -> dict[str, passages.Embedded]:
    """Returns the new vectors, by id."""
    sql, found = load("memory/move_in/unowned"), dict[str, passages.Embedded]()
    stay = bool(connection.execute(sql["keeps_other"], {"owner": owner}).scalar_one())
    puts = {"memories": sql["put_memory"], "memories_entities": sql["put_entity"]}
    for start in range(0, len(rows), EMBEDDING_BATCH):
        batch = rows[start : start + EMBEDDING_BATCH]
        embedded = outside.embed([row["text"] for row in batch], [stay] * len(batch), models)
        for row, one in zip(batch, embedded, strict=True):
            found[row["id"]] = one
            connection.execute(
                puts[row["collection"]],
                {
                    "id": row["id"],
                    "vec": vector_text(one.vector),
                    "metadata": json.dumps(row["metadata"]),
                    "owner": owner,
                },
            )
    return found


@contextmanager
def _locked(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url, connect_args={"connect_timeout": 5}, hide_parameters=True)
    try:
        with translated(), structure_locked(engine) as connection:
            require_migrated(connection)
            yield connection
    finally:
        engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    load_dotenv()
    parser = argparse.ArgumentParser(
        prog="python -m memory.unowned",
        description="What was taken over from mem0 and belongs to no account.",
    )
    parser.add_argument("former", nargs="?", help="the user id that it was made for")
    parser.add_argument("account", nargs="?", help="the account to give it to: its id or email")
    given = parser.parse_args(arguments)
    if given.former is not None and given.account is None:
        parser.error("name the account too")
    try:
        if given.former is None:
            settings = Settings.from_env({**os.environ, "OPENAI_API_KEY": "none"})
            lines = [
                f"{count:8} {name or '(none)'}" for name, count in listed(settings.database_url)
            ]
            sys.stdout.write("\n".join(lines or ["Nothing was put aside."]) + "\n")
            return 0
        settings = Settings.from_env(os.environ)
        outside = Outside.of(settings)
        moved = give(settings.database_url, given.former, given.account, Models(settings), outside)
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n")
        return 1
    sys.stdout.write(f"Given to {given.account}: {moved.kept} of what {given.former} had.\n")
    return 0
