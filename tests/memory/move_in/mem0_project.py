"""A project in which mem0 was used by itself: a database that its own client filled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import vecs
from mem0 import Memory
from sqlalchemy import make_url

from config import Settings
from database.transactions import Database
from memory.engine import Engine
from memory.store.collection import ensure_collection, prove_protection
from tests.support.fakes import DIMS, ScriptedModels, word_vector
from tests.support.stack import Stack

OURS = ("own", "private", "public", "vecs", "supabase_migrations")


@contextmanager
def project_without_keepsake(stack: Stack) -> Iterator[str]:
    """A database with Supabase's Auth and nothing of ours; its name."""
    name = stack.clone()
    for schema in OURS:
        stack.execute(name, f"drop schema {schema} cascade")
    stack.execute(name, "create schema public authorization postgres")
    stack.execute(name, "grant usage on schema public to anon, authenticated, service_role")
    try:
        yield name
    finally:
        stack.drop(name)


class Embedder:
    """In place of mem0's: words to vectors, the same each time."""

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        return word_vector(text)

    def embed_batch(self, texts: list[str], memory_action: str | None = None) -> list[list[float]]:
        return [word_vector(text) for text in texts]


def mem0_client(
    stack: Stack,
    database: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    collection: str = "memories",
) -> Memory:
    """mem0's own client on its `supabase` store.

    SQLAlchemy 2.1 reads mem0's address as one for another driver; that alone is put right.
    """
    made = vecs.Client
    monkeypatch.setattr(
        vecs, "create_client", lambda url: made(url.replace("postgresql:", "postgresql+psycopg2:"))
    )
    url = make_url(stack.url(database)).set(drivername="postgresql")
    server = {"api_key": "none", "openai_base_url": "http://127.0.0.1:9/v1"}
    config: dict[str, Any] = {
        "vector_store": {
            "provider": "supabase",
            "config": {
                "connection_string": url.render_as_string(hide_password=False),
                "collection_name": collection,
                "embedding_model_dims": DIMS,
            },
        },
        "embedder": {"provider": "openai", "config": server},
        "llm": {"provider": "openai", "config": server},
        "history_db_path": str(folder / "history.db"),
    }
    memory = Memory.from_config(config)
    memory.embedding_model = Embedder()
    return memory


def leave(memory: Memory) -> None:
    """mem0 has no way to end its connections."""
    for store in (memory.vector_store, memory._entity_store):
        if store is not None:
            store.db.disconnect()
    memory.close()


def fill_as_mem0_1_did(stack: Stack, database: str, owner: UUID) -> None:
    """A collection as mem0 0.1.65 left it: by vecs, times of California, no entities."""
    url = make_url(stack.url(database)).set(drivername="postgresql+psycopg2")
    client = vecs.Client(url.render_as_string(hide_password=False))
    try:
        collection = client.get_or_create_collection(name="memories", dimension=DIMS)
        collection.upsert(
            [
                (
                    f"{number:08d}-0000-4000-8000-000000000000",
                    word_vector(text),
                    {
                        "user_id": str(owner),
                        "data": text,
                        "hash": "0" * 32,
                        "created_at": made,
                    },
                )
                for number, (text, made) in enumerate(
                    [
                        ("Moved to Porto", "2025-03-02T18:30:00.5-08:00"),
                        ("Lives in Lisbon", "2024-11-05T09:00:00-08:00"),
                        ("Has a dog", "last week"),
                    ]
                )
            ]
        )
        collection.create_index(
            method=vecs.IndexMethod.auto, measure=vecs.IndexMeasure.cosine_distance
        )
    finally:
        client.disconnect()


def opened(settings: Settings) -> Engine:
    """An engine on what was taken over, embedding as it was filled."""
    ensure_collection(settings.database_url, dims=384)
    database = Database(settings.database_url)
    prove_protection(database)
    return Engine(settings, database, ScriptedModels())  # type: ignore[arg-type]
