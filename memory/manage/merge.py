"""One memory made of several: a text is proposed, the person decides, and nothing is lost.

Those that it is made of end as replaced by it, in the same transaction, and can be had again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, RowMapping

from database.sql import load
from database.transactions import Database
from errors import InputError, MemoryNotFound, ModelError
from memory.manage.forget import Forgetter
from memory.records import Memory
from memory.store import cues, passages
from memory.store.outside import Outside
from memory.store.query_params import vector_text
from models.client import Models
from models.prompts import load as load_prompt
from models.prompts.replies import MergeReply
from text import checked

MOST_MERGED = 20
PROPOSAL_TIMEOUT_S = 8.0
CHANGED = "Some of these memories have changed in the meantime. Please select them again."


@dataclass(frozen=True, slots=True)
class Merged:
    """The memory that was made; `undo` brings those that it was made of back in its place."""

    memory_id: str
    undo: Callable[[], None] = field(repr=False)


class Merger:
    """Merges memories of one person."""

    def __init__(
        self,
        database: Database,
        user_id: UUID,
        models: Models,
        *,
        most_chars: int,
        outside: Outside,
    ) -> None:
        self._outside = outside
        self._database = database
        self._user_id = user_id
        self._models = models
        self._most_chars = most_chars
        self._sql = load("memory/manage/merge")

    def propose(self, memories: Sequence[Memory]) -> str:
        """One text for these: the model's, or else theirs put together by rules."""
        texts = [memory.text for memory in memories]
        if self._outside.model and any(memory.stays_inside for memory in memories):
            return joined(texts)
        prompt = load_prompt("merge", MergeReply)
        asked = prompt.asking({"merge": list(texts)})
        try:
            reply = self._models.complete_json(
                asked, prompt.reply_form, timeout_s=PROPOSAL_TIMEOUT_S
            )
            text = prompt.read(reply).text.strip()
        except ModelError:
            return joined(texts)
        return text if 0 < len(text) <= self._most_chars else joined(texts)

    def merge(self, memory_ids: Sequence[str], text: str) -> Merged:
        """Put one memory with this text in the place of these.

        Raises InputError if there are fewer than two, or not all of them hold (any more).
        """
        ids = list(dict.fromkeys(memory_ids))
        if not 2 <= len(ids) <= MOST_MERGED:
            raise InputError(f"Select 2 to {MOST_MERGED} memories to merge.")
        text = checked(text, max_chars=self._most_chars, what="memory")
        cue = self._cues_of(ids)
        stays_inside = self._stays_inside(ids)
        self._outside.check_new_text(stays_inside=stays_inside)
        (embedded,) = passages.embed([text], self._models, [cue])
        into = str(uuid4())
        with self._database.as_user(self._user_id) as connection:
            connection.execute(load("memory/store/memories")["lock_memories"])
            rows = connection.execute(self._sql["to_merge"], {"ids": ids}).mappings().all()
            if len(rows) != len(ids):
                raise InputError(CHANGED)
            self._put(connection, into, (text, cue), embedded, rows)
            if stays_inside:
                memories = load("memory/store/memories")
                marked = {"id": into, "inside": True, "vec": None, "text": None, "cues": None}
                connection.execute(memories["keep_inside"], marked)
            connection.execute(self._sql["end_merged"], {"into": into, "ids": ids})
            notes = list(connection.execute(self._sql["note_merged"], {"ids": ids}).scalars())
            for statement in ("copy_mentions", "copy_names", "copy_relations"):
                connection.execute(self._sql[statement], {"into": into, "ids": ids})
        was = [
            {"id": r["id"], "invalid_at": r["invalid_at"] and r["invalid_at"].isoformat()}
            for r in rows
        ]
        return Merged(into, lambda: self._undo(into, json.dumps(was), notes))

    def _stays_inside(self, ids: Sequence[str]) -> bool:
        """Whether what any of these says must not leave."""
        with self._database.as_user(self._user_id, single=True) as connection:
            found = connection.execute(load("memory/store/memories")["several"], {"ids": ids})
            return any(row.stays_inside for row in found)

    def _cues_of(self, ids: Sequence[str]) -> str:
        """What any of these answers, each topic once."""
        with self._database.as_user(self._user_id) as connection:
            rows = connection.execute(self._sql["cues_of"], {"ids": ids}).scalars()
            topics = [topic.strip() for row in rows for topic in row.split(",")]
        return cues.cleaned(", ".join(dict.fromkeys(filter(None, topics))))

    def _put(
        self,
        connection: Connection,
        into: str,
        said: tuple[str, str],
        embedded: passages.Embedded,
        rows: Sequence[RowMapping],
    ) -> None:
        """`said` is the text with its cues."""
        text, cue = said
        now = datetime.now(UTC).isoformat()
        metadata = {
            "data": text,
            "hash": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
            "created_at": now,
            "updated_at": now,
            "role": "user",
            "attributed_to": "user",
            "user_id": str(self._user_id),
            **({"cues": cue} if cue else {}),
        }
        ends = [row["invalid_at"] for row in rows]
        connection.execute(
            self._sql["put_merged"],
            {
                "id": into,
                "vec": vector_text(embedded.vector),
                "metadata": json.dumps(metadata),
                "valid_from": max(row["valid_from"] for row in rows),
                "invalid_at": None if None in ends else max(ends),
            },
        )
        passages.put(connection, {into: text}, {into: embedded})
        note = {"memory_id": into, "event": "ADD", "old": None, "new": text, "turn_id": None}
        connection.execute(load("memory/store/memories")["note_change"], note)

    def _undo(self, into: str, was: str, notes: Sequence[UUID]) -> None:
        with self._database.as_user(self._user_id) as connection:
            if not Forgetter(connection, self._user_id).take_out([into]).ids:
                raise MemoryNotFound
            connection.execute(load("memory/manage/forget")["drop_markers"], {"ids": [into]})
            connection.execute(self._sql["unmerge"], {"rows": was})
            connection.execute(self._sql["drop_notes"], {"notes": list(notes)})


def joined(texts: Sequence[str]) -> str:
    """All that these texts say, by rules: what begins alike is said once."""
    bare = [" ".join(text.split()).rstrip(".") for text in texts]
    kept = [
        text
        for number, text in enumerate(bare)
        if not any(
            text.casefold() in other.casefold() and (len(text) < len(other) or number > place)
            for place, other in enumerate(bare)
            if place != number
        )
    ]
    words = [text.split() for text in kept]
    same = 0
    while all(len(w) > same + 1 for w in words) and len({w[same] for w in words}) == 1:
        same += 1
    if len(kept) < 2 or same < 2:
        return "; ".join(kept)
    ends = [" ".join(w[same:]) for w in words]
    return f"{' '.join(words[0][:same])} {', '.join(ends[:-1])} and {ends[-1]}"
