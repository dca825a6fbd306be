"""The collections of schema vecs: made through vecs at first start, then given owner and policies.

Runs as the login role, before anybody is served; afterwards proves that the app is bound by the
policies. Raises DimensionMismatch, NotMigrated, Unprotected, DatabaseUnavailable.
"""

from __future__ import annotations

from uuid import uuid4

import vecs
from pgvector.sqlalchemy import Vector
from sqlalchemy import Column, Connection, MetaData, String, Table, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from vecs.collection import build_table

from database.migrations import require_migrated, structure_locked
from database.sql import load
from database.transactions import Database, translated
from errors import AccessDenied, DimensionMismatch, NotMigrated, Unprotected

NAME = "memories"
ENTITIES = "memories_entities"
PERSONAL_TABLES = (
    "public.conversations",
    "public.turns",
    "public.messages",
    "public.memory_history",
    "public.recalled_memories",
    "public.preferences",
    "public.access_tokens",
    "public.earlier_answers",
    "public.attachments",
    "public.audit_log",
    "public.recovery_codes",
    "public.entities",
    "public.memory_entities",
    "public.entity_names",
    "public.relations",
    "public.memory_checks",
    "public.memory_passages",
    "vecs.memories",
    "vecs.memories_entities",
)


def ensure_collection(database_url: str, *, dims: int) -> None:
    """Make and protect the collection where it is missing; programs that start together wait."""
    engine = create_engine(database_url, connect_args={"connect_timeout": 5})
    try:
        with translated(), structure_locked(engine) as connection:
            require_migrated(connection)
            present = collection_dims(connection)
            if present is None:
                _create_through_vecs(database_url, dims)
            elif present != dims:
                raise DimensionMismatch(
                    f"The stored memories have {present} dimensions, but EMBEDDING_DIMS is {dims}. "
                    "Set the former embedding model again, or re-embed all memories with: "
                    "python -m memory.reembed"
                )
            if not _is_protected(connection):
                refuse_others(connection)
                _protect(connection)
    finally:
        engine.dispose()


def make_collection(connection: Connection, *, dims: int) -> None:
    """Make and protect the collection in this transaction, as vecs itself would make it."""
    for name in (NAME, ENTITIES):
        build_table(name, MetaData(schema="vecs"), dims).create(connection)
    _protect(connection)


def prove_protection(database: Database) -> None:
    """Raise Unprotected unless a person's transaction is bound by the policies of every table.

    Looks at roles and tables, then tries to write a row for somebody else.
    """
    someone, another = uuid4(), uuid4()
    with database.as_user(someone) as connection:
        row = connection.execute(load("database/protection")["who_am_i"]).mappings().one()
        if row["role"] != "authenticated" or row["bypasses"] or row["person"] != someone:
            raise Unprotected
        unprotected = connection.execute(
            load("database/protection")["unprotected_tables"], {"tables": list(PERSONAL_TABLES)}
        )
        if unprotected.first() is not None:
            raise Unprotected
    try:
        with database.as_user(someone) as connection:
            connection.execute(
                load("database/protection")["write_as_another"], {"another": another}
            )
            connection.rollback()
    except AccessDenied:
        return
    raise Unprotected


def collection_dims(connection: Connection, name: str = NAME) -> int | None:
    """Dimensions of the stored vectors, None if there is no such collection."""
    dims: int | None = connection.execute(
        load("database/protection")["collection_dims"], {"name": name}
    ).scalar()
    return dims


def collection_table(name: str, *, dims: int) -> Table:
    """The columns that every vecs collection has."""
    return Table(
        name,
        MetaData(schema="vecs"),
        Column("id", String, primary_key=True),
        Column("vec", Vector(dims)),
        Column("metadata", JSONB),
    )


def _create_through_vecs(database_url: str, dims: int) -> None:
    client = vecs.create_client(database_url)
    try:
        for name in (NAME, ENTITIES):
            client.get_or_create_collection(name=name, dimension=dims)
    finally:
        client.disconnect()


def _protect(connection: Connection) -> None:
    connection.execute(text("select private.protect_memories()"))
    connection.execute(text("select private.judge_memories()"))
    connection.execute(text("select private.tie_memories()"))
    connection.execute(text("select private.fold_memories()"))
    connection.execute(text("select private.pack_memories()"))
    connection.execute(text("select private.stem_memories()"))
    connection.execute(text("select private.tie_checks()"))
    connection.execute(text("select private.tie_cues()"))
    connection.execute(text("select private.tie_passages()"))
    connection.execute(text("select private.watch_deletions()"))


def refuse_others(connection: Connection) -> None:
    """Raise NotMigrated where the collection is one of mem0's, which `make migrate` takes over."""
    if collection_dims(connection) is None:
        return
    if connection.execute(load("database/protection")["holds_others"]).scalar():
        raise NotMigrated("vecs.memories was made by another program. Run: make migrate")


def _is_protected(connection: Connection) -> bool:
    return bool(connection.execute(load("database/protection")["is_protected"]).scalar())
