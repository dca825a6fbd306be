"""A person's memories as a file to take along: JSON with everything, Markdown or CSV to read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from database.binding import Binding
from database.sql import load
from memory.dates import Days
from memory.manage.formats import own_csv, own_json, own_markdown

Form = Literal["json", "md", "csv"]
MIME: dict[Form, str] = {"json": "application/json", "md": "text/markdown", "csv": "text/csv"}


class Exporter:
    """Writes the memories of one person, read under the policies as that person."""

    def __init__(self, binding: Binding, days: Days) -> None:
        self._binding = binding
        self._days = days
        self._sql = load("memory/manage/files")

    def write(self, form: Form, ids: Sequence[str] | None = None) -> bytes:
        """These memories, or all of them, oldest first."""
        params = {"ids": None if ids is None else list(ids)}
        rows = self._binding.fetch(self._sql["export"], params)
        noted = {"event": "memories_exported", "count": len(rows), "browser": None}
        self._binding.write(load("database/audit")["note"], noted)
        if form == "md":
            return own_markdown.write(rows, self._days).encode()
        if form == "csv":
            return own_csv.write(rows, self._days).encode()
        history: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self._binding.fetch(self._sql["events"], params):
            history[event.pop("memory_id")].append(event)
        return own_json.write(rows, history).encode()
