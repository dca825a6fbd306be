"""Lists and exports of other assistants: what of them is a memory, and which times it has.

Knows those of NAMES, lists of texts and lists of objects with a text. Knows nothing of ours; what
is no memory of any of them gives None or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from memory.manage.formats.listed_lines import NO_MEMORY, without_layout

# Whose memories are read, as they are exported or as their API gives them.
NAMES = ("ChatGPT", "Claude", "LibreChat", "the MCP memory server", "mem0", "Open WebUI", "Zep")
TEXT_NAMES = ("memory", "text", "content", "fact")
TIME_NAMES = ("created_at", "createdAt", "timestamp", "date", "updated_at")
SINCE_NAMES = ("valid_at", "valid_from")
END_NAMES = ("invalid_at", "valid_until", "valid_to", "expiration_date")
LIST_NAMES = (
    *("results", "memories", "entities", "relations", "facts", "data", "items", "blocks"),
    "memory",
)
# By which an export of conversations is known.
TALK_NAMES = ("mapping", "chat_messages", "messages", "chat")


@dataclass(frozen=True, slots=True)
class Noted:
    """What another assistant had noted: when, since when it held and when it ended, if told."""

    text: str
    written: datetime | None = None
    since: datetime | None = None
    ended: datetime | None = None


def memories_in(document: Any) -> list[Noted | None]:
    """The memories of a JSON document, None for what in its lists is none; empty if unknown."""
    if isinstance(document, list):
        return [one for item in document for one in _of_item(item)]
    if not isinstance(document, dict):
        return []
    lists = [document[name] for name in LIST_NAMES if isinstance(document.get(name), list | dict)]
    found = [memories_in(inside) for inside in lists]
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
    if isinstance(item.get("value"), dict):
        # The text and, beside it, when it was written.
        return _of_item({**item, **item["value"], "value": None})
    if isinstance(item.get("label"), str) and isinstance(item.get("value"), str):
        return [Noted(line) for line in item["value"].splitlines() if line.strip()]
    text = next((item[name] for name in TEXT_NAMES if isinstance(item.get(name), str)), None)
    return [None if text is None else _noted(text, item)]


def _of_claude(item: Mapping[str, Any]) -> Iterator[Noted]:
    """Its memory of all conversations and of each project are texts with headings."""
    projects = item.get("project_memories")
    texts = [item.get("conversations_memory")]
    texts += projects.values() if isinstance(projects, dict) else []
    for text in texts:
        lines = without_layout(text.splitlines(), (), ()) if isinstance(text, str) else ()
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
