"""Lists and exports of other assistants: what of them is a memory, and which times it has.

Knows those of NAMES, lists of texts and lists of objects with a text. Knows nothing of ours; what
is no memory of any of them gives None or nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# Whose memories are read, as they are exported or as their API gives them.
NAMES = ("ChatGPT", "Claude", "LibreChat", "the MCP memory server", "mem0", "Open WebUI", "Zep")
TEXT_NAMES = ("memory", "text", "content", "fact")
TIME_NAMES = ("created_at", "createdAt", "timestamp", "date", "updated_at")
SINCE_NAMES = ("valid_at", "valid_from")
END_NAMES = ("invalid_at", "valid_until", "valid_to", "expiration_date")
LIST_NAMES = ("results", "memories", "entities", "relations", "facts", "data", "items")
# By which an export of conversations is known.
TALK_NAMES = ("mapping", "chat_messages", "messages", "chat")
# Empty lines, headings, rules and fences.
NO_MEMORY = re.compile(r"^\s*(?:#{1,6}\s.*|[-*_=`~]{3,}\w*)?\s*$")
_HEADING = re.compile(r"^\s*(\*\*|__)(?!\s)[^*_]+\1:?\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_DATED = re.compile(
    r"^\s*\[(?P<day>\d{4}-\d{2}-\d{2})[^\]]*\]\s*[-–—:.]?\s*|^\s*\[unknown\]\s*[-–—:.]?\s*"
)

Dated = tuple[str, datetime | None]


@dataclass(frozen=True, slots=True)
class Noted:
    """What another assistant had noted: when, since when it held and when it ended, if told."""

    text: str
    written: datetime | None = None
    since: datetime | None = None
    ended: datetime | None = None


def without_layout(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is neither a heading nor the rule or head of a table.

    A row of a table becomes `head: cell, head: cell`.
    """
    head: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        following = lines[number] if number < len(lines) else ""
        if "|" in line and _TABLE_RULE.match(following) and "|" in following:
            head = _cells(line)
        elif head is not None and "|" in line:
            if not _TABLE_RULE.match(line):
                pairs = zip(head, _cells(line), strict=False)
                yield number, ", ".join(f"{name}: {cell}" for name, cell in pairs if cell)
        else:
            head = None
            if not _HEADING.match(line):
                yield number, line


def dated(line: str) -> Dated:
    """The line without a date in brackets before it, and that day (midnight in UTC)."""
    found = _DATED.match(line)
    if found is None:
        return line, None
    try:
        day = datetime.fromisoformat(found["day"]).replace(tzinfo=UTC) if found["day"] else None
    except ValueError:
        return line, None
    return line[found.end() :], day


def memories_in(document: Any) -> list[Noted | None]:
    """The memories of a JSON document, None for what in its lists is none; empty if unknown."""
    if isinstance(document, list):
        return [one for item in document for one in _of_item(item)]
    if not isinstance(document, dict):
        return []
    found = [memories_in(document[name]) for name in LIST_NAMES if name in document]
    if found:
        return [one for memories in found for one in memories]
    return [one for one in _of_item(document) if one is not None]


def is_conversation(document: Any) -> bool:
    """Whether it holds what was said, and not what was remembered of it."""
    items = document if isinstance(document, list) else [document]
    talks = [item for item in items if isinstance(item, dict) and _is_talk(item)]
    return bool(talks) and len(talks) == len(items)


def _is_talk(item: Mapping[str, Any]) -> bool:
    if any(isinstance(item.get(name), list | dict) for name in TALK_NAMES):
        return True
    return "memory" not in item and "content" in item and ("role" in item or "sender" in item)


def json_lines(text: str) -> list[Any] | None:
    """The documents of a file with one a line, None if it is not such a file."""
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _of_item(item: Any) -> list[Noted | None]:
    if isinstance(item, str):
        return [Noted(item)]
    if not isinstance(item, dict):
        return [None]
    if _is_talk(item):
        return [None]
    if isinstance(item.get("observations"), list) and "name" in item:
        return [Noted(f"{item['name']}: {observed}") for observed in item["observations"]]
    for names in (("from", "relationType", "to"), ("source", "relationship", "destination")):
        if set(names) <= item.keys():
            words = " ".join(str(item[name]) for name in names)
            return [Noted(words.replace("_", " "))]
    if "conversations_memory" in item or "project_memories" in item:
        return list(_of_claude(item))
    if isinstance(item.get("key"), str) and isinstance(item.get("value"), str):
        return [_noted(f"{item['key'].replace('_', ' ')}: {item['value']}", item)]
    text = next((item[name] for name in TEXT_NAMES if isinstance(item.get(name), str)), None)
    return [None if text is None else _noted(text, item)]


def _of_claude(item: Mapping[str, Any]) -> Iterator[Noted]:
    """Its memory of all conversations and of each project are texts with headings."""
    projects = item.get("project_memories")
    texts = [item.get("conversations_memory")]
    texts += projects.values() if isinstance(projects, dict) else []
    for text in texts:
        lines = without_layout(text.splitlines()) if isinstance(text, str) else ()
        yield from (Noted(line) for _, line in lines if not NO_MEMORY.match(line))


def _noted(text: str, item: Mapping[str, Any]) -> Noted:
    return Noted(text, written(item), _first_time(item, SINCE_NAMES), _first_time(item, END_NAMES))


def written(item: Mapping[str, Any]) -> datetime | None:
    """When it was written down; a time without a zone is taken as UTC."""
    return _first_time(item, TIME_NAMES)


def _first_time(item: Mapping[str, Any], names: tuple[str, ...]) -> datetime | None:
    value = next((item[name] for name in names if item.get(name)), None)
    try:
        if isinstance(value, int | float):
            # Open WebUI has nanoseconds in some places, JavaScript milliseconds.
            while value > 1e11:
                value /= 1_000
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]
