"""Memories from a file of the person's: read, checked, shown, and then kept all together or not.

Takes Keepsake's own JSON export, and lists as text, Markdown or CSV, one memory a line. What looks
suspicious waits for a yes, as everywhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from uuid import UUID, uuid4

from errors import InputError
from memory.database import Database
from memory.exporting import FORMAT, VERSION
from memory.firewall import SENTENCES, suspicion
from memory.llm import EMBEDDING_BATCH, Models
from memory.queries import load
from memory.search import vector_text
from memory.text import checked

MAX_BYTES = 5_000_000
MAX_ENTRIES = 5_000
TYPES = ("json", "txt", "md", "csv")
_BULLET = re.compile(r"^\s*(?:(?:[-*+•–]|\d{1,4}[.)])\s+)?(?:\[[ xX]\]\s+)?")
_NO_MEMORY = re.compile(r"^\s*(?:#{1,6}\s.*|[-*_=`~]{3,}\w*)?\s*$")
_ELSEWHERE = "Split the file and import the parts one after the other."


@dataclass(frozen=True, slots=True)
class Entry:
    """One memory of a file; times that the file does not say are None."""

    text: str
    line: int
    valid_from: datetime | None = None
    invalid_at: datetime | None = None
    recorded_at: datetime | None = None
    edited_at: datetime | None = None
    waits_for: str | None = None
    former_id: str | None = None
    superseded_by: str | None = None

    @property
    def key(self) -> tuple[str, datetime | None, datetime | None]:
        return self.text, self.valid_from, self.invalid_at


@dataclass(frozen=True, slots=True)
class Problem:
    """What in the file cannot be taken, and why; `line` counts memories in JSON."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be kept of a file; `known` is there already."""

    entries: tuple[Entry, ...]
    known: int
    problems: tuple[Problem, ...]

    @property
    def waiting(self) -> int:
        return sum(1 for entry in self.entries if entry.waits_for)


class Importer:
    """Imports for one person."""

    def __init__(self, database: Database, user_id: UUID, models: Models) -> None:
        self._database = database
        self._user_id = user_id
        self._models = models
        self._sql = load("exporting")

    def plan(self, reading: Reading) -> Plan:
        """What of it is new, and what of that would have to wait."""
        with self._database.as_user(self._user_id) as connection:
            rows = connection.execute(self._sql["known"]).all()
        known = {(row.text, row.valid_from, row.invalid_at) for row in rows}
        texts = {row.text for row in rows}
        new: list[Entry] = []
        for entry in reading.entries:
            timeless = entry.valid_from is None and entry.invalid_at is None
            if entry.key in known or (timeless and entry.text in texts):
                continue
            known.add(entry.key)
            texts.add(entry.text)
            new.append(_screened(entry))
        return Plan(tuple(new), len(reading.entries) - len(new), reading.problems)

    def keep(
        self, entries: Sequence[Entry], progress: Callable[[float], None] = lambda share: None
    ) -> list[str]:
        """Keep them in one transaction; the ids. `progress` is told how far it is (0 to 1).

        Raises ModelError, DatabaseError; then nothing was kept.
        """
        rows: list[dict[str, Any]] = []
        ids = {entry.former_id: str(uuid4()) for entry in entries if entry.former_id}
        for start in range(0, len(entries), EMBEDDING_BATCH):
            batch = entries[start : start + EMBEDDING_BATCH]
            vectors = self._models.embed([entry.text for entry in batch])
            rows += [
                self._row(entry, ids.get(entry.former_id or "") or str(uuid4()), vector)
                for entry, vector in zip(batch, vectors, strict=True)
            ]
            progress(0.95 * len(rows) / len(entries))
        self._write(rows, entries, ids)
        progress(1.0)
        return [row["id"] for row in rows]

    def _write(
        self, rows: Sequence[dict[str, Any]], entries: Sequence[Entry], ids: Mapping[str, str]
    ) -> None:
        links = [
            {"id": row["id"], "superseded_by": ids[entry.superseded_by]}
            for row, entry in zip(rows, entries, strict=True)
            if entry.superseded_by is not None and entry.superseded_by in ids
        ]
        params = {"rows": json.dumps(rows)}
        with self._database.as_user(self._user_id) as connection:
            connection.execute(load("memories")["lock_memories"])
            connection.execute(self._sql["put_imported"], params)
            connection.execute(self._sql["note_imported"], params)
            connection.execute(load("forgetting")["put_replaced"], {"rows": json.dumps(links)})

    def _row(self, entry: Entry, memory_id: str, vector: Sequence[float]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
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
            },
            "valid_from": _text(entry.valid_from),
            "invalid_at": _text(entry.invalid_at),
            "recorded_at": _text(entry.recorded_at),
            "edited_at": _text(entry.edited_at),
            "waits_for": entry.waits_for,
        }


