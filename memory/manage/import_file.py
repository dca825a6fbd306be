"""Memories from a file, all together or not: first a plan of what is new, then the person's yes.

What looks suspicious waits for a yes, as everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from database.audit import note
from database.fair_use import FairUse
from database.sql import load
from database.transactions import Database
from memory.firewall.firewall import suspicion
from memory.manage.file_reader import Reading
from memory.manage.formats.entry import Entry, Problem
from memory.store import passages
from memory.store.outside import Outside
from memory.store.query_params import vector_text
from models.client import EMBEDDING_BATCH, Models
from models.spending import charged_to

_Times = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be kept of a file; `known` is there already."""

    entries: tuple[Entry, ...]
    known: int
    problems: tuple[Problem, ...]

    @property
    def waiting(self) -> int:
        return sum(1 for entry in self.entries if entry.pending_reason)


class Importer:
    """Imports for one person."""

    def __init__(
        self,
        database: Database,
        user_id: UUID,
        models: Models,
        fair_use: FairUse,
        outside: Outside,
    ) -> None:
        self._outside = outside
        self._database = database
        self._user_id = user_id
        self._models = models
        self._fair_use = fair_use
        self._sql = load("memory/manage/files")

    def plan(self, reading: Reading) -> Plan:
        """What of it is new, and what of that would have to wait."""
        with self._database.as_user(self._user_id) as connection:
            rows = connection.execute(self._sql["known"]).all()
        known = {(row.text, row.valid_from, row.invalid_at) for row in rows}
        texts = {row.text for row in rows}
        of_text: defaultdict[str, list[_Times]] = defaultdict(list)
        for row in rows:
            of_text[" ".join(row.text.split())].append((row.valid_from, row.invalid_at))
            of_text[row.text].append((row.valid_from, row.invalid_at))
        new: list[Entry] = []
        for entry in reading.entries:
            timeless = entry.valid_from is None and entry.invalid_at is None
            if (
                entry.key in known
                or (timeless and entry.text in texts)
                or (entry.whole_days and any(_same_days(entry, row) for row in of_text[entry.text]))
            ):
                continue
            known.add(entry.key)
            texts.add(entry.text)
            new.append(_screened(entry))
        return Plan(tuple(new), len(reading.entries) - len(new), reading.problems)

    def keep(
        self, entries: Sequence[Entry], progress: Callable[[float], None] = lambda share: None
    ) -> list[str]:
        """Keep them in one transaction; the ids. `progress` is told how far it is (0 to 1).

        Raises ModelError, DatabaseError, FairUseReached; then nothing was kept.
        """
        size = sum(len(entry.text.encode()) for entry in entries)
        with self._fair_use.using(self._user_id, stored_bytes=size) as use, charged_to(use.spend):
            return self._keep(entries, progress)

    def _keep(self, entries: Sequence[Entry], progress: Callable[[float], None]) -> list[str]:
        rows: list[dict[str, Any]] = []
        texts: dict[str, str] = {}
        found: dict[str, passages.Embedded] = {}
        ids = {entry.former_id: str(uuid4()) for entry in entries if entry.former_id}
        with self._database.as_user(self._user_id) as connection:
            all_stay = bool(connection.execute(self._sql["keeps_other"]).scalar_one())
        for start in range(0, len(entries), EMBEDDING_BATCH):
            batch = entries[start : start + EMBEDDING_BATCH]
            inside = [all_stay or entry.stays_inside for entry in batch]
            embedded = self._outside.embed([one.text for one in batch], inside, self._models)
            for entry, one in zip(batch, embedded, strict=True):
                memory_id = ids.get(entry.former_id or "") or str(uuid4())
                rows.append(self._row(entry, memory_id, one.vector))
                texts[memory_id], found[memory_id] = entry.text, one
            progress(0.95 * len(rows) / len(entries))
        self._write(rows, entries, ids, list(passages.puts(texts, found)))
        progress(1.0)
        return [row["id"] for row in rows]

    def _write(
        self,
        rows: Sequence[dict[str, Any]],
        entries: Sequence[Entry],
        ids: Mapping[str, str],
        of_long: Sequence[dict[str, str]],
    ) -> None:
        """`of_long` are the passages of long texts."""
        links = [
            {"id": row["id"], "superseded_by": ids[entry.superseded_by]}
            for row, entry in zip(rows, entries, strict=True)
            if entry.superseded_by is not None and entry.superseded_by in ids
        ]
        past = [
            {
                "id": row["id"],
                "event": event.event,
                "old": event.old_text,
                "new": event.new_text,
                "at": event.created_at.isoformat(),
            }
            for row, entry in zip(rows, entries, strict=True)
            for event in entry.history
        ]
        params = {"rows": json.dumps(rows)}
        with self._database.as_user(self._user_id) as connection:
            connection.execute(load("memory/store/memories")["lock_memories"])
            connection.execute(self._sql["put_imported"], params)
            for put in of_long:
                connection.execute(load("memory/store/passages")["put"], put)
            connection.execute(self._sql["note_imported"], {**params, "past": json.dumps(past)})
            connection.execute(
                load("memory/manage/forget")["put_replaced"], {"rows": json.dumps(links)}
            )
            note(connection, "memories_imported", len(rows))

    def _row(self, entry: Entry, memory_id: str, vector: Sequence[float]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        mark = {"stays_inside": True} if entry.stays_inside else {}
        return {
            "id": memory_id,
            "vec": vector_text(vector),
            "metadata": {
                "data": entry.text,
                "hash": hashlib.md5(entry.text.encode(), usedforsecurity=False).hexdigest(),
                "created_at": now,
                "updated_at": now,
                "role": "user",
                "attributed_to": "user",
                "user_id": str(self._user_id),
                **mark,
            },
            "valid_from": _text(entry.valid_from),
            "invalid_at": _text(entry.invalid_at),
            "recorded_at": _text(entry.recorded_at),
            "edited_at": _text(entry.edited_at),
            "waits_for": entry.pending_reason,
        }


def _same_days(entry: Entry, there: _Times) -> bool:
    """Whether what is there has these times, whatever the zone in which its days were told."""
    pairs = zip((entry.valid_from, entry.invalid_at), there, strict=True)
    return all(
        a == b or (a is not None and b is not None and abs(a - b) < timedelta(days=2))
        for a, b in pairs
    )


def _screened(entry: Entry) -> Entry:
    found = suspicion(entry.text, said=[{"role": "user", "content": entry.text}])
    return replace(entry, pending_reason=found.reason) if found else entry


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
