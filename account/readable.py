"""A person's account as Markdown, to be read by people: conversations, memories, choices.

Made of the rows that the account's file has. What only programs need (ids, vectors, states) is left
to that file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from memory.dates import Days, spelled
from memory.records import LONG_AGO, Event, Memory

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
_WHO = {"user": "You", "assistant": "Keepsake"}
_BOUNDS = ("valid_from", "invalid_at")
_EVENTS: dict[Event, str] = {
    "ADD": "remembered",
    "CONFIRM": "said again",
    "UPDATE": "changed",
    "SUPERSEDE": "learned to be no longer true",
    "ACCEPT": "you said yes",
    "MERGE": "merged into another",
    "IMPORT": "imported",
    "UNDO": "taken back by you",
    "DELETE": "forgotten",
}


def at_platform(memories: Sequence[Memory], zone: ZoneInfo) -> str:
    """What mem0's platform keeps, below all of the rest."""
    days = Days(zone)
    lines = [f"- {_one_line(one.text)} ({days.validity(one)})" for one in memories]
    return "\n".join(["", "## Memories at mem0's platform", "", *lines, ""])


def write(tables: Tables, *, email: str, zone: ZoneInfo) -> str:
    """All of it, oldest first."""
    lines = [
        "# Your Keepsake",
        "",
        f"The account of {email}. Everything is oldest first; times are of {zone.key}.",
        "",
        *_preferences(tables["public.preferences"]),
        "## Memories",
        "",
        *_memories(tables, zone),
        "",
        "## Conversations",
        "",
        *_conversations(tables, zone),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _preferences(rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield from ("## Preferences", "")
    for name, value in rows[0].items():
        if name not in ("user_id", "updated_at", "let_out_at") and value is not None:
            shown = ("yes" if value else "no") if isinstance(value, bool) else value
            yield f"- {name.replace('_', ' ')}: {shown}"
    yield ""


def _memories(tables: Tables, zone: ZoneInfo) -> Iterator[str]:
    history = _by(tables["public.memory_history"], "memory_id", "seq")
    mentions = _by(tables["public.memory_entities"], "memory_id", "name")
    kinds = {row["id"]: row["kind"] for row in tables["public.entities"] if not row["is_self"]}
    texts = {row["id"]: row["metadata"].get("data", "") for row in tables["vecs.memories"]}
    for row in sorted(tables["vecs.memories"], key=lambda one: one["seq"]):
        yield f"- {_one_line(texts[row['id']])}{_times(row, zone)}"
        named = [
            f"{one['name']} ({kinds[one['entity_id']]})"
            for one in mentions[row["id"]]
            if one["entity_id"] in kinds
        ]
        if named:
            yield f"  - about: {', '.join(named)}"
        if row["superseded_by"] in texts:
            yield f"  - replaced by: {_one_line(texts[row['superseded_by']])}"
        for event in history[row["id"]]:
            yield f"  - {_event(event, zone)}"


def _event(event: Row, zone: ZoneInfo) -> str:
    word = _EVENTS[event["event"]]
    said = f"{word} on {_moment(event['created_at'], zone)}"
    former = event["old_memory"]
    return f"{said}; before: {_one_line(former)}" if former else said


def _times(row: Row, zone: ZoneInfo) -> str:
    since, end = (datetime.fromisoformat(row[n]) if row[n] else None for n in _BOUNDS)
    begun = since if since != LONG_AGO else None
    told = [f"since {spelled(begun.astimezone(zone).date())}"] if begun else []
    told += [f"until {spelled(end.astimezone(zone).date())}"] if end else []
    told += ["waits for your yes"] if row["waits_for"] else []
    return f" ({', '.join(told)})" if told else ""


def _conversations(tables: Tables, zone: ZoneInfo) -> Iterator[str]:
    turns = _by(tables["public.turns"], "conversation_id", "seq")
    messages = _by(tables["public.messages"], "turn_id", "role")
    files = _by(tables["public.attachments"], "turn_id", "position")
    earlier = _by(tables["public.earlier_answers"], "turn_id", "number")
    for one in sorted(tables["public.conversations"], key=lambda row: row["created_at"]):
        yield f"### {_one_line(one['title']) or 'Without a title'}"
        yield ""
        for turn in turns[one["id"]]:
            for message in reversed(messages[turn["id"]]):
                about = " (stood back)" if turn["hidden_with"] else ""
                yield f"**{_WHO[message['role']]}**, {_moment(message['created_at'], zone)}{about}"
                yield ""
                yield from _quoted(message["content"])
                if message["role"] == "user":
                    for file in files[turn["id"]]:
                        yield from _file(file)
            for answer in earlier[turn["id"]]:
                yield "An answer before:"
                yield ""
                yield from _quoted(answer["content"])


def _file(file: Row) -> Iterator[str]:
    yield f"File: {_one_line(file['name'])} ({file['media_type']}, {file['size_bytes']:,} bytes)"
    yield ""
    if file["content"] is not None:
        yield from _quoted(file["content"])


def _quoted(text: str) -> Iterator[str]:
    """As a quotation, so that no heading or list of it becomes one of the document's."""
    yield from (f"> {line}".rstrip() for line in text.splitlines() or [""])
    yield ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _moment(said: str, zone: ZoneInfo) -> str:
    moment = datetime.fromisoformat(said).astimezone(zone)
    return f"{spelled(moment.date())}, {moment:%H:%M}"


def _by(rows: Sequence[Row], key: str, order: str) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: one[order]):
        grouped[row[key]].append(row)
    return grouped
