"""Texts kept as they are, each as one memory, without a model that reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from database.binding import Binding
from database.sql import load
from memory.extras import NO_EXTRAS, Extras
from memory.records import Change
from memory.store import passages
from models.client import Models

if TYPE_CHECKING:
    from memory.remember.extraction import Extractor


def add_verbatim(
    messages: Sequence[Mapping[str, str]],
    binding: Binding,
    extractor: Extractor,
    models: Models,
    extras: Extras = NO_EXTRAS,
) -> list[Change]:
    """One memory for each message (`role`, `content`), in order, all in one transaction.

    Those that the hook before keeping leaves, as it leaves them.

    Raises ModelError, DatabaseError; then nothing was kept.
    """
    kept = [(message, extractor.tailoring.hooks.kept(message["content"])) for message in messages]
    messages = [{**message, "content": text} for message, text in kept if text is not None]
    texts = [message["content"] for message in messages]
    if not texts:
        return []
    deferred = Binding(binding.database, binding.user_id, deferred=True)
    mem0 = extractor.bind(deferred)
    changes = [Change(str(uuid4()), text, "ADD") for text in texts]
    embedded = passages.embed(texts, models)
    mem0.vector_store.insert(
        vectors=[one.vector for one in embedded],
        ids=[change.id for change in changes],
        payloads=[
            {**extras.payload, **_payload(message, datetime.now(UTC).isoformat())}
            for message in messages
        ],
    )
    mem0.db.batch_add_history(
        [
            {"memory_id": c.id, "event": "ADD", "new_memory": c.text, "role": m["role"]}
            for c, m in zip(changes, messages, strict=True)
        ]
    )
    ids = [change.id for change in changes]
    found = dict(zip(ids, embedded, strict=True))
    for put in passages.puts(dict(zip(ids, texts, strict=True)), found):
        deferred.write(load("memory/store/passages")["put"], put)
    with binding.database.as_user(binding.user_id) as connection:
        deferred.flush(connection)
    return changes


def _payload(message: Mapping[str, str], now: str) -> dict[str, str]:
    """As mem0 writes it; the hash is mem0's own."""
    digest = hashlib.md5(message["content"].encode(), usedforsecurity=False)
    return {
        "data": message["content"],
        "hash": digest.hexdigest(),
        "created_at": now,
        "updated_at": now,
        "role": message["role"],
        "attributed_to": message["role"],
    }
