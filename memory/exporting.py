"""A person's memories as a file to take along: JSON with everything, Markdown or CSV to read."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from memory.binding import Binding
from memory.days import Days, spelled
from memory.queries import load
from memory.records import LONG_AGO

Form = Literal["json", "md", "csv"]
FORMAT = "keepsake-memories"
VERSION = 1
MIME: dict[Form, str] = {"json": "application/json", "md": "text/markdown", "csv": "text/csv"}
# A spreadsheet takes what begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Exporter:
    """Writes the memories of one person, read under the policies as that person."""

    def __init__(self, binding: Binding, days: Days) -> None:
        self._binding = binding
        self._days = days
        self._sql = load("exporting")

    def write(self, form: Form, ids: Sequence[str] | None = None) -> bytes:
        """These memories, or all of them, oldest first."""
        params = {"ids": None if ids is None else list(ids)}
        rows = self._binding.fetch(self._sql["export"], params)
        if form == "json":
            return self._json(rows, self._binding.fetch(self._sql["events"], params))
        return (self._markdown(rows) if form == "md" else self._csv(rows)).encode()

    def _json(self, rows: Sequence[dict[str, Any]], events: Sequence[dict[str, Any]]) -> bytes:
        history = defaultdict(list)
        for event in events:
            history[event.pop("memory_id")].append(event)
        memories = [{**row, "history": history[row["id"]]} for row in rows]
        document = {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": datetime.now(UTC),
            "memories": memories,
        }
        return json.dumps(document, ensure_ascii=False, indent=1, default=_moment).encode()

    def _markdown(self, rows: Sequence[dict[str, Any]]) -> str:
        lines = ["# What Keepsake remembers", ""]
        for row in rows:
            since, until = self._dates(row)
            times = ", ".join(
                [f"since {spelled(since)}"] * bool(since)
                + [f"until {spelled(until)}"] * bool(until)
            )
            lines.append(f"- {' '.join(row['text'].split())}{f' ({times})' if times else ''}")
        return "\n".join([*lines, ""])

    def _csv(self, rows: Sequence[dict[str, Any]]) -> str:
        # The mark by which spreadsheets know the encoding.
        out = io.StringIO("\ufeff", newline="")
        out.seek(0, io.SEEK_END)
        writer = csv.writer(out)
        writer.writerow(["text", "since", "until", "recorded"])
        for row in rows:
            text = f"'{row['text']}" if row["text"].startswith(_FORMULA) else row["text"]
            since, until = self._dates(row)
            writer.writerow([text, since or "", until or "", self._days.day(row["recorded_at"])])
        return out.getvalue()

    def _dates(self, row: dict[str, Any]) -> tuple[Any, Any]:
        """The first day and the last day on which it held, None where not known."""
        since = None if row["valid_from"] <= LONG_AGO else self._days.day(row["valid_from"])
        end = row["invalid_at"]
        return since, None if end is None else self._days.last_day(end)


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an export")
