"""Memories as they stand in a file of the person's: read and checked, nothing kept.

Takes Keepsake's own exports, those of other assistants as JSON or JSON Lines, and lists as text,
Markdown or CSV, one memory a line. Raises InputError for a file that cannot be read as a whole.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath

from errors import InputError
from memory.manage.formats import other_exports, own_csv, own_json, own_markdown
from memory.manage.formats.entry import Entry, Found, Problem
from memory.manage.formats.listed_lines import NO_MEMORY, dated, without_bullet, without_layout
from memory.manage.text_encoding import UnknownEncodingError, decoded
from memory.records import LONG_AGO
from text import checked

MAX_BYTES = 5_000_000
MAX_ENTRIES = 5_000
TYPES = ("json", "jsonl", "txt", "md", "csv")
# JSON that was saved as text, perhaps in a fence.
_FENCED_JSON = re.compile(r"\s*(?:```\w*\s*)?([\[{].*[\]}])\s*(?:```\s*)?", re.S)
_SEPARATORS = ",;\t"
NO_TEXT_COLUMN = (
    "The memories’ column of this table is not clear: name it “memory” in the first line."
)
_ELSEWHERE = "Split the file and import the parts one after the other."


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def read_file(name: str, data: bytes, *, most_chars: int) -> Reading:
    """The memories of a file. Raises InputError if it cannot be read as a whole."""
    if len(data) > MAX_BYTES:
        raise InputError(f"This file has more than {MAX_BYTES // 1_000_000} MB. {_ELSEWHERE}")
    try:
        text = decoded(data)
    except UnknownEncodingError as exc:
        raise InputError("This file is not text in UTF-8. Save it as UTF-8 and try again.") from exc
    kind = PurePath(name).suffix.lower()
    if kind in (".json", ".jsonl"):
        found = _from_json(text, most_chars)
    elif kind == ".csv":
        found = _from_csv(text)
    elif own_markdown.is_ours(text):
        found = own_markdown.read(text)
    elif (whole := _FENCED_JSON.fullmatch(text)) and _is_json(whole[1]):
        found = _from_json(whole[1], most_chars)
    else:
        found = _from_lines(text)
    return _checked(found, most_chars)


def _checked(found: Found, most_chars: int) -> Reading:
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


def _from_lines(text: str) -> Found:
    names = (other_exports.TEXT_NAMES, other_exports.TIME_NAMES)
    for number, line in without_layout(text.splitlines(), *names):
        if not NO_MEMORY.match(line):
            yield _written_down(*dated(without_bullet(line)), number)


def _is_json(text: str) -> bool:
    """Whether it is a document or several, and not a line that begins with a bracket."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        documents = other_exports.json_lines(text)
        return bool(documents) and all(isinstance(one, dict) for one in documents or ())
    return True


def _written_down(text: str, day: datetime | None, number: int) -> Entry:
    """A memory that another assistant wrote down then; a time to come is none."""
    known = day if day is not None and day <= datetime.now(UTC) else None
    return Entry(text, number, valid_from=known, recorded_at=known)


def _from_csv(text: str) -> Found:
    separator = _separator(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator))
    except csv.Error as exc:
        raise InputError(f"This CSV file cannot be read: {exc}.") from exc
    header = _names(rows[0]) if rows else []
    named = next((name for name in other_exports.TEXT_NAMES if name in header), None)
    if named is None and any(len(row) > 1 for row in rows):
        if len({len(row) for row in rows if row}) == 1 and len(rows) > 1:
            raise InputError(NO_TEXT_COLUMN)
        # Lines that hold commas, and no table.
        yield from _from_lines(text)
        return
    column = header.index(named) if named else 0
    for number, row in enumerate(rows, start=1):
        if (named and number == 1) or not any(cell.strip() for cell in row):
            continue
        cells = dict(zip(header, row, strict=False))
        if len(row) <= column:
            yield Problem(number, "This line has no text.")
        elif own_csv.is_ours(header):
            yield own_csv.read_row(cells, number)
        else:
            written = other_exports.written(cells) if named else None
            yield _written_down(own_csv.unguarded(row[column]), written, number)


def _separator(text: str) -> str:
    """Spreadsheets of many languages separate by semicolons: that by which the head has a text."""
    head = text.split("\n", 1)[0]
    for separator in _SEPARATORS:
        if {*other_exports.TEXT_NAMES} & {*_names(head.split(separator))}:
            return separator
    lines = [line for line in text.splitlines() if line.strip()]
    for separator in ";\t":
        counts = {line.count(separator) for line in lines}
        if len(counts) == 1 and counts != {0}:
            return separator
    return ","


def _names(cells: list[str]) -> list[str]:
    return [cell.strip().strip('"').lower() for cell in cells]


def _from_json(text: str, most_chars: int) -> Found:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        document = other_exports.json_lines(text)
        if not document:
            raise InputError("This JSON file is damaged: it cannot be read.") from exc
    if own_json.is_ours(document):
        yield from own_json.read(document, most_chars=most_chars)
        return
    found = other_exports.memories_in(document)
    if other_exports.is_conversation(document):
        raise InputError(
            "This JSON file holds conversations, not memories. Ask that assistant to list what it "
            "remembers of you, and save the list as a text with one memory a line."
        )
    if not any(found):
        raise InputError(
            "This JSON file is not an export of Keepsake, nor are there memories of "
            f"{', '.join(other_exports.NAMES[:-1])} or {other_exports.NAMES[-1]} in it. "
            "Save it as a text with one memory a line."
        )
    for number, memory in enumerate(found, start=1):
        yield Problem(number, "It has no text.") if memory is None else _noted(memory, number)


def _noted(memory: other_exports.Noted, number: int) -> Entry | Problem:
    text = without_bullet(memory.text)
    entry = _written_down(text, memory.written, number)
    since = memory.since or entry.valid_from
    if memory.ended is None:
        return replace(entry, valid_from=since)
    if since is not None and memory.ended < since:
        return Problem(number, "It ends before it begins.")
    return replace(entry, valid_from=since or LONG_AGO, invalid_at=memory.ended)