def read_file(name: str, data: bytes, *, most_chars: int) -> Reading:
    """The memories of a file. Raises InputError if it cannot be read as a whole."""
    if len(data) > MAX_BYTES:
        raise InputError(f"This file has more than {MAX_BYTES // 1_000_000} MB. {_ELSEWHERE}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError("This file is not text in UTF-8. Save it as UTF-8 and try again.") from exc
    kind = PurePath(name).suffix.lower()
    if kind == ".json":
        found = _from_json(text)
    elif kind == ".csv":
        found = _from_csv(text)
    else:
        found = _from_lines(text)
    return _checked(found, most_chars)


def _checked(found: Iterator[Entry | Problem], most_chars: int) -> Reading:
    entries: list[Entry] = []
    problems: list[Problem] = []
    for one in found:
        if isinstance(one, Problem):
            problems.append(one)
            continue
        try:
            text = checked(one.text, max_chars=most_chars, what="memory")
        except InputError as exc:
            problems.append(Problem(one.line, exc.user_message))
            continue
        entries.append(replace(one, text=text))
        if len(entries) > MAX_ENTRIES:
            raise InputError(f"This file has more than {MAX_ENTRIES:,} memories. {_ELSEWHERE}")
    return Reading(tuple(entries), tuple(problems))


def _from_lines(text: str) -> Iterator[Entry | Problem]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not _NO_MEMORY.match(line):
            yield Entry(_BULLET.sub("", line, count=1), number)


def _from_csv(text: str) -> Iterator[Entry | Problem]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as exc:
        raise InputError(f"This CSV file cannot be read: {exc}.") from exc
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    named = next((name for name in ("text", "memory") if name in header), None)
    column = header.index(named) if named else 0
    for number, row in enumerate(rows, start=1):
        if (named and number == 1) or not any(cell.strip() for cell in row):
            continue
        if len(row) <= column:
            yield Problem(number, "This line has no text.")
            continue
        # An apostrophe before what a spreadsheet would take for a formula is not part of the text.
        yield Entry(re.sub(r"^'(?=[=+\-@\t\r])", "", row[column]), number)


def _from_json(text: str) -> Iterator[Entry | Problem]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InputError("This JSON file is damaged: it cannot be read.") from exc
    known = isinstance(document, dict) and document.get("format") == FORMAT
    memories = document.get("memories") if known else None
    if not isinstance(memories, list):
        raise InputError("This JSON file is not an export of Keepsake.")
    if document.get("version") != VERSION:
        raise InputError("This export was made by a newer Keepsake.")
    for number, item in enumerate(memories, start=1):
        try:
            yield _from_item(item, number)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            yield Problem(number, "Its text or its dates cannot be read.")


def _from_item(item: dict[str, Any], number: int) -> Entry:
    times = {
        name: _moment(item.get(name))
        for name in ("valid_from", "invalid_at", "recorded_at", "edited_at")
    }
    since, end, recorded = times["valid_from"], times["invalid_at"], times["recorded_at"]
    if since and end and end < since:
        raise ValueError("ends before it begins")
    if recorded and recorded > datetime.now(UTC):
        times["recorded_at"] = None
    if not isinstance(item["text"], str):
        raise TypeError("no text")
    waits_for = item.get("waits_for")
    return Entry(
        item["text"],
        number,
        **times,
        waits_for=waits_for if waits_for in SENTENCES else None,
        former_id=str(item["id"]) if item.get("id") else None,
        superseded_by=str(item["superseded_by"]) if item.get("superseded_by") else None,
    )


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def _screened(entry: Entry) -> Entry:
    found = suspicion(entry.text, said=[{"role": "user", "content": entry.text}])
    return replace(entry, waits_for=found.reason) if found else entry


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
