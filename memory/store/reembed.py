"""Gives memories cues where they have none, and embeds all anew: `python -m memory.reembed`.

After a change of the embedding model, or for memories from before there were cues. Runs as the
login role, over everybody's memories, with the app stopped. Texts stay as they are. Cues are asked
for a few texts of one person at a time and stored at once: cut off, the next run goes on there. The
vectors of a collection change in one transaction, all or none.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from dotenv import load_dotenv
from sqlalchemy import Connection, Engine, bindparam, create_engine, select, text, update

from config import Settings
from database.migrations import structure_locked
from database.sql import load
from database.transactions import translated
from errors import KeepsakeError, ModelAnswerInvalid, ModelError
from memory.store import cues
from memory.store.collection import ENTITIES, NAME, collection_dims, collection_table
from models.client import Models

BATCH = 256
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Reembedded:
    """How many texts were embedded, memories given cues, and memories left without."""

    texts: int
    cued: int = 0
    without_cues: int = 0
    # Why no more cues were made, where the model failed.
    failure: str = ""


def reembed(
    settings: Settings, models: Models, *, make_cues: bool = True, tell: Tell = lambda _, __: None
) -> Reembedded:
    """`tell` hears after each step how many memories of how many have been given cues.

    A memory model that fails keeps nothing from being embedded. Raises DatabaseError, and
    ModelError where the embedding model fails; cues that were made by then stay.
    """
    engine = create_engine(settings.database_url, connect_args={"connect_timeout": 5})
    try:
        done = _make_cues(engine, models, tell) if make_cues else Reembedded(0)
        with translated(), structure_locked(engine) as connection:
            texts = sum(
                _reembed_collection(connection, name, settings, models) for name in (NAME, ENTITIES)
            )
        return replace(done, texts=texts)
    finally:
        engine.dispose()


def _make_cues(engine: Engine, models: Models, tell: Tell) -> Reembedded:
    sql = load("memory/store/reembed")
    with translated(), engine.connect() as connection:
        if collection_dims(connection, NAME) is None:
            return Reembedded(0)
        without = connection.execute(sql["without_cues"]).all()
    cued = 0
    failure = ""
    # What is one person's never stands in a prompt beside another's.
    of_each = [list(rows) for _, rows in groupby(without, key=lambda row: row.owner)]
    for batch in (b for rows in of_each for b in _batches(rows, cues.MOST_AT_ONCE)):
        try:
            made = cues.make([row.text for row in batch], models)
        except ModelAnswerInvalid as exc:
            failure = exc.user_message
            continue
        except ModelError as exc:
            failure = exc.user_message
            break
        found = [
            {"id": row.id, "text": row.text, "cues": cue}
            for row, cue in zip(batch, made, strict=True)
        ]
        with translated(), engine.begin() as connection:
            connection.execute(sql["set_cues"], {"found": json.dumps(found)})
        cued += len(batch)
        tell(cued, len(without))
    return Reembedded(0, cued, len(without) - cued, failure)


def _reembed_collection(
    connection: Connection, name: str, settings: Settings, models: Models
) -> int:
    if collection_dims(connection, name) is None:
        return 0
    dims = settings.embedding_dims
    table = collection_table(name, dims=dims)
    params = {"name": name, "dims": dims}
    connection.execute(text("select private.empty_vectors(:name, :dims)"), params)
    data, cue = (table.c.metadata[key].astext.label(key) for key in ("data", "cues"))
    rows = connection.execute(select(table.c.id, data, cue).order_by(table.c.id)).all()
    set_vector = update(table).where(table.c.id == bindparam("row")).values(vec=bindparam("new"))
    for batch in _batches(rows, BATCH):
        vectors = cues.embed(
            [row.data or "" for row in batch], [row.cues or "" for row in batch], models
        )
        connection.execute(
            set_vector,
            [{"row": r.id, "new": vector} for r, vector in zip(batch, vectors, strict=True)],
        )
    connection.execute(text("select private.require_vectors(:name)"), params)
    return len(rows)


def _batches(rows: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m memory.reembed", description=__doc__)
    parser.add_argument(
        "--without-cues", action="store_true", help="ask the memory model nothing, only embed"
    )
    options = parser.parse_args(argv)
    load_dotenv()
    try:
        settings = Settings.from_env(os.environ)
        done = reembed(settings, Models(settings), make_cues=not options.without_cues, tell=_tell)
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n")
        return 1
    sys.stdout.write(
        f"{done.cued} memories given cues. {done.texts} texts embedded with "
        f"{settings.embedding_model} ({settings.embedding_dims} dimensions).\n"
    )
    if done.without_cues:
        sys.stderr.write(
            f"{done.without_cues} memories have no cues yet: {done.failure} They are found by "
            "their texts alone until python -m memory.reembed is run again.\n"
        )
    return 0


def _tell(done: int, of: int) -> None:
    sys.stderr.write(f"cues: {done} of {of}\n")
