"""The file of an account, brought into a new one: everything or nothing, in one transaction.

Every id of the file is replaced by a new one and every owner by the person who imports, so nobody
else's rows can be named. Raises InputError, FairUseReached, ModelError, DatabaseError; then nothing
was imported.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from account.account_file import AccountFile, Row
from database.audit import note
from database.sql import load
from errors import DatabaseError, InputError
from memory.engine import Engine
from memory.firewall.firewall import suspicion
from memory.store import passages
from memory.store.outside import Outside
from models.client import EMBEDDING_BATCH
from models.spending import charged_to

MEMORIES = "vecs.memories"
STORE = "vecs.memories_entities"
# In this order: what points comes after what it points at.
ORDER = (
    "public.preferences",
    "public.conversations",
    "public.turns",
    "public.messages",
    "public.earlier_answers",
    "public.attachments",
    MEMORIES,
    "public.memory_history",
    "public.entities",
    "public.memory_entities",
    "public.entity_names",
    "public.relations",
    "public.memory_checks",
    "public.recalled_memories",
    STORE,
)
# Columns that hold an id of another row; those of the row itself are called id.
_POINTS = (
    "turn_id",
    "conversation_id",
    "version_of",
    "hidden_with",
    "memory_id",
    "superseded_by",
    "because_of",
    "entity_id",
    "subject_id",
    "object_id",
)
# Of a row in one statement, which must not take too long.
CHUNK_CHARS = 4_000_000
_USED = (
    "This account has conversations or memories already. The file of an account goes into a new "
    "one; memories alone are imported on the Memories page."
)
_UNFIT = "This file holds what Keepsake cannot keep. Nothing was imported."


@dataclass(frozen=True, slots=True)
class Brought:
    """How much came along; `waiting` memories wait for a yes, since they look suspicious."""

    conversations: int
    memories: int
    files: int
    waiting: int


class Bringer:
    """Imports for one person."""

    def __init__(self, engine: Engine, user_id: UUID) -> None:
        self._engine = engine
        self._user_id = user_id
        self._sql = load("account/bring_along")

    def bring(
        self, file: AccountFile, progress: Callable[[float], object] = lambda share: None
    ) -> Brought:
        """Keep all of it. `progress` is told how far it is (0 to 1)."""
        size = sum(len(json.dumps(rows)) for rows in file.tables.values())
        with (
            self._engine.fair_use.using(self._user_id, stored_bytes=size) as use,
            charged_to(use.spend),
        ):
            rows, waiting = self._prepared(file)
            of_long = self._passages(file, rows[MEMORIES])
            progress(0.5)
            try:
                self._write(rows, of_long, progress)
            except DatabaseError as exc:
                if type(exc) is DatabaseError:
                    # What a file says is not refused for any other reason.
                    raise InputError(_UNFIT) from exc
                raise
        progress(1.0)
        return Brought(
            file.count("public.conversations"),
            file.count(MEMORIES),
            file.count("public.attachments"),
            waiting,
        )

    def _prepared(self, file: AccountFile) -> tuple[dict[str, list[Row]], int]:
        """Rows as they are to be written, and how many memories wait because of what they say."""
        unknown = set(file.tables) - set(ORDER)
        if unknown:
            raise InputError(f"This file was made by a newer Keepsake: it has {min(unknown)}.")
        vectors = self._vectors(file)
        try:
            rows = _with_new_ids(file.tables, self._user_id)
            for table in (MEMORIES, STORE):
                for row, former in zip(rows[table], file.tables.get(table, ()), strict=True):
                    row["vec"] = str(vectors[former["id"]])
            waiting = [row for row in rows[MEMORIES] if _is_suspicious(row)]
            settle(rows)
        except (KeyError, TypeError, AttributeError) as exc:
            raise InputError(_UNFIT) from exc
        return rows, len(waiting)

    def _vectors(self, file: AccountFile) -> dict[str, list[float]]:
        """Those of the file, as far as they are of our model; the others are made anew."""
        settings = self._engine.settings
        texts = {
            row["id"]: str((row.get("metadata") or {}).get("data") or "")
            for table in (MEMORIES, STORE)
            for row in file.tables.get(table, ())
        }
        ours = file.embedding_model == settings.embedding_model
        found = {
            id_: vector
            for id_, vector in file.vectors.items()
            if ours and id_ in texts and len(vector) == settings.embedding_dims
        }
        missing = [id_ for id_ in texts if id_ not in found]
        outside, inside = Outside.of(settings), stay_inside(file.tables)
        for start in range(0, len(missing), EMBEDDING_BATCH):
            batch = missing[start : start + EMBEDDING_BATCH]
            kept = [id_ in inside for id_ in batch]
            made = outside.embed([texts[id_] for id_ in batch], kept, self._engine.models)
            found |= {id_: one.vector for id_, one in zip(batch, made, strict=True)}
        return found

    def _passages(
        self, file: AccountFile, memories: Sequence[Row]
    ) -> dict[str, tuple[str, passages.Embedded]]:
        """Of long texts, by the memories' new ids, each with its text: no file has them."""
        stays = stay_inside(file.tables)
        former = [row["id"] for row in file.tables.get(MEMORIES, ())]
        texts = {row["id"]: str(row["metadata"]["data"]) for row in memories}
        long = {id_: text for id_, text in texts.items() if passages.split(text)}
        kept = [one in stays for one, id_ in zip(former, texts, strict=True) if id_ in long]
        outside = Outside.of(self._engine.settings)
        found = outside.embed(list(long.values()), kept, self._engine.models)
        return {id_: (long[id_], one) for id_, one in zip(long, found, strict=True)}

    def _write(
        self,
        rows: Mapping[str, list[Row]],
        of_long: Mapping[str, tuple[str, passages.Embedded]],
        progress: Callable[[float], object],
    ) -> None:
        with self._engine.database.as_user(self._user_id) as connection:
            connection.execute(self._sql["lock"])
            if connection.execute(self._sql["is_used"]).scalar_one():
                raise InputError(_USED)
            if rows["public.preferences"]:
                connection.execute(self._sql["drop_preferences"])
            for number, table in enumerate(ORDER):
                for chunk in chunks(rows[table]):
                    params = {"place": table, "rows": chunk}
                    connection.execute(self._sql["rows"], params)
                progress(0.5 + 0.5 * number / len(ORDER))
            for id_, (text, found) in of_long.items():
                passages.put(connection, {id_: text}, {id_: found})
            self._link(connection, rows)
            note(connection, "memories_imported", len(rows[MEMORIES]))

    def _link(self, connection: Connection, rows: Mapping[str, list[Row]]) -> None:
        """What rows of one table say of each other, now that all are there."""
        for chunk in chunks(row["_links"] for row in rows["public.turns"]):
            connection.execute(self._sql["link_turns"], {"rows": chunk})
        put_replaced = load("memory/manage/forget")["put_replaced"]
        for chunk in chunks(row["_links"] for row in rows[MEMORIES]):
            connection.execute(put_replaced, {"rows": chunk})


