"""Keepsake's own JSON: everything that is known of each memory, its history included."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from errors import InputError
from memory.firewall.firewall import SENTENCES
from memory.manage.formats.entry import Entry, Found, PastEvent, Problem
from memory.manage.formats.own_dates import moment
from memory.records import Event
from text import storable

FORMAT = "keepsake-memories"
VERSION = 1
# Of a forgotten memory nothing is kept.
_EVENTS = frozenset(get_args(Event)) - {"DELETE"}


def write(
    rows: Sequence[Mapping[str, Any]], history: Mapping[str, Sequence[Mapping[str, Any]]]
) -> str:
    """`history` are the events of each memory by its id, oldest first."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": datetime.now(UTC),
        "memories": [{**row, "history": history.get(row["id"], [])} for row in rows],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, default=_iso)


def is_ours(document: Any) -> bool:
    return isinstance(document, dict) and document.get("format") == FORMAT


def read(document: Mapping[str, Any], *, most_chars: int) -> Found:
    """Raises InputError if it is of another version or has no memories."""
    if document.get("version") != VERSION:
        raise InputError("This export was made by a newer Keepsake.")
    if not isinstance(document.get("memories"), list):
        raise InputError("This JSON file is not an export of Keepsake: it has no memories.")
    for number, item in enumerate(document["memories"], start=1):
        try:
            yield _entry(item, number, most_chars)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            yield Problem(number, "Its text or its dates cannot be read.")


def _entry(item: Mapping[str, Any], number: int, most_chars: int) -> Entry:
    since, end, recorded, edited = (
        moment(item.get(name)) for name in ("valid_from", "invalid_at", "recorded_at", "edited_at")
    )
    if since and end and end < since:
        raise ValueError("ends before it begins")
    if recorded and recorded > datetime.now(UTC):
        recorded = None
    if not isinstance(item["text"], str):
        raise TypeError("no text")
    pending_reason = item.get("waits_for")
    events = (_event(event, most_chars) for event in item.get("history") or ())
    return Entry(
        item["text"],
        number,
        since,
        end,
        recorded,
        edited,
        pending_reason=pending_reason if pending_reason in SENTENCES else None,
        former_id=str(item["id"]) if item.get("id") else None,
        stays_inside=item.get("stays_inside") is True,
        superseded_by=str(item["superseded_by"]) if item.get("superseded_by") else None,
        history=tuple(event for event in events if event is not None),
    )


def _event(item: Any, most_chars: int) -> PastEvent | None:
    """None for what cannot have happened: the memory itself is taken all the same."""
    try:
        at = moment(item["created_at"])
        texts = [None if (said := item.get(name)) is None else storable(said) for name in _TEXTS]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    too_long = any(len(said or "") > most_chars for said in texts)
    if item.get("event") not in _EVENTS or at is None or at > datetime.now(UTC) or too_long:
        return None
    return PastEvent(item["event"], texts[0], texts[1], at)


_TEXTS = ("old_memory", "new_memory")


def _iso(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an export")
