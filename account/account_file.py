"""An account as one JSON file: its form, its checksum, and what is wrong with one that is brought.

Knows rows by their tables' names, and nothing of the database. Raises InputError, a sentence for
each way in which a file can be of no use.
"""

from __future__ import annotations

import base64
import hashlib
import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from errors import InputError

Row = dict[str, Any]
FORMAT = "keepsake-account"
VERSION = 1
MAX_BYTES = 100_000_000
ABOUT = (
    "Everything that Keepsake keeps about this account. conversations and memories are complete "
    "and in order; tables holds all other rows as they are stored; vectors are what memories are "
    "found by, for machines. The file can be imported into a new account; sha256 is of all of it "
    "but itself, with sorted keys and without spaces."
)
# Part of the account that was, and of no use to another: secrets by their hashes, and its log.
LEFT_BEHIND = (
    "public.access_tokens",
    "public.audit_log",
    "public.memory_passages",
    "public.recovery_codes",
)
_NOTHING = "Nothing was imported."


@dataclass(frozen=True, slots=True)
class AccountFile:
    """Rows by table, in order; vectors by the id of their row; by which model they were made."""

    tables: Mapping[str, list[Row]]
    vectors: Mapping[str, list[float]]
    embedding_model: str

    def count(self, table: str) -> int:
        return len(self.tables.get(table, ()))


def write(
    rows: dict[str, list[Row]],
    vectors: Mapping[str, str],
    *,
    account: Mapping[str, str],
    embedding_model: str,
    at_platform: Sequence[Row] = (),
) -> str:
    """`rows` are all that there are, by table; `vectors` as the database writes them; `at_platform`
    are memories that mem0's platform keeps.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "about": ABOUT,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "account": dict(account),
        "conversations": _conversations(rows),
        "memories": _memories(rows),
        "tables": rows,
        "embedding_model": embedding_model,
        "vectors": {id_: _packed(text) for id_, text in vectors.items()},
    }
    if at_platform:
        document["memories_at_mem0"] = list(at_platform)
    document["sha256"] = _checksum(document)
    return json.dumps(document, ensure_ascii=False, indent=2)


def read(data: bytes) -> AccountFile:
    """What is in a file, checked."""
    if len(data) > MAX_BYTES:
        raise InputError(
            f"This file has more than {MAX_BYTES // 1_000_000} MB, the most that is read at once. "
            f"{_NOTHING}"
        )
    document = _parsed(data)
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InputError(f"Parts of this file are missing or of another form. {_NOTHING}") from exc


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"This file is cut off, or it is no JSON file. {_NOTHING}") from exc
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(
            "This is not the file of an account that Keepsake writes. Files with memories alone "
            f"are imported on the Memories page. {_NOTHING}"
        )
    if document.get("version") != VERSION:
        raise InputError(f"This file was made by a newer Keepsake. {_NOTHING}")
    if document.pop("sha256", None) != _checksum(document):
        raise InputError(
            "This file is not as Keepsake wrote it: it was changed or damaged on the way. "
            f"{_NOTHING}"
        )
    return document


def _read(document: Mapping[str, Any]) -> AccountFile:
    tables: dict[str, list[Row]] = {
        name: [dict(row) for row in rows]
        for name, rows in document["tables"].items()
        if name not in LEFT_BEHIND
    }
    conversations = [dict(one) for one in document["conversations"]]
    turns = [dict(turn) for one in conversations for turn in one.pop("turns")]
    tables["public.messages"] = [dict(row) for turn in turns for row in turn.pop("messages")]
    tables["public.turns"] = turns
    tables["public.conversations"] = conversations
    memories = [dict(one) for one in document["memories"]]
    tables["public.memory_history"] = [dict(row) for one in memories for row in one.pop("history")]
    kept = [one for one in memories if "metadata" in one]
    tables["vecs.memories"] = [{k: v for k, v in one.items() if k != "text"} for one in kept]
    for name in ("public.turns", "public.memory_history", "vecs.memories"):
        tables[name].sort(key=_at("seq"))
    vectors = {id_: _unpacked(text) for id_, text in document["vectors"].items()}
    return AccountFile(tables, vectors, str(document["embedding_model"]))


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


def _checksum(document: Mapping[str, Any]) -> str:
    """Piece by piece, so that a large file is not held once more."""
    digest = hashlib.sha256()
    encoder = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    for piece in _pieces(encoder.iterencode(document)):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(texts: Iterable[str]) -> Iterable[bytes]:
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) >= 10_000:
            yield "".join(waiting).encode()
            waiting.clear()
    yield "".join(waiting).encode()


def _packed(text: str) -> str:
    """A vector in a third of its letters: floats of four bytes, little-endian, in base64."""
    return base64.b64encode(array("f", json.loads(text)).tobytes()).decode()


def _unpacked(text: str) -> list[float]:
    floats = array("f")
    floats.frombytes(base64.b64decode(text, validate=True))
    return floats.tolist()