def chunks(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows as JSON lists, each of a bounded length."""
    waiting: list[str] = []
    size = 0
    for row in rows:
        text = json.dumps(row, ensure_ascii=False)
        if waiting and size + len(text) > CHUNK_CHARS:
            yield f"[{','.join(waiting)}]"
            waiting, size = [], 0
        waiting.append(text)
        size += len(text)
    if waiting:
        yield f"[{','.join(waiting)}]"


def settle(rows: Mapping[str, list[Row]]) -> None:
    """What was under way when the file was made is not: it is tried again, or was interrupted."""
    for turn in rows["public.turns"]:
        if turn["memory_state"] in ("waiting", "working"):
            turn["memory_state"] = "pending"
        turn["memory_lease"] = turn["memory_leased_until"] = None
        turn["_links"] = {name: turn[name] for name in ("id", "version_of", "hidden_with")}
        turn["version_of"] = turn["hidden_with"] = None
    for message in rows["public.messages"]:
        if message["state"] == "streaming":
            message["state"] = "interrupted"
    for memory in rows[MEMORIES]:
        memory["_links"] = {name: memory[name] for name in ("id", "superseded_by")}
        memory["superseded_by"] = None


def stay_inside(tables: Mapping[str, Sequence[Row]]) -> set[str]:
    """Ids of the file's memories that never leave for a hosted model, and of mem0's names for them.

    As own.stays_inside says it of those that are there.
    """
    kinds = {
        kind
        for row in tables.get("public.preferences", ())
        for kind in row.get("kinds_inside") or ()
    }
    kind_of = {
        row["id"]: row.get("kind")
        for row in tables.get("public.entities", ())
        if not row.get("is_self")
    }
    named: defaultdict[str, set[object]] = defaultdict(set)
    for row in tables.get("public.memory_entities", ()):
        if row["entity_id"] in kind_of:
            named[row["memory_id"]].add(kind_of[row["entity_id"]])
    inside = set()
    for row in tables.get(MEMORIES, ()):
        of_memory = named[row["id"]]
        is_marked = (row.get("metadata") or {}).get("stays_inside") is True
        if is_marked or of_memory & kinds or ("other" in kinds and not of_memory - {"other"}):
            inside.add(row["id"])
    return inside | {
        row["id"]
        for row in tables.get(STORE, ())
        if inside & set((row.get("metadata") or {}).get("linked_memory_ids") or ())
    }


def _with_new_ids(tables: Mapping[str, Sequence[Row]], user_id: UUID) -> dict[str, list[Row]]:
    """Raises KeyError for a row that points at none of the file."""
    ids = {
        row["id"]: str(uuid4()) for table in ORDER for row in tables.get(table, ()) if "id" in row
    }
    # Of what was forgotten, the history keeps that it was.
    for event in tables.get("public.memory_history", ()):
        ids.setdefault(event["memory_id"], str(uuid4()))
    return {
        table: [_renamed(row, ids, user_id) for row in tables.get(table, ())] for table in ORDER
    }


def _renamed(row: Row, ids: Mapping[str, str], user_id: UUID) -> Row:
    renamed = dict(row)
    if "id" in row:
        renamed["id"] = ids[row["id"]]
    for name in _POINTS:
        if row.get(name) is not None:
            renamed[name] = ids[row[name]]
    if "user_id" in row:
        renamed["user_id"] = str(user_id)
    if "metadata" in row:
        renamed["metadata"] = {**row["metadata"], "user_id": str(user_id)}
        if linked := row["metadata"].get("linked_memory_ids"):
            renamed["metadata"]["linked_memory_ids"] = [ids[one] for one in linked if one in ids]
    return renamed


def _is_suspicious(memory: Row) -> bool:
    """Whether it looks so; it waits for a yes from now on, as everywhere."""
    text = str(memory["metadata"]["data"])
    found = suspicion(text, said=[{"role": "user", "content": text}])
    if found is None or memory["waits_for"] is not None:
        return False
    memory["waits_for"] = found.reason
    return True
