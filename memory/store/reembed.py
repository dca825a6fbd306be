"""Embeds all memories anew after a change of the embedding model: `python -m memory.reembed`.

Runs as the login role, over everybody's memories, with the app stopped. Texts stay as they are; the
vectors of a collection change in one transaction, all or none.
"""

from __future__ import annotations

import os
import sys

from dotenv import load_dotenv
from sqlalchemy import Connection, bindparam, create_engine, select, text, update

from config import Settings
from database.migrations import structure_locked
from database.transactions import translated
from errors import KeepsakeError
from memory.store.collection import ENTITIES, NAME, collection_dims, collection_table
from models.client import Models

BATCH = 256


def reembed(settings: Settings, models: Models) -> int:
    """Embed all texts with the model of the settings; returns how many there were."""
    engine = create_engine(settings.database_url, connect_args={"connect_timeout": 5})
    try:
        with translated(), structure_locked(engine) as connection:
            return sum(
                _reembed_collection(connection, name, settings, models) for name in (NAME, ENTITIES)
            )
    finally:
        engine.dispose()


def _reembed_collection(
    connection: Connection, name: str, settings: Settings, models: Models
) -> int:
    if collection_dims(connection, name) is None:
        return 0
    dims = settings.embedding_dims
    table = collection_table(name, dims=dims)
    params = {"name": name, "dims": dims}
    connection.execute(text("select private.empty_vectors(:name, :dims)"), params)
    data = table.c.metadata["data"].astext.label("data")
    rows = connection.execute(select(table.c.id, data).order_by(table.c.id)).all()
    set_vector = update(table).where(table.c.id == bindparam("row")).values(vec=bindparam("new"))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        vectors = models.embed([row.data or "" for row in batch])
        connection.execute(
            set_vector,
            [{"row": r.id, "new": vector} for r, vector in zip(batch, vectors, strict=True)],
        )
    connection.execute(text("select private.require_vectors(:name)"), params)
    return len(rows)


def main() -> int:
    load_dotenv()
    try:
        settings = Settings.from_env(os.environ)
        models = Models(settings)
        count = reembed(settings, models)
    except KeepsakeError as exc:
        sys.stderr.write(f"{exc.user_message}\n")
        return 1
    sys.stdout.write(
        f"{count} texts embedded with {settings.embedding_model} "
        f"({settings.embedding_dims} dimensions).\n"
    )
    return 0
