"""mem0's platform as one person: every request names them, and every reply has to.

The platform looks at no policy and takes no person with an id; what keeps people apart are these
lines. A reply that names somebody else, or nobody, is refused as a whole and noted in the person's
audit log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from database.audit import note
from database.binding import Binding
from errors import ForeignMemory, MemoryNotFound, PlatformUnavailable
from memory.hosted.platform import PAGE_SIZE, Platform, Row
from memory.records import Change, Event, HistoryEvent, Memory

log = logging.getLogger(__name__)

_EVENTS: dict[str, Event] = {"ADD": "ADD", "UPDATE": "UPDATE", "DELETE": "DELETE"}


class PlatformPerson:
    """Asks for one person, and lets nobody else's memories through."""

    def __init__(self, platform: Platform, binding: Binding) -> None:
        self._platform = platform
        self._binding = binding

    @property
    def user_id(self) -> UUID:
        return self._binding.user_id

    def add(self, messages: Sequence[Mapping[str, str]], **more: Any) -> list[Change]:
        """What became of messages. What the platform made of them names nobody, or the person."""
        rows = self._platform.add(messages, user_id=self.user_id, **more)
        self._own([row for row in rows if row.get("user_id") is not None])
        return [change for row in rows if (change := _change(row)) is not None]

    def search(self, query: str, *, top_k: int, threshold: float) -> list[Memory]:
        found = self._platform.search(query, user_id=self.user_id, top_k=top_k, threshold=threshold)
        return [memory_of(row) for row in self._own(found)]

    def page(self, number: int, size: int = PAGE_SIZE) -> tuple[list[Memory], int]:
        """One page (from 1), and how many there are in all."""
        rows, total = self._platform.page(number, user_id=self.user_id, size=size)
        return [memory_of(row) for row in self._own(rows)], total

    def every(self) -> list[Memory]:
        """All of theirs, oldest first."""
        rows = self._own(self._platform.every(user_id=self.user_id))
        return sorted(map(memory_of, rows), key=lambda one: (one.recorded_at, one.id))

    def get(self, memory_id: str) -> Memory:
        """Raises MemoryNotFound if there is none, or it is not theirs: they learn no difference."""
        try:
            (row,) = self._own([self._platform.get(_checked_id(memory_id))])
        except ForeignMemory as exc:
            raise MemoryNotFound from exc
        return memory_of(row)

    def update(self, memory_id: str, text: str) -> Memory:
        """Raises MemoryNotFound unless it is theirs: asked before anything is changed."""
        before = self.get(memory_id)
        self._platform.update(before.id, text)
        return before

    def delete(self, memory_id: str) -> None:
        """Raises MemoryNotFound unless it is theirs: asked before anything is deleted."""
        self._platform.delete(self.get(memory_id).id)

    def delete_all(self) -> None:
        self._platform.delete_all(user_id=self.user_id)

    def history(self, memory_id: str) -> list[HistoryEvent]:
        """Raises MemoryNotFound unless the memory is theirs."""
        rows = self._platform.history(self.get(memory_id).id)
        events = [_event(row) for row in self._own(rows)]
        return sorted(events, key=lambda one: one.created_at)

    def _own(self, rows: Sequence[Row]) -> Sequence[Row]:
        """These rows, if each of them names the person. Raises ForeignMemory."""
        foreign = sum(row.get("user_id") != str(self.user_id) for row in rows)
        if foreign:
            log.error("mem0's platform gave %d rows that are not the person's", foreign)
            with self._binding.database.as_user(self.user_id) as connection:
                note(connection, "foreign_memory_refused", foreign)
            raise ForeignMemory
        return rows


def memory_of(row: Row) -> Memory:
    """A row of the platform's: `memory`, `created_at`, `expiration_date`, `score` and others."""
    recorded_at = _moment(row.get("created_at"))
    score = row.get("score")
    nearness = float(score) if isinstance(score, int | float) else None
    return Memory(
        id=str(row["id"]),
        text=str(row.get("memory") or ""),
        valid_from=recorded_at,
        recorded_at=recorded_at,
        invalid_at=_day_after(row.get("expiration_date")),
        updated_at=_moment(row["updated_at"]) if row.get("updated_at") else None,
        metadata=row.get("metadata") or {},
        score=nearness,
        similarity=nearness,
    )


def _change(row: Row) -> Change | None:
    """What one add did to one memory; its text stands in `memory`, or in `data`."""
    data = row.get("data")
    text = row.get("memory") or (data.get("memory") if isinstance(data, dict) else None)
    event = _EVENTS.get(str(row.get("event") or "ADD"))
    if event is None or not row.get("id"):
        return None
    return Change(str(row["id"]), str(text or ""), event)


def _event(row: Row) -> HistoryEvent:
    return HistoryEvent(
        memory_id=str(row.get("memory_id") or ""),
        event=_EVENTS.get(str(row.get("event")), "UPDATE"),
        old_text=row.get("old_memory"),
        new_text=row.get("new_memory"),
        created_at=_moment(row.get("created_at")),
        turn_id=None,
    )


def _checked_id(memory_id: str) -> str:
    try:
        return str(UUID(str(memory_id)))
    except ValueError as exc:
        raise MemoryNotFound from exc


def _moment(value: Any) -> datetime:
    """Raises PlatformUnavailable where a reply is of another form."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as exc:
        raise PlatformUnavailable from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day_after(value: Any) -> datetime | None:
    """When what holds until the end of a day (YYYY-MM-DD, UTC) ends."""
    if not value:
        return None
    day = _moment(str(value)[:10]).date()
    return datetime.combine(day + timedelta(days=1), time(), UTC)
